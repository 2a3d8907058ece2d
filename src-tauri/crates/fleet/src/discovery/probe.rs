//! What one address is: handshake, trust, login, kind; at each stage it may end.

use slipway_core::{
    address::Address,
    command::CommandLine,
    dpu::{IMC_REDFISH_PORT, issue_release},
    ids::CredentialId,
    inventory::BmcKind,
    ports::{BmcError, Controller, Remote, Stage},
    trust::PinKind,
};
use slipway_redfish::{Greeting, RedfishClient, greet};
use slipway_remote::{SshAuth, SshRemote, SshTarget};

use super::{
    Discovery,
    gate::Ended,
    row::{Row, kind_of},
};
use crate::{
    Fleet,
    cards::{ISSUE_DEADLINE, SSH_PORT, given_port, imc_password, likely_imc_password, parse},
    logins::Login,
    views::{DiscoveryAnswer, ProbeTrust},
};

const FIRST_USE: &str = "first use in a discovery";

impl Fleet {
    /// Asks one address everything, from the start.
    pub(super) async fn ask(&self, discovery: &Discovery, index: u32) {
        let Ok(mut row) = discovery.row(index) else {
            return;
        };
        if let Err(error) = self.ask_row(discovery, &mut row).await {
            // Our own side: the database, the secret store.
            row.answered(DiscoveryAnswer::NoRedfish, error.to_string());
        }
        discovery.change(index, |kept| *kept = row);
    }

    async fn ask_row(&self, discovery: &Discovery, row: &mut Row) -> Result<(), crate::AppError> {
        let text = row.candidate.address.clone();
        let first = parse(&text, IMC_REDFISH_PORT)?;
        let ssh = match &row.candidate.ssh {
            Some(ssh) => parse(ssh, SSH_PORT)?,
            None => Address {
                host: first.host.clone(),
                port: SSH_PORT,
            },
        };
        let ((redfish, shown), host_key) = tokio::join!(
            self.find_redfish(first, given_port(&text)),
            self.shown_host_key(&ssh)
        );
        row.ssh = Some(ssh.clone());
        row.host_key = Some(self.stands(PinKind::SshHostKey, &ssh, host_key).await?);
        row.known = self
            .store()
            .bmc_named(&redfish.to_string())
            .await?
            .map(|bmc| bmc.id);
        row.redfish = Some(redfish.clone());
        match shown {
            Ok(shown) => {
                let seen = Ok(shown.fingerprint.clone());
                let stands = self.stands(PinKind::TlsCertificate, &redfish, seen).await?;
                row.shown = Some(shown);
                row.certificate = Some(stands);
                self.ask_trusted(discovery, row).await
            }
            Err(error) => self.ask_without_redfish(discovery, row, error).await,
        }
    }

    /// Goes on where the certificate is accepted; ends where a person has to.
    async fn ask_trusted(
        &self,
        discovery: &Discovery,
        row: &mut Row,
    ) -> Result<(), crate::AppError> {
        let vouched = row.shown.as_ref().is_some_and(|shown| shown.vouched_by_ca);
        let (Some(redfish), Some(stands)) = (row.redfish.clone(), row.certificate.clone()) else {
            return Ok(());
        };
        let pin = match stands {
            ProbeTrust::Pinned { seen } => seen,
            ProbeTrust::New { seen } if vouched || discovery.trust_on_first_use => {
                let because = if vouched {
                    crate::trust::VOUCHED
                } else {
                    FIRST_USE
                };
                let peer = redfish.to_string();
                self.accept(PinKind::TlsCertificate, peer, seen.clone(), because)
                    .await?;
                row.certificate = Some(ProbeTrust::Pinned { seen: seen.clone() });
                seen
            }
            ProbeTrust::New { seen } => {
                row.answered(
                    DiscoveryAnswer::UntrustedCertificate,
                    format!("its certificate is new: {seen}"),
                );
                return Ok(());
            }
            ProbeTrust::Changed { pinned, seen } => {
                let peer = redfish.to_string();
                let changed = BmcError::CertificateChanged { peer, pinned, seen };
                self.note_certificate(&changed).await;
                row.answered(DiscoveryAnswer::ChangedCertificate, changed.to_string());
                return Ok(());
            }
            ProbeTrust::Silent { reason } => {
                row.answered(DiscoveryAnswer::NoRedfish, reason);
                return Ok(());
            }
        };
        if discovery.trust_on_first_use
            && let (Some(ssh), Some(ProbeTrust::New { seen })) = (&row.ssh, row.host_key.clone())
        {
            self.accept(
                PinKind::SshHostKey,
                ssh.to_string(),
                seen.clone(),
                FIRST_USE,
            )
            .await?;
            row.host_key = Some(ProbeTrust::Pinned { seen });
        }
        self.log_in(discovery, row, redfish, pin).await
    }

    async fn log_in(
        &self,
        discovery: &Discovery,
        row: &mut Row,
        redfish: Address,
        pin: slipway_core::trust::Fingerprint,
    ) -> Result<(), crate::AppError> {
        let Greeting { kind, may_be_imc } = match greet(&redfish, &pin).await {
            Ok(greeting) => greeting,
            Err(error) => {
                row.failed(error, &kind_of(&row.answer.clone()));
                return Ok(());
            }
        };
        let Some(profile) = self.profile_for(discovery, row).await? else {
            row.answered(
                DiscoveryAnswer::NeedsCredential { kind },
                "no profile was chosen that is for it",
            );
            return Ok(());
        };
        row.profile = Some(profile.clone());
        let login = match self.login(&profile).await?.for_redfish() {
            Ok(login) => login,
            Err(error) => {
                row.answered(DiscoveryAnswer::NeedsCredential { kind }, error.to_string());
                return Ok(());
            }
        };
        let password = match (&kind, imc_password(login.password())) {
            (BmcKind::IntelImc, Ok(password)) => password,
            // Refused before it is tried: that is no refusal of the IMC's.
            (BmcKind::IntelImc, Err(error)) => {
                row.answered(DiscoveryAnswer::NeedsCredential { kind }, error.to_string());
                return Ok(());
            }
            (BmcKind::Unknown, _) if may_be_imc => likely_imc_password(login.password()),
            (BmcKind::Server { .. } | BmcKind::BlueField { .. } | BmcKind::Unknown, _) => {
                login.password().clone()
            }
        };
        if !discovery.gate.enter(&profile).await {
            row.answered(
                DiscoveryAnswer::HeldBack { kind },
                "not tried: the profile was refused by others of this list",
            );
            return Ok(());
        }
        let user = row.candidate.user.clone().unwrap_or(login.user);
        let target = self
            .redfish_target(&redfish, &user, password, Some(pin))
            .await?;
        let client = RedfishClient::new(target);
        let crawled = client.crawl().await;
        let ended = match &crawled {
            Ok(_) => Ended::Accepted,
            Err(BmcError::Unauthorized { .. }) => Ended::Refused,
            Err(_) => Ended::Otherwise,
        };
        discovery.gate.leave(&profile, ended);
        // What it is can be shown before its session is deleted: that goes on in the background.
        drop(client);
        match crawled {
            Ok(crawl) => {
                row.summarize(&crawl.inventory);
                let kind = crawl.inventory.kind;
                let sentence = crate::bmcs::kind_text(&kind);
                row.answered(DiscoveryAnswer::Found { kind }, sentence);
            }
            Err(error) => row.failed(error, &kind),
        }
        Ok(())
    }

    /// The profile that the line names, else the first chosen one that is for this address, else
    /// the first of all.
    async fn profile_for(
        &self,
        discovery: &Discovery,
        row: &Row,
    ) -> Result<Option<CredentialId>, crate::AppError> {
        if let Some(profile) = &row.profile {
            return Ok(Some(profile.clone()));
        }
        if let Some(name) = &row.candidate.profile {
            return Ok(Some(self.find_credential(name).await?.id));
        }
        let host = row.redfish.as_ref().map_or("", |address| &address.host);
        for id in &discovery.profiles {
            let profile = self.store().credential(id).await?;
            if profile.scope.fits(host, &row.candidate.labels) {
                return Ok(Some(id.clone()));
            }
        }
        Ok(discovery.profiles.first().cloned())
    }

    /// Nothing shook hands as Redfish does: an IMC may still be there, by its SSH.
    async fn ask_without_redfish(
        &self,
        discovery: &Discovery,
        row: &mut Row,
        error: BmcError,
    ) -> Result<(), crate::AppError> {
        row.failed(error, &BmcKind::Unknown);
        let named = !matches!(
            row.answer,
            DiscoveryAnswer::Unreachable { stage: Stage::Name }
        );
        let Some(ssh) = row.ssh.clone().filter(|_| named) else {
            return Ok(());
        };
        let host_key = match row.host_key.clone() {
            Some(ProbeTrust::Pinned { seen }) => seen,
            // Of a network every address that has SSH would get the login: not without a person.
            Some(ProbeTrust::New { seen })
                if discovery.trust_on_first_use && !row.candidate.swept =>
            {
                self.accept(
                    PinKind::SshHostKey,
                    ssh.to_string(),
                    seen.clone(),
                    FIRST_USE,
                )
                .await?;
                row.host_key = Some(ProbeTrust::Pinned { seen: seen.clone() });
                seen
            }
            Some(ProbeTrust::New { .. }) => {
                row.sentence += "; its SSH answers: accept its host key to see what it is";
                return Ok(());
            }
            Some(ProbeTrust::Changed { pinned, seen }) => {
                let told = format!("; its SSH host key has changed: pinned {pinned}, now {seen}");
                row.sentence += &told;
                return Ok(());
            }
            Some(ProbeTrust::Silent { .. }) | None => return Ok(()),
        };
        let mut auth = vec![SshAuth::Key(self.inner.keys.fleet_key.clone())];
        let mut user = "root".to_owned();
        let profile = self.profile_for(discovery, row).await?;
        if let Some(id) = &profile {
            if !discovery.gate.enter(id).await {
                row.sentence += "; its SSH was not tried: the profile was refused by others";
                return Ok(());
            }
            let login: Login = self.login(id).await?;
            auth.push(login.ssh_auth());
            user = row.candidate.user.clone().unwrap_or(login.user);
        }
        let remote = SshRemote::new(SshTarget {
            address: ssh,
            user,
            auth,
            host_key: Some(host_key),
            via: None,
        });
        let read = CommandLine::new(["cat", "/etc/issue"]);
        let output = remote.run(&read, None, ISSUE_DEADLINE).await;
        if let Some(id) = &profile {
            let ended = match &output {
                Ok(_) => Ended::Accepted,
                Err(slipway_core::ports::RemoteError::Unauthorized { .. }) => Ended::Refused,
                Err(_) => Ended::Otherwise,
            };
            discovery.gate.leave(id, ended);
            row.profile = Some(id.clone());
        }
        let output = match output {
            Ok(output) => output,
            Err(error) => {
                row.sentence += &format!("; SSH: {error}");
                return Ok(());
            }
        };
        match issue_release(&output.text()).filter(|_| output.ok()) {
            Some(release) => {
                row.answered(
                    DiscoveryAnswer::ImcWithoutRedfish {
                        issue: format!("Version: {release}"),
                    },
                    format!(
                        "Intel IPU's IMC, Redfish off: its /etc/issue says `Version: {release}`; \
                         its preparation, or a deployment, sets Redfish up"
                    ),
                );
                row.firmware = Some(release);
            }
            None => row.sentence += "; its SSH lets us in, and by its /etc/issue it is no IMC",
        }
        Ok(())
    }
}

impl Row {
    /// What an error means for a list.
    fn failed(&mut self, error: BmcError, kind: &BmcKind) {
        let kind = kind.clone();
        let sentence = error.to_string();
        let answer = match error {
            BmcError::Unreachable { stage, .. } => DiscoveryAnswer::Unreachable { stage },
            BmcError::CertificateUnknown { .. } => DiscoveryAnswer::UntrustedCertificate,
            BmcError::CertificateChanged { .. } => DiscoveryAnswer::ChangedCertificate,
            BmcError::Unauthorized { .. } => DiscoveryAnswer::WrongCredentials { kind },
            BmcError::NotRedfish { .. }
            | BmcError::Refused { .. }
            | BmcError::Protocol { .. }
            | BmcError::NotOffered { .. } => DiscoveryAnswer::NoRedfish,
        };
        self.answered(answer, sentence);
    }
}
