//! MicroShift, which is in the image: its pull secret, its start, its health, its kubeconfig.

use std::time::Duration;

use super::{Step, refused};
use crate::{
    command::CommandLine,
    failure::{FailureKind, StepError},
    job::{
        StepContext,
        boot_change::{read_file, run},
        deployment::PostSecret,
    },
    microshift::{self, Health},
    ports::Remote,
    secret::Password,
    time::Timestamp,
};

const PULL_SECRET: &str = "/etc/crio/openshift-pull-secret";
const KUBECONFIG: &str = "/var/lib/microshift/resources/kubeadmin/kubeconfig";
/// Its certificates are dated by the card's clock.
const CLOCK_SKEW_SECONDS: i64 = 300;
/// What a node is called whose host name came too late.
const NODE_NAME_OF_NOBODY: &str = "localhost.localdomain";

pub(super) struct Wanted<'a> {
    pub pull_secret: bool,
    pub kubeconfig: &'a str,
    pub server: Option<&'a str>,
    pub hostname: &'a str,
    pub since: Timestamp,
}

pub(super) async fn step(
    wanted: &Wanted<'_>,
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<Step, StepError> {
    if wanted.pull_secret
        && let Some(done) = put_pull_secret(acc, cx).await?
    {
        return Ok(done);
    }
    if let Some(done) = start(wanted.hostname, acc, cx).await? {
        return Ok(done);
    }
    let health = look(acc, cx).await?;
    match health {
        Health::Healthy { node } => {
            check_node(&node, wanted.hostname)?;
            fetch(wanted, acc, cx).await?;
            Ok(Step::Done(format!(
                "MicroShift is healthy, its node is {node}; its kubeconfig is {}",
                wanted.kubeconfig
            )))
        }
        Health::NotYet { why, stuck } => {
            let deadline = Duration::from_secs(cx.policy.microshift_s);
            if cx.now.since(wanted.since) < deadline {
                return Ok(Step::Wait(format!("MicroShift is starting: {why}")));
            }
            let hint = if stuck {
                "ovnkube-node is stuck in ContainerCreating: `systemctl restart crio` on the card is known to clear it; then retry"
            } else {
                "look at `journalctl -u microshift` on the card; then retry"
            };
            Err(StepError::new(
                FailureKind::Unhealthy,
                format!(
                    "MicroShift is not healthy after {} min",
                    deadline.as_secs() / 60
                ),
            )
            .because(why)
            .hint(hint))
        }
    }
}

async fn put_pull_secret(
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<Option<Step>, StepError> {
    let secret = cx.card.post_secret(PostSecret::PullSecret).await?;
    if is_there(&secret, acc, cx).await? {
        return Ok(None);
    }
    // It is nobody else's to read, from the first byte on.
    for argv in [
        &["mkdir", "-p", "/etc/crio"] as &[&str],
        &["rm", "-f", PULL_SECRET],
        &["touch", PULL_SECRET],
        &["chmod", "600", PULL_SECRET],
    ] {
        let out = run(acc, cx, argv).await?;
        if !out.ok() {
            return Err(refused(
                "the pull secret can't be put on the card",
                out.reason(),
            ));
        }
    }
    // `dd` and not `tee`: nothing of it comes back.
    let write = CommandLine::new(["dd", "status=none", &format!("of={PULL_SECRET}")]);
    let bytes = secret.expose().as_bytes();
    let out = acc.run(&write, Some(bytes), cx.policy.command()).await?;
    if !is_there(&secret, acc, cx).await? {
        return Err(refused(
            "the pull secret can't be put on the card",
            out.reason(),
        ));
    }
    Ok(Some(Step::Again(format!(
        "put the pull secret at {PULL_SECRET}"
    ))))
}

async fn is_there(
    secret: &Password,
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<bool, StepError> {
    let mode = run(acc, cx, &["stat", "-c", "%a", PULL_SECRET]).await?;
    let text = read_file(acc, PULL_SECRET, cx).await?;
    Ok(mode.text() == "600" && text.as_deref() == Some(secret.expose()))
}

async fn is_started(acc: &dyn Remote, cx: &StepContext<'_>) -> Result<bool, StepError> {
    let enabled = run(acc, cx, &["systemctl", "is-enabled", "microshift"]).await?;
    let active = run(acc, cx, &["systemctl", "is-active", "microshift"]).await?;
    let runs = ["active", "activating", "reloading"].contains(&active.text().as_str());
    Ok(enabled.ok() && runs)
}

/// `None` while its API does not answer.
async fn ask(
    what: &[&str],
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let mut argv = vec!["oc", "--kubeconfig", KUBECONFIG, "get"];
    argv.extend(what);
    argv.extend(["-o", "json"]);
    let out = run(acc, cx, &argv).await?;
    Ok(out.ok().then(|| out.text()))
}

async fn start(
    hostname: &str,
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<Option<Step>, StepError> {
    if is_started(acc, cx).await? {
        return Ok(None);
    }
    check_clock(acc, cx).await?;
    // The node is named once and for all when MicroShift starts first.
    let name = run(acc, cx, &["hostname"]).await?.text();
    check_node(&name, hostname)?;
    let argv = ["systemctl", "enable", "--now", "--no-block", "microshift"];
    let out = run(acc, cx, &argv).await?;
    if !is_started(acc, cx).await? {
        return Err(refused("MicroShift can't be started", out.reason())
            .hint("is MicroShift in the image? look at `journalctl -u microshift` on the card"));
    }
    Ok(Some(Step::Again(
        "started MicroShift, and at every boot".into(),
    )))
}

async fn check_clock(acc: &dyn Remote, cx: &StepContext<'_>) -> Result<(), StepError> {
    let theirs = run(acc, cx, &["date", "+%s"]).await?.text();
    let skew = theirs.parse::<i64>().unwrap_or_default() - cx.now.as_millis() / 1000;
    if skew.abs() <= CLOCK_SKEW_SECONDS {
        return Ok(());
    }
    Err(StepError::new(
        FailureKind::Precondition,
        "the card's clock is wrong, and MicroShift's certificates would be too",
    )
    .because(format!("it is {skew} s off"))
    .hint("set it (`chronyc makestep` on the card), then retry"))
}

fn check_node(node: &str, hostname: &str) -> Result<(), StepError> {
    let first = |name: &str| {
        name.split('.')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    if node != NODE_NAME_OF_NOBODY && first(node) == first(hostname) {
        return Ok(());
    }
    Err(StepError::new(
        FailureKind::Unhealthy,
        format!("the card calls itself `{node}` and not `{hostname}`"),
    )
    .because("MicroShift's node keeps the name that the card has when it starts first")
    .hint("deploy the card again: a node's name can hardly be changed afterwards"))
}

async fn look(acc: &dyn Remote, cx: &StepContext<'_>) -> Result<Health, StepError> {
    let (Some(nodes), Some(pods)) = (
        ask(&["nodes"], acc, cx).await?,
        ask(&["pods", "-A"], acc, cx).await?,
    ) else {
        return Ok(Health::NotYet {
            why: "its API does not answer yet".into(),
            stuck: false,
        });
    };
    microshift::health(&nodes, &pods).map_err(|error| {
        StepError::new(
            FailureKind::Protocol,
            "MicroShift answers what makes no sense",
        )
        .because(error.to_string())
        .transient()
    })
}

async fn fetch(
    wanted: &Wanted<'_>,
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<(), StepError> {
    let text = read_file(acc, KUBECONFIG, cx).await?.ok_or_else(|| {
        StepError::new(FailureKind::Protocol, "the card has no kubeconfig yet")
            .because(KUBECONFIG)
            .transient()
    })?;
    let text = match wanted.server {
        Some(server) => microshift::with_server(&text, server),
        None => text,
    };
    cx.card
        .keep_kubeconfig(wanted.kubeconfig, &Password::new(text))
        .await
}

pub(super) fn planned(
    pull_secret: bool,
    kubeconfig: &str,
    on_acc: &impl Fn(&[&str]) -> String,
) -> (String, Vec<String>) {
    let mut commands = Vec::new();
    let mut words = String::new();
    if pull_secret {
        words.push_str("Puts the pull secret on the card (0600); ");
        commands.push(on_acc(&["dd", &format!("of={PULL_SECRET}")]));
    }
    words.push_str(&format!(
        "starts MicroShift, now and at every boot, waits until its node is ready and its pods run, \
         and writes its kubeconfig to {kubeconfig} (0600)"
    ));
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let words = first.into_iter().chain(letters).collect();
    commands.push(on_acc(&[
        "systemctl",
        "enable",
        "--now",
        "--no-block",
        "microshift",
    ]));
    commands.push(on_acc(&["cat", KUBECONFIG]));
    (words, commands)
}
