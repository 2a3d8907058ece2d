//! What the doctor found.

use serde::{Deserialize, Serialize};
use slipway_core::{
    doctor::{DoctorCheck, Tally},
    ids::DpuId,
    time::Timestamp,
};
use specta::Type;

/// Everything that was looked at before a deployment to one card.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct DoctorReport {
    pub dpu: DpuId,
    pub name: String,
    /// The ISO that was named, if one was.
    pub iso: Option<String>,
    pub at: Timestamp,
    pub tally: Tally,
    pub checks: Vec<DoctorCheck>,
}
