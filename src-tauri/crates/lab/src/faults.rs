//! Faults by name: what goes wrong on a card because somebody asked for it.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What can go wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Fault { $($(#[$doc])* #[serde(rename = $text)] $name),+ }

        impl Fault {
            /// Every fault.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// `refuse-insert`, …
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

faults! {
    /// The next InsertMedia is answered 400.
    RefuseInsert = "refuse-insert",
    /// The next insert's Task ends as `Exception`, after the download.
    TaskException = "task-exception",
    /// The next insert's Task completes, and the slot stays empty.
    NeverInserted = "never-inserted",
    /// The slot shows another name than the one that was inserted next.
    WrongImageName = "wrong-image-name",
    /// At once: the slot holds a leftover, `stale-installer.iso`.
    StaleInserted = "stale-inserted",
    /// The next Redfish request is answered 503.
    Redfish503 = "redfish-503",
    /// The next Redfish answer with a body breaks off in the middle of it.
    HalfJson = "half-json",
    /// The IMC restarts in the middle of the next download.
    ImcGoneMidDownload = "imc-gone-mid-download",
    /// Until cleared: the IMC does not answer at all.
    ImcGone = "imc-gone",
    /// Until cleared: the IMC is in recovery mode (`/etc/hostname` says so).
    RecoveryMode = "recovery-mode",
    /// The next boot override is answered 204 and not kept.
    OverrideLost = "override-lost",
    /// The next Manager.Reset is answered 500 and nothing happens.
    ResetRefused = "reset-refused",
    /// The next IMC reset boots the old OS although the override asks for the CD.
    OldOsAnswers = "old-os-answers",
    /// After the next install the card shows another digest than the ISO's.
    WrongDigestBooted = "wrong-digest-booted",
    /// At once: the IMC's clock is years behind, until `date -s`.
    ClockSkew = "clock-skew",
    /// At once: the IMC shows another SSH host key.
    SshHostKeyChanged = "ssh-host-key-changed",
    /// Until cleared: nothing more can be written on the IMC.
    ImcDiskFull = "imc-disk-full",
    /// Until cleared: the IMC reaches no server outside, so no ISO.
    MediaUnreachable = "media-unreachable",
    /// greenboot's checks fail on the next boot.
    GreenbootFails = "greenboot-fails",
    /// At once: Redfish shows another certificate.
    TlsCertificateChanged = "tls-certificate-changed",
    /// Until cleared: the ACC's SSH port is closed.
    AccSilent = "acc-silent",
    /// Until cleared: Redfish starts at the IMC's boot only where `/work/scripts/pre_init_app.sh`
    /// starts it, as on a card that nobody has prepared.
    RedfishNotAtBoot = "redfish-not-at-boot",
    /// The next driver reload on the DPU host brings no network device back.
    HostDeviceLost = "host-device-lost",
    /// The next run of marvell-tools on the DPU host fails.
    PxebootFails = "pxeboot-fails",
    /// Until cleared: Red Hat refuses every activation key.
    SubscriptionRefused = "subscription-refused",
    /// Until cleared: MicroShift's network pod is being created for ever.
    MicroshiftStuck = "microshift-stuck",
    /// The next `bootc upgrade` or `switch` fails; the message is its error line.
    UpgradeFails = "upgrade-fails",
    /// At once: the service root has another name, as its configuration can give it; the message,
    /// or `rack 7`.
    RootRenamed = "root-renamed",
    /// Until cleared, or `systemctl start redfish` on the IMC: its Redfish does not run.
    RedfishOff = "redfish-off",
    /// Until cleared: the IMC's SSH lets root in without a password, as it is shipped.
    SshWithoutPassword = "ssh-without-password",
    /// At once: its Redfish was never set up, as Intel ships a card: no configuration, password or
    /// certificate, so that it does not run.
    RedfishAsShipped = "redfish-as-shipped",
    /// Until cleared: the IMC says that its firmware is 1.8.0. It behaves as 2.0 does else.
    OldFirmware = "old-firmware",
}

impl Fault {
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.name() == name)
    }

    /// Whether it is a condition that lasts until it is cleared, and not something that happens
    /// a number of times.
    #[must_use]
    pub fn lasts(self) -> bool {
        match self {
            Self::ImcGone
            | Self::RecoveryMode
            | Self::ImcDiskFull
            | Self::MediaUnreachable
            | Self::RedfishNotAtBoot
            | Self::SubscriptionRefused
            | Self::MicroshiftStuck
            | Self::AccSilent
            | Self::RedfishOff
            | Self::SshWithoutPassword
            | Self::OldFirmware => true,
            Self::RefuseInsert
            | Self::TaskException
            | Self::NeverInserted
            | Self::WrongImageName
            | Self::StaleInserted
            | Self::Redfish503
            | Self::HalfJson
            | Self::ImcGoneMidDownload
            | Self::OverrideLost
            | Self::ResetRefused
            | Self::OldOsAnswers
            | Self::WrongDigestBooted
            | Self::ClockSkew
            | Self::SshHostKeyChanged
            | Self::GreenbootFails
            | Self::TlsCertificateChanged
            | Self::HostDeviceLost
            | Self::PxebootFails
            | Self::UpgradeFails
            | Self::RedfishAsShipped
            | Self::RootRenamed => false,
        }
    }
}

/// A fault that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingFault {
    pub fault: Fault,
    /// How often it will happen; of a lasting one it means nothing.
    #[serde(rename = "times")]
    pub left: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The faults that wait on one card.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<PendingFault>>);

impl Faults {
    fn pending(&self) -> std::sync::MutexGuard<'_, Vec<PendingFault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `times` is how often it happens; a lasting one lasts whatever it says.
    pub fn add(&self, fault: Fault, times: u32, message: Option<String>) {
        self.pending().push(PendingFault {
            fault,
            left: times,
            message,
        });
    }

    pub fn clear(&self) {
        self.pending().clear();
    }

    /// Ends a condition.
    pub fn end(&self, fault: Fault) {
        self.pending().retain(|pending| pending.fault != fault);
    }

    /// Whether it is pending; uses nothing up.
    #[must_use]
    pub fn has(&self, fault: Fault) -> bool {
        self.pending().iter().any(|p| p.fault == fault)
    }

    /// Uses it up once. A lasting one is never used up.
    #[must_use]
    pub fn take(&self, fault: Fault) -> bool {
        self.take_message(fault).is_some()
    }

    /// Like [`Self::take`], with the message that it was injected with (or an empty one).
    #[must_use]
    pub fn take_message(&self, fault: Fault) -> Option<String> {
        let mut pending = self.pending();
        let at = pending.iter().position(|p| p.fault == fault)?;
        let message = pending[at].message.clone().unwrap_or_default();
        if !fault.lasts() {
            pending[at].left = pending[at].left.saturating_sub(1);
            if pending[at].left == 0 {
                pending.remove(at);
            }
        }
        Some(message)
    }

    /// What is pending.
    #[must_use]
    pub fn list(&self) -> Vec<PendingFault> {
        self.pending().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_and_agree_with_serde() {
        for fault in Fault::ALL {
            assert_eq!(Fault::from_name(fault.name()), Some(*fault));
            let json = serde_json::to_string(fault).unwrap();
            assert_eq!(json, format!("\"{}\"", fault.name()));
        }
        assert_eq!(Fault::from_name("nonsense"), None);
    }

    #[test]
    fn a_fault_happens_as_often_as_asked_and_a_condition_lasts() {
        let faults = Faults::default();
        faults.add(Fault::Redfish503, 2, None);
        faults.add(Fault::AccSilent, 1, None);
        let taken = (0..4).filter(|_| faults.take(Fault::Redfish503)).count();
        assert_eq!(taken, 2);
        assert!((0..4).all(|_| faults.take(Fault::AccSilent)));
        faults.clear();
        assert!(!faults.has(Fault::AccSilent));
    }
}
