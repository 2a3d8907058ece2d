//! What changes a card by Redfish, besides its media: the boot source override and the resets.

use axum::http::StatusCode;

use super::{
    answer::{self, Answer},
    body::{self, Body},
};
use crate::{
    card::{Card, Override, OverrideEnabled, OverrideTarget},
    faults::Fault,
};

/// PATCH of `Systems/1`: the override, and nothing else.
pub fn patch_system(card: &Card, bytes: &[u8]) -> Result<Answer, Answer> {
    let value = body::parse(bytes)?;
    let body = Body::check(&value, "", &["Boot"], &[])?;
    let boot = body.get("Boot").unwrap_or(&serde_json::Value::Null);
    if !boot.is_object() {
        return Err(answer::wrong_type("Boot"));
    }
    let properties = ["BootSourceOverrideEnabled", "BootSourceOverrideTarget"];
    let boot = Body::check(boot, "Boot/", &[], &properties)?;
    let mut wanted = card.imc().boot_override;
    if let Some(text) = boot.text("BootSourceOverrideEnabled")? {
        wanted.enabled = match text {
            "Once" => OverrideEnabled::Once,
            "Continuous" => OverrideEnabled::Continuous,
            other => return Err(refused("BootSourceOverrideEnabled", other)),
        };
    }
    if let Some(text) = boot.text("BootSourceOverrideTarget")? {
        wanted.target = match text {
            "Cd" => OverrideTarget::Cd,
            "RemoteDrive" => OverrideTarget::RemoteDrive,
            "Utilities" => OverrideTarget::Utilities,
            "UefiShell" => OverrideTarget::UefiShell,
            other => return Err(refused("BootSourceOverrideTarget", other)),
        };
    }
    check_together(wanted)?;
    if !card.faults.take(Fault::OverrideLost) {
        card.imc().boot_override = wanted;
    }
    card.count(|o| o.overrides += 1);
    Ok(Answer::no_content())
}

fn refused(property: &str, value: &str) -> Answer {
    answer::not_in_list(
        &format!("#/{property}"),
        property,
        value,
        "Requested boot override is not supported.",
        &format!(
            "Use one of the allowable values defined in Boot/{property}@Redfish.AllowableValues property."
        ),
    )
}

fn check_together(wanted: Override) -> Result<(), Answer> {
    let text = match wanted.enabled {
        OverrideEnabled::Once if wanted.target == OverrideTarget::Cd => return Ok(()),
        OverrideEnabled::Once => "BootOverride Once can only be set for BootOverrideTarget Cd.",
        OverrideEnabled::Continuous if wanted.target != OverrideTarget::None => return Ok(()),
        OverrideEnabled::Continuous | OverrideEnabled::Disabled => {
            "BootSourceOverrideEnabled and BootSourceOverrideTarget must be set together."
        }
    };
    Err(answer::general(StatusCode::BAD_REQUEST, text))
}

/// The `ResetType` of a reset's body.
fn reset_type(bytes: &[u8]) -> Result<String, Answer> {
    let value = body::parse(bytes)?;
    let body = Body::check(&value, "", &["ResetType"], &[])?;
    Ok(body.required("ResetType")?.to_owned())
}

fn reset_refused(action: &str, what: &str, value: &str) -> Answer {
    answer::not_in_list(
        "#/ResetType",
        "ResetType",
        value,
        &format!("Requested reset {what} is not supported."),
        &format!(
            "Use one of the allowable values defined in Actions/#{action}/ResetType@Redfish.AllowableValues property."
        ),
    )
}

/// Manager.Reset: the whole IMC, a while after the answer.
pub fn reset_manager(card: &Card, bytes: &[u8]) -> Result<Answer, Answer> {
    let wanted = reset_type(bytes)?;
    if wanted != "ForceRestart" {
        return Err(reset_refused("Manager.Reset", "type", &wanted));
    }
    if card.faults.take(Fault::ResetRefused) {
        return Err(answer::general(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The manager could not be reset (lab fault).",
        ));
    }
    card.count(|o| o.imc_resets += 1);
    let mut answer = Answer::no_content();
    answer.resets_imc = true;
    Ok(answer)
}

/// ComputerSystem.Reset: the ACC alone.
pub fn reset_system(card: &Card, bytes: &[u8]) -> Result<Answer, Answer> {
    let wanted = reset_type(bytes)?;
    match wanted.as_str() {
        "GracefulRestart" => card.restart_acc(),
        "GracefulShutdown" => card.shut_acc_down(),
        other => return Err(reset_refused("ComputerSystem.Reset", "target", other)),
    }
    card.count(|o| o.system_resets += 1);
    Ok(Answer::no_content())
}
