//! From an `iso_builder` section to what the ISO studio is asked for.

use super::model::IsoBuilder;
use crate::{command::CommandLine, image::ImageReference, job::iso_build::IsoImage};

/// The pre step, by which it is left out.
pub const ISO_BUILDER: &str = "iso_builder";

/// An ISO as a section describes it. Paths are as they were written: relative ones start at the
/// file's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedIso {
    /// Its name in the library.
    pub name: String,
    /// Where it is written, where the section says so.
    pub output: Option<String>,
    /// The stock ISO.
    pub base: String,
    pub image: IsoImage,
    pub kickstart: String,
    pub kargs: Vec<String>,
    pub removed_kargs: Vec<String>,
}

/// # Errors
/// What is missing or can't be meant, in words.
pub fn wanted_iso(builder: &IsoBuilder) -> Result<WantedIso, String> {
    let setting = |key: &str| {
        let mut all = builder.settings.iter();
        let (_, value) = all.find(|(known, _)| known == key)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    };
    let needed = |key: &str| setting(key).ok_or_else(|| format!("`{key}` of the step is missing"));
    let written = needed("final_iso_name")?;
    let base = on_disk("input_iso", needed("input_iso")?)?;
    let image = image(needed("image_mode_url")?)?;
    let kickstart = on_disk("kickstart", needed("kickstart")?)?;
    let name = written.rsplit('/').next().unwrap_or_default();
    if name.is_empty() {
        return Err(format!("`{written}` names no file"));
    }
    Ok(WantedIso {
        name: name.to_owned(),
        output: written.contains('/').then(|| written.to_owned()),
        base,
        image,
        kickstart,
        kargs: arguments("iso_kargs", setting("iso_kargs"))?,
        removed_kargs: arguments("remove_args", setting("remove_args"))?,
    })
}

fn on_disk(key: &str, value: &str) -> Result<String, String> {
    if value.contains("://") {
        return Err(format!(
            "`{key}` is a URL: fetch it, and write the file's path"
        ));
    }
    Ok(value.to_owned())
}

/// As podman's tools write where an image is; without that, it is a registry's.
fn image(text: &str) -> Result<IsoImage, String> {
    let path = |path: &str| path.to_owned();
    let reference = |text: &str| {
        text.parse::<ImageReference>()
            .map_err(|error| format!("`image_mode_url`: {error}"))
    };
    Ok(match text.split_once(':') {
        Some(("oci", rest)) => IsoImage::OciDir { path: path(rest) },
        Some(("oci-archive", rest)) => IsoImage::OciArchive { path: path(rest) },
        Some(("containers-storage", rest)) => IsoImage::LocalStorage {
            reference: reference(rest)?,
        },
        Some(("http" | "https", _)) => {
            return Err(format!(
                "`image_mode_url` is {text}, and no image: write registry/repository:tag"
            ));
        }
        Some(_) | None => IsoImage::Registry {
            reference: reference(text.strip_prefix("docker://").unwrap_or(text))?,
        },
    })
}

/// A quoted argument could hold a space, and nobody knows how the tools of CDA take it.
fn arguments(key: &str, text: Option<&str>) -> Result<Vec<String>, String> {
    let text = text.unwrap_or_default();
    if text.contains(['"', '\'']) {
        return Err(format!(
            "`{key}` has quotes: write arguments without spaces"
        ));
    }
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

/// What is done, in words and as a command.
pub(super) fn planned(builder: &IsoBuilder, wanted: &WantedIso) -> (String, Vec<String>) {
    let image = match &wanted.image {
        IsoImage::OciDir { path } => format!("oci:{path}"),
        IsoImage::OciArchive { path } => format!("oci-archive:{path}"),
        IsoImage::Registry { reference } => format!("docker://{reference}"),
        IsoImage::LocalStorage { reference } => format!("containers-storage:{reference}"),
    };
    let mut words = format!(
        "Makes {} on this machine by the ISO studio, out of {}, {image} and {}, in a job of its own; \
         that ISO is deployed, and not `install_iso`. One that was made of just these is taken as it \
         is",
        wanted.name, wanted.base, wanted.kickstart
    );
    if builder.subscription.organization.is_some() || builder.subscription.activation_key.is_some()
    {
        words.push_str(
            ". The section's activation key does not go into it: rh_subscription registers",
        );
    }
    let mut argv: Vec<String> = [
        "slipctl",
        "iso",
        "build",
        &wanted.name,
        "--base",
        &wanted.base,
    ]
    .map(str::to_owned)
    .into();
    argv.extend(["--image".into(), image, "--kickstart".into()]);
    argv.push(wanted.kickstart.clone());
    let both = [
        ("--karg", &wanted.kargs),
        ("--remove-karg", &wanted.removed_kargs),
    ];
    for (option, arguments) in both {
        argv.extend(
            arguments
                .iter()
                .map(|argument| format!("{option}={argument}")),
        );
    }
    argv.extend(wanted.output.iter().map(|path| format!("--output={path}")));
    (words, vec![CommandLine::new(argv).to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(settings: &[(&str, &str)]) -> IsoBuilder {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        IsoBuilder {
            settings: settings.iter().map(own).collect(),
            ..IsoBuilder::default()
        }
    }

    const WHOLE: [(&str, &str); 6] = [
        ("image_mode_url", "docker://quay.io/lab/dpu-os:stable"),
        ("input_iso", "/isos/RHEL-9.6.iso"),
        ("kickstart", "kickstart.ks"),
        ("iso_kargs", "ip=192.168.0.2::: netroot=iscsi:192.168.0.1"),
        ("remove_args", "quiet"),
        ("final_iso_name", "dpu-os.iso"),
    ];

    #[test]
    fn a_whole_section_is_one_call_of_the_studio() {
        let builder = section(&WHOLE);
        let wanted = wanted_iso(&builder).unwrap();
        let (_, commands) = planned(&builder, &wanted);
        assert_eq!(
            commands,
            [
                "slipctl iso build dpu-os.iso --base /isos/RHEL-9.6.iso --image \
                 docker://quay.io/lab/dpu-os:stable --kickstart kickstart.ks \
                 --karg=ip=192.168.0.2::: --karg=netroot=iscsi:192.168.0.1 --remove-karg=quiet"
            ]
        );
    }

    #[test]
    fn what_is_missing_or_can_not_be_meant_is_named() {
        for (key, value, why) in [
            ("input_iso", "", "`input_iso` of the step is missing"),
            (
                "input_iso",
                "https://x/a.iso",
                "`input_iso` is a URL: fetch it, and write the file's path",
            ),
            ("kickstart", "", "`kickstart` of the step is missing"),
            ("final_iso_name", "isos/", "`isos/` names no file"),
            (
                "iso_kargs",
                "a=\"b c\"",
                "`iso_kargs` has quotes: write arguments without spaces",
            ),
            (
                "image_mode_url",
                "https://x/a.tar",
                "`image_mode_url` is https://x/a.tar, and no image: write registry/repository:tag",
            ),
        ] {
            let mut settings = WHOLE;
            for setting in settings.iter_mut().filter(|(known, _)| *known == key) {
                setting.1 = value;
            }
            assert_eq!(wanted_iso(&section(&settings)).unwrap_err(), why, "{key}");
        }
    }
}
