//! Before anything irreversible: is this the card we think it is, and will its IMC trust us?

use super::{
    Beside, DeploymentPlan, Outcome, SUPPORTED_RELEASES, State, after, firmware, host, imc_boot,
    imc_redfish::{self, Certificate},
    ledger::Ledger,
    network,
};
use crate::{
    bootc::StatusFacts,
    dpu::ImcIdentity,
    failure::{FailureKind, StepError},
    job::{
        Alone, CardAccess, Policy, StepContext, StepOutcome,
        boot_change::{boot_id, read_file, read_status, run},
    },
    ports::{Bmc, BmcError},
    time::Timestamp,
};

/// Where an IMC keeps the certificates that its administrators add.
pub(super) const TRUST_ANCHORS: &str = "/etc/pki/ca-trust/source/anchors";
/// A certificate's "not before" must not lie in the IMC's future.
const CLOCK_SKEW_SECONDS: i64 = 60;

pub(super) async fn preflight(plan: &DeploymentPlan, cx: &mut StepContext<'_>) -> Outcome {
    let identity = identify(plan.beside.imc_boot, cx).await?;
    if !identity.is_ipu {
        return Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::NotAnImc,
                "this Redfish service is not an Intel IPU's IMC",
            )
            .because(identity.evidence)
            .hint("correct the card's address"),
        ));
    }
    // What is flashed first is looked at then.
    cx.facts.firmware_release = match plan.beside.flashes() {
        Some(_) => identity.firmware_release.clone(),
        None => check_release(plan, &identity)?,
    };
    refuse_recovery(cx).await?;
    // What comes last would else be found missing after the whole installation.
    firmware::look(plan, cx).await?;
    host::look(plan.beside.host.as_ref(), cx).await?;
    after::look(&plan.beside.after, cx).await?;
    network::look(plan.beside.network.as_ref(), cx).await?;
    remember_old_system(cx).await;
    cx.facts.imc_touched = true;
    cx.facts.target = Some(plan.digest.clone());
    cx.note(format!(
        "{} with firmware {}",
        identity.service_name,
        identity.firmware.as_deref().unwrap_or("unknown")
    ));
    Ok(StepOutcome::Advance(match plan.beside.flashes() {
        Some(_) => State::FlashingFirmware { flash: None },
        None => plan.after_firmware(),
    }))
}

/// By Redfish; where that is not up and this deployment is going to start it, by what the IMC's own
/// system says of itself.
async fn identify(starts_redfish: bool, cx: &StepContext<'_>) -> Result<ImcIdentity, StepError> {
    let silent = match cx.card.imc().identify().await {
        Ok(identity) => return Ok(identity),
        Err(error @ BmcError::Unreachable { .. }) if starts_redfish => error,
        Err(error) => return Err(error.into()),
    };
    if imc_redfish::is_active(cx).await? {
        return Err(silent.into());
    }
    let issue = read_file(cx.card.imc_shell(), "/etc/issue", cx).await?;
    issue
        .as_deref()
        .and_then(ImcIdentity::by_issue)
        .ok_or_else(|| silent.into())
}

/// Whether a deployment works with this firmware; answers with its release.
pub(super) fn check_release(
    plan: &DeploymentPlan,
    identity: &ImcIdentity,
) -> Result<Option<String>, StepError> {
    let release = identity.firmware_release.clone();
    let supported = release
        .as_deref()
        .is_some_and(|r| SUPPORTED_RELEASES.contains(&r));
    let allowed = plan.allow_release.is_some() && plan.allow_release == release;
    if supported || allowed {
        return Ok(release);
    }
    let firmware = identity.firmware.clone().unwrap_or_default();
    Err(
        StepError::new(FailureKind::Firmware, "this firmware is not known to work")
            .because(format!("FirmwareVersion is `{firmware}`"))
            .because(format!("supported: {}", SUPPORTED_RELEASES.join(", ")))
            .hint("update the card's firmware, or allow this release explicitly"),
    )
}

/// An IMC that fell back to its recovery system can neither install nor come back by itself.
pub(super) async fn refuse_recovery(cx: &StepContext<'_>) -> Result<(), StepError> {
    let hostname = read_file(cx.card.imc_shell(), "/etc/hostname", cx)
        .await?
        .unwrap_or_default();
    if !hostname.contains("ipu-recovery") {
        return Ok(());
    }
    Err(StepError::new(
        FailureKind::Firmware,
        "the IMC has booted its recovery system",
    )
    .because(format!("its host name is `{}`", hostname.trim()))
    .hint("flash the card's firmware again"))
}

/// What runs now, where it answers; a card without a system is fine.
pub(super) async fn remember_old_system(cx: &mut StepContext<'_>) {
    let acc = cx.card.acc();
    if let Ok(id) = boot_id(acc, cx).await {
        cx.facts.boot_id_before = Some(id);
        if let Ok(status) = read_status(acc, cx).await {
            cx.facts.booted_before = status.booted_digest().cloned();
        }
    }
}

/// One effect at a time: each is saved, told and looked at again before the next.
pub(super) async fn prepare_imc(beside: &Beside, cx: &mut StepContext<'_>) -> Outcome {
    let boot = beside.imc_boot.then(|| Certificate::of(beside));
    Ok(StepOutcome::Advance(match one_effect(boot, cx).await? {
        Some(what) => {
            cx.note(what);
            State::PreparingImc
        }
        None => State::PublishingMedia,
    }))
}

/// `boot`: the IMC's boot is prepared too.
async fn one_effect(
    boot: Option<Certificate>,
    cx: &mut StepContext<'_>,
) -> Result<Option<String>, StepError> {
    if let Some(done) = set_clock(cx).await? {
        return Ok(Some(done));
    }
    if let Some(done) = trust_our_ca(cx).await? {
        return Ok(Some(done));
    }
    match boot {
        Some(certificate) => imc_boot::one(certificate, cx).await,
        None => Ok(None),
    }
}

/// More than there are things to bring into order: what never shows must not be done for ever.
const MOST_EFFECTS: u32 = 20;

/// The same on its own, for a person who mends what the doctor found: answers with what was done.
///
/// # Errors
/// As the step of a deployment.
pub async fn prepare(
    card: &dyn CardAccess,
    certificate: Certificate,
    now: Timestamp,
    policy: &Policy,
) -> Result<Vec<String>, StepError> {
    let mut alone = Alone::new();
    let mut cx = alone.context(card, now, policy);
    let mut all = Vec::new();
    for _ in 0..MOST_EFFECTS {
        match one_effect(Some(certificate), &mut cx).await? {
            Some(done) => all.push(done),
            None => return Ok(all),
        }
    }
    Err(StepError::new(
        FailureKind::Refused,
        "the IMC does not keep what is written",
    )
    .because(all.join("; ")))
}

async fn imc_seconds(cx: &StepContext<'_>) -> Result<i64, StepError> {
    let out = run(cx.card.imc_shell(), cx, &["date", "+%s"]).await?;
    out.text().parse().map_err(|_| {
        StepError::new(FailureKind::Protocol, "the IMC does not tell the time").because(out.text())
    })
}

async fn set_clock(cx: &StepContext<'_>) -> Result<Option<String>, StepError> {
    let ours = cx.now.as_millis() / 1000;
    let skew = imc_seconds(cx).await? - ours;
    if skew.abs() <= CLOCK_SKEW_SECONDS {
        return Ok(None);
    }
    let set = run(
        cx.card.imc_shell(),
        cx,
        &["date", "-s", &format!("@{ours}")],
    )
    .await?;
    let skew_now = imc_seconds(cx).await? - ours;
    if !set.ok() || skew_now.abs() > CLOCK_SKEW_SECONDS {
        return Err(StepError::new(
            FailureKind::Refused,
            "the IMC's clock is wrong and can't be set",
        )
        .because(format!("it is {skew_now} s off: {}", set.reason()))
        .hint("set the IMC's clock; it would refuse our certificate"));
    }
    Ok(Some(format!("set the IMC's clock, which was {skew} s off")))
}

/// Our own CA's certificate, never anybody's key, into the IMC's trust store.
async fn trust_our_ca(cx: &mut StepContext<'_>) -> Result<Option<String>, StepError> {
    let shell = cx.card.imc_shell();
    let pem = cx.card.media().ca_certificate_pem();
    let path = format!("{TRUST_ANCHORS}/{}", anchor_name(&pem));
    let now = read_file(shell, &path, cx).await?;
    if now.as_deref() != Some(pem.as_str()) {
        let mut ledger = Ledger::read(cx).await?;
        let written = ledger.write(&path, now.is_some(), &pem, "644", cx).await;
        written.map_err(|mut error| {
            error.causes.insert(
                0,
                std::mem::replace(
                    &mut error.message,
                    "our CA certificate can't be written to the IMC".into(),
                ),
            );
            error
        })?;
        return Ok(Some(format!("installed our CA certificate as {path}")));
    }
    if cx.facts.ca_taken_up {
        return Ok(None);
    }
    // Also where the file was there: whoever wrote it may have been stopped before this.
    let updated = run(shell, cx, &["update-ca-trust"]).await?;
    if !updated.ok() || read_file(shell, &path, cx).await?.as_deref() != Some(pem.as_str()) {
        return Err(StepError::new(
            FailureKind::Refused,
            "the IMC does not take our CA certificate",
        )
        .because(updated.reason()));
    }
    cx.facts.ca_taken_up = true;
    Ok(None)
}

/// The name tells which certificate it is, so that two Slipways don't overwrite each other.
fn anchor_name(pem: &str) -> String {
    format!("slipway-{}.pem", &sha256(pem.as_bytes())[..8])
}

/// In hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let digits = Sha256::digest(bytes);
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `Once` is not honoured by 1.8: there Continuous is set, and taken back afterwards.
pub(super) fn honours_once(release: Option<&str>) -> bool {
    release != Some("1.8.0")
}

/// Used by the steps that only need Redfish.
pub(super) fn imc<'a>(cx: &'a StepContext<'_>) -> &'a dyn Bmc {
    cx.card.imc()
}
