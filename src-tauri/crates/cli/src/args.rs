//! The command line.

mod batch;
mod bmc;

pub use batch::*;
pub use bmc::*;

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

const EXIT_CODES: &str = "Exit codes: 0 done · 1 failed · 2 wrong command line · 3 not found · \
4 refused, nothing was done · 5 trust: a certificate or host key is new or has changed · \
6 user name, password or key refused · 7 no answer · 8 the secret store is locked · \
9 the database is of a newer Slipway · 130 interrupted (jobs go on where Slipway runs). \
A job that failed is 1, or 5 or 6 where it failed for that. A batch is 0 where every card succeeded, \
and else as its failed jobs are; stopped, paused or cancelled it is 1.";

/// Deploys and keeps DPUs in image mode.
#[derive(Parser)]
#[command(name = "slipctl", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// The folder with the database and everything else
    #[arg(long, global = true, env = "SLIPWAY_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Answer in JSON; progress as JSON lines
    #[arg(long, global = true)]
    pub json: bool,
    /// Read the passphrase of the secret file from this file descriptor
    #[arg(long, global = true, value_name = "FD")]
    pub passphrase_fd: Option<u32>,
    /// Serve ISOs on this address; without it on the one that the card's IMC sees
    #[arg(long, global = true, value_name = "IP")]
    pub media_address: Option<IpAddr>,
    /// Say more on standard error; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// The built-in simulated rack
    Lab {
        #[command(subcommand)]
        command: LabCommand,
    },
    /// Cards, their IMCs, and the BMCs of servers
    Bmc {
        #[command(subcommand)]
        command: BmcCommand,
    },
    /// Credential profiles
    Credential {
        #[command(subcommand)]
        command: CredentialCommand,
    },
    /// Installer ISOs
    Iso {
        #[command(subcommand)]
        command: IsoCommand,
    },
    /// Read a CDA cluster.yaml and tell everything that is wrong with it
    Import(ImportArgs),
    /// What deploying a cluster.yaml would do
    Plan(PlanArgs),
    /// Look at everything that a deployment could stumble over; changes nothing
    Doctor(DoctorArgs),
    /// Images: build, check, push; registries
    Image {
        #[command(subcommand)]
        command: ImageCommand,
    },
    /// Kickstarts
    Kickstart {
        #[command(subcommand)]
        command: KickstartCommand,
    },
    /// Install an ISO's image on cards, or on those of a cluster.yaml
    Deploy(DeployArgs),
    /// What cards run
    Status(StatusArgs),
    /// Bring cards to the newest image of their reference, and reboot them
    Upgrade(ChangeManyArgs),
    /// Bring cards to another image reference, and reboot them
    Switch(SwitchArgs),
    /// Bring a card back to its older boot entry, and reboot it
    Rollback(ChangeArgs),
    /// Jobs
    Job {
        #[command(subcommand)]
        command: JobCommand,
    },
    /// Many cards at once
    Batch {
        #[command(subcommand)]
        command: BatchCommand,
    },
    /// Pinned certificates and host keys
    Trust {
        #[command(subcommand)]
        command: TrustCommand,
    },
    /// About this data folder
    Info,
    /// Completions for a shell, on standard output
    Completions { shell: Shell },
    /// For `cargo xtask bench`: milliseconds of a page of the fleet, one line each
    #[command(hide = true)]
    BenchList {
        #[arg(long, default_value_t = 200)]
        rounds: u32,
    },
    /// For `cargo xtask bench`: a database with this many cards, made without a lab
    #[command(hide = true)]
    BenchFill { cards: u32 },
    /// For `cargo xtask bench`: milliseconds of the engine's own work per transition, one line each
    #[command(hide = true)]
    BenchQueue { jobs: u32 },
}

#[derive(Subcommand)]
pub enum LabCommand {
    /// Run the lab until interrupted
    Start {
        #[arg(long, default_value_t = 24)]
        cards: usize,
        /// The lab's own folder; `lab.json` appears there when it is ready
        #[arg(long)]
        dir: PathBuf,
        #[arg(long, value_enum, default_value_t = Mix::Mixed)]
        fleet: Mix,
        #[arg(long, value_enum, default_value_t = Speed::Demo)]
        speed: Speed,
        /// Start with fresh cards instead of those of the last run
        #[arg(long)]
        forget: bool,
        /// Cap each IMC's download of an ISO
        #[arg(long, value_name = "BYTES_PER_SECOND")]
        read_rate: Option<u64>,
    },
    /// Add a running lab's cards and its ISO
    Add {
        #[arg(long)]
        dir: PathBuf,
    },
    /// Make a simulated card misbehave
    Fault {
        #[arg(long)]
        dir: PathBuf,
        /// The card's number, from 1
        card: usize,
        /// By name; `list` shows all, `none` clears them
        fault: String,
        #[arg(long, default_value_t = 1)]
        times: u32,
    },
    /// Let the lab's registry tag another version as `stable`
    Promote {
        #[arg(long)]
        dir: PathBuf,
        version: String,
    },
    /// Run one command on a simulated card: `$SSH_ORIGINAL_COMMAND`, for sshd's ForceCommand
    #[command(hide = true)]
    Exec {
        #[arg(long)]
        dir: PathBuf,
        #[arg(long)]
        card: usize,
        #[arg(long, value_enum)]
        on: Machine,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Mix {
    Fresh,
    Installed,
    Mixed,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Speed {
    Instant,
    Demo,
    Realistic,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Machine {
    Imc,
    Acc,
}

#[derive(Subcommand)]
pub enum KickstartCommand {
    /// Make a kickstart from the options, secrets masked
    Render {
        #[command(flatten)]
        form: Box<FormArgs>,
        /// Print the secrets too
        #[arg(long)]
        with_secrets: bool,
    },
    /// Look for what is wrong with a kickstart
    Lint { file: PathBuf },
}

/// A kickstart, brought or made of options. Secrets come from files only.
#[derive(Args)]
pub struct FormArgs {
    /// Take this kickstart instead of making one
    #[arg(long, value_name = "FILE")]
    pub kickstart: Option<PathBuf>,
    /// The image reference that a card follows afterwards
    #[arg(long)]
    pub reference: Option<String>,
    /// For a machine that boots the ISO without Slipway
    #[arg(long)]
    pub hostname: Option<String>,
    /// The disk to install on (what Anaconda finds)
    #[arg(long)]
    pub disk: Option<String>,
    /// The device that gets its address by DHCP
    #[arg(long)]
    pub network_device: Option<String>,
    #[arg(long)]
    pub timezone: Option<String>,
    #[arg(long)]
    pub language: Option<String>,
    #[arg(long)]
    pub keyboard: Option<String>,
    /// A file with SSH public keys for root; Slipway's own comes with a deployment
    #[arg(long = "ssh-keys", value_name = "FILE")]
    pub ssh_keys: Vec<PathBuf>,
    /// A file with the SHA-512 crypt of root's password (locked without it)
    #[arg(long, value_name = "FILE")]
    pub root_hash_file: Option<PathBuf>,
    #[arg(long)]
    pub rhc_organization: Option<String>,
    /// A file with the activation key
    #[arg(long, value_name = "FILE")]
    pub rhc_key_file: Option<PathBuf>,
    /// OpenShift's pull secret, for MicroShift
    #[arg(long, value_name = "FILE")]
    pub pull_secret: Option<PathBuf>,
    /// An auth.json that goes on the card, to follow a private image
    #[arg(long, value_name = "FILE")]
    pub registry_auth: Option<PathBuf>,
    /// A kernel argument of the installed system
    #[arg(long = "system-karg", value_name = "ARG")]
    pub system_kargs: Vec<String>,
    /// A script to run in the installed system
    #[arg(long, value_name = "FILE")]
    pub post: Vec<PathBuf>,
}

#[derive(Args)]
pub struct BuildArgs {
    /// Its name in the library
    pub name: String,
    /// The stock Anaconda ISO: a file, or a URL with --base-sha256
    #[arg(long, required_unless_present = "image_builder")]
    pub base: Option<String>,
    #[arg(long, value_name = "HEX")]
    pub base_sha256: Option<String>,
    /// oci:DIR, oci-archive:FILE, docker://REFERENCE or containers-storage:REFERENCE
    #[arg(long)]
    pub image: String,
    /// Where to write it (the data folder)
    #[arg(long, short)]
    pub output: Option<PathBuf>,
    /// Replace what lies there
    #[arg(long)]
    pub overwrite: bool,
    #[arg(long, default_value = "aarch64")]
    pub arch: String,
    /// A kernel argument for every boot entry
    #[arg(long = "karg", value_name = "ARG")]
    pub kargs: Vec<String>,
    /// Add what an IPU's installer needs: its address, the iSCSI disk, acpi=force
    #[arg(long)]
    pub ipu: bool,
    /// Take this argument out of every boot entry
    #[arg(long = "remove-karg", value_name = "ARG")]
    pub remove_kargs: Vec<String>,
    /// An auth.json for the image's registry
    #[arg(long, value_name = "FILE")]
    pub authfile: Option<PathBuf>,
    /// Let osbuild's image builder make the whole ISO (podman as root, an image in a registry); of the
    /// kickstart's options it takes --kickstart only
    #[arg(long, value_enum, value_name = "TYPE", conflicts_with_all = ["base", "remove_kargs"])]
    pub image_builder: Option<Builder>,
    /// The image with Anaconda, for bootc-installer
    #[arg(long, value_name = "REFERENCE", requires = "image_builder")]
    pub installer: Option<String>,
    /// Another builder than the published one: a mirror of it
    #[arg(long, value_name = "REFERENCE", requires = "image_builder")]
    pub builder_image: Option<String>,
    #[command(flatten)]
    pub form: FormArgs,
    #[command(flatten)]
    pub go: Go,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Builder {
    AnacondaIso,
    BootcInstaller,
}

#[derive(Subcommand)]
pub enum IsoCommand {
    /// Build an installer ISO from a stock ISO, an image and a kickstart
    Build(Box<BuildArgs>),
    /// Look at a whole ISO: boot records, arguments, kickstart, image, sums
    Verify { path: PathBuf },
    /// Read an ISO into the library; the file stays where it is. A bundle's folder is checked, and
    /// its ISO copied
    Import {
        path: PathBuf,
        #[arg(long)]
        name: Option<String>,
    },
    /// Copy an ISO, the image in it and checksums into a new folder, for a desk without a network
    Bundle { iso: String, folder: PathBuf },
    /// Forget the kickstart of a build that failed; it can't be started again then
    Forget { job: String },
    /// The library
    List,
    /// Serve an ISO as it is until interrupted
    Serve {
        iso: String,
        /// On this address of this machine
        #[arg(long, value_name = "IP")]
        address: Option<IpAddr>,
        /// Without TLS; an IMC takes HTTPS only
        #[arg(long)]
        http: bool,
        /// Take it down by itself after this many minutes
        #[arg(long, value_name = "MINUTES")]
        expires: Option<u32>,
    },
    /// Take down what any Slipway of this data folder serves
    Unpublish {
        /// The number that `serve` and `list` show, or an ISO
        what: String,
    },
    /// This machine's addresses to serve on
    Addresses,
    /// Print our CA's certificate
    Ca,
    /// Print the file that firmware 1.8 needs for an ISO over 2 GB
    ReservedMemory,
    /// Take an ISO out of the library; the file stays
    Remove { iso: String },
}

/// A cluster.yaml, and where its templates' values come from.
#[derive(Args)]
pub struct ClusterArgs {
    /// A file with values for the templates
    #[arg(long, value_name = "FILE")]
    pub vars: Option<PathBuf>,
    /// Only these cards, by their names in the file or in the inventory; templates count them
    /// from 0
    #[arg(long = "cards", value_name = "CARD", value_delimiter = ',', num_args = 1..)]
    pub only: Vec<String>,
    /// Leave out a step of the file: rh_subscription, microshift, …
    #[arg(long, value_name = "STEP", value_delimiter = ',', num_args = 1..)]
    pub skip_steps: Vec<String>,
}

#[derive(Args)]
pub struct ImportArgs {
    pub file: PathBuf,
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Write the file in today's form; comments are lost, passwords are in it
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Add the cards that are not known yet
    #[arg(long)]
    pub add: bool,
    /// With --add: accept the certificates and host keys that are shown now
    #[arg(long, requires = "add")]
    pub trust_on_first_use: bool,
}

#[derive(Args)]
pub struct PlanArgs {
    pub file: PathBuf,
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The ISO, instead of the file's: name, id, or the first digits of its SHA-256
    #[arg(long)]
    pub iso: Option<String>,
    /// Put after the card's name: `lab.example`
    #[arg(long)]
    pub domain: Option<String>,
}

#[derive(Args)]
pub struct DoctorArgs {
    /// Cards, by name; or one cluster.yaml: its cards that are in the inventory
    #[arg(required = true)]
    pub cards: Vec<String>,
    /// Look at this ISO too: name, id, or the first digits of its SHA-256
    #[arg(long)]
    pub iso: Option<String>,
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

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
    /// Logins, and how registries are asked
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

#[derive(Args)]
pub struct DeployArgs {
    /// Cards, by name; or one cluster.yaml
    #[arg(required = true)]
    pub cards: Vec<String>,
    /// The ISO: name, id, or the first digits of its SHA-256; a cluster.yaml names its own
    #[arg(long)]
    pub iso: Option<String>,
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Put after the card's name: `lab.example`
    #[arg(long)]
    pub domain: Option<String>,
    /// A file with more SSH public keys for root
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Allow this firmware release, which is not known to work
    #[arg(long, value_name = "RELEASE")]
    pub allow_firmware: Option<String>,
    #[command(flatten)]
    pub many: Many,
    #[command(flatten)]
    pub go: Go,
}

#[derive(Args)]
pub struct Go {
    /// Show the plan and do nothing
    #[arg(long)]
    pub plan: bool,
    /// Don't ask
    #[arg(long, short)]
    pub yes: bool,
    /// Submit, and don't wait: a running Slipway does it
    #[arg(long)]
    pub no_wait: bool,
}

#[derive(Args)]
pub struct StatusArgs {
    /// Cards, by name; all without it
    pub cards: Vec<String>,
    /// Show what was last seen, without asking the cards
    #[arg(long)]
    pub cached: bool,
}

#[derive(Args)]
pub struct ChangeArgs {
    pub card: String,
    #[command(flatten)]
    pub go: Go,
}

#[derive(Args)]
pub struct SwitchArgs {
    #[arg(required = true, num_args = 1..)]
    pub cards: Vec<String>,
    /// registry/repository:tag
    #[arg(required = true)]
    pub image: String,
    #[command(flatten)]
    pub many: Many,
    #[command(flatten)]
    pub go: Go,
}

#[derive(Subcommand)]
pub enum JobCommand {
    List {
        #[arg(long)]
        active: bool,
        /// Of one card
        #[arg(long)]
        card: Option<String>,
    },
    Show {
        job: String,
    },
    /// Ask a job to stop; it cleans up first
    Cancel {
        job: String,
    },
    /// The same again, as a new job
    Retry {
        job: String,
        #[arg(long)]
        no_wait: bool,
    },
    Logs {
        job: String,
        /// Go on until the job ends
        #[arg(long, short)]
        follow: bool,
    },
    /// Run what is queued until nothing is left
    Run,
}
