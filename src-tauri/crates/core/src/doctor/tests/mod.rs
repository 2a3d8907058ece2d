mod card;
mod media;

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
        theirs: at("2026-11-25T21:00:30Z"),
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
                is_ipu: true,
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
            reserved_memory: Asked::Answered(false),
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
    assert_eq!(
        skipped(&checks),
        [
            Id::HostBmc,
            Id::DpuHost,
            Id::LocalNetwork,
            Id::FirmwareFlash
        ]
    );
    let tally = Tally::of(&checks);
    assert_eq!((tally.passed, tally.skipped), (22, 4));
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
