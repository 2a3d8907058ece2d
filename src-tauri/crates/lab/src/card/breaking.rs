//! Faults as they reach a card: those that are a change happen at once, the others wait.

use std::time::Instant;

use super::{Card, Slot, locked};
use crate::{
    acc::AccFaults,
    faults::Fault,
    imc::{identity::TlsIdentity, service},
    invented, ssh,
};

impl Card {
    /// Injects a fault; those that are a change happen now.
    pub fn inject(&self, fault: Fault, times: u32, message: Option<String>) {
        match fault {
            Fault::StaleInserted => {
                let mut imc = self.imc();
                imc.slot = Slot {
                    image_name: Some("stale-installer.iso".into()),
                    inserted: true,
                };
            }
            Fault::ClockSkew => self.imc().clock_offset = invented::SKEWED_CLOCK,
            Fault::SshHostKeyChanged => {
                locked(&self.secrets).imc_host_key = ssh::new_host_key();
                // New sessions show the new key; the sessions there are stay, as with a real sshd.
            }
            Fault::TlsCertificateChanged => {
                if let Ok(identity) = TlsIdentity::new(&self.name) {
                    service::place_identity(&mut self.imc().files, &identity);
                    self.set_tls(identity);
                }
            }
            Fault::RecoveryMode => {
                self.imc().files.place("/etc/hostname", b"ipu-recovery\n");
                self.faults.add(fault, times, message);
            }
            Fault::ImcDiskFull => {
                self.imc().files.full = true;
                self.faults.add(fault, times, message);
            }
            Fault::RootRenamed => {
                let name = message.unwrap_or_else(|| "rack 7".to_owned());
                service::rename(&mut self.imc().files, &name);
            }
            Fault::RedfishAsShipped => {
                service::forget(&mut self.imc().files);
                self.imc().redfish_runs = false;
            }
            Fault::RefuseInsert
            | Fault::TaskException
            | Fault::NeverInserted
            | Fault::WrongImageName
            | Fault::Redfish503
            | Fault::HalfJson
            | Fault::ImcGoneMidDownload
            | Fault::ImcGone
            | Fault::MediaUnreachable
            | Fault::RedfishNotAtBoot
            | Fault::HostDeviceLost
            | Fault::PxebootFails
            | Fault::SubscriptionRefused
            | Fault::MicroshiftStuck
            | Fault::OverrideLost
            | Fault::ResetRefused
            | Fault::OldOsAnswers
            | Fault::RedfishOff
            | Fault::SshWithoutPassword
            | Fault::OldFirmware => self.faults.add(fault, times, message),
            Fault::WrongDigestBooted => locked(&self.acc).faults.wrong_digest_booted += times,
            Fault::GreenbootFails => locked(&self.acc).faults.greenboot_fails += times,
            Fault::AccSilent => locked(&self.acc).faults.silent = true,
            Fault::UpgradeFails => {
                let mut acc = locked(&self.acc);
                acc.faults.update_fails += times;
                acc.faults.update_message = message.unwrap_or_default();
            }
        }
        self.tick(Instant::now());
    }

    /// For Redfish and for SSH; sessions that are there stay.
    pub fn set_imc_password(&self, password: &str) {
        locked(&self.secrets).imc_password = password.to_owned();
        let hash = service::hash(password);
        let mut imc = self.imc();
        let text = imc.files.read_text(service::CONFIGURATION);
        if let Some(text) = text
            .ok()
            .and_then(|text| service::with_password(&text, &hash))
        {
            imc.files.place(service::CONFIGURATION, text.as_bytes());
        }
        imc.redfish_hash = hash;
    }

    pub fn clear_faults(&self) {
        self.faults.clear();
        locked(&self.acc).faults = AccFaults::default();
        {
            let mut imc = self.imc();
            imc.files.full = false;
            imc.clock_offset = 0;
            let hostname = invented::imc_hostname(self.number);
            imc.files.place("/etc/hostname", hostname.as_bytes());
            service::rename(&mut imc.files, invented::SERVICE_NAME);
        }
        self.tick(Instant::now());
    }
}
