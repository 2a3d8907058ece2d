//! Looking at an ACC: its status, health, boot id and files. A deployment looks the same way.

use crate::{
    bootc::{self, BootcStatus, Greenboot},
    command::CommandLine,
    failure::{FailureKind, StepError},
    job::StepContext,
    ports::Remote,
};

/// Status, health and boot id in one look; told to the fleet too.
pub(in crate::job) async fn observe(
    cx: &StepContext<'_>,
) -> Result<(BootcStatus, Greenboot, String), StepError> {
    observe_on(cx.card.acc(), cx).await
}

pub(in crate::job) async fn observe_on(
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<(BootcStatus, Greenboot, String), StepError> {
    let boot_id = boot_id(acc, cx).await?;
    let status = read_status(acc, cx).await?;
    let grubenv = run(acc, cx, &["grub2-editenv", "/boot/grub2/grubenv", "list"]).await?;
    let greenboot = if grubenv.ok() {
        bootc::parse_greenboot(&grubenv.text())
    } else {
        Greenboot::NotInstalled
    };
    cx.card.saw_acc(&status, greenboot, &boot_id).await;
    Ok((status, greenboot, boot_id))
}

pub(in crate::job) async fn boot_id(
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<String, StepError> {
    let out = run(acc, cx, &["cat", "/proc/sys/kernel/random/boot_id"]).await?;
    if out.ok() && !out.text().is_empty() {
        return Ok(out.text());
    }
    Err(
        StepError::new(FailureKind::Protocol, "the ACC does not tell its boot id")
            .because(out.reason())
            .transient(),
    )
}

pub(in crate::job) async fn read_status(
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<BootcStatus, StepError> {
    let out = acc
        .run(&bootc::status_command(), None, cx.policy.command())
        .await?;
    if !out.ok() {
        return Err(StepError::new(
            FailureKind::Bootc,
            format!("`bootc status` failed: {}", out.reason()),
        )
        .because(format!("exit {}", out.exit)));
    }
    bootc::parse_status(&out.text()).map_err(|error| {
        let mut refused = StepError::new(FailureKind::Protocol, error.to_string());
        refused.causes = crate::failure::chain(&error).split_off(1);
        refused
    })
}

/// A file's text; `None` where there is no such file.
pub(in crate::job) async fn read_file(
    remote: &dyn Remote,
    path: &str,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let out = run(remote, cx, &["cat", path]).await?;
    Ok(out
        .ok()
        .then(|| String::from_utf8_lossy(&out.stdout).into_owned()))
}

pub(in crate::job) async fn run(
    remote: &dyn Remote,
    cx: &StepContext<'_>,
    argv: &[&str],
) -> Result<crate::ports::CommandOutput, StepError> {
    Ok(remote
        .run(
            &CommandLine::new(argv.iter().copied()),
            None,
            cx.policy.command(),
        )
        .await?)
}
