//! The plan of a Marvell's installation as people see it.

use super::{CONTAINER, MarvellPlan, MarvellState as State, install};
use crate::{
    command::CommandLine,
    job::{PlannedStep, plan::planned},
};

/// Every step in order, each with what does the same by hand.
#[must_use]
pub fn planned_steps(plan: &MarvellPlan) -> Vec<PlannedStep> {
    let [_, checking, installing, cleaning, ..] = State::NAMES;
    let host = &plan.host;
    let on_host = |argv: &[String]| {
        let line = CommandLine::new(argv);
        format!("ssh -p {} core@{} {line}", host.port, host.host)
    };
    let words = |argv: &[&str]| {
        argv.iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let mut sudo = words(&["sudo"]);
    sudo.extend(install(plan));
    vec![
        planned(
            checking,
            format!(
                "Only looks: {host} has a Marvell Octeon (177d:b900), and nobody installs it now"
            ),
            vec![on_host(&words(&["lspci", "-nn", "-d", ":b900"]))],
        ),
        planned(
            installing,
            format!(
                "Runs a privileged container on {host} with all of its files, which boots the card \
                 into the installer and overwrites the card's disk; it becomes {}",
                plan.name
            ),
            vec![on_host(&sudo)],
        ),
        planned(
            cleaning,
            "Stops the container where it still runs",
            vec![on_host(&words(&[
                "sudo", "podman", "rm", "--force", "--ignore", CONTAINER,
            ]))],
        ),
    ]
}
