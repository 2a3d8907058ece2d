//! Registering the card at Red Hat. The key goes in by standard input: it is in no command line of
//! this machine, in no log and in no error.

use std::time::Duration;

use super::{Step, refused};
use crate::{
    command::CommandLine,
    failure::StepError,
    job::{StepContext, boot_change::run, deployment::PostSecret},
    ports::Remote,
};

/// `rhc` takes a key only as an argument: on the card, and for as long as it runs.
const SCRIPT: &str = r#"IFS= read -r key && exec rhc connect -o "$1" -a "$key""#;
const TRIES: u32 = 3;

pub(super) async fn step(
    organization: &str,
    acc: &dyn Remote,
    cx: &mut StepContext<'_>,
) -> Result<Step, StepError> {
    if is_registered(acc, cx).await? {
        return Ok(Step::Done("the card is registered at Red Hat".into()));
    }
    let key = cx.card.post_secret(PostSecret::ActivationKey).await?;
    let connect = CommandLine::new(["sh", "-c", SCRIPT, "slipway", organization]);
    let stdin = format!("{}\n", key.expose());
    let deadline = Duration::from_secs(cx.policy.prepare_s);
    let out = acc.run(&connect, Some(stdin.as_bytes()), deadline).await?;
    if is_registered(acc, cx).await? {
        return Ok(Step::Done("registered the card at Red Hat".into()));
    }
    // What a program says of a key that it refuses may quote it.
    let reason = out.reason().replace(key.expose(), "…");
    cx.facts.after_tries += 1;
    if cx.facts.after_tries < TRIES {
        let tries = cx.facts.after_tries;
        return Ok(Step::Wait(format!(
            "Red Hat refused the card, try {tries} of {TRIES} ({reason})"
        )));
    }
    Err(refused("the card can't be registered at Red Hat", reason)
        .because(format!("it was tried {TRIES} times"))
        .hint("check organization and key, and that the card reaches the net: Slipway switches no forwarding on, `sysctl -w net.ipv4.ip_forward=1` and `iptables -t nat -A POSTROUTING -o UPLINK -j MASQUERADE` on the provisioner do"))
}

async fn is_registered(acc: &dyn Remote, cx: &StepContext<'_>) -> Result<bool, StepError> {
    Ok(run(acc, cx, &["subscription-manager", "identity"])
        .await?
        .ok())
}

pub(super) fn planned(
    organization: &str,
    on_acc: &impl Fn(&[&str]) -> String,
) -> (String, Vec<String>) {
    (
        "Registers the card at Red Hat, in three tries at most; the card's way to the net \
         (forwarding on the provisioner) is not set up by Slipway"
            .into(),
        vec![on_acc(&["rhc", "connect", "-o", organization, "-a", "KEY"])],
    )
}
