//! The command line of cards, BMCs, credentials and trust.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Subcommand)]
pub enum BmcCommand {
    /// Add a card by its IMC's address, or the BMC of a server
    Add(Box<AddArgs>),
    /// Show what an address shows, without logging in
    Probe {
        /// host or host:port of Redfish (8443, then 443)
        imc: String,
        /// host:port of the IMC's SSH
        #[arg(long)]
        ssh: Option<String>,
    },
    /// Ask every address of a list what it is, and add what was found
    Discover(DiscoverArgs),
    /// All cards
    List {
        #[arg(long)]
        search: Option<String>,
        /// The BMCs of servers and others instead of the cards
        #[arg(long)]
        hosts: bool,
    },
    /// Everything about one card or BMC
    Show { card: String },
    /// Read all that a card's IMC or another BMC tells
    Inventory {
        card: String,
        /// Show what was read last, without asking
        #[arg(long)]
        cached: bool,
    },
    /// The last reading as the service wrote it, in JSON
    Raw {
        card: String,
        /// One resource only: /redfish/v1/…
        path: Option<String>,
    },
    /// Let a BMC fetch a medium into a virtual slot
    Insert {
        card: String,
        /// The URL that the BMC fetches
        image: String,
        /// Path of the slot, where there are several
        #[arg(long)]
        slot: Option<String>,
    },
    /// Take the medium out of a virtual slot
    Eject {
        card: String,
        /// Path of the slot, where there are several
        #[arg(long)]
        slot: Option<String>,
    },
    /// Set the boot override
    Boot {
        card: String,
        /// Cd, Pxe, …; what is offered is shown by `bmc inventory`
        target: String,
        #[arg(long, value_enum, default_value_t = BootFor::Once)]
        enabled: BootFor,
        /// Path of the system, where there are several
        #[arg(long)]
        system: Option<String>,
    },
    /// Reset a system or its manager
    Reset {
        card: String,
        /// ForceRestart, GracefulRestart, …; what is offered is shown by `bmc inventory`
        reset_type: String,
        /// The manager, not the system: an IMC takes its ACC with it
        #[arg(long)]
        manager: bool,
        /// Path of the system or manager, where there are several
        #[arg(long, conflicts_with = "manager")]
        target: Option<String>,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Say in which server a card is
    Pair {
        card: String,
        /// The server's BMC
        #[arg(required_unless_present = "none")]
        host: Option<String>,
        /// In none that is known
        #[arg(long, conflicts_with = "host")]
        none: bool,
    },
    /// Give a card's IMC another password; it is tried before it is kept
    Password {
        card: String,
        /// Read it from this file descriptor
        #[arg(long, value_name = "FD")]
        password_fd: u32,
    },
    /// Bring the IMC into order as a deployment does first: clock, our CA's certificate, Redfish's
    /// password and certificate where it has none, Redfish at every boot, boot options
    Prepare {
        card: String,
        /// Take back what was written there, as far as nobody changed it since
        #[arg(long)]
        undo: bool,
        /// Install the file too without which firmware 1.8 holds no ISO of more than 2 GB; refused
        /// on any other firmware. It changes how the IMC divides its memory, from its next reset on
        #[arg(long, conflicts_with = "undo")]
        reserved_memory: bool,
        /// Issue Redfish's certificate also in place of another one; the pin then changes to it
        #[arg(long, conflicts_with = "undo")]
        certificate: bool,
    },
    /// Give a card other logins; that of Redfish is tried before it is kept
    Login {
        card: String,
        /// The IMC's Redfish: by this credential profile
        #[arg(long)]
        profile: Option<String>,
        /// The ACC: by this credential profile
        #[arg(long)]
        acc_profile: Option<String>,
        #[command(flatten)]
        ssh: SshLoginArgs,
    },
    /// Forget a card or a BMC
    Remove { card: String },
}

#[derive(Args)]
pub struct AddArgs {
    /// host or host:port of Redfish (8443, then 443)
    pub imc: String,
    /// Its name; a card's becomes its host name
    #[arg(long)]
    pub name: String,
    /// Log in by this credential profile
    #[arg(long, conflicts_with_all = ["user", "password_fd", "password_file"])]
    pub profile: Option<String>,
    #[arg(long, default_value = "root")]
    pub user: String,
    /// Read the password from this file descriptor
    #[arg(long, value_name = "FD")]
    pub password_fd: Option<u32>,
    /// Read the password from this file
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// host:port of the IMC's SSH (the same host, 22)
    #[arg(long)]
    pub ssh: Option<String>,
    #[command(flatten)]
    pub ssh_login: SshLoginArgs,
    /// host:port of the ACC (through the IMC to 192.168.0.2)
    #[arg(long)]
    pub acc: Option<String>,
    /// Read the ACC's root password from this file, where it has no key of ours yet
    #[arg(long, value_name = "FILE")]
    pub acc_password_file: Option<PathBuf>,
    /// The ACC: by this credential profile
    #[arg(long, conflicts_with = "acc_password_file")]
    pub acc_profile: Option<String>,
    /// The server the card is in
    #[arg(long)]
    pub host: Option<String>,
    #[arg(long = "label")]
    pub labels: Vec<String>,
    /// The fingerprint that the certificate must have
    #[arg(long, value_name = "SHA256:…")]
    pub certificate: Option<String>,
    /// The fingerprint that the IMC's SSH host key must have
    #[arg(long, value_name = "SHA256:…")]
    pub host_key: Option<String>,
    /// Accept what is shown now, and print it
    #[arg(long)]
    pub trust_on_first_use: bool,
    /// An IMC whose Redfish was never set up: its SSH says what it is
    #[arg(long, conflicts_with = "certificate")]
    pub without_redfish: bool,
}

/// How the IMC's SSH is logged in to, after Slipway's own key was offered.
#[derive(Args)]
pub struct SshLoginArgs {
    /// The IMC's SSH: by this credential profile (password, key or agent)
    #[arg(long)]
    pub ssh_profile: Option<String>,
    /// The IMC's SSH: root without a password, as it is shipped
    #[arg(long, conflicts_with = "ssh_profile")]
    pub ssh_empty_password: bool,
    /// The IMC's SSH: by the login of its Redfish
    #[arg(long, conflicts_with_all = ["ssh_profile", "ssh_empty_password"])]
    pub ssh_as_redfish: bool,
}

#[derive(Args)]
pub struct DiscoverArgs {
    /// Lines, ranges (imc[001-120].lab), networks, or CSV with a header; `-` is standard input
    pub list: PathBuf,
    /// Log in by these profiles: each address by the first that is for it, else by the first
    #[arg(long = "profile")]
    pub profiles: Vec<String>,
    /// Accept what is shown now where it is new, and print it
    #[arg(long)]
    pub trust_on_first_use: bool,
    /// After so many refusals of one profile it is not tried on the others
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub most_refusals: u32,
    /// Add what was found
    #[arg(long)]
    pub add: bool,
    #[arg(long = "label")]
    pub labels: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum BootFor {
    Once,
    Continuous,
    Disabled,
}

#[derive(Subcommand)]
pub enum CredentialCommand {
    /// Add a profile
    Add {
        name: String,
        #[arg(long, default_value = "root")]
        user: String,
        #[arg(long, value_enum, default_value_t = KindOf::Password)]
        kind: KindOf,
        #[command(flatten)]
        secret: SecretArgs,
        #[command(flatten)]
        scope: ScopeArgs,
    },
    /// All profiles
    List,
    /// One profile and who logs in by it
    Show { profile: String },
    /// Change a profile; what is not given stays
    Set {
        profile: String,
        #[arg(long)]
        name: Option<String>,
        #[arg(long)]
        user: Option<String>,
        #[arg(long, value_enum)]
        kind: Option<KindOf>,
        #[command(flatten)]
        secret: SecretArgs,
        #[command(flatten)]
        scope: ScopeArgs,
    },
    /// Remove a profile that nobody logs in by
    Remove { profile: String },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum KindOf {
    /// For Redfish and SSH
    Password,
    /// A private key without a passphrase; for SSH
    SshKey,
    /// The keys of the running SSH agent; for SSH
    SshAgent,
}

/// Where a secret comes from; it never is an argument.
#[derive(Args)]
pub struct SecretArgs {
    /// Read the password or key from this file descriptor
    #[arg(long, value_name = "FD")]
    pub secret_fd: Option<u32>,
    /// Read the password or key from this file
    #[arg(long, value_name = "FILE", conflicts_with = "secret_fd")]
    pub secret_file: Option<PathBuf>,
    /// Ask for it on the terminal
    #[arg(long, conflicts_with_all = ["secret_fd", "secret_file"])]
    pub secret_prompt: bool,
}

/// What a profile is for by itself.
#[derive(Args)]
pub struct ScopeArgs {
    /// For these addresses: names with *, or networks (10.1.0.0/16)
    #[arg(long = "address", value_name = "PATTERN")]
    pub addresses: Vec<String>,
    /// For cards with this label
    #[arg(long = "label")]
    pub labels: Vec<String>,
}

#[derive(Subcommand)]
pub enum TrustCommand {
    /// Every pin; those that block come first
    List,
    /// The pins of one peer, with what it showed instead
    Show {
        /// host:port
        peer: String,
    },
    /// Accept another fingerprint for a peer
    Accept {
        #[arg(value_enum)]
        kind: PinOf,
        peer: String,
        fingerprint: String,
    },
    /// Forget a pin: the peer is a stranger again
    #[command(alias = "revoke")]
    Remove {
        #[arg(value_enum)]
        kind: PinOf,
        peer: String,
    },
    /// The certificate authorities of the site
    Ca {
        #[command(subcommand)]
        command: CaCommand,
    },
}

#[derive(Subcommand)]
pub enum CaCommand {
    /// Who vouches for BMCs and registries
    Show,
    /// Trust the authorities of this PEM file, in place of those before
    Set { file: PathBuf },
    /// Trust none
    Clear,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum PinOf {
    Certificate,
    HostKey,
}
