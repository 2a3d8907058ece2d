use super::*;
use crate::{
    address::Address,
    dpu::ImcIdentity,
    failure::{FailureKind, StepError},
    ids::{IsoId, JobId},
    inventory::Health,
    iso::{Iso, IsoFacts, IsoOrigin, KickstartArea},
    ports::{RedfishTask, TaskState, TaskUri, VirtualMedia},
    time::{ByteCount, Timestamp},
    trust::{CertificateInfo, Fingerprint},
};

fn key(letter: char) -> Fingerprint {
    format!("SHA256:{}", letter.to_string().repeat(43))
        .parse()
        .unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn space(free: u64, mounted: &str) -> Asked<Space> {
    Asked::Answered(Space {
        whole: ByteCount(14_500_000_000),
        free: ByteCount(free),
        mounted: mounted.into(),
    })
}

fn iso() -> Iso {
    Iso {
        id: IsoId::new(),
        name: "dpu-os.iso".into(),
        path: "/isos/dpu-os.iso".into(),
        facts: IsoFacts {
            volume_id: "DPU".into(),
            size: ByteCount(2_500_000_000),
            sha256: "ab".repeat(32),
            architecture: Some("aarch64".into()),
            image_digest: Some(format!("sha256:{}", "c".repeat(64)).parse().unwrap()),
            image_reference: Some("quay.io/lab/dpu-os:stable".parse().unwrap()),
            image_version: Some("1.0.0".into()),
            area: Some(KickstartArea {
                offset: ByteCount(4096),
                length: ByteCount(65536),
            }),
            kargs: ["ip=a", "netroot=iscsi:b", "acpi=force"]
                .map(str::to_owned)
                .into(),
            bootable: true,
            kickstart: None,
            contains_secrets: false,
        },
        imported_at: at("2026-11-25T20:00:00Z"),
        made: IsoOrigin::Imported { by: None },
    }
}

fn in_library(iso: Iso) -> IsoAsked {
    IsoAsked::InLibrary {
        iso: Box::new(iso),
        file: Asked::Answered(()),
    }
}

/// A card on which everything is as it should be.
fn good() -> Facts {
    let now = at("2026-11-25T21:00:00Z");
    let clock = ClockSeen {
        theirs: at("2026-11-25T21:00:03Z"),
        ours: now,
    };
    Facts {
        card: "dpu-01".into(),
        now,
        imc: ImcFacts {
            redfish: Address::new("imc.lab", 8443).unwrap(),
            ssh: Address::new("imc.lab", 22).unwrap(),
            name: Asked::Answered(vec!["10.0.0.5".parse().unwrap()]),
            certificate: Asked::Answered(CertificateInfo {
                fingerprint: key('a'),
                subject: None,
                issuer: None,
                not_before: None,
                not_after: None,
                names: vec![],
                self_signed: true,
                vouched_by_ca: false,
            }),
            certificate_pin: Some(key('a')),
            host_key: Asked::Answered(key('h')),
            host_key_pin: Some(key('h')),
        },
        redfish: RedfishFacts {
            user: "root".into(),
            identity: Asked::Answered(ImcIdentity {
                service_name: "Intel IPU Redfish Service".into(),
                firmware: Some("MEV-HW-B1-ci-ts.release.2.0.0.11126".into()),
                firmware_release: Some("2.0.0".into()),
                health: Some("OK".into()),
                ..ImcIdentity::default()
            }),
            manager: Asked::Answered(ManagerSeen {
                health: Health {
                    health: Some("OK".into()),
                    ..Health::default()
                },
                clock: Some(clock),
            }),
            tasks: Asked::Answered(vec![]),
            slot: Asked::Answered(VirtualMedia {
                image_name: None,
                inserted: false,
            }),
        },
        shell: ShellFacts {
            user: "root".into(),
            hostname: Asked::Answered("ipu-imc-01".into()),
            clock: Asked::Answered(clock),
            redfish_unit: Asked::Answered("active".into()),
            memory: Asked::Answered(ByteCount(1_200_000_000)),
            root: space(200_000_000, "/"),
            media: space(14_000_000_000, "/mnt/imc"),
            media_file: Asked::Answered(None),
        },
        media: Asked::Answered(MediaSeen {
            origin: "https://10.0.0.1:4443".into(),
            now: curl(60, None),
            with_our_ca: Some(curl(0, Some(200))),
        }),
        iso: in_library(iso()),
        target: CardFacts::default(),
    }
}

fn curl(exit: u32, status: Option<u16>) -> CurlAnswer {
    CurlAnswer {
        exit,
        status,
        reason: format!("curl: ({exit}) as curl says it"),
    }
}

fn changed(change: impl FnOnce(&mut Facts)) -> Vec<DoctorCheck> {
    let mut facts = good();
    change(&mut facts);
    examine(&facts)
}

fn find(checks: &[DoctorCheck], id: DoctorCheckId) -> &CheckOutcome {
    &checks.iter().find(|check| check.id == id).unwrap().outcome
}

/// `w ImcDisk`, `f ImcClock`: what did not pass, without what was skipped for it.
fn bad(checks: &[DoctorCheck]) -> Vec<String> {
    checks
        .iter()
        .filter_map(|check| match check.outcome {
            CheckOutcome::Warn { .. } => Some(format!("w {:?}", check.id)),
            CheckOutcome::Fail { .. } => Some(format!("f {:?}", check.id)),
            CheckOutcome::Pass { .. } | CheckOutcome::Skipped { .. } => None,
        })
        .collect()
}

fn skipped(checks: &[DoctorCheck]) -> Vec<DoctorCheckId> {
    let is = |check: &&DoctorCheck| matches!(check.outcome, CheckOutcome::Skipped { .. });
    checks.iter().filter(is).map(|check| check.id).collect()
}

fn error(kind: FailureKind, message: &str) -> StepError {
    StepError::new(kind, message)
}

use DoctorCheckId as Id;

#[test]
fn no_check_needs_a_later_one_and_every_title_is_one_of_its_own() {
    let mut titles = std::collections::BTreeSet::new();
    for (position, id) in Id::ALL.into_iter().enumerate() {
        for need in id.needs() {
            let earlier = Id::ALL.iter().position(|other| other == need).unwrap();
            assert!(earlier < position, "{id:?} needs {need:?}");
        }
        assert!(titles.insert(id.title()), "{}", id.title());
    }
}

#[test]
fn a_good_card_passes_everything_but_what_nobody_named() {
    let checks = examine(&good());
    assert_eq!(bad(&checks), Vec::<String>::new());
    assert_eq!(skipped(&checks), [Id::HostBmc, Id::DpuHost]);
    let tally = Tally::of(&checks);
    assert_eq!((tally.passed, tally.skipped), (22, 2));
    let said: String = checks
        .iter()
        .map(|check| format!("{}: {}\n", check.title, check.outcome.text()))
        .collect();
    insta::assert_snapshot!(said);
}

#[test]
fn one_fault_is_told_once_and_what_needs_it_is_skipped_by_name() {
    let checks = changed(|facts| {
        facts.imc.name = Asked::Failed(error(FailureKind::Unreachable, "imc.lab has no address"));
    });
    assert_eq!(bad(&checks), ["f ImcName"]);
    let reach = find(&checks, Id::ImcReach);
    assert_eq!(reach.text(), "\"IMC's name\" comes first, and did not pass");
    // What does not go through the IMC's name is told all the same.
    assert!(matches!(
        find(&checks, Id::IsoImage),
        CheckOutcome::Pass { .. }
    ));
    assert!(matches!(
        find(&checks, Id::ActiveJob),
        CheckOutcome::Pass { .. }
    ));
}

#[test]
fn another_certificate_blocks_redfish_and_leaves_ssh_alone() {
    let checks = changed(|facts| {
        facts.imc.certificate_pin = Some(key('b'));
        facts.redfish = RedfishFacts::default();
    });
    assert_eq!(bad(&checks), ["f ImcCertificate"]);
    let fix = find(&checks, Id::ImcCertificate).fix().unwrap();
    let command = format!("slipctl trust accept certificate imc.lab:8443 {}", key('a'));
    assert_eq!(fix.command.as_deref(), Some(command.as_str()));
    for skipped in [Id::RedfishLogin, Id::Firmware, Id::VirtualMedia] {
        assert!(matches!(
            find(&checks, skipped),
            CheckOutcome::Skipped { .. }
        ));
    }
    assert!(matches!(
        find(&checks, Id::ImcClock),
        CheckOutcome::Pass { .. }
    ));
    // The site's CA may vouch for a new one.
    let vouched = changed(|facts| {
        facts.imc.certificate_pin = Some(key('b'));
        if let Asked::Answered(shown) = &mut facts.imc.certificate {
            shown.vouched_by_ca = true;
        }
    });
    assert_eq!(bad(&vouched), Vec::<String>::new());
    let stranger = changed(|facts| facts.imc.certificate_pin = None);
    assert!(
        find(&stranger, Id::ImcCertificate)
            .text()
            .starts_with("nobody has accepted it")
    );
}

#[test]
fn another_host_key_blocks_the_shell_and_redfish_still_tells_the_time() {
    let checks = changed(|facts| {
        facts.imc.host_key_pin = Some(key('b'));
        facts.shell = ShellFacts::default();
    });
    assert_eq!(bad(&checks), ["f ImcHostKey"]);
    assert_eq!(
        find(&checks, Id::ImcClock).text(),
        "3 s ahead of ours by Redfish's DateTime"
    );
    assert!(matches!(
        find(&checks, Id::ImcDisk),
        CheckOutcome::Skipped { .. }
    ));
}

#[test]
fn a_wrong_password_is_a_wrong_password_and_a_silent_service_is_not() {
    let refused = error(
        FailureKind::Authentication,
        "the IMC refuses the user name or the password",
    );
    let checks = changed(|facts| {
        facts.redfish.identity = Asked::Failed(refused.clone());
        facts.shell.hostname = Asked::Failed(refused.clone());
        facts.shell.redfish_unit = Asked::default();
    });
    assert_eq!(bad(&checks), ["f RedfishLogin", "f SshLogin"]);
    let action = |id| find(&checks, id).fix().unwrap().action.clone().unwrap();
    assert_eq!(action(Id::RedfishLogin), FixAction::EnterPassword);
    assert_eq!(action(Id::SshLogin), FixAction::ChooseLogin);
    let silent = changed(|facts| {
        let gone = error(FailureKind::Unreachable, "imc.lab:8443 does not answer");
        facts.imc.certificate = Asked::Failed(gone);
        facts.redfish = RedfishFacts::default();
        facts.shell.redfish_unit = Asked::Answered("inactive".into());
    });
    assert_eq!(bad(&silent), ["f ImcReach", "f RedfishService"]);
    let fix = find(&silent, Id::RedfishService).fix().unwrap();
    assert_eq!(
        fix.command.as_deref(),
        Some("ssh -p 22 root@imc.lab systemctl restart redfish")
    );
}

#[test]
fn only_known_firmware_of_an_ipu_passes() {
    let identity = |change: fn(&mut ImcIdentity)| {
        changed(move |facts| {
            if let Asked::Answered(identity) = &mut facts.redfish.identity {
                change(identity);
            }
        })
    };
    let newer = identity(|identity| identity.firmware_release = Some("2.1.0".into()));
    assert_eq!(bad(&newer), ["f Firmware"]);
    let fix = find(&newer, Id::Firmware).fix().unwrap();
    assert!(
        fix.command
            .as_deref()
            .unwrap()
            .ends_with("--allow-firmware 2.1.0")
    );
    let nameless = identity(|identity| identity.firmware_release = None);
    assert_eq!(bad(&nameless), ["f Firmware"]);
    let stranger = identity(|identity| identity.service_name = "iDRAC".into());
    assert_eq!(bad(&stranger), ["f IntelIpu"]);
    assert!(matches!(
        find(&stranger, Id::Firmware),
        CheckOutcome::Skipped { .. }
    ));
    let broken = identity(|identity| identity.health = Some("Critical".into()));
    assert_eq!(bad(&broken), ["w RedfishService"]);
}

#[test]
fn recovery_mode_is_told_by_the_host_name() {
    let checks = changed(|facts| facts.shell.hostname = Asked::Answered("ipu-recovery".into()));
    assert_eq!(bad(&checks), ["f RecoveryMode"]);
    assert!(
        find(&checks, Id::RecoveryMode)
            .text()
            .contains("`ipu-recovery`")
    );
}

#[test]
fn a_clock_is_judged_by_how_far_it_is_off() {
    let off = |theirs: &str| {
        let theirs = at(theirs);
        let checks = changed(move |facts| {
            facts.shell.clock = Asked::Answered(ClockSeen {
                theirs,
                ours: facts.now,
            });
        });
        (bad(&checks), find(&checks, Id::ImcClock).text().to_owned())
    };
    assert_eq!(off("2026-11-25T20:59:00Z").0, Vec::<String>::new());
    let (hour, said) = off("2026-11-25T19:00:00Z");
    assert_eq!(
        (hour, said.as_str()),
        (vec!["w ImcClock".into()], "2 h behind ours by `date`")
    );
    let (years, said) = off("2023-11-25T21:00:00Z");
    assert_eq!(years, ["f ImcClock"]);
    assert!(
        said.starts_with("1096 days behind ours by `date` (2023-11-25T21:00"),
        "{said}"
    );
    assert_eq!(off("2026-11-27T21:00:00Z").0, ["f ImcClock"]);
}

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
    assert!(
        host(Asked::Answered(key('x')), None)
            .1
            .contains("nothing is pinned")
    );
    assert!(host(Asked::Answered(key('x')), Some(key('x'))).0.is_empty());
    assert_eq!(
        host(Asked::Answered(key('x')), Some(key('y'))).0,
        ["w DpuHost"]
    );
    let silent = error(FailureKind::Unreachable, "host.lab:22 does not answer");
    assert_eq!(host(Asked::Failed(silent), None).0, ["w DpuHost"]);
}
