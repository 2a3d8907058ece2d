//! The plan as people see it.

use super::{ClusterDeployPlan, ClusterDeployState as State};
use crate::{
    command::CommandLine,
    job::{PlannedStep, plan::planned},
};

/// Every step in order, each with what does the same by hand.
#[must_use]
pub fn planned_steps(plan: &ClusterDeployPlan) -> Vec<PlannedStep> {
    let [_, checking, building, deploying, cleaning, ..] = State::NAMES;
    let mut deploy = vec!["slipctl", "deploy", plan.file.as_str()];
    if let Some(variables) = &plan.variables {
        deploy.extend(["--vars", variables]);
    }
    let isos = plan.isos.join(", ");
    let cards = match plan.cards.as_slice() {
        [(_, card)] => card.clone(),
        cards => format!("{} cards, as one batch", cards.len()),
    };
    vec![
        planned(
            checking,
            "Only looks: the file, and that of its variables, are those that were confirmed",
            vec![CommandLine::new(["sha256sum", &plan.file]).to_string()],
        ),
        planned(
            building,
            format!(
                "Makes {isos} in the ISO studio, in a job of its own, and waits for it; what was made \
                 of the same already is taken as it is"
            ),
            vec![],
        ),
        planned(
            deploying,
            format!("Begins the deployment of {cards}, in a job or batch of its own, once"),
            vec![CommandLine::new(deploy).to_string()],
        ),
        planned(
            cleaning,
            "Forgets what was typed for the file; a cancel stops the build that it waits for",
            vec![],
        ),
    ]
}
