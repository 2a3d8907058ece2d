//! One address of a discovery, and what people read of it.

use slipway_core::{
    address::Address,
    discovery::Candidate,
    dpu::IMC_REDFISH_PORT,
    ids::{BmcId, CredentialId},
    inventory::{BmcKind, Inventory},
    kickstart::check_hostname,
    trust::CertificateInfo,
};

use crate::views::{DiscoveryAnswer, DiscoveryRow, ProbeTrust};

#[derive(Clone)]
pub(super) struct Row {
    pub candidate: Candidate,
    pub redfish: Option<Address>,
    pub ssh: Option<Address>,
    pub answer: DiscoveryAnswer,
    pub sentence: String,
    pub certificate: Option<ProbeTrust>,
    pub shown: Option<CertificateInfo>,
    pub host_key: Option<ProbeTrust>,
    pub profile: Option<CredentialId>,
    pub firmware: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    pub known: Option<BmcId>,
}

impl Row {
    pub fn new(candidate: Candidate) -> Self {
        Self {
            candidate,
            redfish: None,
            ssh: None,
            answer: DiscoveryAnswer::Waiting,
            sentence: "not asked yet".to_owned(),
            certificate: None,
            shown: None,
            host_key: None,
            profile: None,
            firmware: None,
            model: None,
            serial_number: None,
            known: None,
        }
    }

    pub fn answered(&mut self, answer: DiscoveryAnswer, sentence: impl Into<String>) {
        self.answer = answer;
        self.sentence = sentence.into();
    }

    pub fn summarize(&mut self, inventory: &Inventory) {
        let mut facts = slipway_core::bmc::BmcFacts::default();
        facts.summarize(inventory);
        self.firmware = facts.firmware;
        self.model = facts.model;
        self.serial_number = facts.serial_number;
    }

    /// Whether nothing more happens to it by itself.
    pub fn is_done(&self) -> bool {
        self.answer != DiscoveryAnswer::Waiting
    }

    pub fn view(&self, index: u32) -> DiscoveryRow {
        DiscoveryRow {
            index,
            name: self.name(),
            candidate: self.candidate.clone(),
            redfish: self.redfish.clone(),
            ssh: self.ssh.clone(),
            answer: self.answer.clone(),
            sentence: self.sentence.clone(),
            certificate: self.certificate.clone(),
            shown: self.shown.clone(),
            host_key: self.host_key.clone(),
            profile: self.profile.clone(),
            firmware: self.firmware.clone(),
            model: self.model.clone(),
            serial_number: self.serial_number.clone(),
            known: self.known.clone(),
            why_not_add: self.why_not_add(),
        }
    }

    /// A name to begin with: the list's, else the first part of the host name, else one made of
    /// the address.
    fn name(&self) -> String {
        if let Some(name) = &self.candidate.name {
            return name.clone();
        }
        let host = Address::parse_or(&self.candidate.address, IMC_REDFISH_PORT)
            .map_or_else(|_| self.candidate.address.clone(), |address| address.host);
        let is_ip = host.parse::<std::net::IpAddr>().is_ok();
        let first = match host.split_once('.') {
            Some((first, _)) if !is_ip => first.to_owned(),
            Some(_) | None => host.replace(['.', ':'], "-"),
        };
        let name = if is_ip { format!("bmc-{first}") } else { first };
        match check_hostname(&name) {
            Ok(()) => name,
            Err(_) => name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "-"),
        }
    }

    fn why_not_add(&self) -> Option<String> {
        let why = match &self.answer {
            DiscoveryAnswer::Found { .. } | DiscoveryAnswer::ImcWithoutRedfish { .. } => {
                self.known.as_ref()?;
                "it is in Slipway already"
            }
            DiscoveryAnswer::Waiting => "it was not asked yet",
            DiscoveryAnswer::UntrustedCertificate => "accept its certificate first",
            DiscoveryAnswer::ChangedCertificate => {
                "find out why its certificate changed; then accept the new one"
            }
            DiscoveryAnswer::WrongCredentials { .. } => "choose another profile for it",
            DiscoveryAnswer::NeedsCredential { .. } => "choose a profile for it",
            DiscoveryAnswer::HeldBack { .. } => "check the profile, then let it be tried here",
            DiscoveryAnswer::NoRedfish => "there is no Redfish service",
            DiscoveryAnswer::Unreachable { .. } => "it does not answer",
        };
        Some(why.to_owned())
    }
}

/// The kind that is behind an answer, where it is known.
pub(super) fn kind_of(answer: &DiscoveryAnswer) -> BmcKind {
    match answer {
        DiscoveryAnswer::Found { kind }
        | DiscoveryAnswer::WrongCredentials { kind }
        | DiscoveryAnswer::NeedsCredential { kind }
        | DiscoveryAnswer::HeldBack { kind } => kind.clone(),
        DiscoveryAnswer::ImcWithoutRedfish { .. } => BmcKind::IntelImc,
        DiscoveryAnswer::Waiting
        | DiscoveryAnswer::UntrustedCertificate
        | DiscoveryAnswer::ChangedCertificate
        | DiscoveryAnswer::NoRedfish
        | DiscoveryAnswer::Unreachable { .. } => BmcKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(address: &str) -> String {
        Row::new(Candidate {
            address: address.to_owned(),
            ..Candidate::default()
        })
        .view(0)
        .name
    }

    #[test]
    fn an_address_makes_a_name_that_a_card_may_have() {
        assert_eq!(name_of("imc-001.lab.example"), "imc-001");
        assert_eq!(name_of("imc-7:8443"), "imc-7");
        assert_eq!(name_of("10.1.2.3"), "bmc-10-1-2-3");
        assert_eq!(name_of("[fe80::1]:443"), "bmc-fe80--1");
        assert_eq!(name_of("imc_7"), "imc-7");
    }
}
