//! A card's firmware: what it says that it has, and what was flashed and waits for a cold boot.

use super::Card;
use crate::{faults::Fault, invented};

impl Card {
    /// As Redfish shows it: what the IMC's own files say.
    pub fn firmware_version(&self) -> String {
        if self.faults.has(Fault::OldFirmware) {
            return invented::OLD_FIRMWARE_VERSION.to_owned();
        }
        let issue = self.imc().files.read_text(invented::ISSUE);
        let issue = issue.unwrap_or_default();
        let shown = issue
            .lines()
            .next()
            .and_then(|line| line.split(' ').next_back());
        shown.unwrap_or_default().to_owned()
    }

    /// What the flashing tool does: written now, in force from the next cold boot on.
    pub fn flash(&self, version: &str) {
        self.imc().flashed = Some(version.to_owned());
        self.count(|o| o.flashes += 1);
    }

    /// The server that it is in is without power for a moment.
    pub fn cold_boot(&self) {
        {
            let mut imc = self.imc();
            if let Some(version) = imc.flashed.take() {
                let issue = invented::issue(&version);
                for path in ["/etc/issue", invented::ISSUE] {
                    imc.files.place(path, issue.as_bytes());
                }
            }
        }
        self.count(|o| o.cold_boots += 1);
        self.lose_imc();
    }
}
