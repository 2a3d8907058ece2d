//! One card of a lab, for whoever tests with it.

use std::sync::Arc;

use crate::{Fault, Observed, ShellOutput, acc::AccPhase, card::Card};

/// One card of a running lab.
#[derive(Clone)]
pub struct CardHandle(Arc<Card>);

impl CardHandle {
    pub(super) fn new(card: Arc<Card>) -> Self {
        Self(card)
    }

    /// Injects a fault: once, or until cleared where it is a condition.
    pub fn inject(&self, fault: Fault) {
        self.0.inject(fault, 1, None);
    }

    /// So many times.
    pub fn inject_times(&self, fault: Fault, times: u32) {
        self.0.inject(fault, times, None);
    }

    /// With the words that the fault is shown with ([`Fault::UpgradeFails`]).
    pub fn inject_saying(&self, fault: Fault, message: &str) {
        self.0.inject(fault, 1, Some(message.to_owned()));
    }

    pub fn clear_faults(&self) {
        self.0.clear_faults();
    }

    /// Somebody gives the IMC another password, for Redfish and for SSH.
    pub fn set_imc_password(&self, password: &str) {
        self.0.set_imc_password(password);
    }

    /// The card is a Marvell Octeon, for its host.
    pub fn set_marvell(&self) {
        self.0.host().marvell = true;
    }

    /// The server that the card is in is without power for a moment: what was flashed is in force.
    pub fn cold_boot(&self) {
        self.0.cold_boot();
    }

    /// What was flashed and waits for a cold boot.
    #[must_use]
    pub fn flashed(&self) -> Option<String> {
        self.0.imc().flashed.clone()
    }

    /// The containers' command lines that the DPU host ran or runs.
    #[must_use]
    pub fn host_command(&self) -> Option<Vec<String>> {
        self.0.host().unit.as_ref().map(|unit| unit.argv.clone())
    }

    /// What was done to the card so far.
    #[must_use]
    pub fn observed(&self) -> Observed {
        self.0.observed()
    }

    /// What `bootc status --format json` says on the ACC; empty without an OS.
    #[must_use]
    pub fn bootc_status_json(&self) -> String {
        self.0.acc().bootc_status_json()
    }

    /// Everything that a card keeps (files, trust, slot, override, options, clock, disk): for
    /// tests that nothing was changed.
    ///
    /// # Errors
    /// None that can be met: everything of it is kept as JSON in the lab's state, too.
    pub fn state(&self) -> serde_json::Result<serde_json::Value> {
        Ok(serde_json::json!({
            "imc": serde_json::to_value(self.0.kept())?,
            "acc": serde_json::to_value(self.0.acc().save())?,
            "host": serde_json::to_value(self.0.host().clone())?,
        }))
    }

    /// What the ACC does now.
    #[must_use]
    pub fn acc_phase(&self) -> AccPhase {
        self.0.acc().phase()
    }

    /// Whether the IMC's ports are open.
    #[must_use]
    pub fn imc_is_up(&self) -> bool {
        self.0.imc_is_up()
    }

    /// Runs a command line on the IMC without SSH.
    pub async fn run_on_imc(&self, command: &str, stdin: &[u8]) -> ShellOutput {
        crate::shell::run_on_imc(&self.0, command, stdin).await
    }

    /// Runs a command line on the DPU host without SSH.
    pub async fn run_on_host(&self, command: &str, stdin: &[u8]) -> ShellOutput {
        crate::shell::run_on_host(&self.0, command, stdin).await
    }

    /// Runs a command line on the ACC without SSH.
    pub async fn run_on_acc(&self, command: &str, stdin: &[u8]) -> ShellOutput {
        crate::shell::run_on_acc(&self.0, command, stdin).await
    }
}
