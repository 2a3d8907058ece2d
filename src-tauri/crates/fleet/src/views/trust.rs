//! Pins, and the certificate authorities that a site trusts.

use serde::{Deserialize, Serialize};
use slipway_core::{
    ids::{BmcId, DpuId},
    time::Timestamp,
    trust::{CertificateInfo, Fingerprint, PinKind},
};
use specta::Type;

/// A pin, whose it is, and what was shown instead.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PinView {
    pub kind: PinKind,
    pub peer: String,
    /// `None`: nothing is pinned (any more), and something was shown.
    pub fingerprint: Option<Fingerprint>,
    /// Why it was accepted.
    pub accepted_because: String,
    pub first_seen: Option<Timestamp>,
    pub last_seen: Option<Timestamp>,
    /// Another one was shown and refused: the peer is blocked until a person decides.
    pub refused: Option<RefusedKey>,
    /// "IMC of dpu-07", "ACC of dpu-07", "BMC srv-3", "DPU host of dpu-07". `None`: no card, BMC or
    /// deployment of this desk names this peer.
    pub of: Option<String>,
    pub dpu: Option<DpuId>,
    pub bmc: Option<BmcId>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct RefusedKey {
    pub seen: Fingerprint,
    pub at: Timestamp,
}

/// A pin that blocks: what the peer shows now, to be accepted.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AcceptPin {
    pub kind: PinKind,
    pub peer: String,
    pub fingerprint: Fingerprint,
}

/// The certificate authorities whose certificates are accepted for Redfish without a person.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct SiteCaView {
    /// `None`: there are none, and every certificate is accepted by a person.
    pub pem: Option<String>,
    pub authorities: Vec<CertificateInfo>,
}
