//! Values that must not be printed: no `Display`, no `Serialize`, a `Debug` that says nothing.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use specta::Type;

/// A password or another short secret text. The memory is wiped when it is dropped. It crosses
/// inwards only.
#[derive(Clone, Type)]
#[specta(transparent)]
pub struct Password(#[specta(type = String)] SecretString);

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl Password {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself, for the one place that sends or stores it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Why a password can't be an IMC's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an IMC takes no Redfish password under 14 characters (this one has {length})")]
pub struct PasswordTooShort {
    pub length: usize,
}

/// The password an IMC's Redfish really has where people say this one.
///
/// CDA's convention: `calvin` means `calvincalvincalvin`. The IMC answers every password under
/// 14 characters with a slow 401, so those are refused before they are tried (intel/ipu-redfish).
///
/// # Errors
/// [`PasswordTooShort`] under 14 characters.
pub fn imc_redfish_password(given: &Password) -> Result<Password, PasswordTooShort> {
    if given.expose() == "calvin" {
        return Ok(Password::new("calvincalvincalvin"));
    }
    match given.expose().chars().count() {
        0..14 => Err(PasswordTooShort {
            length: given.expose().chars().count(),
        }),
        14.. => Ok(given.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calvin_is_tripled_and_short_ones_are_refused() {
        assert_eq!(
            imc_redfish_password(&Password::new("calvin"))
                .unwrap()
                .expose(),
            "calvincalvincalvin"
        );
        assert_eq!(
            imc_redfish_password(&Password::new("redhat")).unwrap_err(),
            PasswordTooShort { length: 6 }
        );
        assert!(imc_redfish_password(&Password::new("fourteen-chars")).is_ok());
    }

    #[test]
    fn a_password_is_never_printed() {
        assert_eq!(format!("{:?}", Password::new("sentinel")), "Password(…)");
    }
}
