//! Opening the data folder as the command line says.

use std::{fs::File, io::Read, path::PathBuf};

use slipway_core::secret::Password;
use slipway_fleet::{Fleet, FleetConfig};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::{args::Cli, exit::Failed};

pub struct Desk {
    config: FleetConfig,
}

impl Desk {
    pub fn new(cli: &Cli) -> Result<Self, Failed> {
        let data_dir = match &cli.data_dir {
            Some(dir) => dir.clone(),
            None => default_data_dir()?,
        };
        let mut config = FleetConfig::new(data_dir);
        config.media_address = cli.media_address;
        config.passphrase = cli.passphrase_fd.map(read_descriptor).transpose()?;
        Ok(Self { config })
    }

    pub async fn fleet(&self) -> Result<Fleet, Failed> {
        Ok(Fleet::open(self.config.clone()).await?)
    }

    /// The fleet, where there is one already: a question about a file makes no data folder.
    pub async fn fleet_if_there(&self) -> Result<Option<Fleet>, Failed> {
        if self.config.data_dir.join("slipway.db").exists() {
            return self.fleet().await.map(Some);
        }
        Ok(None)
    }
}

/// Where the window keeps its data too: `$XDG_DATA_HOME/io.github.slipway.Slipway`.
fn default_data_dir() -> Result<PathBuf, Failed> {
    let home = |name: &str| {
        std::env::var_os(name)
            .filter(|dir| !dir.is_empty())
            .map(PathBuf::from)
    };
    let data = home("XDG_DATA_HOME").or_else(|| Some(home("HOME")?.join(".local/share")));
    data.map(|data| data.join("io.github.slipway.Slipway"))
        .ok_or_else(|| Failed::invalid("there is no home folder; give --data-dir"))
}

/// A secret that the caller passes on a descriptor: it never is an argument.
pub fn read_descriptor(descriptor: u32) -> Result<Password, Failed> {
    let path = PathBuf::from(format!("/dev/fd/{descriptor}"));
    read_secret_file(&path)
}

pub fn read_secret_file(path: &std::path::Path) -> Result<Password, Failed> {
    let mut text = String::new();
    File::open(path)
        .and_then(|mut file| file.read_to_string(&mut text))
        .map_err(|error| {
            Failed::local(
                format!("a secret could not be read from {}", path.display()),
                &error,
            )
        })?;
    Ok(Password::new(text.trim_end_matches(['\n', '\r'])))
}

pub fn logging(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let filter = EnvFilter::builder()
        .with_default_directive(level.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
