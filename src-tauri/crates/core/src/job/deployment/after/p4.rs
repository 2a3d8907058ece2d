//! Intel's P4 components in `/opt/p4`, where the DPU operator's P4 container finds them.
//!
//! What CDA does (bn222/cluster-deployment-automation, `dpuVendor.py`, `IpuPlugin.download_p4_tar`, at
//! 8a3c059): `curl -L URL -o /tmp/p4.tar.gz`, `rm -rf /opt/p4`, `tar -U -C /opt/ -xzf`, the archive's
//! one folder moved to `/opt/p4`, and in it `p4-cp` to `p4-cp-nws` and `p4-sde` to `p4sde`. The same
//! here, but with the archive's hash known beforehand, unpacked beside and moved when it is whole.
//! Nothing of it is started: that is the operator's.

use std::time::Duration;

use url::Url;

use super::{Step, refused};
use crate::{
    command::CommandLine,
    failure::StepError,
    job::{
        StepContext,
        boot_change::{read_file, run},
    },
    ports::{CommandOutput, Remote},
};

const PLACE: &str = "/opt/p4";
const NEW: &str = "/opt/.slipway-p4";
/// In the folder: the hash of the archive that it was unpacked of, written last.
const MARK: &str = "slipway-sha256";
/// As the archive has them, and as they are looked for.
const NAMES: [(&str, &str); 2] = [("p4-cp", "p4-cp-nws"), ("p4-sde", "p4sde")];

/// Not in `/tmp`, which is memory.
fn archive(sha256: &str) -> String {
    format!(
        "/var/tmp/slipway-p4-{}.tar.gz",
        &sha256[..sha256.len().min(12)]
    )
}

pub(super) async fn step(
    url: &Url,
    sha256: &str,
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<Step, StepError> {
    let is_of = async |folder: &str| {
        let mark = read_file(acc, &format!("{folder}/{MARK}"), cx).await?;
        Ok::<_, StepError>(mark.is_some_and(|mark| mark.trim() == sha256))
    };
    let archive = archive(sha256);
    if is_of(PLACE).await? {
        run(acc, cx, &["rm", "-f", &archive]).await?;
        return Ok(Step::Done(format!("the P4 components are in {PLACE}")));
    }
    if is_of(NEW).await? {
        run(acc, cx, &["rm", "-rf", PLACE]).await?;
        let moved = run(acc, cx, &["mv", NEW, PLACE]).await?;
        if !is_of(PLACE).await? {
            return Err(refused(
                format!("{PLACE} can't be replaced"),
                moved.reason(),
            ));
        }
        return Ok(Step::Again(format!("put the P4 components into {PLACE}")));
    }
    if hash(&archive, acc, cx).await?.as_deref() != Some(sha256) {
        return fetch(url, sha256, &archive, acc, cx).await;
    }
    unpack(sha256, &archive, acc, cx).await
}

async fn hash(
    path: &str,
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let out = run(acc, cx, &["sha256sum", path]).await?;
    let text = out.text();
    let first = text.split_whitespace().next().map(str::to_owned);
    Ok(first.filter(|_| out.ok()))
}

async fn fetch(
    url: &Url,
    sha256: &str,
    archive: &str,
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<Step, StepError> {
    let curl = CommandLine::new(["curl", "-fsSL", "--output", archive, "--", url.as_str()]);
    let deadline = Duration::from_secs(cx.policy.prepare_s);
    let out = acc.run(&curl, None, deadline).await?;
    if !out.ok() {
        return Err(refused("the card can't fetch the P4 components", out.reason())
            .because(format!("from {url}"))
            .hint("try the URL of the components from the card itself (`--p4-components`); then deploy again, or retry from this step"));
    }
    match hash(archive, acc, cx).await? {
        Some(seen) if seen == sha256 => Ok(Step::Again("fetched the P4 components".into())),
        seen => {
            run(acc, cx, &["rm", "-f", archive]).await?;
            let seen = seen.unwrap_or_else(|| "nothing".into());
            Err(refused(
                "what lies there are not the P4 components that were named",
                format!("SHA-256 should be {sha256}, and is {seen}"),
            )
            .hint("compare the URL and the SHA-256 (`--p4-components`, `--p4-sha256`) with what Intel's release tells"))
        }
    }
}

async fn unpack(
    sha256: &str,
    archive: &str,
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<Step, StepError> {
    let can_not = |out: &CommandOutput| {
        refused(
            "the P4 components can't be unpacked on the card",
            out.reason(),
        )
        .hint("is /opt writable in this image, and is there room?")
    };
    // What was half unpacked goes.
    run(acc, cx, &["rm", "-rf", NEW]).await?;
    let made = run(acc, cx, &["mkdir", "-p", NEW]).await?;
    if !made.ok() {
        return Err(can_not(&made));
    }
    let tar = CommandLine::new(["tar", "-xzf", archive, "-C", NEW, "--strip-components=1"]);
    let deadline = Duration::from_secs(cx.policy.prepare_s);
    let out = acc.run(&tar, None, deadline).await?;
    if !out.ok() {
        return Err(can_not(&out));
    }
    for (from, to) in NAMES {
        let (from, to) = (format!("{NEW}/{from}"), format!("{NEW}/{to}"));
        // A release may have them under the other names already.
        run(acc, cx, &["mv", &from, &to]).await?;
        if !run(acc, cx, &["test", "-d", &to]).await?.ok() {
            return Err(refused(
                "the archive is none of Intel's P4 components",
                format!("it has neither {from} nor {to}"),
            ));
        }
    }
    let mark = format!("{NEW}/{MARK}");
    let text = format!("{sha256}\n");
    let tee = CommandLine::new(["tee", mark.as_str()]);
    acc.run(&tee, Some(text.as_bytes()), cx.policy.command())
        .await?;
    Ok(Step::Again("unpacked the P4 components".into()))
}

pub(super) fn planned(
    url: &Url,
    sha256: &str,
    on_acc: &impl Fn(&[&str]) -> String,
) -> (String, Vec<String>) {
    let archive = archive(sha256);
    (
        format!(
            "Fetches the P4 components on the card, checks them against SHA-256 {}…, and replaces {PLACE} by them; starts nothing of them",
            &sha256[..sha256.len().min(12)]
        ),
        vec![
            on_acc(&["curl", "-fsSL", "--output", &archive, "--", url.as_str()]),
            on_acc(&["sha256sum", &archive]),
            on_acc(&["tar", "-xzf", &archive, "-C", NEW, "--strip-components=1"]),
            on_acc(&["rm", "-rf", PLACE]),
            on_acc(&["mv", NEW, PLACE]),
        ],
    )
}
