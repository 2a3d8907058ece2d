//! What the Redfish service of an IMC needs to run at all, and does not have as Intel ships it: a
//! configuration on the persistent partition, a password, and a certificate with its key.
//!
//! What is there stays: a password that is set is never overwritten, and a certificate is replaced
//! only where the plan says so. File names, the placeholder and the program that hashes a password:
//! intel/ipu-redfish, `application/config`.

use super::{
    beside::Beside,
    imc_configuration::{
        CERTIFICATES, PLACEHOLDER, RESTRICTION, certificates_in, has_password, unrestricted,
        with_value,
    },
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

/// What lies on the IMC now.
struct Found {
    configuration: Option<String>,
    certificate_at: String,
    /// PEM.
    certificate: Option<String>,
    key_at: String,
    /// The SHA-256 of the key, which stays where it is.
    key: Option<String>,
}

impl Found {
    async fn look(cx: &StepContext<'_>) -> Result<Self, StepError> {
        let shell = cx.card.imc_shell();
        let configuration = read_file(shell, CONFIGURATION, cx).await?;
        let folder = configuration.as_deref().and_then(certificates_in);
        let folder = folder.as_deref().unwrap_or(CERTIFICATES);
        let [certificate_at, key_at] =
            ["server.crt", "server.key"].map(|name| format!("{folder}/{name}"));
        Ok(Self {
            certificate: read_file(shell, &certificate_at, cx).await?,
            key: sum(&key_at, cx).await?,
            configuration,
            certificate_at,
            key_at,
        })
    }

    fn read(&self, cx: &StepContext<'_>) -> Option<ReadCertificate> {
        cx.card.redfish_setup().read(self.certificate.as_deref()?)
    }
}

/// Brings one thing into order, and answers with what was done; `None`: all was in order.
pub(super) async fn provide(
    certificate: Certificate,
    ledger: &mut Ledger,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let found = Found::look(cx).await?;
    if let Some(done) = configure(found.configuration.as_deref(), ledger, cx).await? {
        return Ok(Some(done));
    }
    if let Some(text) = &found.configuration
        && let Some(done) = set_password(text, ledger, cx).await?
    {
        return Ok(Some(done));
    }
    if let Some(done) = issue(certificate, &found, ledger, cx).await? {
        return Ok(Some(done));
    }
    // The one change of a pin that is predicted: to a certificate of our own, which was just read
    // over the IMC's pinned SSH.
    match found.read(cx).filter(|read| read.issued_here) {
        Some(ours) => show(&ours, BECAUSE, cx).await,
        None => Ok(None),
    }
}

/// Redfish reads only what lies on the persistent partition, and must answer on the network.
async fn configure(
    kept: Option<&str>,
    ledger: &mut Ledger,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let from = match kept {
        Some(kept) => Some(kept.to_owned()),
        None => read_file(cx.card.imc_shell(), TEMPLATE, cx).await?,
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
    text: &str,
    ledger: &mut Ledger,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let shell = cx.card.imc_shell();
    if has_password(text) {
        // Set by us and cut off before it was written down.
        let ours = ledger.sha256_of(CONFIGURATION);
        let before = with_value(text, "password", &format!("\"{PLACEHOLDER}\""));
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
    found: &Found,
    ledger: &mut Ledger,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let (pem, key) = (&found.certificate, &found.key);
    let missing = pem.is_none() || key.is_none();
    let written = pem.as_ref().map(|pem| sha256(pem.as_bytes()));
    let half_written = key.is_some()
        && ledger.sha256_of(&found.key_at) == key.as_deref()
        && ledger.sha256_of(&found.certificate_at) != written.as_deref();
    let ours = found.read(cx).is_some_and(|read| read.issued_here);
    let others = certificate == Certificate::OurOwn && !ours;
    if !missing && !half_written && !others {
        return Ok(None);
    }
    let issued = cx.card.redfish_setup().issue(cx.now)?;
    let Found {
        certificate_at,
        key_at,
        ..
    } = found;
    let secret = issued.key_pem.expose();
    ledger
        .write(key_at, key.is_some(), secret, "600", cx)
        .await?;
    let public = &issued.certificate_pem;
    ledger
        .write(certificate_at, pem.is_some(), public, "644", cx)
        .await?;
    Ok(Some(format!(
        "issued a certificate for Redfish, with a key made for this IMC alone: {certificate_at}"
    )))
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
    match Found::look(cx).await?.read(cx) {
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
