//! Trust for the registry of the DPU operator's cluster: its authority's certificate where podman
//! and CRI-O look for it, for this registry alone.

use super::{Step, refused};
use crate::{
    command::CommandLine,
    failure::StepError,
    job::{
        StepContext,
        boot_change::{read_file, run},
    },
    ports::Remote,
};

fn folder(registry: &str) -> String {
    format!("/etc/containers/certs.d/{registry}")
}

pub(super) async fn step(
    registry: &str,
    ca: &str,
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<Step, StepError> {
    let folder = folder(registry);
    let file = format!("{folder}/ca.crt");
    if read_file(acc, &file, cx).await?.as_deref() == Some(ca) {
        return Ok(Step::Done(format!("the card trusts {registry}")));
    }
    run(acc, cx, &["mkdir", "-p", &folder]).await?;
    let tee = CommandLine::new(["tee", file.as_str()]);
    let out = acc
        .run(&tee, Some(ca.as_bytes()), cx.policy.command())
        .await?;
    if read_file(acc, &file, cx).await?.as_deref() != Some(ca) {
        return Err(refused(format!("{file} can't be written"), out.reason()));
    }
    Ok(Step::Again(format!("wrote {file}")))
}

pub(super) fn planned(
    registry: &str,
    on_acc: &impl Fn(&[&str]) -> String,
) -> (String, Vec<String>) {
    let file = format!("{}/ca.crt", folder(registry));
    (
        format!(
            "Lets the card trust the registry {registry}, by its authority's certificate in {file}"
        ),
        vec![on_acc(&["tee", &file])],
    )
}
