//! A whole look at an ISO: what boots it, what its menus say in both copies, its kickstart, area
//! and image, its sums.

use std::{
    fs::File,
    panic::resume_unwind,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use aws_lc_rs::digest::{Context, SHA256};
use slipway_core::{
    iso::{IsoCheck, IsoFacts, IsoVerdict, KICKSTART_FILE},
    job::iso_build::{IsoBuildPlan, WrittenIso},
    time::ByteCount,
};

use super::{
    base::{Base, Efi},
    bootcfg::{self, Dialect},
    fat,
    md5::{self, Implant},
};
use crate::{
    iso::{Inside, IsoError, StopOnDrop, blocking},
    oci::hex,
};

/// What a look told.
#[derive(Debug, Clone)]
pub struct IsoReport {
    pub facts: IsoFacts,
    pub checks: Vec<IsoCheck>,
    /// As it was computed now.
    pub md5: String,
}

/// Reads all of an ISO. `progress` gets the bytes read so far and the size; it is called from
/// another thread. Dropping the future stops the reading.
///
/// # Errors
/// [`IsoError`] where it is none, or cut off. What is wrong inside is a check.
pub async fn verify(
    path: &Path,
    progress: impl FnMut(ByteCount, ByteCount) + Send + 'static,
) -> Result<IsoReport, IsoError> {
    let inside = Inside::read(path).await?;
    let stop = StopOnDrop::default();
    let stopped = stop.0.clone();
    blocking(move || {
        let mut report = look(&inside)?;
        let sums = sums(&inside, &stopped, progress)?;
        report.facts.sha256 = sums.sha256;
        report.checks.push(sums.check);
        report.md5 = sums.md5;
        Ok(report)
    })
    .await
}

/// Everything but the sums.
fn look(inside: &Inside) -> Result<IsoReport, IsoError> {
    let mut checks = Vec::new();
    let mut add = |name: &str, verdict, evidence: String| {
        checks.push(IsoCheck {
            name: name.to_owned(),
            verdict,
            evidence,
        });
    };
    let (verdict, evidence) = boot_records(inside);
    add("Boot records", verdict, evidence);
    let facts = match inside.facts() {
        Ok(facts) => facts,
        Err(IsoError::BadFile { file, reason }) => {
            add("Files", IsoVerdict::Bad, format!("{file}: {reason}"));
            inside.plain_facts()
        }
        Err(error @ IsoError::DigestMismatch { .. }) => {
            add("Files", IsoVerdict::Bad, error.to_string());
            inside.plain_facts()
        }
        Err(other) => return Err(other),
    };
    let entries = all_entries(inside);
    let (verdict, evidence) = menus(inside, &entries)?;
    add("Kernel arguments", verdict, evidence);
    let (verdict, evidence) = kickstart(inside, &entries)?;
    add("Kickstart", verdict, evidence);
    match &facts.area {
        Some(area) => add(
            "Kickstart area",
            IsoVerdict::Good,
            format!("{} at byte {}", area.length, area.offset.0),
        ),
        None => add(
            "Kickstart area",
            IsoVerdict::Absent,
            "a card could not be given its name and keys".into(),
        ),
    }
    match &facts.image_digest {
        Some(digest) => add("Image", IsoVerdict::Good, digest.to_string()),
        None => add("Image", IsoVerdict::Absent, "there is no /container".into()),
    }
    Ok(IsoReport {
        facts,
        checks,
        md5: String::new(),
    })
}

fn boot_records(inside: &Inside) -> (IsoVerdict, String) {
    let report = &inside.report;
    if !report.bootable {
        return (IsoVerdict::Bad, "there is no boot record".into());
    }
    let images = report.boot.iter().map(|image| match &image.path {
        Some(path) => format!("{} {path}", image.platform),
        None => format!("{} at block {}", image.platform, image.lba),
    });
    let mut evidence = images.collect::<Vec<_>>().join(", ");
    if let Some(area) = &report.system_area {
        evidence.push_str("; ");
        evidence.push_str(area);
    }
    match Efi::of(report) {
        Ok(_) => (IsoVerdict::Good, evidence),
        Err(why) => (IsoVerdict::Bad, why),
    }
}

/// The arguments of every boot entry, and in which menu it stands.
type Entries = Result<Vec<(String, Vec<String>)>, String>;

fn all_entries(inside: &Inside) -> Entries {
    let mut all = Vec::new();
    for path in inside.report.files.keys() {
        if let Some(dialect) = Dialect::of(path) {
            let text = inside.text_if_there(path).map_err(|e| e.to_string())?;
            let entries = bootcfg::entries(&text.unwrap_or_default(), dialect);
            all.extend(entries.into_iter().map(|entry| (path.clone(), entry)));
        }
    }
    let Ok(Some(efi)) = Efi::of(&inside.report) else {
        return Ok(all);
    };
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let image = folder.path().join("efi.img");
    Base::extract(inside, &efi, &image).map_err(|e| e.to_string())?;
    for (path, dialect) in fat::menus(&image).map_err(|e| e.to_string())? {
        let text = fat::read(&image, &path).map_err(|e| e.to_string())?;
        let entries = bootcfg::entries(&text, dialect);
        let place = format!("EFI image {path}");
        all.extend(entries.into_iter().map(|entry| (place.clone(), entry)));
    }
    Ok(all)
}

/// What our manifest says stands in every entry of every menu.
fn menus(inside: &Inside, entries: &Entries) -> Result<(IsoVerdict, String), IsoError> {
    let entries = match entries {
        Ok(entries) => entries,
        Err(why) => {
            return Ok((
                IsoVerdict::Bad,
                format!("the EFI image can't be read: {why}"),
            ));
        }
    };
    let Some(manifest) = inside.manifest().ok().flatten() else {
        let evidence = format!(
            "{} boot entries; no slipway.json says which they need",
            entries.len()
        );
        return Ok((IsoVerdict::Absent, evidence));
    };
    if entries.is_empty() {
        return Ok((IsoVerdict::Bad, "there is no boot entry".into()));
    }
    for (place, entry) in entries {
        if let Some(missing) = manifest.kargs.iter().find(|karg| !entry.contains(karg)) {
            return Ok((
                IsoVerdict::Bad,
                format!("an entry of {place} lacks `{missing}`"),
            ));
        }
    }
    let mut places: Vec<&str> = entries.iter().map(|(place, _)| place.as_str()).collect();
    places.dedup();
    Ok((
        IsoVerdict::Good,
        format!(
            "{} in all {} entries of {}",
            counted(manifest.kargs.len()),
            entries.len(),
            places.join(", ")
        ),
    ))
}

fn counted(arguments: usize) -> String {
    match arguments {
        1 => "1 argument".into(),
        more => format!("{more} arguments"),
    }
}

/// Every entry names the same kickstart, which is on the ISO and reachable by the volume's name.
fn kickstart(inside: &Inside, entries: &Entries) -> Result<(IsoVerdict, String), IsoError> {
    let named = entries.iter().flatten().map(|(place, entry)| {
        let argument = entry.iter().rev().find_map(|a| a.strip_prefix("inst.ks="));
        (place, argument)
    });
    let mut wanted = None;
    for (place, argument) in named {
        match (argument, &wanted) {
            (None, Some(_)) => {
                return Ok((IsoVerdict::Bad, format!("an entry of {place} names none")));
            }
            (Some(now), Some(before)) if now != *before => {
                return Ok((
                    IsoVerdict::Bad,
                    format!("{place} names {now}, others {before}"),
                ));
            }
            (now, None) => wanted = now,
            (Some(_), Some(_)) => {}
        }
    }
    let Some(wanted) = wanted else {
        return Ok((IsoVerdict::Absent, "no boot entry names one".into()));
    };
    let path = wanted.split_once(":/").map_or_else(
        || format!("/{KICKSTART_FILE}"),
        |(_, path)| format!("/{path}"),
    );
    let expected = bootcfg::kickstart_argument(&inside.iso.volume.id, path.trim_start_matches('/'));
    if wanted.starts_with("hd:LABEL=") && expected.trim_matches('\'') != format!("inst.ks={wanted}")
    {
        return Ok((
            IsoVerdict::Bad,
            format!("it is looked for under another volume's name: {wanted}"),
        ));
    }
    match inside.bytes_if_there(&path)? {
        Some(bytes) => Ok((
            IsoVerdict::Good,
            format!("{path}, {}", ByteCount(bytes.len() as u64)),
        )),
        None if wanted.starts_with("hd:") => Ok((
            IsoVerdict::Bad,
            format!("the boot entries name {path}, and it is not there"),
        )),
        None => Ok((IsoVerdict::Absent, format!("it is elsewhere: {wanted}"))),
    }
}

struct Summed {
    sha256: String,
    md5: String,
    check: IsoCheck,
}

const CHUNK: usize = 1 << 20;
const AHEAD: usize = 4;

/// SHA-256 of the file and md5 of the media check, from one reading; each at its own pace.
fn sums(
    inside: &Inside,
    stop: &AtomicBool,
    mut progress: impl FnMut(ByteCount, ByteCount),
) -> Result<Summed, IsoError> {
    let iso = &inside.iso;
    let mut read = |to: &mut dyn FnMut(Arc<Vec<u8>>)| -> std::io::Result<bool> {
        use std::os::unix::fs::FileExt as _;
        let file: &File = &iso.file;
        let mut at = 0;
        while at < iso.size {
            if stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let length = (iso.size - at).min(CHUNK as u64) as usize;
            let mut chunk = vec![0; length];
            file.read_exact_at(&mut chunk, at)?;
            at += length as u64;
            to(Arc::new(chunk));
            progress(ByteCount(at), ByteCount(iso.size));
        }
        Ok(true)
    };
    let (for_md5, md5_of) = mpsc::sync_channel::<Arc<Vec<u8>>>(AHEAD);
    let (for_sha256, sha256_of) = mpsc::sync_channel::<Arc<Vec<u8>>>(AHEAD);
    let (whole, sums, sha256) = std::thread::scope(|scope| {
        let md5 = scope.spawn(move || {
            let mut implant = Implant::new(iso.volume.size);
            for chunk in md5_of {
                implant.update(&chunk);
            }
            implant.finish()
        });
        let sha256 = scope.spawn(move || {
            let mut sha256 = Context::new(&SHA256);
            for chunk in sha256_of {
                sha256.update(&chunk);
            }
            hex(sha256.finish().as_ref())
        });
        let whole = read(&mut |chunk| {
            // One that is gone is missed below.
            let _ = for_md5.send(chunk.clone());
            let _ = for_sha256.send(chunk);
        });
        drop((for_md5, for_sha256));
        (whole, md5.join(), sha256.join())
    });
    if !whole.map_err(|error| iso.unreadable(error))? {
        return Err(IsoError::Cancelled);
    }
    // A panic over there is a mistake of ours, and is one here.
    let sums = sums.unwrap_or_else(|panic| resume_unwind(panic));
    let sha256 = sha256.unwrap_or_else(|panic| resume_unwind(panic));
    let mut text = [0; md5::TEXT_LENGTH];
    {
        use std::os::unix::fs::FileExt as _;
        iso.file
            .read_exact_at(&mut text, md5::TEXT_AT)
            .map_err(|error| iso.unreadable(error))?;
    }
    let (verdict, evidence) = match md5::named(&text) {
        None => (IsoVerdict::Absent, "none was implanted".to_owned()),
        Some(named) if named == sums.md5 => (IsoVerdict::Good, named),
        Some(named) => (
            IsoVerdict::Bad,
            format!("implanted is {named}, the bytes have {}", sums.md5),
        ),
    };
    Ok(Summed {
        sha256,
        md5: sums.md5,
        check: IsoCheck {
            name: "Media check (md5)".into(),
            verdict,
            evidence,
        },
    })
}

/// Why what was written is not what was planned.
///
/// # Errors
/// The first difference, in words.
pub fn as_planned(
    report: &IsoReport,
    plan: &IsoBuildPlan,
    written: &WrittenIso,
) -> Result<(), String> {
    let by_builder = super::builder::is_wanted(plan);
    // The image builder's ISOs have no kickstart area of ours, and perhaps no media check.
    let bad = |check: &&IsoCheck| match check.verdict {
        IsoVerdict::Bad => true,
        IsoVerdict::Absent => !by_builder,
        IsoVerdict::Good => false,
    };
    if let Some(check) = report.checks.iter().find(bad) {
        return Err(format!("{}: {}", check.name, check.evidence));
    }
    let facts = &report.facts;
    if by_builder && let Some(karg) = plan.kargs.iter().find(|karg| !facts.kargs.contains(karg)) {
        return Err(format!("its boot entries lack `{karg}`"));
    }
    let differs = [
        (
            // Where we did not write it, the media check above is all that there is to compare.
            !by_builder && report.md5 != written.md5,
            "other bytes than were written",
        ),
        (facts.size != written.size, "another size than was written"),
        (
            facts.image_digest.as_ref() != Some(&written.digest),
            "another image than was put there",
        ),
        (
            facts.architecture.as_ref() != Some(&plan.architecture),
            "another architecture",
        ),
    ];
    match differs.iter().find(|(differs, _)| *differs) {
        Some((_, what)) => Err(format!("the disk gives {what}")),
        None => Ok(()),
    }
}
