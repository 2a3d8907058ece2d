//! The plan of an ISO build as people see it.

use super::{IsoBase, IsoBuildPlan, IsoBuildState as State, IsoImage, WrittenIso};
use crate::{
    command::CommandLine,
    image::oci_architecture,
    iso::{AREA_FILE, CONTAINER_DIR, KICKSTART_FILE, MANIFEST_FILE},
    job::{PlannedStep, Terminal, plan::planned},
    time::ByteCount,
};

/// The steps of a build, in order, each with what does the same by hand.
#[must_use]
pub fn planned_steps(plan: &IsoBuildPlan) -> Vec<PlannedStep> {
    if let IsoBase::ImageBuilder { builder, .. } = &plan.base {
        return super::builder::planned_steps(plan, builder);
    }
    let line = |argv: &[&str]| CommandLine::new(argv.iter().copied()).to_string();
    let name = |state: &State| state.name();
    let (base, fetch) = match &plan.base {
        IsoBase::File { path } => (path.as_str(), vec![]),
        IsoBase::Url { url, sha256 } => (
            "base.iso",
            vec![
                line(&[
                    "curl",
                    "--fail",
                    "--location",
                    "-o",
                    "base.iso",
                    url.as_str(),
                ]),
                format!("echo '{sha256}  base.iso' | sha256sum -c"),
            ],
        ),
        IsoBase::ImageBuilder { builder, .. } => (builder.as_str(), vec![]),
    };
    let arch = oci_architecture(&plan.architecture);
    let source = plan.image.transport();
    let mut copy = vec!["skopeo", "copy", "--preserve-digests"];
    let choose = format!("--override-arch={arch}");
    copy.push(&choose);
    if let Some(file) = &plan.auth_file {
        copy.extend(["--authfile", file]);
    }
    copy.extend([source.as_str(), "oci:container:latest"]);
    let copied = match &plan.image {
        IsoImage::OciDir { .. } => vec![],
        IsoImage::OciArchive { .. } | IsoImage::Registry { .. } | IsoImage::LocalStorage { .. } => {
            vec![line(&copy)]
        }
    };
    let container = match &plan.image {
        IsoImage::OciDir { path } => path.as_str(),
        IsoImage::OciArchive { .. } | IsoImage::Registry { .. } | IsoImage::LocalStorage { .. } => {
            CONTAINER_DIR
        }
    };
    let map = |from: &str, to: &str| format!("-map {} /{to}", CommandLine::new([from]));
    let xorriso = format!(
        "xorriso -indev {} -outdev {} -boot_image any replay {} {} {} {} -update grub.cfg /EFI/BOOT/grub.cfg",
        CommandLine::new([base]),
        CommandLine::new([plan.output.as_str()]),
        map(KICKSTART_FILE, KICKSTART_FILE),
        map(AREA_FILE, AREA_FILE),
        map(MANIFEST_FILE, MANIFEST_FILE),
        map(container, CONTAINER_DIR),
    );
    let written = WrittenIso::placeholder();
    vec![
        planned(
            name(&State::CheckingInputs),
            "Only looks: programs, the base ISO, the image, room on the disk",
            vec![],
        ),
        planned(
            name(&State::FetchingBase),
            match &plan.base {
                IsoBase::File { path } => format!("Nothing: {path} is here"),
                IsoBase::Url { url, .. } => {
                    format!("Downloads {url} once, checks its SHA-256, keeps it in the cache")
                }
                IsoBase::ImageBuilder { builder, .. } => format!("Nothing: {builder} makes it"),
            },
            fetch,
        ),
        planned(
            name(&State::FetchingImage),
            format!(
                "The image of {} from {source}, digests kept",
                plan.architecture
            ),
            copied,
        ),
        planned(
            name(&State::Writing),
            "One pass of xorriso; kernel arguments into every boot entry, the kickstart, its area, the image; the md5 of the media check while writing",
            vec![xorriso, line(&["implantisomd5", &plan.output])],
        ),
        planned(
            name(&State::Verifying {
                written: written.clone(),
            }),
            "Reads it all again: boot records, arguments, kickstart, area, image, md5, SHA-256",
            vec![line(&["slipctl", "iso", "verify", &plan.output])],
        ),
        planned(
            name(&State::AddingToLibrary {
                written,
                sha256: String::new(),
            }),
            format!(
                "{} appears, whole, and in the library as {}",
                plan.output, plan.name
            ),
            vec![],
        ),
        planned(
            name(&State::CleaningUp {
                then: Terminal::Cancelled,
            }),
            "Removes temporary files",
            vec![],
        ),
    ]
}

impl WrittenIso {
    /// For a state's name only.
    pub(super) fn placeholder() -> Self {
        Self {
            size: ByteCount(0),
            md5: String::new(),
            digest: crate::image::ImageDigest::of_sha256([0; 32]),
            source_digest: None,
        }
    }
}

impl IsoImage {
    /// As skopeo names it.
    #[must_use]
    pub fn transport(&self) -> String {
        match self {
            Self::OciDir { path } => format!("oci:{path}"),
            Self::OciArchive { path } => format!("oci-archive:{path}"),
            Self::Registry { reference } => format!("docker://{reference}"),
            Self::LocalStorage { reference } => format!("containers-storage:{reference}"),
        }
    }
}
