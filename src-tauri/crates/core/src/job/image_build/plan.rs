//! The plan of an image build as people see it.

use super::ImageBuildState as State;
use crate::{
    image_build::{ImageBuildPlan, ImageSource, Podman},
    job::{PlannedStep, plan::planned},
};

/// The steps of a build, in order, each with what does the same by hand.
#[must_use]
pub fn planned_steps(plan: &ImageBuildPlan, podman: &Podman) -> Vec<PlannedStep> {
    let [
        _,
        checking,
        building,
        naming,
        pushing,
        verifying,
        cleaning,
        ..,
    ] = State::NAMES;
    let lines: Vec<String> = podman.shown(plan).iter().map(ToString::to_string).collect();
    let (first, push) = lines.split_at(lines.len() - usize::from(plan.push));
    let mut steps = vec![planned(
        checking,
        "Only looks: podman, emulation, the folder, secrets, room on the disk",
        vec![],
    )];
    if let ImageSource::Folder(folder) = &plan.source {
        steps.push(planned(
            building,
            format!(
                "podman builds {} for {}; the image has no name until it is whole",
                folder.containerfile_path(),
                plan.architecture
            ),
            first.to_vec(),
        ));
    }
    steps.push(planned(
        naming,
        format!("{} becomes the image", plan.reference),
        match &plan.source {
            ImageSource::Folder(_) => vec![],
            ImageSource::Local { .. } => first.to_vec(),
        },
    ));
    if plan.push {
        steps.push(planned(
            pushing,
            format!("podman sends it to {}", plan.reference.registry()),
            push.to_vec(),
        ));
        steps.push(planned(
            verifying,
            "Asks the registry for the tag's digest; it must be the one that was pushed",
            vec![],
        ));
    }
    steps.push(planned(
        cleaning,
        "Stops what still runs, and forgets the logins that podman was given",
        vec![],
    ));
    steps
}
