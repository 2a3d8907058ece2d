//! What the Redfish service of an IMC needs to run at all, and does not have as Intel ships it: a
//! configuration on the persistent partition, a password, and a certificate with its key.
//!
//! What is there stays: a password that is set is never overwritten, and a certificate is replaced
//! only where the plan says so. File names, the placeholder and the program that hashes a password:
//! intel/ipu-redfish, `application/config`.

use serde_json::Value;

use super::{
    beside::Beside,
    ledger::{Ledger, WrittenFile, done, refused, sum},
    prepare::sha256,
};
use crate::{
    command::CommandLine,
    failure::StepError,
    job::{
        StepContext,
        boot_change::{read_file, run},
    },
    ports::{BmcError, ReadCertificate},
};

const TEMPLATE: &str = "/etc/imc-redfish-configuration.json";
const CONFIGURATION: &str = "/work/redfish/imc-redfish-configuration.json";
/// Intel's program leaves what it changed beside it (`sed -i.bak`).
const BEFORE_PASSWORD: &str = "/work/redfish/imc-redfish-configuration.json.bak";
const SET_PASSWORD: [&str; 2] = ["bash", "/usr/bin/ipu-redfish-generate-password-hash.sh"];
const PLACEHOLDER: &str = "<placeholder>";
const RESTRICTION: &str = "restricted-to-interface";
const CERTIFICATES: &str = "/work/redfish/certs";
const BECAUSE: &str = "issued by Slipway for this IMC";
const BECAUSE_PUT_BACK: &str = "put back by Slipway";

/// When an IMC gets a certificate of this desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// Where it has none.
    WhereMissing,
    /// Also in place of another one.
    OurOwn,
}

impl Certificate {
    #[must_use]
    pub fn of(beside: &Beside) -> Self {
        match beside.imc_certificate {
            true => Self::OurOwn,
            false => Self::WhereMissing,
        }
    }
}

/// Brings one thing into order, and answers with what was done; `None`: all was in order.
pub(super) async fn provide(
    certificate: Certificate,
    ledger: &mut Ledger,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    if let Some(done) = configure(ledger, cx).await? {
        return Ok(Some(done));
    }
    if let Some(done) = set_password(ledger, cx).await? {
        return Ok(Some(done));
    }
    if let Some(done) = issue(certificate, ledger, cx).await? {
        return Ok(Some(done));
    }
    take_up(cx).await
}

/// Redfish reads only what lies on the persistent partition, and must answer on the network.
async fn configure(ledger: &mut Ledger, cx: &StepContext<'_>) -> Result<Option<String>, StepError> {
    let shell = cx.card.imc_shell();
    let kept = read_file(shell, CONFIGURATION, cx).await?;
    let from = match &kept {
        Some(kept) => Some(kept.clone()),
        None => read_file(shell, TEMPLATE, cx).await?,
    };
    let Some(from) = from else { return Ok(None) };
    let freed = unrestricted(&from);
    let words = match (&kept, &freed) {
        (Some(_), None) => return Ok(None),
        (Some(_), Some(_)) => format!("took {RESTRICTION} out of {CONFIGURATION}"),
        (None, _) => format!("wrote {CONFIGURATION}"),
    };
    let wanted = freed.unwrap_or(from);
    ledger
        .write(CONFIGURATION, kept.is_some(), &wanted, "600", cx)
        .await?;
    Ok(Some(words))
}

/// Gives the password to Intel's own program on its standard input, where none was ever set.
async fn set_password(
    ledger: &mut Ledger,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let shell = cx.card.imc_shell();
    let Some(text) = read_file(shell, CONFIGURATION, cx).await? else {
        return Ok(None);
    };
    if has_password(&text) {
        // Set by us and cut off before it was written down.
        let ours = ledger.sha256_of(CONFIGURATION);
        let before = with_value(&text, "password", &format!("\"{PLACEHOLDER}\""));
        if before.is_some_and(|before| ours == Some(&sha256(before.as_bytes()))) {
            let sha = sha256(text.as_bytes());
            ledger.note(CONFIGURATION, true, sha, cx).await?;
        }
        return Ok(None);
    }
    let sha = sha256(text.as_bytes());
    let bak = sum(BEFORE_PASSWORD, cx).await?;
    ledger
        .note(BEFORE_PASSWORD, bak.is_some(), sha.clone(), cx)
        .await?;
    ledger.note(CONFIGURATION, true, sha, cx).await?;
    let line = format!("{}\n", cx.card.redfish_setup().password().expose());
    let program = CommandLine::new(SET_PASSWORD);
    let out = shell
        .run(&program, Some(line.as_bytes()), cx.policy.command())
        .await?;
    done(&out, "Redfish on the IMC takes no password")?;
    let text = read_file(shell, CONFIGURATION, cx)
        .await?
        .unwrap_or_default();
    if !has_password(&text) {
        return Err(refused("Redfish on the IMC has taken no password").because(out.text()));
    }
    ledger
        .note(CONFIGURATION, true, sha256(text.as_bytes()), cx)
        .await?;
    Ok(Some("gave Redfish its password".into()))
}

/// The key first: it tells a certificate that was never written from somebody else's pair.
async fn issue(
    certificate: Certificate,
    ledger: &mut Ledger,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let [shown_at, key_at] = certificate_files(cx).await?;
    let pem = read_file(cx.card.imc_shell(), &shown_at, cx).await?;
    let key = sum(&key_at, cx).await?;
    let missing = pem.is_none() || key.is_none();
    let half_written = key.is_some()
        && ledger.sha256_of(&key_at) == key.as_deref()
        && ledger.sha256_of(&shown_at) != pem.as_ref().map(|pem| sha256(pem.as_bytes())).as_deref();
    let setup = cx.card.redfish_setup();
    let read = pem.as_deref().and_then(|pem| setup.read(pem));
    let others = certificate == Certificate::OurOwn && !read.is_some_and(|read| read.issued_here);
    if !missing && !half_written && !others {
        return Ok(None);
    }
    let issued = setup.issue(cx.now)?;
    ledger
        .write(&key_at, key.is_some(), issued.key_pem.expose(), "600", cx)
        .await?;
    ledger
        .write(&shown_at, pem.is_some(), &issued.certificate_pem, "644", cx)
        .await?;
    Ok(Some(format!(
        "issued a certificate for Redfish, with a key made for this IMC alone: {shown_at}"
    )))
}

/// Where the configuration has Redfish's certificate and its key.
async fn certificate_files(cx: &StepContext<'_>) -> Result<[String; 2], StepError> {
    let text = read_file(cx.card.imc_shell(), CONFIGURATION, cx).await?;
    let folder = text.as_deref().and_then(certificates_in);
    let folder = folder.as_deref().unwrap_or(CERTIFICATES);
    Ok(["server.crt", "server.key"].map(|name| format!("{folder}/{name}")))
}

async fn written_certificate(cx: &StepContext<'_>) -> Result<Option<ReadCertificate>, StepError> {
    let [path, _] = certificate_files(cx).await?;
    let pem = read_file(cx.card.imc_shell(), &path, cx).await?;
    Ok(pem.and_then(|pem| cx.card.redfish_setup().read(&pem)))
}

/// The one change of a pin that is predicted: to a certificate of our own, which was just read over
/// the IMC's pinned SSH.
async fn take_up(cx: &StepContext<'_>) -> Result<Option<String>, StepError> {
    let written = written_certificate(cx).await?;
    match written.filter(|written| written.issued_here) {
        Some(ours) => show(&ours, BECAUSE, cx).await,
        None => Ok(None),
    }
}

async fn show(
    written: &ReadCertificate,
    because: &str,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let setup = cx.card.redfish_setup();
    if setup.pinned().await?.as_ref() == Some(&written.fingerprint) {
        return Ok(None);
    }
    let shows_it = match cx.card.imc().identify().await {
        Err(
            BmcError::CertificateUnknown { seen, .. } | BmcError::CertificateChanged { seen, .. },
        ) => seen == written.fingerprint,
        Ok(_) | Err(_) => false,
    };
    if !shows_it {
        restart(cx).await?;
    }
    setup.pin(&written.fingerprint, because).await?;
    Ok(Some(format!(
        "Redfish shows the certificate {}, which is pinned from now on",
        written.fingerprint
    )))
}

pub(super) fn is_certificate(file: &WrittenFile) -> bool {
    file.path.ends_with("/server.crt")
}

/// After an undo: the certificate that was there before is shown, and pinned, again.
pub(super) async fn take_up_again(cx: &StepContext<'_>) -> Result<Option<String>, StepError> {
    match written_certificate(cx).await? {
        Some(before) => show(&before, BECAUSE_PUT_BACK, cx).await,
        // As it was: it runs until the next boot, and then starts no more.
        None => Ok(None),
    }
}

pub(super) async fn is_active(cx: &StepContext<'_>) -> Result<bool, StepError> {
    let asked = ["systemctl", "is-active", "redfish"];
    Ok(run(cx.card.imc_shell(), cx, &asked).await?.ok())
}

async fn restart(cx: &StepContext<'_>) -> Result<(), StepError> {
    let asked = ["systemctl", "restart", "redfish"];
    let out = run(cx.card.imc_shell(), cx, &asked).await?;
    done(&out, "Redfish can't be started on the IMC")?;
    if is_active(cx).await? {
        return Ok(());
    }
    Err(refused("Redfish was started on the IMC, and is not active"))
}

/// Where nobody answers as Redfish it is started; whether it then lets us in is not asked here.
pub(super) async fn run_it(cx: &StepContext<'_>) -> Result<Option<String>, StepError> {
    let Err(BmcError::Unreachable { .. }) = cx.card.imc().identify().await else {
        return Ok(None);
    };
    if is_active(cx).await? {
        return Ok(None);
    }
    restart(cx).await?;
    Ok(Some("started Redfish".into()))
}

/// In words and as commands, for the plan.
pub(super) fn planned(
    certificate: Certificate,
    ssh: &impl Fn(&[&str]) -> String,
) -> (String, Vec<String>) {
    let replaces = match certificate {
        Certificate::WhereMissing => "where it has none",
        Certificate::OurOwn => "in place of what it has",
    };
    let words = format!(
        "gives Redfish its configuration without {RESTRICTION}, a password where none was ever set, \
         and a certificate of Slipway's CA {replaces}, with a key made for this IMC alone: the pin \
         then changes to that"
    );
    let [shown_at, key_at] = ["server.crt", "server.key"].map(|n| format!("{CERTIFICATES}/{n}"));
    let commands = vec![
        ssh(&["tee", CONFIGURATION]),
        ssh(&SET_PASSWORD),
        ssh(&["tee", &key_at]),
        ssh(&["tee", &shown_at]),
        ssh(&["systemctl", "restart", "redfish"]),
    ];
    (words, commands)
}

/// The configuration without its restriction; `None` where it has none, or is no JSON.
fn unrestricted(text: &str) -> Option<String> {
    let all: Value = serde_json::from_str(text).ok()?;
    let is_set = |of: &Value| of[RESTRICTION].is_string();
    if !is_set(&all) && !is_set(&all["server"]) {
        return None;
    }
    with_value(text, RESTRICTION, "null")
}

/// Whether somebody set one; what can't be read is somebody's own.
fn has_password(text: &str) -> bool {
    let Ok(all) = serde_json::from_str::<Value>(text) else {
        return true;
    };
    let password = all["authentication"]["password"].as_str();
    !matches!(password, None | Some("" | PLACEHOLDER))
}

/// Older ones have it in a connector.
fn certificates_in(text: &str) -> Option<String> {
    let all: Value = serde_json::from_str(text).ok()?;
    let server = &all["server"];
    let folder = [server, &server["connectors"][0]]
        .into_iter()
        .find_map(|of| of["certs-directory"].as_str())?;
    Some(folder.trim_end_matches('/').to_owned())
}

/// The text with another value for the first string of this name, and everything else as it was:
/// Intel's programs read the file by its lines (`"password" : "…"`), so that JSON printed anew
/// would be no configuration to them.
fn with_value(text: &str, name: &str, json: &str) -> Option<String> {
    let name = format!("\"{name}\"");
    let after = text.find(&name)? + name.len();
    let begins = after + text[after..].find('"')?;
    if text[after..begins].trim() != ":" {
        return None;
    }
    let ends = begins + 1 + text[begins + 1..].find('"')?;
    Some(format!("{}{json}{}", &text[..begins], &text[ends + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form that Intel's programs look for.
    const SHIPPED: &str = r#"{
    "service" : "Intel IPU Redfish Service",
    "server": {
        "restricted-to-interface" : "eth0",
        "certs-directory" : "/work/redfish/certs"
    },
    "authentication" : {
        "username" : "root",
        "password" : "<placeholder>"
    }
}
"#;

    #[test]
    fn only_a_restriction_is_taken_out_and_the_form_stays() {
        let free = unrestricted(SHIPPED).unwrap();
        let wanted = SHIPPED.replace(
            r#""restricted-to-interface" : "eth0""#,
            r#""restricted-to-interface" : null"#,
        );
        assert_eq!(free, wanted);
        assert_eq!(unrestricted(&free), None);
        let flat = r#"{"restricted-to-interface":"eth0"}"#;
        assert_eq!(
            unrestricted(flat).unwrap(),
            r#"{"restricted-to-interface":null}"#
        );
        assert_eq!(unrestricted("not JSON"), None);
        assert_eq!(unrestricted(r#"{"service":"x"}"#), None);
    }

    #[test]
    fn a_placeholder_is_no_password_and_what_cannot_be_read_is_left_alone() {
        assert!(!has_password(SHIPPED));
        let set = with_value(SHIPPED, "password", r#""$6$x$y""#).unwrap();
        assert!(has_password(&set) && set.contains(r#""password" : "$6$x$y""#));
        assert_eq!(
            with_value(&set, "password", r#""<placeholder>""#).unwrap(),
            SHIPPED
        );
        assert!(!has_password(r#"{"authentication":{"password":""}}"#));
        assert!(has_password("not JSON"));
        assert_eq!(
            with_value(r#"{"password": null, "x": "y"}"#, "password", "1"),
            None
        );
    }

    #[test]
    fn certificates_lie_where_the_configuration_says() {
        assert_eq!(certificates_in(SHIPPED).unwrap(), CERTIFICATES);
        let older = r#"{"server":{"connectors":[{"certs-directory":"/work/certs/"}]}}"#;
        assert_eq!(certificates_in(older).unwrap(), "/work/certs");
        assert_eq!(certificates_in("{}"), None);
    }
}
