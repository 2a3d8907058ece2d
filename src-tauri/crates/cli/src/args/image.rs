//! `slipctl image`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub enum ImageCommand {
    /// Build an image from a folder with a Containerfile
    Build(Box<ImageBuildArgs>),
    /// Look for what is wrong with a Containerfile (a folder), or a built image (its name in
    /// podman, an OCI directory, an OCI archive)
    Lint {
        what: String,
        /// The Containerfile in the folder
        #[arg(long, short)]
        file: Option<String>,
        /// The image is not for an IPU
        #[arg(long)]
        other: bool,
    },
    /// Push an image that podman has
    Push(PushArgs),
    /// The tags of a repository
    Tags {
        reference: String,
        /// Only those after this one
        #[arg(long)]
        after: Option<String>,
    },
    /// What a tag stands for, by architecture
    Digests { reference: String },
    /// Write a Containerfile for an IPU, with its files, into a folder
    Template(TemplateArgs),
    /// What is needed to build images, and how to get it
    Check {
        #[arg(long, default_value = "aarch64")]
        arch: String,
    },
    /// What podman printed while it built or pushed
    Log { job: String },
    /// The images that podman has
    List,
    /// An image that podman has
    Inspect { image: String },
    /// Give an image that podman has another name
    Tag { image: String, reference: String },
    /// Keep a login to a registry; the password comes on standard input
    Login {
        registry: String,
        #[arg(long, short)]
        user: String,
        /// Read the password from this file descriptor instead
        #[arg(long, value_name = "FD")]
        password_fd: Option<u32>,
    },
    /// Forget a login
    Logout { registry: String },
    /// What certificate a registry shows; with `--accept` it is trusted, for that registry alone
    Trust {
        /// host[:port], as image references begin
        registry: String,
        /// The fingerprint, as the registry's owner says it
        #[arg(long, value_name = "FINGERPRINT")]
        accept: Option<String>,
    },
    /// Forget the accepted certificate of a registry
    Distrust { registry: String },
    /// Logins, accepted certificates, and how registries are asked
    Registries {
        /// Use this auth.json instead of podman's usual places
        #[arg(long, value_name = "FILE")]
        auth_file: Option<PathBuf>,
        /// Trust `<DIR>/<host:port>/*.crt` for that registry
        #[arg(long, value_name = "DIR")]
        certs_dir: Option<PathBuf>,
    },
}

#[derive(Args)]
pub struct ImageBuildArgs {
    pub folder: PathBuf,
    /// registry/repository:tag of the image
    #[arg(long = "tag", short = 't', value_name = "REFERENCE")]
    pub reference: String,
    #[arg(long, default_value = "aarch64")]
    pub arch: String,
    /// The Containerfile in the folder
    #[arg(long, short, default_value = "Containerfile")]
    pub file: String,
    #[arg(long = "build-arg", value_name = "NAME=VALUE")]
    pub args: Vec<String>,
    #[arg(long = "secret", value_name = "ID=FILE")]
    pub secrets: Vec<String>,
    /// Give this machine's RHEL subscription as build secrets
    #[arg(long)]
    pub entitlement: bool,
    /// Build without SELinux' confinement (cross-building)
    #[arg(long)]
    pub selinux_unconfined: bool,
    /// Fetch the base image again where the registry has a newer one
    #[arg(long)]
    pub pull_newer: bool,
    /// Push it when it is built
    #[arg(long)]
    pub push: bool,
    /// An auth.json or pull secret
    #[arg(long, value_name = "FILE")]
    pub auth_file: Option<PathBuf>,
    /// The image is not for an IPU
    #[arg(long)]
    pub other: bool,
    /// Show the plan and the equivalent commands, and do nothing
    #[arg(long)]
    pub plan: bool,
}

#[derive(Args)]
pub struct PushArgs {
    pub image: String,
    /// Under another name
    #[arg(long, value_name = "REFERENCE")]
    pub to: Option<String>,
    /// An auth.json
    #[arg(long, value_name = "FILE")]
    pub auth_file: Option<PathBuf>,
    /// Show the equivalent commands and do nothing
    #[arg(long)]
    pub plan: bool,
}

#[derive(Args)]
pub struct TemplateArgs {
    pub folder: PathBuf,
    /// The bootc image to begin with
    #[arg(long, value_name = "REFERENCE")]
    pub base: Option<String>,
    /// The version of the image
    #[arg(long = "image-version", value_name = "VERSION")]
    pub version: Option<String>,
    /// MicroShift's release
    #[arg(long, value_name = "RELEASE")]
    pub microshift: Option<String>,
    #[arg(long, conflicts_with = "microshift")]
    pub no_microshift: bool,
    /// Don't connect to Red Hat's console
    #[arg(long)]
    pub no_rhc: bool,
    #[arg(long)]
    pub no_greenboot: bool,
    /// The base needs no RHEL subscription
    #[arg(long)]
    pub not_entitled: bool,
    /// A container that comes with the image, logically bound
    #[arg(long, value_name = "NAME=IMAGE")]
    pub bind: Vec<String>,
}
