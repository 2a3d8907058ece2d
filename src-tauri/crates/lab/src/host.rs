//! The server that a card is in: one driver, its network device, and a podman that has one image.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::{files::Files, ssh};

/// The driver of an Intel IPU's functions.
pub const DRIVER: &str = "idpf";
/// The PCI address of the card.
pub const PCI: &str = "0000:3b:00.0";
/// What the driver makes of it.
pub const NETDEV: &str = "ens1f0";

/// A DPU host. Kept as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DpuHost {
    pub files: Files,
    pub user: String,
    pub password: String,
    /// OpenSSH PEM.
    pub host_key: String,
    pub driver_loaded: bool,
    /// Whether the driver's network device is there.
    pub device: bool,
    /// Whether the card in it is a Marvell Octeon.
    pub marvell: bool,
    /// The unit of `systemd-run`, one at a time.
    #[serde(skip)]
    pub unit: Option<HostUnit>,
}

/// A container that runs in a transient unit.
#[derive(Debug, Clone)]
pub struct HostUnit {
    pub name: String,
    pub argv: Vec<String>,
    pub began: Instant,
    pub until: Instant,
    /// What it ends with.
    pub exit: u32,
    pub stopped: bool,
}

impl DpuHost {
    /// Of the card with this number.
    #[must_use]
    pub fn new(card: usize) -> Self {
        let mut files = Files::with_directories(&["/etc", "/root", "/run", "/tmp", "/var/log"]);
        files.place("/etc/hostname", format!("host-{card:02}\n").as_bytes());
        Self {
            files,
            user: "root".into(),
            password: "lab-host-password".into(),
            host_key: ssh::new_host_key(),
            driver_loaded: true,
            device: true,
            marvell: false,
            unit: None,
        }
    }

    /// The card was reset under the driver, which does not get over it.
    pub fn device_lost(&mut self) {
        self.device = false;
    }

    /// False where it was not loaded.
    pub fn unload(&mut self) -> bool {
        self.device = false;
        std::mem::take(&mut self.driver_loaded)
    }

    /// False where it was loaded already.
    pub fn load(&mut self, device_comes_back: bool) -> bool {
        let was = std::mem::replace(&mut self.driver_loaded, true);
        if !was {
            self.device = device_comes_back;
        }
        !was
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_a_reset_took_comes_back_by_a_reload_and_not_by_itself() {
        let mut host = DpuHost::new(1);
        host.device_lost();
        assert!(!host.load(true), "it is loaded");
        assert!(!host.device);
        assert!(host.unload() && !host.unload());
        assert!(host.load(true));
        assert!(host.device);
    }
}
