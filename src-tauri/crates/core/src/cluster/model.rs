//! What a cluster file says, in the form of today whatever its era.
//!
//! `PartialEq` compares passwords too; `Debug` does not show them. Nothing here is `Serialize`:
//! the one way out with passwords is [`super::write`].

use std::{fmt, net::IpAddr, str::FromStr};

use serde::Serialize;
use specta::Type;
use url::Url;

use crate::secret::Password;

/// All clusters of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterFile {
    pub clusters: Vec<Cluster>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Cluster {
    Iso(Box<IsoCluster>),
    /// Another kind, which Slipway leaves alone.
    OutOfScope {
        name: String,
        kind: String,
        nodes: usize,
        kept: Kept,
    },
}

impl Cluster {
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Iso(cluster) => &cluster.name,
            Self::OutOfScope { name, .. } => name,
        }
    }
}

/// `kind: iso`: an ISO installed on cards.
#[derive(Debug, Clone, PartialEq)]
pub struct IsoCluster {
    pub name: String,
    pub iso: Option<IsoSource>,
    /// The provisioner's port towards the cards.
    pub network_api_port: Option<String>,
    pub cards: Vec<Card>,
    pub before: Vec<Step>,
    pub after: Vec<Step>,
    /// What no plan of ours needs: kept, and written back.
    pub others: Vec<(String, Kept)>,
}

/// `install_iso`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IsoSource {
    Url(Url),
    /// As it was written; a relative one starts at the file's folder.
    Path(String),
    /// `rhel:`: the newest RHEL, found by the marvell-tools container.
    NewestRhel,
}

impl fmt::Display for IsoSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => write!(f, "{url}"),
            Self::Path(path) => f.write_str(path),
            Self::NewestRhel => f.write_str("rhel:"),
        }
    }
}

impl IsoSource {
    /// The last part of a URL or a path.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        match self {
            Self::Url(url) => url
                .path()
                .rsplit('/')
                .next()
                .filter(|name| !name.is_empty()),
            Self::Path(path) => path.rsplit('/').next().filter(|name| !name.is_empty()),
            Self::NewestRhel => None,
        }
    }
}

/// What a card is, as far as a file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// `dpu`, earlier `ipu`: CDA finds out which one it is; here it must be an Intel IPU.
    Dpu,
    Marvell,
    BlueField,
}

impl CardKind {
    #[must_use]
    pub fn written(self) -> &'static str {
        match self {
            Self::Dpu => "dpu",
            Self::Marvell => "marvell-dpu",
            Self::BlueField => "bf",
        }
    }
}

/// One of `masters`.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    pub name: String,
    pub kind: CardKind,
    /// `node`: of use for Marvell, where it is the host over SSH.
    pub node: Option<String>,
    /// `bmc`.
    pub imc: Option<Login>,
    /// `bmc_host`.
    pub host_bmc: Option<Login>,
    pub dpu_host: Option<String>,
    pub ip: Option<IpAddr>,
    pub macs: Vec<Mac>,
    /// What only virtual machines need.
    pub others: Vec<(String, Kept)>,
}

/// A management controller and who logs in there.
#[derive(Debug, Clone)]
pub struct Login {
    /// `host` or `host:port`.
    pub address: String,
    pub user: String,
    pub password: Password,
    /// The file says nothing, and CDA's `calvin` is meant.
    pub default_password: bool,
}

impl PartialEq for Login {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
            && self.user == other.user
            && self.password.expose() == other.password.expose()
    }
}

/// A MAC address, in lower case with colons.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac(String);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a MAC address is six pairs of hexadecimal digits with colons between them")]
pub struct InvalidMac;

impl FromStr for Mac {
    type Err = InvalidMac;
    fn from_str(text: &str) -> Result<Self, InvalidMac> {
        let text = text.trim().to_ascii_lowercase().replace('-', ":");
        let pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
        if text.split(':').count() == 6 && text.split(':').all(pair) {
            Ok(Self(text))
        } else {
            Err(InvalidMac)
        }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Mac {
    /// No card has it: zero, or an address of a group.
    #[must_use]
    pub fn is_no_cards(&self) -> bool {
        let first = u8::from_str_radix(&self.0[..2], 16).unwrap_or_default();
        self.0 == "00:00:00:00:00:00" || first & 1 == 1
    }
}

/// One of `preconfig` or `postconfig`.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub what: StepKind,
    /// Keys that the step takes and that Slipway's plan does not need.
    pub others: Vec<(String, Kept)>,
}

#[derive(Debug, Clone)]
pub enum StepKind {
    DpuFirmware {
        version: Option<String>,
        force: bool,
    },
    IsoBuilder(Box<IsoBuilder>),
    RhSubscription(Subscription),
    Microshift,
    DpuOperatorDpu,
    /// One of CDA's that has nothing to do with a card's image.
    OutOfScope(String),
}

impl PartialEq for StepKind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::DpuFirmware { version, force },
                Self::DpuFirmware {
                    version: other_version,
                    force: other_force,
                },
            ) => version == other_version && force == other_force,
            (Self::IsoBuilder(a), Self::IsoBuilder(b)) => a == b,
            (Self::RhSubscription(a), Self::RhSubscription(b)) => a == b,
            (Self::Microshift, Self::Microshift) | (Self::DpuOperatorDpu, Self::DpuOperatorDpu) => {
                true
            }
            (Self::OutOfScope(a), Self::OutOfScope(b)) => a == b,
            (
                Self::DpuFirmware { .. }
                | Self::IsoBuilder(_)
                | Self::RhSubscription(_)
                | Self::Microshift
                | Self::DpuOperatorDpu
                | Self::OutOfScope(_),
                _,
            ) => false,
        }
    }
}

impl StepKind {
    /// As files and `--skip-steps` name it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::DpuFirmware { .. } => "dpu_firmware",
            Self::IsoBuilder(_) => "iso_builder",
            Self::RhSubscription(_) => "rh_subscription",
            Self::Microshift => "microshift",
            Self::DpuOperatorDpu => "dpu_operator_dpu",
            Self::OutOfScope(name) => name,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IsoBuilder {
    pub subscription: Subscription,
    /// `image_mode_url`, `iso_builder_url`, `input_iso`, `kickstart`, `iso_kargs`, `remove_args`,
    /// `final_iso_name`, as far as they are there.
    pub settings: Vec<(String, String)>,
}

/// Red Hat's console: who, and the key.
#[derive(Debug, Clone, Default)]
pub struct Subscription {
    pub organization: Option<String>,
    pub activation_key: Option<Password>,
}

impl PartialEq for Subscription {
    fn eq(&self, other: &Self) -> bool {
        let key = |of: &Self| {
            of.activation_key
                .as_ref()
                .map(|key| key.expose().to_owned())
        };
        self.organization == other.organization && key(self) == key(other)
    }
}

/// A value that is kept as it is. There may be a password in it (`hosts`, a proxy's URL): `Debug`
/// shows only what it is.
#[derive(Clone, PartialEq)]
pub enum Kept {
    /// Its text, and whether YAML 1.1 reads it as text.
    Scalar {
        text: String,
        is_text: bool,
    },
    List(Vec<Kept>),
    Map(Vec<(String, Kept)>),
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar { .. } => f.write_str("a value"),
            Self::List(items) => write!(f, "a list of {}", items.len()),
            Self::Map(entries) => write!(f, "a mapping of {}", entries.len()),
        }
    }
}
