//! What was seen, apart from what it means.

use std::net::IpAddr;

use crate::{
    address::Address,
    dpu::ImcIdentity,
    failure::StepError,
    ids::JobId,
    image::ImageDigest,
    inventory::Health,
    iso::Iso,
    ports::{RedfishTask, VirtualMedia},
    time::{ByteCount, Timestamp},
    trust::{CertificateInfo, Fingerprint},
};

/// A question and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked<T> {
    /// And why not.
    NotAsked(String),
    Answered(T),
    Failed(StepError),
}

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self::NotAsked("it was not asked".to_owned())
    }
}

impl<T, E: Into<StepError>> From<Result<T, E>> for Asked<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(answer) => Self::Answered(answer),
            Err(error) => Self::Failed(error.into()),
        }
    }
}

impl<T> Asked<T> {
    #[must_use]
    pub fn answer(&self) -> Option<&T> {
        match self {
            Self::Answered(answer) => Some(answer),
            Self::NotAsked(_) | Self::Failed(_) => None,
        }
    }
}

/// Everything about one card and what is to go on it.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The card's name, for commands.
    pub card: String,
    pub now: Timestamp,
    pub imc: ImcFacts,
    pub redfish: RedfishFacts,
    pub shell: ShellFacts,
    pub media: Asked<MediaSeen>,
    pub iso: IsoAsked,
    pub target: CardFacts,
}

/// What the IMC shows to everybody, and what is pinned for it.
#[derive(Debug, Clone)]
pub struct ImcFacts {
    pub redfish: Address,
    pub ssh: Address,
    pub name: Asked<Vec<IpAddr>>,
    pub certificate: Asked<CertificateInfo>,
    pub certificate_pin: Option<Fingerprint>,
    pub host_key: Asked<Fingerprint>,
    pub host_key_pin: Option<Fingerprint>,
}

/// What Redfish says after a login.
#[derive(Debug, Clone, Default)]
pub struct RedfishFacts {
    pub user: String,
    pub identity: Asked<ImcIdentity>,
    pub manager: Asked<ManagerSeen>,
    pub tasks: Asked<Vec<RedfishTask>>,
    pub slot: Asked<VirtualMedia>,
}

/// The IMC as a Redfish Manager.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManagerSeen {
    pub health: Health,
    /// What `DateTime` says, where it says a moment, and our time then.
    pub clock: Option<ClockSeen>,
}

/// A clock beside ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockSeen {
    pub theirs: Timestamp,
    pub ours: Timestamp,
}

impl ClockSeen {
    /// In seconds; negative where theirs is behind.
    #[must_use]
    pub fn skew_s(self) -> i64 {
        (self.theirs.as_millis() - self.ours.as_millis()) / 1000
    }
}

/// What the IMC's shell says.
#[derive(Debug, Clone, Default)]
pub struct ShellFacts {
    pub user: String,
    /// The IMC's host name: also what shows that the login works.
    pub hostname: Asked<String>,
    pub clock: Asked<ClockSeen>,
    /// What `systemctl is-active redfish` says.
    pub redfish_unit: Asked<String>,
    /// `MemAvailable`.
    pub memory: Asked<ByteCount>,
    /// Of `/`, where our CA's certificate goes.
    pub root: Asked<Space>,
    /// Of the folder where the ISO goes.
    pub media: Asked<Space>,
    /// What lies there already and is removed or ejected before a download.
    pub media_file: Asked<Option<ByteCount>>,
    /// Whether a file is there with which firmware 1.8 holds more than 2 GB.
    pub reserved_memory: Asked<bool>,
}

/// A file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    pub whole: ByteCount,
    pub free: ByteCount,
    pub mounted: String,
}

/// What the IMC met when it asked our ISO server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaSeen {
    /// `https://host:port`: never with the token.
    pub origin: String,
    /// With what the IMC trusts now.
    pub now: CurlAnswer,
    /// With our CA's certificate given, where it did not do without.
    pub with_our_ca: Option<CurlAnswer>,
}

/// How `curl --head` ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurlAnswer {
    pub exit: u32,
    pub status: Option<u16>,
    /// What it said on standard error.
    pub reason: String,
}

/// The ISO that is to go on the card.
#[derive(Debug, Clone, Default)]
pub enum IsoAsked {
    /// Nobody named one.
    #[default]
    None,
    /// Of the library; and what is wrong with its file.
    InLibrary { iso: Box<Iso>, file: Asked<()> },
    /// It is a file that a deployment imports first.
    ToImport(String),
    /// A deployment builds it first.
    ToBuild(String),
    /// What was named does not exist.
    Missing(String),
}

/// The card as this desk knows it, and what is around it.
#[derive(Debug, Clone, Default)]
pub struct CardFacts {
    pub job: Option<JobSeen>,
    /// `None`: nothing was ever seen to run on it.
    pub booted: Option<BootedSeen>,
    /// `None`: no cluster.yaml or pairing names it.
    pub host_bmc: Option<HostSeen>,
    pub dpu_host: Option<HostSeen>,
    /// `None`: no plan asks for one.
    pub network: Option<Asked<Vec<String>>>,
    /// What flashing its firmware takes; `None`: no plan does.
    pub flash: Option<Asked<Vec<String>>>,
}

/// A job that holds the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSeen {
    pub id: JobId,
    pub kind: String,
    pub step: String,
}

/// What runs on the ACC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootedSeen {
    pub digest: Option<ImageDigest>,
    pub version: Option<String>,
    pub seen: Timestamp,
    /// It was asked for this; else it is what was seen last.
    pub asked_now: bool,
}

/// A machine beside the card: the fingerprint that it shows, and the pinned one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostSeen {
    pub address: String,
    pub shown: Asked<Fingerprint>,
    pub pin: Option<Fingerprint>,
    /// Who logged in there; not asked where nothing is pinned or no login is known.
    pub login: Asked<String>,
}
