//! The plan of an image build as people see it.

use super::ImageBuildState as State;
use crate::{
    image_build::{ImageBuildPlan, ImageSource, Podman},
    job::{PlannedStep, plan::planned},
};

/// Every step of a build, in order, each with what does the same by hand.
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
    let (build, tag) = match &plan.source {
        ImageSource::Folder(_) => (first.to_vec(), vec![]),
        ImageSource::Local { .. } => (vec![], first.to_vec()),
    };
    let not_pushed = "Nothing: the image is not pushed";
    vec![
        planned(
            checking,
            "Only looks: podman, emulation, the folder, room on the disk",
            vec![],
        ),
        planned(
            building,
            match &plan.source {
                ImageSource::Folder(folder) => format!(
                    "podman builds {} for {}; the image has no name until it is whole",
                    folder.containerfile_path(),
                    plan.architecture
                ),
                ImageSource::Local { reference } => format!("Nothing: podman has {reference}"),
            },
            build,
        ),
        planned(naming, format!("{} becomes the image", plan.reference), tag),
        planned(
            pushing,
            if plan.push {
                format!("podman sends it to {}", plan.reference.registry())
            } else {
                not_pushed.to_owned()
            },
            push.to_vec(),
        ),
        planned(
            verifying,
            if plan.push {
                "Asks the registry for the tag's digest; it must be the one that was pushed"
            } else {
                not_pushed
            },
            vec![],
        ),
        planned(
            cleaning,
            "Stops what still runs, and forgets the logins that podman was given",
            vec![],
        ),
    ]
}
