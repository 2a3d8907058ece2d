//! An ISO that osbuild's image builder makes: the request that follows from a plan, and its steps.

use super::{IsoBase, IsoBuildPlan, IsoBuildState as State, IsoImage, WrittenIso};
use crate::{
    command::CommandLine,
    image::Architecture,
    image_builder::{BuilderRun, ImageBuilderRequest},
    job::{PlannedStep, Terminal, plan::planned},
};

impl IsoBuildPlan {
    /// What the image builder is asked for, with its files in `folder`. `None` where a base ISO is
    /// remastered, or the image is in no registry.
    #[must_use]
    pub fn image_builder(
        &self,
        folder: String,
        owner: String,
        kickstart: Option<String>,
    ) -> Option<ImageBuilderRequest> {
        let IsoBase::ImageBuilder {
            iso_type,
            installer,
            ..
        } = &self.base
        else {
            return None;
        };
        let IsoImage::Registry { reference } = &self.image else {
            return None;
        };
        Some(ImageBuilderRequest {
            reference: reference.clone(),
            architecture: self.architecture.parse::<Architecture>().ok()?,
            iso_type: *iso_type,
            installer: installer.clone(),
            kernel_arguments: self.kargs.join(" "),
            kickstart: kickstart.filter(|text| !text.trim().is_empty()),
            users: vec![],
            folder,
            owner,
        })
    }

    /// The lines that fetch the image, and its installer, into podman's storage, where the builder
    /// looks for them.
    #[must_use]
    pub fn builder_pulls(&self, options: &[String]) -> Vec<CommandLine> {
        let IsoBase::ImageBuilder { installer, .. } = &self.base else {
            return vec![];
        };
        let image = match &self.image {
            IsoImage::Registry { reference } => Some(reference),
            IsoImage::OciDir { .. }
            | IsoImage::OciArchive { .. }
            | IsoImage::LocalStorage { .. } => None,
        };
        let arch = crate::image::oci_architecture(&self.architecture);
        image
            .into_iter()
            .chain(installer)
            .map(|reference| {
                let mut argv = vec!["podman".to_owned(), "pull".into(), format!("--arch={arch}")];
                argv.extend_from_slice(options);
                argv.push(reference.to_string());
                CommandLine::new(argv)
            })
            .collect()
    }
}

/// The steps, each with what does the same by hand.
pub fn planned_steps(plan: &IsoBuildPlan, builder: &str) -> Vec<PlannedStep> {
    let request = plan.image_builder("/work".into(), "0:0".into(), None);
    let run = request.map(|request| {
        let run = BuilderRun {
            builder,
            storage: "/var/lib/containers/storage",
            container: None,
        };
        request.command_on(&run).to_string()
    });
    let auth = plan
        .auth_file
        .iter()
        .map(|file| format!("--authfile={file}"));
    let pulls = plan.builder_pulls(&auth.collect::<Vec<_>>());
    let written = WrittenIso::placeholder();
    let step = |state: State, effect: String, commands| planned(state.name(), effect, commands);
    vec![
        step(
            State::CheckingInputs,
            "Only looks: podman as root, the image in its registry, room on the disk".into(),
            vec![],
        ),
        step(
            State::FetchingBase,
            format!("Nothing: {builder} makes the installer"),
            vec![],
        ),
        step(
            State::FetchingImage,
            "The image into podman's storage, where the builder looks for it".into(),
            pulls.iter().map(ToString::to_string).collect(),
        ),
        step(
            State::Writing,
            "A privileged container makes the ISO, with the kickstart and the kernel arguments of its config.toml".into(),
            run.into_iter().collect(),
        ),
        step(
            State::Verifying {
                written: written.clone(),
            },
            "Reads it all again: boot records, arguments, image, md5 where it has one, SHA-256".into(),
            vec![CommandLine::new(["slipctl", "iso", "verify", &plan.output]).to_string()],
        ),
        step(
            State::AddingToLibrary {
                written,
                sha256: String::new(),
            },
            format!(
                "{} appears, whole, and in the library as {}",
                plan.output, plan.name
            ),
            vec![],
        ),
        step(
            State::CleaningUp {
                then: Terminal::Cancelled,
            },
            "Removes the container and temporary files".into(),
            vec![],
        ),
    ]
}
