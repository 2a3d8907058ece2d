//! What is installed on an ACC: boot entries, files, how `root` gets in.

use serde::{Deserialize, Serialize};

use super::{AccSetup, Bootc, greenboot::Grub};
use crate::{files::Files, image::Image, ssh};

pub const HOST_KEY: &str = "/etc/ssh/ssh_host_ed25519_key";
pub const AUTHORIZED_KEYS: &str = "/root/.ssh/authorized_keys";

/// An installed OS.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Disk {
    pub bootc: Bootc,
    pub grub: Grub,
    pub files: Files,
    /// root's; `None` is locked.
    pub password: Option<String>,
}

impl Disk {
    /// A bare OS with this image.
    #[must_use]
    pub fn new(image: Image) -> Self {
        let directories = [
            "/boot/grub2",
            "/etc/crio",
            "/etc/slipway",
            "/etc/ssh",
            "/etc/systemd/system",
            "/home",
            "/ostree",
            "/root",
            "/run",
            "/tmp",
            "/usr/local/bin",
            "/var/lib",
            "/var/log",
            "/var/tmp",
        ];
        Self {
            bootc: Bootc::installed(image),
            grub: Grub::default(),
            files: Files::with_directories(&directories),
            password: None,
        }
    }

    /// An OS that was there before anybody looked: the card's name, its password.
    #[must_use]
    pub fn preinstalled(setup: &AccSetup, image: Image) -> Self {
        let mut disk = Self::new(image);
        disk.password = Some(setup.password.clone());
        disk.put("/etc/hostname", format!("{}\n", setup.name).as_bytes());
        disk
    }

    /// Writes a file where the folders may be missing.
    pub fn put(&mut self, path: &str, bytes: &[u8]) {
        if let Some((folder, _)) = path.rsplit_once('/') {
            self.files.make_directories(folder);
        }
        // The lab's own writes go to places that are no directories.
        let _ = self.files.write(path, bytes);
    }

    /// What sshd and systemd make when they start and find nothing.
    pub fn first_boot(&mut self, setup: &AccSetup) {
        for volatile in ["/run", "/tmp"] {
            self.files.make_directories(volatile);
        }
        if !self.files.exists("/etc/hostname") {
            self.put("/etc/hostname", format!("{}\n", setup.name).as_bytes());
        }
        if !self.files.exists(HOST_KEY) {
            let key = ssh::new_host_key();
            self.put(HOST_KEY, key.as_bytes());
            let public = ssh::public_line(&key).unwrap_or_default();
            self.put(&format!("{HOST_KEY}.pub"), format!("{public}\n").as_bytes());
        }
    }

    /// The PEM of the host key that sshd shows.
    #[must_use]
    pub fn host_key_pem(&self) -> Option<String> {
        self.files.read_text(HOST_KEY).ok()
    }

    #[must_use]
    pub fn hostname(&self) -> String {
        let text = self.files.read_text("/etc/hostname").unwrap_or_default();
        text.trim().to_owned()
    }

    /// The entry that boots next is chosen. `orderly`: systemd shut down, so a staged image was
    /// finalized; after a power cut it is lost.
    pub fn choose_entry(&mut self, orderly: bool) {
        if self.bootc.next_boot(orderly) {
            self.grub.count_down();
        }
        if self.grub.boots() {
            self.bootc.swap();
        }
    }
}
