//! Faults as they reach a card: those that are a change happen at once, the others wait.

use std::time::Instant;

use super::{Card, Slot, locked};
use crate::{acc::AccFaults, faults::Fault, imc::identity::TlsIdentity, invented, ssh};

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
                let text = invented::configuration(&name);
                let mut imc = self.imc();
                imc.files.place(invented::CONFIGURATION, text.as_bytes());
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
            let configuration = invented::configuration(invented::SERVICE_NAME);
            imc.files
                .place(invented::CONFIGURATION, configuration.as_bytes());
        }
        self.tick(Instant::now());
    }
}
