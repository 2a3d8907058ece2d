//! The whole fleet on one page, the desk itself, and the lab.

use serde::{Deserialize, Serialize};
use slipway_core::{
    dpu::Headline,
    ids::{DpuId, JobId},
    image::ImageDigest,
    trust::Fingerprint,
};
use specta::Type;

use super::{JobRow, StateCount};

/// About this desk.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AppInfo {
    pub version: String,
    pub data_dir: String,
    /// "system keyring" or "encrypted file …".
    pub secrets: String,
    /// The fingerprint of our own certificate authority.
    pub ca_fingerprint: Fingerprint,
    /// Our fleet key, one line, as it goes into `authorized_keys`.
    pub fleet_key: String,
    /// Where ISOs are served: `https://host:port`.
    pub media_url: String,
    /// Whether the lab's cards are among the cards.
    pub lab: bool,
    /// Whether this process runs the jobs (another one may).
    pub runs_jobs: bool,
}

/// A card that needs somebody.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Attention {
    pub dpu: DpuId,
    pub name: String,
    pub headline: Headline,
    /// "Look at the job", "Roll back", …
    pub next_action: String,
    pub job: Option<JobId>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ImageUse {
    pub digest: ImageDigest,
    pub version: Option<String>,
    pub count: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Overview {
    pub total: u32,
    pub current: u32,
    pub need_you: u32,
    /// "214 of 220 cards current, 3 need you"
    pub sentence: String,
    pub by_state: Vec<StateCount>,
    pub attention: Vec<Attention>,
    pub images: Vec<ImageUse>,
    pub running: Vec<JobRow>,
    pub recent: Vec<JobRow>,
}

/// How the built-in lab stands.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct LabView {
    pub running: bool,
    pub cards: u32,
    pub dir: Option<String>,
    pub demo_iso: Option<String>,
}
