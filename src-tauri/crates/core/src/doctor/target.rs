//! The ISO, what holds the card, what runs on it, and the machines beside it.

use super::{
    Asked, CheckFix, CheckOutcome, Facts, FixAction, HostSeen, IsoAsked,
    verdict::{fix_of, told},
};
use crate::{iso::Iso, trust::PinKind};

/// An IPU's ACC.
const ARCHITECTURE: &str = "aarch64";
/// What an IPU's installer finds its network, its disk and its devices by.
const ARGUMENTS: [&str; 3] = ["ip=", "netroot=iscsi:", "acpi=force"];

/// The ISO where it is in the library, else why nothing can be said of it.
fn iso(facts: &Facts) -> Result<&Iso, String> {
    match &facts.iso {
        IsoAsked::InLibrary { iso, .. } => Ok(iso),
        IsoAsked::None => Err("no ISO was named".to_owned()),
        IsoAsked::ToImport(file) => Err(format!(
            "{file} is not in the library: a deployment imports it first"
        )),
        IsoAsked::ToBuild(name) => Err(format!("{name} is not there yet: a deployment builds it")),
        IsoAsked::Missing(_) => Err("there is no such ISO".to_owned()),
    }
}

pub(super) fn iso_file(facts: &Facts) -> CheckOutcome {
    match &facts.iso {
        IsoAsked::None => CheckOutcome::skip("no ISO was named"),
        IsoAsked::Missing(what) => CheckOutcome::fail(
            what.clone(),
            CheckFix::new("import it, or name another").run("slipctl iso import FILE"),
        ),
        IsoAsked::ToImport(file) => {
            CheckOutcome::pass(format!("{file} is there; a deployment imports it first"))
        }
        IsoAsked::ToBuild(name) => {
            CheckOutcome::pass(format!("{name} is built first, and looked at then"))
        }
        IsoAsked::InLibrary { iso, file } => match file {
            Asked::NotAsked(why) => CheckOutcome::skip(why),
            Asked::Answered(()) => CheckOutcome::pass(format!(
                "{}, {}, as it was imported",
                iso.path, iso.facts.size
            )),
            Asked::Failed(error) => CheckOutcome::fail(
                told(error),
                fix_of(error, "put the file back, or import it again"),
            ),
        },
    }
}

pub(super) fn iso_architecture(facts: &Facts) -> CheckOutcome {
    let iso = match iso(facts) {
        Ok(iso) => iso,
        Err(why) => return CheckOutcome::skip(why),
    };
    let another = || CheckFix::new(format!("use an ISO for {ARCHITECTURE}"));
    match iso.facts.architecture.as_deref() {
        Some(ARCHITECTURE) => CheckOutcome::pass(format!("{ARCHITECTURE}, as the ACC")),
        Some(other) => CheckOutcome::fail(
            format!(
                "{} is for {other}; an IPU's ACC is {ARCHITECTURE}",
                iso.name
            ),
            another(),
        ),
        None => CheckOutcome::warn(format!("{} does not tell", iso.name), another()),
    }
}

pub(super) fn iso_image(facts: &Facts) -> CheckOutcome {
    let iso = match iso(facts) {
        Ok(iso) => iso,
        Err(why) => return CheckOutcome::skip(why),
    };
    let build = || CheckFix::new("build one").run("slipctl iso build");
    let Some(digest) = &iso.facts.image_digest else {
        return CheckOutcome::fail(
            "there is no image in it (no /container): success could not be checked",
            build(),
        );
    };
    if iso.facts.area.is_none() {
        return CheckOutcome::fail(
            "it has no kickstart area: a card could not be given its name and keys",
            build(),
        );
    }
    if !iso.facts.bootable {
        return CheckOutcome::fail("it has no boot record", build());
    }
    match &iso.facts.image_reference {
        Some(reference) if !reference.is_local_only() => {
            CheckOutcome::pass(format!("{} of {reference}", digest.short()))
        }
        Some(reference) => CheckOutcome::warn(
            format!(
                "{} of {reference}, which lives in no registry: the card could never upgrade",
                digest.short()
            ),
            CheckFix::new("push the image to a registry and build the ISO of that"),
        ),
        None => CheckOutcome::warn(
            format!(
                "{}; it does not say from which registry: the card could never upgrade",
                digest.short()
            ),
            CheckFix::new("build the ISO with the image's reference"),
        ),
    }
}

pub(super) fn iso_arguments(facts: &Facts) -> CheckOutcome {
    let iso = match iso(facts) {
        Ok(iso) => iso,
        Err(why) => return CheckOutcome::skip(why),
    };
    let has = |start: &&str| !iso.facts.kargs.iter().any(|arg| arg.starts_with(*start));
    let missing: Vec<&str> = ARGUMENTS.into_iter().filter(has).collect();
    if missing.is_empty() {
        return CheckOutcome::pass(format!("has {}", ARGUMENTS.join(", ")));
    }
    // A deployment warns too and does not refuse: somebody's card may find its disk otherwise.
    CheckOutcome::warn(
        format!(
            "its boot entries have no {}; an IPU's installer would not find its disk",
            missing.join(", ")
        ),
        CheckFix::new("build it with what an IPU needs").run("slipctl iso build --ipu"),
    )
}

pub(super) fn active_job(facts: &Facts) -> CheckOutcome {
    match &facts.target.job {
        None => CheckOutcome::pass("no job holds this card"),
        Some(job) => CheckOutcome::fail(
            format!("{} holds this card, at \"{}\"", job.kind, job.step),
            CheckFix::new("wait for it, or cancel it").by(
                FixAction::ShowJob {
                    job: job.id.clone(),
                },
                &facts.card,
            ),
        ),
    }
}

pub(super) fn booted_image(facts: &Facts) -> CheckOutcome {
    let Some(booted) = &facts.target.booted else {
        return CheckOutcome::pass("nothing was ever seen to run on it");
    };
    let Some(digest) = &booted.digest else {
        return CheckOutcome::pass("what runs on it is no bootc image");
    };
    let version = booted.version.as_deref();
    let version = version.map_or(String::new(), |version| format!("{version} "));
    let when = if booted.asked_now {
        String::new()
    } else {
        format!(", as it was seen at {}", booted.seen)
    };
    let runs = format!("it runs {version}({}){when}", digest.short());
    match iso(facts)
        .ok()
        .and_then(|iso| iso.facts.image_digest.as_ref())
    {
        Some(wanted) if wanted == digest => CheckOutcome::warn(
            format!("{runs}: the very image of the ISO"),
            CheckFix::new("nothing to do; deploy only to install it anew, which loses its disk"),
        ),
        Some(_) | None => CheckOutcome::pass(runs),
    }
}

pub(super) fn host_bmc(facts: &Facts) -> CheckOutcome {
    let Some(seen) = &facts.target.host_bmc else {
        return CheckOutcome::skip("no cluster.yaml names it, and the card is paired with none");
    };
    beside(seen, PinKind::TlsCertificate, facts)
}

pub(super) fn dpu_host(facts: &Facts) -> CheckOutcome {
    let Some(seen) = &facts.target.dpu_host else {
        return CheckOutcome::skip("no cluster.yaml names it");
    };
    beside(seen, PinKind::SshHostKey, facts)
}

/// What a deployment refuses, too: it is asked for on purpose.
pub(super) fn local_network(facts: &Facts) -> CheckOutcome {
    match &facts.target.network {
        None => CheckOutcome::skip("no plan asks for one (`--accept-untried local_network` would)"),
        Some(Asked::NotAsked(why)) => CheckOutcome::skip(why),
        Some(Asked::Answered(seen)) => CheckOutcome::pass(seen.join("; ")),
        Some(Asked::Failed(error)) => CheckOutcome::fail(
            told(error),
            fix_of(error, "leave the step out (`--skip-steps local_network`)"),
        ),
    }
}

/// As a deployment looks before it begins: podman here, and the BMC of the host that it cold-boots.
pub(super) fn firmware_flash(facts: &Facts) -> CheckOutcome {
    match &facts.target.flash {
        None => CheckOutcome::skip(
            "no plan flashes it (`--accept-untried dpu_firmware` with `--firmware-image` would)",
        ),
        Some(Asked::NotAsked(why)) => CheckOutcome::skip(why),
        Some(Asked::Answered(seen)) => CheckOutcome::pass(seen.join("; ")),
        Some(Asked::Failed(error)) => CheckOutcome::fail(
            told(error),
            fix_of(error, "leave the step out (`--skip-steps dpu_firmware`)"),
        ),
    }
}

/// A deployment enters the host's BMC only to cold-boot it after a flash, which is looked at by itself,
/// and the DPU host only to reload its driver, which can be left out: what is wrong with them is a
/// warning.
fn beside(seen: &HostSeen, kind: PinKind, facts: &Facts) -> CheckOutcome {
    let peer = &seen.address;
    let shown = match &seen.shown {
        Asked::NotAsked(why) => return CheckOutcome::skip(why),
        Asked::Failed(error) => {
            let fix = CheckFix::new("correct its address, or look why it does not answer");
            return CheckOutcome::warn(told(error), fix);
        }
        Asked::Answered(shown) => shown,
    };
    let accept = FixAction::AcceptPin {
        kind,
        peer: peer.clone(),
        fingerprint: shown.clone(),
    };
    match (&seen.pin, &seen.login) {
        (None, _) if kind == PinKind::SshHostKey => CheckOutcome::warn(
            format!(
                "{peer} answers, and nothing is pinned for it: its driver could not be reloaded"
            ),
            CheckFix::new(format!(
                "compare {shown} with the machine's own, then accept it"
            ))
            .by(accept, &facts.card),
        ),
        (None, _) => CheckOutcome::pass(format!("{peer} answers; nothing is pinned for it yet")),
        (Some(pinned), _) if pinned != shown => CheckOutcome::warn(
            format!("{peer} has changed: pinned {pinned}, now {shown}"),
            CheckFix::new("find out why it changed; then accept the new one")
                .by(accept, &facts.card),
        ),
        (Some(_), Asked::Failed(error)) => {
            CheckOutcome::warn(told(error), fix_of(error, "look at the machine"))
        }
        (Some(_), Asked::Answered(user)) => {
            CheckOutcome::pass(format!("{peer} shows the pinned key; logged in as {user}"))
        }
        (Some(_), Asked::NotAsked(_)) => CheckOutcome::pass(format!("{peer} shows the pinned key")),
    }
}
