//! A card, what is known of it, and the one headline state that people see.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    address::Address,
    bootc::{BootcStatus, Greenboot, StatusFacts},
    credential::ImcSshLogin,
    ids::{CredentialId, DpuId, JobId},
    image::{ImageDigest, ImageReference},
    time::Timestamp,
};

/// The port on which an IMC serves Redfish.
pub const IMC_REDFISH_PORT: u16 = 8443;
/// Where an IMC sees its ACC.
pub const ACC_FROM_IMC: &str = "192.168.0.2";

/// How the ACC is reached over SSH.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "route", content = "address")]
pub enum AccRoute {
    Direct(Address),
    /// A channel through the IMC's sshd to this address.
    ThroughImc(Address),
}

/// What the IMC said of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ImcIdentity {
    /// The service root's `Name`.
    pub service_name: String,
    /// Whether it is an Intel IPU's IMC; its name alone does not tell.
    #[serde(default)]
    pub is_ipu: bool,
    /// What says that it is, or that it is not.
    #[serde(default)]
    pub evidence: String,
    /// `Managers/1.FirmwareVersion` as it is.
    pub firmware: Option<String>,
    /// The release in it, such as `2.0.0`, where it has one.
    pub firmware_release: Option<String>,
    pub bios: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    /// `Systems/1.Status.Health`: `Critical` is how an IMC shows that its ACC failed to boot.
    pub health: Option<String>,
    pub power: Option<String>,
}

impl ImcIdentity {
    /// Of an IMC whose Redfish does not run, by its `/etc/issue`; `None` where it is no IMC's.
    #[must_use]
    pub fn by_issue(issue: &str) -> Option<Self> {
        let release = issue_release(issue)?;
        Some(Self {
            service_name: "an Intel IPU's IMC without Redfish".into(),
            is_ipu: true,
            evidence: format!("its Redfish does not run; its /etc/issue says `Version: {release}`"),
            firmware: Some(release.clone()),
            firmware_release: Some(release),
            ..Self::default()
        })
    }
}

/// A card as Slipway keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Dpu {
    pub id: DpuId,
    pub name: String,
    pub imc_redfish: Address,
    pub imc_ssh: Address,
    pub acc: AccRoute,
    /// For the IMC's Redfish.
    pub imc_credential: CredentialId,
    /// For the IMC's SSH.
    pub imc_ssh_login: ImcSshLogin,
    /// For the ACC, where it isn't Slipway's own key.
    pub acc_credential: Option<CredentialId>,
    /// The DPU host, as people call it.
    pub host: Option<String>,
    pub labels: Vec<String>,
    pub identity: ImcIdentity,
    pub added_at: Timestamp,
}

impl Dpu {
    /// The credentials that it logs in by.
    pub fn credentials(&self) -> impl Iterator<Item = &CredentialId> {
        let ssh = match &self.imc_ssh_login {
            ImcSshLogin::Profile(id) => Some(id),
            ImcSshLogin::AsRedfish | ImcSshLogin::EmptyPassword => None,
        };
        std::iter::once(&self.imc_credential)
            .chain(ssh)
            .chain(&self.acc_credential)
    }
}

/// The newest answers of a card, each with its time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DpuFacts {
    pub bootc: Option<BootcStatus>,
    pub greenboot: Option<Greenboot>,
    pub hostname: Option<String>,
    pub boot_id: Option<String>,
    /// When the ACC answered last.
    pub acc_seen: Option<Timestamp>,
    /// Since when it does not, and what was met.
    pub acc_silent: Option<Silence>,
    pub imc_seen: Option<Timestamp>,
    pub imc_silent: Option<Silence>,
    /// What the registry has for the reference that the card follows.
    pub available: Option<AvailableImage>,
    /// What the last job asked for, until the card has it or somebody asks for something else.
    pub wanted: Option<ImageDigest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Silence {
    pub since: Timestamp,
    /// One sentence: the stage, and the error.
    pub reason: String,
}

/// An answer of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AvailableImage {
    pub reference: ImageReference,
    pub digest: ImageDigest,
    pub version: Option<String>,
    pub checked_at: Timestamp,
}

/// The job that runs on a card, or the last that did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DpuJob {
    pub id: JobId,
    /// "Deployment", "Upgrade", …
    pub kind: String,
    /// The step it is in, and its number of all.
    pub step: String,
    pub step_number: u32,
    pub step_count: u32,
    pub outcome: JobOutcome,
    /// Whether somebody opened the page of a failed job.
    pub seen: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum JobOutcome {
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

/// The words of `ui.md`, worst first: the order decides which one is the headline.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "snake_case")]
pub enum HeadlineState {
    Working,
    Failed,
    Unreachable,
    RolledBack,
    Degraded,
    Drifted,
    Staged,
    UpdateAvailable,
    NotImageMode,
    Unknown,
    Current,
}

/// One card's headline: the worst that needs somebody, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Headline {
    pub state: HeadlineState,
    pub reason: String,
    /// When the fact behind it was seen.
    pub at: Option<Timestamp>,
}

/// What the columns of the fleet table say of a card, from the newest facts.
#[must_use]
pub fn headline(facts: &DpuFacts, job: Option<&DpuJob>) -> Headline {
    let says = |state, reason: String, at| Headline { state, reason, at };
    if let Some(job) = job {
        match job.outcome {
            JobOutcome::Running => {
                let reason = format!(
                    "{}: {} ({} of {})",
                    job.kind, job.step, job.step_number, job.step_count
                );
                return says(HeadlineState::Working, reason, None);
            }
            JobOutcome::Failed if !job.seen => {
                let reason = format!("{} failed: {}", job.kind, job.step);
                return says(HeadlineState::Failed, reason, None);
            }
            JobOutcome::Failed | JobOutcome::Succeeded | JobOutcome::Cancelled => {}
        }
    }
    for (who, silence) in [("IMC", &facts.imc_silent), ("ACC", &facts.acc_silent)] {
        if let Some(silence) = silence {
            // A card that never ran anything has no ACC to answer: that is no fault.
            if who == "ACC" && facts.acc_seen.is_none() {
                continue;
            }
            let reason = format!("{who}: {}", silence.reason);
            return says(HeadlineState::Unreachable, reason, Some(silence.since));
        }
    }
    let Some(bootc) = &facts.bootc else {
        let reason = match &facts.acc_silent {
            Some(silence) => format!("ACC never answered: {}", silence.reason),
            None => "never asked".to_owned(),
        };
        return says(HeadlineState::Unknown, reason, facts.imc_seen);
    };
    let at = facts.acc_seen;
    if !bootc.image_mode {
        return says(
            HeadlineState::NotImageMode,
            "bootc did not boot this system".into(),
            at,
        );
    }
    image_headline(facts, bootc)
}

/// The headline of a card that answers and runs image mode.
fn image_headline(facts: &DpuFacts, bootc: &BootcStatus) -> Headline {
    let at = facts.acc_seen;
    let says = |state, reason: String| Headline { state, reason, at };
    let booted = bootc.booted_digest();
    let name =
        |digest: Option<&ImageDigest>| digest.map_or("nothing", ImageDigest::short).to_owned();
    if let Some(wanted) = &facts.wanted
        && booted != Some(wanted)
        && bootc.staged_digest() != Some(wanted)
    {
        if bootc.rollback_digest() == Some(wanted) || facts.greenboot == Some(Greenboot::FellBack) {
            let reason = format!(
                "runs {} again, {} was asked for",
                name(booted),
                wanted.short()
            );
            return says(HeadlineState::RolledBack, reason);
        }
        let reason = format!("runs {}, should run {}", name(booted), wanted.short());
        return says(HeadlineState::Drifted, reason);
    }
    if facts.greenboot == Some(Greenboot::FellBack) {
        return says(
            HeadlineState::RolledBack,
            "greenboot's checks failed on the newer entry".into(),
        );
    }
    if facts.greenboot == Some(Greenboot::Pending) {
        return says(
            HeadlineState::Degraded,
            "greenboot has not passed this boot".into(),
        );
    }
    if bootc.rollback_queued {
        return says(
            HeadlineState::Staged,
            "a rollback waits for a reboot".into(),
        );
    }
    if bootc.staged.is_some() {
        let reason = format!("{} waits for a reboot", name(bootc.staged_digest()));
        return says(HeadlineState::Staged, reason);
    }
    match &facts.available {
        Some(available) if Some(&available.digest) != booted => {
            let version = available.version.as_deref().unwrap_or("another image");
            let reason = format!("{version} ({})", available.digest.short());
            says(HeadlineState::UpdateAvailable, reason)
        }
        Some(_) => says(
            HeadlineState::Current,
            "the newest image of its reference".into(),
        ),
        None => says(
            HeadlineState::Current,
            "the registry was not asked yet".into(),
        ),
    }
}

/// `2.0.0` out of an IMC's `/etc/issue`, which has a line `Version: 2.0.0`; `None` where it is no
/// IMC's.
#[must_use]
pub fn issue_release(issue: &str) -> Option<String> {
    let version = |line: &str| {
        let (_, version) = line.split_once("Version:")?;
        let word = version.split_whitespace().next()?;
        let numbers: Vec<&str> = word.split('.').collect();
        let is_number = |n: &&str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
        (numbers.len() >= 3 && numbers.iter().take(3).all(is_number))
            .then(|| numbers[..3].join("."))
    };
    issue.lines().find_map(version)
}

/// `2.0.0` out of `MEV-HW-B1-ci-ts.release.2.0.0.11126`.
#[must_use]
pub fn firmware_release(firmware: &str) -> Option<String> {
    let after = firmware.split_once("release.").map(|(_, rest)| rest)?;
    let numbers: Vec<&str> = after.split('.').take(3).collect();
    let all_numbers = numbers.len() == 3
        && numbers
            .iter()
            .all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    all_numbers.then(|| numbers.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bootc::parse_status;

    fn facts(status: &str) -> DpuFacts {
        DpuFacts {
            bootc: Some(parse_status(status).unwrap()),
            acc_seen: Some(Timestamp::from_millis(1)),
            ..DpuFacts::default()
        }
    }

    const UPGRADED: &str = include_str!("../fixtures/booted_and_rollback.json");
    const QUEUED: &str = include_str!("../fixtures/rollback_queued.json");

    fn digest(of: &str) -> ImageDigest {
        format!("sha256:{}", of.repeat(64)).parse().unwrap()
    }

    #[test]
    fn firmware_releases() {
        let read = |text: &str| firmware_release(text);
        assert_eq!(
            read("MEV-HW-B1-ci-ts.release.2.0.0.11126").as_deref(),
            Some("2.0.0")
        );
        assert_eq!(read("Default x86-64 system"), None);
        assert_eq!(read("release.x.y"), None);
    }

    #[test]
    fn the_issue_of_an_imc_has_a_version() {
        let read = |text: &str| issue_release(text);
        let imc = "Intel IPU IMC\nVersion: 2.0.0\n\\n \\l\n";
        assert_eq!(read(imc).as_deref(), Some("2.0.0"));
        assert_eq!(read("Version: 1.8.0.4021").as_deref(), Some("1.8.0"));
        for other in [
            "Debian GNU/Linux 12 \\n \\l",
            "Version: bookworm",
            "Version: 12",
            "Version:",
            "",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn never_asked_is_unknown_and_not_current() {
        assert_eq!(
            headline(&DpuFacts::default(), None).state,
            HeadlineState::Unknown
        );
    }

    #[test]
    fn a_card_that_came_back_on_the_older_entry_is_rolled_back() {
        let mut facts = facts(UPGRADED);
        facts.wanted = facts.bootc.as_ref().unwrap().rollback_digest().cloned();
        assert_eq!(headline(&facts, None).state, HeadlineState::RolledBack);
        facts.wanted = Some(digest("a"));
        assert_eq!(headline(&facts, None).state, HeadlineState::Drifted);
    }

    #[test]
    fn staged_available_and_current() {
        assert_eq!(headline(&facts(QUEUED), None).state, HeadlineState::Staged);
        let mut facts = facts(UPGRADED);
        assert_eq!(headline(&facts, None).state, HeadlineState::Current);
        facts.available = Some(AvailableImage {
            reference: "10.0.2.2:5055/dpu-os:stable".parse().unwrap(),
            digest: digest("b"),
            version: Some("1.2.0".into()),
            checked_at: Timestamp::from_millis(1),
        });
        let headline = headline(&facts, None);
        assert_eq!(headline.state, HeadlineState::UpdateAvailable);
        assert_eq!(headline.reason, "1.2.0 (bbbbbbbbbbbb)");
    }

    #[test]
    fn a_running_job_comes_first_and_a_silent_imc_before_what_was_known() {
        let mut facts = facts(UPGRADED);
        facts.imc_silent = Some(Silence {
            since: Timestamp::from_millis(5),
            reason: "no answer on TCP port 8443".into(),
        });
        assert_eq!(headline(&facts, None).state, HeadlineState::Unreachable);
        let job = DpuJob {
            id: JobId::new(),
            kind: "Upgrade".into(),
            step: "Stage the image".into(),
            step_number: 2,
            step_count: 5,
            outcome: JobOutcome::Running,
            seen: false,
        };
        let shown = headline(&facts, Some(&job));
        assert_eq!(shown.reason, "Upgrade: Stage the image (2 of 5)");
    }
}
