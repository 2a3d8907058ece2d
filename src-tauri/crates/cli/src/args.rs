//! The command line.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

const EXIT_CODES: &str = "Exit codes: 0 done · 1 failed · 2 wrong command line · 3 not found · \
4 refused, nothing was done · 5 trust: a certificate or host key is new or has changed · \
6 user name, password or key refused · 7 no answer · 8 the secret store is locked · \
9 the database is of a newer Slipway · 130 interrupted (jobs go on where Slipway runs). \
A job that failed is 1, or 5 or 6 where it failed for that.";

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
    /// Cards and their IMCs
    Bmc {
        #[command(subcommand)]
        command: BmcCommand,
    },
    /// Installer ISOs
    Iso {
        #[command(subcommand)]
        command: IsoCommand,
    },
    /// Install an ISO's image on cards
    Deploy(DeployArgs),
    /// What cards run
    Status(StatusArgs),
    /// Bring a card to the newest image of its reference, and reboot it
    Upgrade(ChangeArgs),
    /// Bring a card to another image reference, and reboot it
    Switch(SwitchArgs),
    /// Bring a card back to its older boot entry, and reboot it
    Rollback(ChangeArgs),
    /// Jobs
    Job {
        #[command(subcommand)]
        command: JobCommand,
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
pub enum BmcCommand {
    /// Add a card by its IMC's address
    Add(Box<AddArgs>),
    /// Show what an address shows, without logging in
    Probe {
        /// host or host:port of Redfish
        imc: String,
        /// host:port of the IMC's SSH
        #[arg(long)]
        ssh: Option<String>,
    },
    /// All cards
    List {
        #[arg(long)]
        search: Option<String>,
    },
    /// Everything about one card
    Show { card: String },
    /// Give a card's IMC another password; it is tried before it is kept
    Password {
        card: String,
        /// Read it from this file descriptor
        #[arg(long, value_name = "FD")]
        password_fd: u32,
    },
    /// Forget a card
    Remove { card: String },
}

#[derive(Args)]
pub struct AddArgs {
    /// host or host:port of the IMC's Redfish (8443)
    pub imc: String,
    /// The card's name; it becomes its host name
    #[arg(long)]
    pub name: String,
    #[arg(long, default_value = "root")]
    pub user: String,
    /// Read the IMC's password from this file descriptor
    #[arg(long, value_name = "FD")]
    pub password_fd: Option<u32>,
    /// Read the IMC's password from this file
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// host:port of the IMC's SSH (the same host, 22)
    #[arg(long)]
    pub ssh: Option<String>,
    /// host:port of the ACC (through the IMC to 192.168.0.2)
    #[arg(long)]
    pub acc: Option<String>,
    /// Read the ACC's root password from this file, where it has no key of ours yet
    #[arg(long, value_name = "FILE")]
    pub acc_password_file: Option<PathBuf>,
    /// The server the card is in
    #[arg(long)]
    pub host: Option<String>,
    #[arg(long = "label")]
    pub labels: Vec<String>,
    /// The fingerprint that the IMC's certificate must have
    #[arg(long, value_name = "SHA256:…")]
    pub certificate: Option<String>,
    /// The fingerprint that the IMC's SSH host key must have
    #[arg(long, value_name = "SHA256:…")]
    pub host_key: Option<String>,
    /// Accept what is shown now, and print it
    #[arg(long)]
    pub trust_on_first_use: bool,
}

#[derive(Subcommand)]
pub enum TrustCommand {
    /// Every pin
    List,
    /// Accept another fingerprint for a peer
    Accept {
        #[arg(value_enum)]
        kind: PinOf,
        peer: String,
        fingerprint: String,
    },
    /// Forget a pin
    Remove {
        #[arg(value_enum)]
        kind: PinOf,
        peer: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum PinOf {
    Certificate,
    HostKey,
}

#[derive(Subcommand)]
pub enum IsoCommand {
    /// Read an ISO into the library; the file stays where it is
    Import {
        path: PathBuf,
        #[arg(long)]
        name: Option<String>,
    },
    /// The library
    List,
    /// Serve an ISO as it is until interrupted
    Serve { iso: String },
    /// Take an ISO out of the library; the file stays
    Remove { iso: String },
}

#[derive(Args)]
pub struct DeployArgs {
    /// Cards, by name
    #[arg(required = true)]
    pub cards: Vec<String>,
    /// The ISO: name, id, or the first digits of its SHA-256
    #[arg(long)]
    pub iso: String,
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
    pub card: String,
    /// registry/repository:tag
    pub image: String,
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
