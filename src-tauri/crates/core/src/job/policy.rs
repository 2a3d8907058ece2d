//! Deadlines and intervals, as data. The lab brings its own.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long each kind of step may take, in seconds, and how often to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Looking at a card that should answer at once.
    pub observe_s: u64,
    pub prepare_s: u64,
    /// The IMC's download of the ISO.
    pub insert_s: u64,
    /// From the reset until the IMC answers.
    pub imc_return_s: u64,
    /// From then until the old system is gone.
    pub installer_start_s: u64,
    /// The installation and the first boot.
    pub install_s: u64,
    /// `bootc upgrade` or `switch`.
    pub staging_s: u64,
    /// A reboot of the ACC.
    pub reboot_s: u64,
    /// greenboot's verdict.
    pub health_s: u64,
    /// From MicroShift's start to its health.
    pub microshift_s: u64,
    /// A Marvell's whole installation by its host.
    pub pxeboot_s: u64,
    /// A flash of a card's firmware. It is not cut off at its end, only given up on.
    pub flash_s: u64,
    pub cleanup_s: u64,
    /// Downloading a base ISO or an image to this machine.
    pub fetch_s: u64,
    /// Writing an ISO, reading it again, building an image.
    pub build_s: u64,
    /// How long an effect that can't be seen (a reset, a reboot) is given to show before it is
    /// asked for again after a restart of Slipway.
    pub effect_grace_ms: u64,
    /// How often to look while waiting.
    pub poll_ms: u64,
    /// The first pause after a transient error; doubles up to sixteen times that.
    pub retry_ms: u64,
    /// One command over SSH.
    pub command_s: u64,
}

impl Policy {
    /// For real cards: an IMC needs minutes to return, an installation up to an hour.
    #[must_use]
    pub fn hardware() -> Self {
        Self {
            observe_s: 180,
            prepare_s: 300,
            insert_s: 3600,
            imc_return_s: 900,
            installer_start_s: 600,
            install_s: 3600,
            staging_s: 3600,
            reboot_s: 1200,
            health_s: 900,
            microshift_s: 900,
            pxeboot_s: 2 * 3600,
            flash_s: 3600,
            cleanup_s: 300,
            fetch_s: 4 * 3600,
            build_s: 4 * 3600,
            effect_grace_ms: 15_000,
            poll_ms: 3_000,
            retry_ms: 2_000,
            command_s: 60,
        }
    }

    /// For the lab: the same deadlines, for its phases may last as long as real ones, and quicker
    /// looks, for they may last seconds.
    #[must_use]
    pub fn lab() -> Self {
        Self {
            installer_start_s: 120,
            effect_grace_ms: 3_000,
            poll_ms: 400,
            retry_ms: 300,
            command_s: 30,
            ..Self::hardware()
        }
    }

    #[must_use]
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    /// What runs on this machine is quicker to look at than a card, and people watch it.
    #[must_use]
    pub fn build_poll(&self) -> Duration {
        self.poll().min(Duration::from_millis(300))
    }

    #[must_use]
    pub fn command(&self) -> Duration {
        Duration::from_secs(self.command_s)
    }

    #[must_use]
    pub fn effect_grace(&self) -> Duration {
        Duration::from_millis(self.effect_grace_ms)
    }

    /// The pause after the `attempt`th transient error; `spread` in 0..=1000 shortens it by up to
    /// a quarter, so that a rack of cards does not knock in step.
    #[must_use]
    pub fn backoff(&self, attempt: u32, spread: u16) -> Duration {
        let full = self.retry_ms.saturating_mul(1 << attempt.min(4));
        Duration::from_millis(full - full / 4 * u64::from(spread.min(1000)) / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stop_growing() {
        let policy = Policy::hardware();
        let millis = |attempt, spread| policy.backoff(attempt, spread).as_millis();
        assert_eq!(
            (millis(0, 0), millis(3, 0), millis(40, 0)),
            (2_000, 16_000, 32_000)
        );
        assert_eq!(millis(0, 1000), 1_500);
    }
}
