//! Credential profiles and the logins of cards. Secrets cross inwards only.

use serde::{Deserialize, Serialize};
use slipway_core::{
    credential::{CredentialKind, CredentialScope, ImcSshLogin},
    ids::{BmcId, CredentialId, DpuId},
    time::Timestamp,
};
use specta::Type;

use super::NewLogin;

/// A credential profile, without its secret.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct CredentialView {
    pub id: CredentialId,
    pub name: String,
    pub user_name: String,
    pub kind: CredentialKind,
    pub scope: CredentialScope,
    /// Cards and BMCs that log in by it.
    pub used_by: Vec<CredentialUser>,
    /// Why it can't be removed; `None`: it can.
    pub why_not_remove: Option<String>,
    pub created_at: Timestamp,
}

/// Who uses a profile.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct CredentialUser {
    pub name: String,
    pub dpu: Option<DpuId>,
    pub bmc: Option<BmcId>,
}

/// A profile to add or to change.
#[derive(Clone, Deserialize, Type)]
pub struct CredentialForm {
    /// `None`: a new one.
    pub id: Option<CredentialId>,
    pub name: String,
    pub user_name: String,
    pub kind: CredentialKind,
    /// Password or private key. `None` keeps the one that is stored.
    pub secret: Option<String>,
    pub scope: CredentialScope,
}

/// How a card is logged in to.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct CardLogins {
    pub imc: LoginView,
    pub imc_ssh: ImcSshLogin,
    /// "by the login of Redfish", "profile lab-keys (SSH key)", "root without a password"
    pub imc_ssh_text: String,
    /// For an ACC that does not know Slipway's key.
    pub acc: Option<LoginView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct LoginView {
    pub user_name: String,
    /// The profile; `None`: a credential of its own.
    pub profile: Option<CredentialId>,
    /// "profile lab-imcs (root)", "its own (root)"
    pub text: String,
}

/// Another login for a card; what is `None` stays as it is.
#[derive(Clone, Deserialize, Type)]
pub struct SetCardLogin {
    pub dpu: DpuId,
    /// Tried at the IMC before it is kept.
    pub imc: Option<NewLogin>,
    pub imc_ssh: Option<ImcSshLogin>,
    pub acc: Option<NewLogin>,
}
