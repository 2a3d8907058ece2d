//! The command line.

mod batch;
mod bmc;
mod cluster;
mod image;
mod iso;
mod lab;
mod network;

pub use batch::*;
pub use bmc::*;
pub use cluster::*;
pub use image::*;
pub use iso::*;
pub use lab::*;
pub use network::*;

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
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
    /// This machine's port to the cards: an address, and DHCP by a server of our own
    Network {
        #[command(subcommand)]
        command: NetworkCommand,
    },
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
    /// Issue the certificate of the IMC's Redfish, also in place of another one; the pin then
    /// changes to it. Where there is none it is issued anyway
    #[arg(long)]
    pub imc_certificate: bool,
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
    /// The same again, as a new job: what is done already is seen and not done again
    Retry {
        job: String,
        /// Go on from this step of a deployment that failed, by its name or its number in `job show`
        #[arg(long, value_name = "STEP")]
        from: Option<String>,
        #[arg(long)]
        no_wait: bool,
    },
    /// The same deployment anew, whatever came of it: everything on the card's disk is lost
    Again {
        job: String,
        #[command(flatten)]
        go: Go,
    },
    Logs {
        job: String,
        /// Go on until the job ends
        #[arg(long, short)]
        follow: bool,
    },
    /// Write all that is known of a job and its card into a new file for whoever helps: JSON,
    /// without secrets
    Bundle {
        job: String,
        file: PathBuf,
    },
    /// Run what is queued until nothing is left
    Run,
}
