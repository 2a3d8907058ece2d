//! The second way to an installer ISO: osbuild's image builder, a privileged container.
//!
//! Its `config.toml`, its command line, what it does not do, and what its output means. It needs
//! the image in a registry, and podman as root. bootc-image-builder was archived in 2026 and is
//! part of image-builder since.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    command::CommandLine,
    image::{Architecture, ImageDigest, ImageReference},
};

/// Where the builder is published.
pub const BUILDER: &str = "quay.io/centos-bootc/bootc-image-builder:latest";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum BuilderType {
    /// The builder makes the installer itself, from the image's own repositories. Deprecated by
    /// image-builder; RHEL's documentation still names it.
    #[default]
    AnacondaIso,
    /// What image-builder goes on with: the installer is a bootc image of its own, with Anaconda.
    BootcInstaller,
}

impl BuilderType {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BootcInstaller => "bootc-installer",
            Self::AnacondaIso => "anaconda-iso",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BuilderUser {
    pub name: String,
    /// One SSH public key.
    pub key: String,
}

/// An ISO to be made by the image builder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ImageBuilderRequest {
    pub reference: ImageReference,
    pub architecture: Architecture,
    pub iso_type: BuilderType,
    /// The image with Anaconda, for [`BuilderType::BootcInstaller`].
    pub installer: Option<ImageReference>,
    /// Kernel arguments of the installer's boot menu.
    pub kernel_arguments: String,
    /// A kickstart of one's own, instead of users.
    pub kickstart: Option<String>,
    pub users: Vec<BuilderUser>,
    /// Where `config.toml` and the ISO come to lie.
    pub folder: String,
    /// Who owns the ISO afterwards: `UID:GID`.
    pub owner: String,
}

/// Where podman keeps images as root, and where the builder looks for them.
const STORAGE: &str = "/var/lib/containers/storage";

/// What is not of the request, but of the machine that the builder runs on.
#[derive(Debug, Clone, Copy)]
pub struct BuilderRun<'a> {
    /// The builder's image.
    pub builder: &'a str,
    /// Where this machine's podman keeps images.
    pub storage: &'a str,
    /// What the container is called, so that it is found again.
    pub container: Option<&'a str>,
}

/// [`BUILDER`] by the digest that was seen first.
#[must_use]
pub fn pinned(digest: Option<&ImageDigest>) -> String {
    match (digest, BUILDER.rsplit_once(':')) {
        (Some(digest), Some((name, _))) => format!("{name}@{digest}"),
        (Some(_) | None, _) => BUILDER.to_owned(),
    }
}

#[derive(Serialize)]
struct Config<'a> {
    customizations: Customizations<'a>,
}

#[derive(Serialize)]
struct Customizations<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    kernel: Option<Kernel<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    installer: Option<Installer<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user: Vec<User<'a>>,
}

#[derive(Serialize)]
struct Kernel<'a> {
    append: &'a str,
}

#[derive(Serialize)]
struct Installer<'a> {
    kickstart: Kickstart<'a>,
}

#[derive(Serialize)]
struct Kickstart<'a> {
    contents: &'a str,
}

#[derive(Serialize)]
struct User<'a> {
    name: &'a str,
    key: &'a str,
    groups: [&'static str; 1],
}

impl ImageBuilderRequest {
    /// `config.toml`.
    ///
    /// # Errors
    /// A text that TOML can't hold; there is none that we know of.
    pub fn config_toml(&self) -> Result<String, toml::ser::Error> {
        let append = self.kernel_arguments.trim();
        let users = self.users.iter().map(|user| User {
            name: &user.name,
            key: user.key.trim(),
            groups: ["wheel"],
        });
        toml::to_string_pretty(&Config {
            customizations: Customizations {
                kernel: (!append.is_empty()).then_some(Kernel { append }),
                installer: self.kickstart.as_deref().map(|contents| Installer {
                    kickstart: Kickstart { contents },
                }),
                user: users.collect(),
            },
        })
    }

    /// The container, by digest once it is known.
    #[must_use]
    pub fn command(&self, digest: Option<&ImageDigest>) -> CommandLine {
        self.command_on(&BuilderRun {
            builder: &pinned(digest),
            storage: STORAGE,
            container: None,
        })
    }

    /// The container on a machine that is known.
    #[must_use]
    pub fn command_on(&self, run: &BuilderRun<'_>) -> CommandLine {
        let folder = self.folder.trim_end_matches('/');
        let mut argv: Vec<String> = [
            "podman",
            "run",
            "--rm",
            "--privileged",
            "--pull=newer",
            "--security-opt=label=type:unconfined_t",
        ]
        .map(str::to_owned)
        .to_vec();
        argv.push(format!("--volume={folder}/config.toml:/config.toml:ro"));
        argv.push(format!("--volume={folder}:/output"));
        argv.push(format!("--volume={}:{STORAGE}", run.storage));
        argv.extend(run.container.map(|name| format!("--name={name}")));
        argv.push(run.builder.to_owned());
        argv.extend(
            [
                "--type",
                self.iso_type.name(),
                "--target-arch",
                self.architecture.machine(),
                "--rootfs",
                "xfs",
                "--progress",
                "verbose",
                "--chown",
                &self.owner,
            ]
            .map(str::to_owned),
        );
        match (self.iso_type, &self.installer) {
            (BuilderType::BootcInstaller, Some(installer)) => {
                argv.push("--installer-payload-ref".into());
                argv.push(self.reference.to_string());
                argv.push(installer.to_string());
            }
            (BuilderType::BootcInstaller, None) | (BuilderType::AnacondaIso, _) => {
                argv.push(self.reference.to_string());
            }
        }
        CommandLine::new(argv)
    }

    /// Why it can't be made like this; empty: it can be tried.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.reference.is_local_only() {
            problems.push(format!(
                "{} lives in no registry: a card that is installed from it can never upgrade. Push \
                 the image, and give the reference that cards are to follow",
                self.reference
            ));
        }
        if self.iso_type == BuilderType::BootcInstaller && self.installer.is_none() {
            problems.push(
                "bootc-installer wants an installer image, a bootc image with Anaconda in it; \
                 anaconda-iso needs none"
                    .into(),
            );
        }
        if self.kickstart.is_some() && !self.users.is_empty() {
            problems.push(
                "image builder takes a kickstart or users, not both: put the users into the \
                 kickstart"
                    .into(),
            );
        }
        let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        for user in &self.users {
            if user.name.is_empty() || !user.name.chars().all(name) {
                problems.push(format!("`{}` is not a user's name", user.name));
            }
            if let Err(error) = crate::kickstart::check_public_key(user.key.trim()) {
                problems.push(format!("the key of {}: {error}", user.name));
            }
        }
        if self.kernel_arguments.chars().any(char::is_control) {
            problems.push("the kernel arguments are not one line".into());
        }
        if !self.folder.starts_with('/') || self.folder.contains([':', ',', '\n']) {
            problems.push(format!(
                "`{}` is not a whole path without colons and commas, as podman's volumes need it",
                self.folder
            ));
        }
        if let Some(kickstart) = &self.kickstart {
            problems.extend(kickstart_problems(kickstart));
        }
        problems
    }

    /// What people should know who chose this method.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = vec![
            "the builder is a privileged container: it may do on this machine whatever root may"
                .to_owned(),
        ];
        if self.kickstart.is_some() && !self.kernel_arguments.trim().is_empty() {
            warnings.push(
                "with a kickstart of your own, image builder writes no `bootloader --append`: the \
                 kernel arguments are those of the installer only. The installed system gets its \
                 own from the image's kargs.d, or from the kickstart's `bootloader --append`"
                    .into(),
            );
        }
        if self.iso_type == BuilderType::AnacondaIso {
            warnings.push("anaconda-iso is deprecated; bootc-installer takes its place".into());
        }
        if self.architecture == Architecture::Aarch64 && self.kernel_arguments.trim().is_empty() {
            warnings.push(
                "without kernel arguments the installer of an IPU finds neither its network nor \
                 its iSCSI disk"
                    .into(),
            );
        }
        warnings
    }
}

/// What the builder adds by itself must not stand in a kickstart that is given to it.
fn kickstart_problems(kickstart: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (at, line) in kickstart.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = at + 1;
        if words.first() == Some(&"ostreecontainer") {
            problems.push(format!(
                "line {at} of the kickstart: image builder adds `ostreecontainer` itself; take it out"
            ));
        }
        if !line.trim_start().starts_with('#')
            && words.windows(2).any(|pair| pair == ["bootc", "switch"])
        {
            problems.push(format!(
                "line {at} of the kickstart: image builder adds a `bootc switch` itself; take it out"
            ));
        }
    }
    problems
}

/// Where the builder stands, by what it printed last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "at")]
pub enum BuilderProgress {
    /// Packages are chosen.
    Manifest,
    Pipeline {
        name: String,
        stage: Option<String>,
    },
    Failed {
        reason: String,
    },
}

/// Reads the builder's output: osbuild's own lines (`Pipeline build: 1f…`, `org.osbuild.rpm: 7a…
/// {`), and those of its progress bars (`[6 / 9] Pipeline anaconda-tree [--->`).
#[must_use]
pub fn parse_progress(text: &str) -> Option<BuilderProgress> {
    let mut progress = None;
    for line in text.lines() {
        let line = line.trim();
        let line = match line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("] "))
        {
            Some((numbers, rest)) if numbers.contains(" / ") => rest,
            Some(_) | None => line,
        };
        let word = |text: &str| {
            let end = text.find([':', ' ']).unwrap_or(text.len());
            text[..end].to_owned()
        };
        if line.starts_with("Generating manifest") {
            progress = Some(BuilderProgress::Manifest);
        } else if let Some(name) = line.strip_prefix("Pipeline ") {
            progress = Some(BuilderProgress::Pipeline {
                name: word(name),
                stage: None,
            });
        } else if let Some((_, reason)) = line.split_once(" error: ") {
            progress = Some(BuilderProgress::Failed {
                reason: reason.to_owned(),
            });
        } else {
            let stage = line.strip_prefix("Stage ").unwrap_or(line);
            if let (true, Some(BuilderProgress::Pipeline { stage: at, .. })) =
                (stage.starts_with("org.osbuild."), &mut progress)
            {
                *at = Some(word(stage));
            }
        }
    }
    progress
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> ImageBuilderRequest {
        ImageBuilderRequest {
            reference: "quay.io/lab/dpu-os:1".parse().unwrap(),
            architecture: Architecture::Aarch64,
            iso_type: BuilderType::AnacondaIso,
            installer: None,
            kernel_arguments: "netroot=iscsi:192.168.0.1::::iqn.e2000:acc acpi=force".into(),
            kickstart: Some("lang en_US.UTF-8\n%post\necho \"'''\"\n%end\nreboot\n".into()),
            users: vec![],
            folder: "/isos/out/".into(),
            owner: "1000:1000".into(),
        }
    }

    #[test]
    fn the_configuration_reads_back_as_it_was_meant() {
        let text = request().config_toml().unwrap();
        insta::assert_snapshot!(text);
        let table: toml::Table = text.parse().unwrap();
        let customizations = &table["customizations"];
        assert_eq!(
            customizations["kernel"]["append"].as_str(),
            Some(request().kernel_arguments.as_str())
        );
        assert_eq!(
            customizations["installer"]["kickstart"]["contents"].as_str(),
            request().kickstart.as_deref()
        );
    }

    #[test]
    fn the_command_lines_of_both_types() {
        let digest: ImageDigest = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
        let installer = ImageBuilderRequest {
            iso_type: BuilderType::BootcInstaller,
            installer: Some("quay.io/lab/installer:1".parse().unwrap()),
            ..request()
        };
        insta::assert_snapshot!(format!(
            "{}\n{}",
            request().command(Some(&digest)),
            installer.command(None)
        ));
    }

    #[test]
    fn what_image_builder_adds_itself_is_refused_in_a_kickstart() {
        let with = |line: &str| {
            let kickstart = format!("lang en_US.UTF-8\n{line}\n");
            ImageBuilderRequest {
                kickstart: Some(kickstart),
                ..request()
            }
            .problems()
        };
        assert_eq!(request().problems(), [""; 0]);
        for line in [
            "ostreecontainer --url=/run/install/repo/container --transport=oci",
            "bootc switch --mutate-in-place quay.io/lab/dpu-os:1",
        ] {
            assert!(
                with(line)[0].starts_with("line 2 of the kickstart"),
                "{line}"
            );
        }
        assert_eq!(with("# no bootc switch here"), [""; 0]);
        let local = ImageBuilderRequest {
            reference: "localhost/dpu-os:1".parse().unwrap(),
            ..request()
        };
        assert!(local.problems()[0].contains("never upgrade"));
        let both = ImageBuilderRequest {
            users: vec![BuilderUser {
                name: "ada".into(),
                key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ a".into(),
            }],
            ..request()
        };
        assert_eq!(both.problems().len(), 1);
        assert!(
            request()
                .warnings()
                .iter()
                .any(|w| w.contains("bootloader --append"))
        );
    }

    #[test]
    fn the_output_of_a_build_says_where_it_stands() {
        let pipeline = |name: &str, stage: Option<&str>| {
            Some(BuilderProgress::Pipeline {
                name: name.into(),
                stage: stage.map(str::to_owned),
            })
        };
        let manifest = "Generating manifest manifest-anaconda-iso.json\n";
        assert_eq!(parse_progress(manifest), Some(BuilderProgress::Manifest));
        // osbuild's plain output; not a recording.
        let plain = format!(
            "{manifest}Pipeline build: 1f2e\nBuild\n  root: <host>\norg.osbuild.rpm: 7a7b {{\n"
        );
        assert_eq!(
            parse_progress(&plain),
            pipeline("build", Some("org.osbuild.rpm"))
        );
        // osbuild/bootc-image-builder#1077, shortened.
        let bars = "[/] Disk image building step\n\
            [6 / 9] Pipeline anaconda-tree [---->____] 66.67%\n\
            [1 / 10] Stage org.osbuild.rpm [->____] 10.00%\n\
            Message: Starting module org.osbuild.rpm\n";
        assert_eq!(
            parse_progress(bars),
            pipeline("anaconda-tree", Some("org.osbuild.rpm"))
        );
        let failed =
            format!("{bars}2025/10/14 08:16:57 error: cannot run osbuild: token too long\n");
        assert_eq!(
            parse_progress(&failed),
            Some(BuilderProgress::Failed {
                reason: "cannot run osbuild: token too long".into()
            })
        );
        assert_eq!(parse_progress("Trying to pull quay.io/x...\n"), None);
    }
}
