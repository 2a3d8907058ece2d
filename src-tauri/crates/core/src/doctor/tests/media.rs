//! Room, media, ISO, and what is around the card.

use super::*;

#[test]
fn the_iso_must_fit_and_what_it_replaces_counts_as_room() {
    let full = changed(|facts| facts.shell.media = space(1_000_000_000, "/mnt/imc"));
    assert_eq!(bad(&full), ["f ImcDisk"]);
    assert_eq!(
        find(&full, Id::ImcDisk).text(),
        "the ISO has 2.5 GB, there is 1.0 GB on /mnt/imc"
    );
    let replaced = changed(|facts| {
        facts.shell.media = space(1_000_000_000, "/mnt/imc");
        facts.shell.media_file = Asked::Answered(Some(ByteCount(2_000_000_000)));
    });
    assert_eq!(bad(&replaced), Vec::<String>::new());
    let root = changed(|facts| facts.shell.root = space(0, "/"));
    assert!(
        find(&root, Id::ImcDisk)
            .text()
            .contains("certificate can't be written")
    );
    let huge = changed(|facts| {
        let mut iso = iso();
        iso.facts.size = ByteCount(14_500_000_000);
        facts.iso = in_library(iso);
    });
    assert_eq!(bad(&huge), ["f ImcDisk"]);
    let little = changed(|facts| facts.shell.memory = Asked::Answered(ByteCount(90_000_000)));
    assert_eq!(bad(&little), ["w ImcMemory"]);
}

#[test]
fn firmware_1_8_has_the_2_gb_rule() {
    let old = |size: u64| {
        let checks = changed(|facts| {
            if let Asked::Answered(identity) = &mut facts.redfish.identity {
                identity.firmware_release = Some("1.8.0".into());
            }
            let mut iso = iso();
            iso.facts.size = ByteCount(size);
            facts.iso = in_library(iso);
        });
        let action = find(&checks, Id::ImcDisk)
            .fix()
            .and_then(|fix| fix.action.clone());
        (bad(&checks), action)
    };
    assert_eq!(old(1_999_000_000), (vec![], None));
    let needs_the_file = Some(FixAction::ReservedMemoryFile);
    assert_eq!(
        old(2_500_000_000),
        (vec!["w ImcDisk".into()], needs_the_file)
    );
    assert_eq!(old(11_000_000_000), (vec!["f ImcDisk".into()], None));
}

#[test]
fn an_imc_that_has_the_reserved_memory_file_is_told_nothing_more_of_it() {
    let checks = changed(|facts| {
        if let Asked::Answered(identity) = &mut facts.redfish.identity {
            identity.firmware_release = Some("1.8.0".into());
        }
        facts.shell.reserved_memory = Asked::Answered(true);
    });
    assert_eq!(bad(&checks), [""; 0]);
    let told = find(&checks, Id::ImcDisk).text();
    assert!(
        told.ends_with("; its reserved-memory file is there"),
        "{told}"
    );
}

#[test]
fn the_media_url_is_judged_by_what_curl_met_on_the_imc() {
    let met = |now: CurlAnswer, with_our_ca: Option<CurlAnswer>| {
        let checks = changed(|facts| {
            if let Asked::Answered(seen) = &mut facts.media {
                seen.now = now;
                seen.with_our_ca = with_our_ca;
            }
        });
        let skipped = skipped(&checks);
        (bad(&checks), skipped.contains(&Id::MediaTrust))
    };
    let nothing = Vec::<String>::new();
    assert_eq!(met(curl(0, Some(200)), None), (nothing.clone(), false));
    assert_eq!(
        met(curl(7, None), None),
        (vec!["f MediaReach".into()], true)
    );
    assert_eq!(
        met(curl(28, None), None),
        (vec!["f MediaReach".into()], true)
    );
    assert_eq!(
        met(curl(0, Some(404)), None),
        (vec!["f MediaReach".into()], true)
    );
    let broken_open = met(curl(60, None), Some(curl(60, None)));
    assert_eq!(broken_open, (vec!["f MediaTrust".into()], false));
    let no_stdin = met(curl(60, None), Some(curl(77, None)));
    assert_eq!(no_stdin, (nothing.clone(), true));
    // Without curl nothing is known, and nothing is claimed.
    assert_eq!(met(curl(127, None), None), (nothing, true));
}

#[test]
fn a_busy_or_filled_slot_is_told() {
    let busy = changed(|facts| {
        facts.redfish.tasks = Asked::Answered(vec![RedfishTask {
            uri: TaskUri("/redfish/v1/TaskService/Tasks/3".into()),
            state: TaskState::Running,
            started: None,
        }]);
    });
    assert_eq!(bad(&busy), ["f VirtualMedia"]);
    let filled = changed(|facts| {
        facts.redfish.slot = Asked::Answered(VirtualMedia {
            image_name: Some("stale.iso".into()),
            inserted: true,
        });
    });
    assert_eq!(bad(&filled), ["w VirtualMedia"]);
}

#[test]
fn an_iso_is_judged_by_what_was_read_of_it() {
    let with = |change: fn(&mut IsoFacts)| {
        let mut iso = iso();
        change(&mut iso.facts);
        bad(&changed(|facts| facts.iso = in_library(iso)))
    };
    assert_eq!(
        with(|facts| facts.architecture = Some("x86_64".into())),
        ["f IsoArchitecture"]
    );
    assert_eq!(with(|facts| facts.image_digest = None), ["f IsoImage"]);
    assert_eq!(with(|facts| facts.area = None), ["f IsoImage"]);
    assert_eq!(with(|facts| facts.image_reference = None), ["w IsoImage"]);
    assert_eq!(with(|facts| facts.kargs.clear()), ["w IsoArguments"]);
    let gone = changed(|facts| {
        facts.iso = IsoAsked::InLibrary {
            iso: Box::new(iso()),
            file: Asked::Failed(error(FailureKind::Local, "the file is gone")),
        };
    });
    assert_eq!(bad(&gone), ["f IsoFile"]);
    let missing = changed(|facts| facts.iso = IsoAsked::Missing("no such ISO".into()));
    assert_eq!(bad(&missing), ["f IsoFile"]);
    assert!(bad(&changed(|facts| facts.iso = IsoAsked::None)).is_empty());
}

#[test]
fn a_job_and_the_wanted_image_are_told() {
    let id = JobId::new();
    let busy = changed(|facts| {
        facts.target.job = Some(JobSeen {
            id: id.clone(),
            kind: "Deployment".into(),
            step: "Insert the ISO".into(),
        });
    });
    assert_eq!(bad(&busy), ["f ActiveJob"]);
    let fix = find(&busy, Id::ActiveJob).fix().unwrap();
    assert_eq!(fix.command, Some(format!("slipctl job show {id}")));
    let runs = |letter: &str| {
        let digest = format!("sha256:{}", letter.repeat(64)).parse().unwrap();
        bad(&changed(|facts| {
            facts.target.booted = Some(BootedSeen {
                digest: Some(digest),
                version: None,
                seen: facts.now,
                asked_now: true,
            });
        }))
    };
    assert_eq!(runs("c"), ["w BootedImage"]);
    assert_eq!(runs("d"), Vec::<String>::new());
}

#[test]
fn machines_beside_the_card_only_warn() {
    let host = |shown: Asked<Fingerprint>, pin: Option<Fingerprint>| {
        let checks = changed(|facts| {
            facts.target.dpu_host = Some(HostSeen {
                address: "host.lab:22".into(),
                shown,
                pin,
                login: Asked::default(),
            });
        });
        (bad(&checks), find(&checks, Id::DpuHost).text().to_owned())
    };
    let (unpinned, text) = host(Asked::Answered(key('x')), None);
    assert!(text.contains("nothing is pinned"), "{text}");
    assert_eq!(unpinned, ["w DpuHost"], "a deployment would not enter it");
    assert!(host(Asked::Answered(key('x')), Some(key('x'))).0.is_empty());
    assert_eq!(
        host(Asked::Answered(key('x')), Some(key('y'))).0,
        ["w DpuHost"]
    );
    let silent = error(FailureKind::Unreachable, "host.lab:22 does not answer");
    assert_eq!(host(Asked::Failed(silent), None).0, ["w DpuHost"]);
}
