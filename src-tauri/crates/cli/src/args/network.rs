//! `slipctl network`: this machine's port to the cards of a cluster.yaml.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub enum NetworkCommand {
    /// Show every file, address and command of `up`; changes nothing
    Preview(NetworkArgs),
    /// Put an address on the port and start a DHCP server for the cards; it stays until `down`
    Up {
        #[command(flatten)]
        network: NetworkArgs,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Take all of it back; the port is as it was
    Down {
        /// Its name, such as eno1
        port: String,
    },
    /// The ports that Slipway has set up, for whom, and whether all of it stands
    Status,
}

#[derive(Args)]
pub struct NetworkArgs {
    /// A cluster.yaml with `network_api_port`, and cards with `ip` and `mac`
    pub file: PathBuf,
    /// A file with values for the templates
    #[arg(long, value_name = "FILE")]
    pub vars: Option<PathBuf>,
    /// Only these cards
    #[arg(long, value_name = "CARD", value_delimiter = ',', num_args = 1..)]
    pub cards: Vec<String>,
}
