//! `slipctl iso` and `slipctl kickstart`.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::Go;

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
