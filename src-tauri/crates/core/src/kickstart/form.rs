//! What people fill in for a kickstart. Every field is checked before it goes into the text.

use serde::Deserialize;
use specta::Type;

use super::{check_hostname, check_public_key};
use crate::{image::ImageReference, secret::Password};

/// A field that can't stand in a kickstart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidField {
    /// As the form's field is named.
    pub field: &'static str,
    pub reason: String,
}

impl InvalidField {
    fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self {
            field,
            reason: reason.into(),
        }
    }
}

/// How root logs in.
#[derive(Debug, Clone, Default, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "login")]
pub enum RootLogin {
    /// By SSH key only.
    #[default]
    Locked,
    /// A SHA-512 crypt, `$6$…`; the password itself is never given to us.
    Crypted { hash: Password },
}

#[derive(Debug, Clone, Deserialize, Type)]
pub struct RhcCredentials {
    pub organization: String,
    pub activation_key: Password,
}

/// A kickstart as a form. Crosses inwards only.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(default)]
pub struct KickstartForm {
    /// For a machine that boots the ISO without an overlay; a card gets its own name.
    pub hostname: String,
    /// `sda`, `nvme0n1`; where it is missing, Anaconda takes what it finds.
    pub disk: Option<String>,
    /// The device that gets its address by DHCP, `enp0s1f0d1`.
    pub network_device: Option<String>,
    pub timezone: String,
    pub language: String,
    pub keyboard: String,
    /// For root, one line each.
    pub ssh_keys: Vec<String>,
    pub root: RootLogin,
    pub rhc: Option<RhcCredentials>,
    /// OpenShift's pull secret, JSON: for MicroShift.
    pub pull_secret: Option<Password>,
    /// `auth.json` for `bootc`: to follow an image in a registry that wants a login.
    pub registry_auth: Option<Password>,
    /// Kernel arguments of the installed system.
    pub kargs: Vec<String>,
    /// Scripts, run in the installed system in this order; one that fails ends the installation.
    pub post_steps: Vec<String>,
    /// Where a card follows its image afterwards.
    pub origin: Option<ImageReference>,
}

impl Default for KickstartForm {
    fn default() -> Self {
        Self {
            hostname: "dpu".into(),
            disk: None,
            network_device: None,
            timezone: "Etc/UTC".into(),
            language: "en_US.UTF-8".into(),
            keyboard: "us".into(),
            ssh_keys: Vec::new(),
            root: RootLogin::Locked,
            rhc: None,
            pull_secret: None,
            registry_auth: None,
            kargs: Vec::new(),
            post_steps: Vec::new(),
            origin: None,
        }
    }
}

impl KickstartForm {
    /// # Errors
    /// The first field that could leave its place, or that is not what it should be.
    pub fn check(&self) -> Result<(), InvalidField> {
        check_hostname(&self.hostname)
            .map_err(|error| InvalidField::new("hostname", error.to_string()))?;
        let device = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        if let Some(disk) = &self.disk {
            // `/dev/disk/by-id/…` is a disk too.
            word("disk", disk, |c| device(c) || c == '/' || c == '*')?;
        }
        if let Some(name) = &self.network_device {
            word("network_device", name, device)?;
        }
        word("timezone", &self.timezone, |c| {
            c.is_ascii_alphanumeric() || "+-_/".contains(c)
        })?;
        let locale = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
        word("language", &self.language, locale)?;
        word("keyboard", &self.keyboard, locale)?;
        for key in &self.ssh_keys {
            check_public_key(key)
                .map_err(|error| InvalidField::new("ssh_keys", error.to_string()))?;
        }
        if let RootLogin::Crypted { hash } = &self.root {
            check_crypt(hash)?;
        }
        if let Some(rhc) = &self.rhc {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
            word("rhc.organization", &rhc.organization, plain)?;
            // The key is a secret: it is not repeated in the error.
            if rhc.activation_key.is_empty() || !rhc.activation_key.expose().chars().all(plain) {
                return Err(InvalidField::new(
                    "rhc.activation_key",
                    "letters, digits, `-`, `_`, `.` and `@` only",
                ));
            }
        }
        for (field, secret) in [
            ("pull_secret", &self.pull_secret),
            ("registry_auth", &self.registry_auth),
        ] {
            if let Some(secret) = secret {
                one_line_json(field, secret)?;
            }
        }
        for argument in &self.kargs {
            check_karg("kargs", argument)?;
        }
        for step in &self.post_steps {
            check_step(step)?;
        }
        Ok(())
    }
}

fn word(
    field: &'static str,
    text: &str,
    allowed: impl Fn(char) -> bool,
) -> Result<(), InvalidField> {
    if text.is_empty() || text.len() > 255 || text.starts_with('-') || !text.chars().all(allowed) {
        return Err(InvalidField::new(
            field,
            format!("`{text}` can't stand there"),
        ));
    }
    Ok(())
}

/// `$6$[rounds=N$]SALT$HASH`.
fn check_crypt(hash: &Password) -> Result<(), InvalidField> {
    let parts: Vec<&str> = hash.expose().split('$').collect();
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "./".contains(c))
    };
    let rounds = |text: &str| {
        text.strip_prefix("rounds=")
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let fits = match parts.as_slice() {
        ["", "6", salt, hash] => plain(salt) && salt.len() <= 16 && plain(hash) && hash.len() == 86,
        ["", "6", r, salt, hash] => {
            rounds(r) && plain(salt) && salt.len() <= 16 && plain(hash) && hash.len() == 86
        }
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(InvalidField::new(
            "root.hash",
            "give a SHA-512 crypt ($6$…), as `openssl passwd -6` makes it",
        ))
    }
}

/// The secret on one line: parsed and written again.
pub(super) fn one_line_json(
    field: &'static str,
    secret: &Password,
) -> Result<String, InvalidField> {
    let parsed: serde_json::Value = serde_json::from_str(secret.expose()).map_err(|error| {
        InvalidField::new(
            field,
            format!(
                "it is no JSON (line {}, column {})",
                error.line(),
                error.column()
            ),
        )
    })?;
    if !parsed
        .get("auths")
        .is_some_and(serde_json::Value::is_object)
    {
        return Err(InvalidField::new(field, "it has no `auths`"));
    }
    Ok(parsed.to_string())
}

/// One kernel argument: no quote can be opened, no line begun. Spaces would make it two.
///
/// # Errors
/// [`InvalidField`] on anything else.
pub fn check_karg(field: &'static str, argument: &str) -> Result<(), InvalidField> {
    let plain = |c: char| c.is_ascii_graphic() && !"\"'\\`$;|&<>{}#".contains(c);
    if argument.is_empty() || argument.len() > 1024 || !argument.chars().all(plain) {
        return Err(InvalidField::new(
            field,
            format!("`{argument}` is no kernel argument"),
        ));
    }
    Ok(())
}

fn check_step(step: &str) -> Result<(), InvalidField> {
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    if step.trim().is_empty() {
        return Err(InvalidField::new("post_steps", "a step is empty"));
    }
    if step.chars().any(control) {
        return Err(InvalidField::new(
            "post_steps",
            "a step holds control characters (Windows line ends?)",
        ));
    }
    // A kickstart is read line by line before any shell sees it.
    if let Some(line) = step.lines().find(|line| line.trim_start().starts_with('%')) {
        return Err(InvalidField::new(
            "post_steps",
            format!("no line may begin with `%`: `{line}`"),
        ));
    }
    Ok(())
}
