//! greenboot and GRUB's environment block: how a boot is judged, and how a bad one is left.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{Acc, strikes};

/// So many boots of a new image before GRUB gives up on it (greenboot's default).
const ATTEMPTS: i32 = 3;

/// `/boot/grub2/grubenv`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grub {
    boot_success: bool,
    /// Boots left for a new image; -1 after GRUB took the older entry.
    boot_counter: Option<i32>,
    /// The digest on which the checks fail by an injected fault.
    failing: Option<String>,
}

impl Grub {
    /// `grub2-editenv list`.
    #[must_use]
    pub fn list(&self) -> String {
        let mut text = format!(
            "saved_entry=\nboot_success={}\n",
            u8::from(self.boot_success)
        );
        if let Some(counter) = self.boot_counter {
            text.push_str(&format!("boot_counter={counter}\n"));
        }
        text.push_str("boot_indeterminate=0\n");
        text
    }

    /// A new image boots next: its boots are counted down.
    pub fn count_down(&mut self) {
        self.boot_counter = Some(ATTEMPTS);
    }

    /// GRUB runs. True where it must take the older entry.
    pub fn boots(&mut self) -> bool {
        self.boot_success = false;
        match self.boot_counter {
            Some(0) => {
                self.boot_counter = Some(-1);
                self.failing = None;
                true
            }
            Some(left @ 1..) => {
                self.boot_counter = Some(left - 1);
                false
            }
            Some(_) | None => false,
        }
    }

    /// The checks passed. The mark of a fallback stays until the next new image.
    pub fn settle(&mut self) {
        self.boot_success = true;
        if self.boot_counter != Some(-1) {
            self.boot_counter = None;
        }
    }

    /// Whether this boot was found good.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.boot_success
    }

    /// As after a fallback that has settled.
    pub fn fell_back(&mut self) {
        self.boot_success = true;
        self.boot_counter = Some(-1);
    }
}

impl Acc {
    /// greenboot's checks have run.
    pub(super) fn greenboot_verdict(&mut self, at: Instant) {
        self.greenboot_due = None;
        let struck = strikes(&mut self.faults.greenboot_fails);
        let Some(disk) = &mut self.disk else { return };
        let digest = disk.bootc.booted.image.digest.clone();
        if struck {
            disk.grub.failing = Some(digest.clone());
        }
        let failing = disk.grub.failing.as_ref() == Some(&digest);
        if !failing && self.setup.images.passes_greenboot(&digest) {
            disk.grub.settle();
        } else if disk.grub.boot_counter.is_some_and(|left| left >= 0) {
            self.go_down_and_boot(at);
        } else {
            // Nothing to fall back to: greenboot leaves it to people. Struck once, judged once.
            disk.grub.failing = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slipway_core::bootc::{Greenboot, parse_greenboot};

    #[test]
    fn a_new_image_has_three_boots_and_then_the_older_entry_is_taken() {
        let mut grub = Grub::default();
        grub.count_down();
        for left in [2, 1, 0] {
            assert!(!grub.boots());
            assert_eq!(grub.boot_counter, Some(left));
            assert_eq!(parse_greenboot(&grub.list()), Greenboot::Pending);
        }
        assert!(grub.boots());
        grub.settle();
        assert_eq!(parse_greenboot(&grub.list()), Greenboot::FellBack);
        grub.count_down();
        grub.boots();
        grub.settle();
        assert_eq!(parse_greenboot(&grub.list()), Greenboot::Green);
    }
}
