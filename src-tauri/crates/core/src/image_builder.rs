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
        let folder = self.folder.trim_end_matches('/');
        let builder = match (digest, BUILDER.rsplit_once(':')) {
            (Some(digest), Some((name, _))) => format!("{name}@{digest}"),
            (Some(_) | None, _) => BUILDER.to_owned(),
        };
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
        argv.push("--volume=/var/lib/containers/storage:/var/lib/containers/storage".into());
        argv.push(builder);
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
