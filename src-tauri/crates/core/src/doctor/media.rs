//! Room for the ISO on the IMC, and whether the IMC gets at our server.

use super::{
    Asked, CheckFix, CheckOutcome, Facts, FixAction, IsoAsked,
    verdict::{fix_of, told},
};
use crate::{iso::Iso, job::deployment::NEEDS_RESERVED_MEMORY, time::ByteCount};

/// An IMC downloads in pieces of 500 MB (intel/ipu-redfish).
const MEMORY_COMFORT: ByteCount = ByteCount(512 << 20);
/// Our CA's certificate and the bundle that is made of it.
const ROOT_NEED: ByteCount = ByteCount(1 << 20);
/// Above this, MEV 1.8 needs its reserved-memory file.
const RESERVED_MEMORY_FROM: ByteCount = ByteCount(2_000_000_000);
/// What virtual media holds at most: 10 GB with 1.8, 13,760 MiB later (intel/ipu-redfish).
const MOST_1_8: ByteCount = ByteCount(10_000_000_000);
const MOST: ByteCount = ByteCount(13_760 << 20);

pub(super) fn memory(facts: &Facts) -> CheckOutcome {
    match &facts.shell.memory {
        Asked::NotAsked(why) => CheckOutcome::skip(why),
        Asked::Failed(error) => CheckOutcome::skip(told(error)),
        Asked::Answered(free) if *free < MEMORY_COMFORT => CheckOutcome::warn(
            format!("{free} are available; the IMC downloads in pieces of 500 MB"),
            CheckFix::new(
                "an IMC that is short of memory may restart while it downloads: reset it first, \
                 or use a smaller ISO",
            ),
        ),
        Asked::Answered(free) => CheckOutcome::pass(format!("{free} are available")),
    }
}

fn iso(facts: &Facts) -> Option<&Iso> {
    match &facts.iso {
        IsoAsked::InLibrary { iso, .. } => Some(iso),
        IsoAsked::None | IsoAsked::ToImport(_) | IsoAsked::ToBuild(_) | IsoAsked::Missing(_) => {
            None
        }
    }
}

pub(super) fn disk(facts: &Facts) -> CheckOutcome {
    let shell = &facts.shell;
    let (root, media) = match (&shell.root, &shell.media) {
        (Asked::Answered(root), Asked::Answered(media)) => (root, media),
        (Asked::Failed(error), _) | (_, Asked::Failed(error)) => {
            return CheckOutcome::skip(told(error));
        }
        (Asked::NotAsked(why), _) | (_, Asked::NotAsked(why)) => return CheckOutcome::skip(why),
    };
    if root.free < ROOT_NEED {
        return CheckOutcome::fail(
            format!(
                "{} are free on {}: our CA's certificate can't be written there",
                root.free, root.mounted
            ),
            CheckFix::new("make room on the IMC"),
        );
    }
    // What lies there is removed or ejected before the next download.
    let old = shell.media_file.answer().copied().flatten();
    let room = ByteCount(media.free.0 + old.unwrap_or_default().0);
    let left = match old {
        Some(old) if old.0 > 0 => format!(" (with the {old} that lie there and are removed)"),
        Some(_) | None => String::new(),
    };
    let there = format!("{room} on {}{left}", media.mounted);
    let Some(iso) = iso(facts) else {
        if room.0 == 0 {
            return CheckOutcome::fail(
                format!("nothing is free on {}", media.mounted),
                CheckFix::new("make room on the IMC"),
            );
        }
        return CheckOutcome::pass(format!("{there}; no ISO was named"));
    };
    let size = iso.facts.size;
    let release = facts.redfish.identity.answer();
    let release = release.and_then(|identity| identity.firmware_release.as_deref());
    let old_firmware = release == Some(NEEDS_RESERVED_MEMORY);
    let most = if old_firmware { MOST_1_8 } else { MOST };
    if size > most {
        return CheckOutcome::fail(
            format!("the ISO has {size}; this firmware takes {most}"),
            CheckFix::new("make a smaller ISO"),
        );
    }
    let has_the_file = shell.reserved_memory.answer() == Some(&true);
    let rule = old_firmware && size > RESERVED_MEMORY_FROM && !has_the_file;
    let reserved = CheckFix::new(
        "firmware 1.8 holds an ISO of more than 2 GB only with its reserved-memory file",
    )
    .by(FixAction::ReservedMemoryFile, &facts.card);
    let reserved_already = if old_firmware && has_the_file {
        "; its reserved-memory file is there"
    } else {
        ""
    };
    if room < size {
        let fix = if rule {
            reserved
        } else {
            CheckFix::new("make room on the IMC, or use a smaller ISO")
        };
        return CheckOutcome::fail(format!("the ISO has {size}, there is {there}"), fix);
    }
    if rule {
        return CheckOutcome::warn(format!("the ISO has {size}, there is {there}"), reserved);
    }
    CheckOutcome::pass(format!(
        "the ISO has {size}, there is {there}{reserved_already}"
    ))
}

pub(super) fn reach(facts: &Facts) -> CheckOutcome {
    let seen = match &facts.media {
        Asked::NotAsked(why) => return CheckOutcome::skip(why),
        Asked::Failed(error) => {
            return CheckOutcome::fail(
                told(error),
                fix_of(
                    error,
                    "check the address on which ISOs are served (`--media-address`)",
                ),
            );
        }
        Asked::Answered(seen) => seen,
    };
    let (origin, answer) = (&seen.origin, &seen.now);
    if answer.answered() || answer.distrusts() {
        return CheckOutcome::pass(format!("asked from the IMC itself, {origin} answers"));
    }
    match (answer.exit, answer.status) {
        (127, _) => CheckOutcome::skip("there is no curl on the IMC to ask with"),
        (0, status) => CheckOutcome::fail(
            format!(
                "asked from the IMC, {origin} answers {} in place of 200: it is not our server",
                status.map_or("nothing".to_owned(), |status| format!("HTTP {status}"))
            ),
            CheckFix::new(
                "look for a proxy between the IMC and this machine, and at the address on which ISOs are served (`--media-address`)",
            ),
        ),
        _ => CheckOutcome::fail(
            format!(
                "asked from the IMC, {origin} does not answer: {}",
                answer.reason
            ),
            CheckFix::new(
                "let the IMC through this machine's firewall, or serve on an address that it \
                 reaches (`--media-address`)",
            ),
        ),
    }
}

pub(super) fn trust(facts: &Facts) -> CheckOutcome {
    let seen = match &facts.media {
        Asked::NotAsked(why) => return CheckOutcome::skip(why),
        Asked::Failed(error) => return CheckOutcome::skip(told(error)),
        Asked::Answered(seen) => seen,
    };
    match &seen.with_our_ca {
        None if seen.now.answered() => CheckOutcome::pass("the IMC takes our server's certificate"),
        None => CheckOutcome::skip(seen.now.reason.clone()),
        Some(with) if with.answered() => CheckOutcome::pass(
            "not yet; with our CA's certificate, which a deployment installs first, it does",
        ),
        // It could not be asked that way: nothing is known of the certificate.
        Some(with) if with.exit == 77 => CheckOutcome::skip(format!(
            "not as it is; its curl does not read a certificate from standard input: {}",
            with.reason
        )),
        Some(with) => CheckOutcome::fail(
            format!("not even with our CA's certificate: {}", with.reason),
            CheckFix::new(
                "set the IMC's clock where it is off; else something between the IMC and this \
                 machine breaks TLS open",
            )
            .by(FixAction::PrepareImc, &facts.card),
        ),
    }
}
