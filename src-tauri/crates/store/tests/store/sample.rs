//! Cards, facts, jobs and ISOs for tests.

use slipway_core::{
    address::Address,
    bootc::{BootEntry, BootOrder, BootcStatus, Greenboot},
    dpu::{
        AccRoute, AvailableImage, Dpu, DpuFacts, Headline, HeadlineState, ImcIdentity, headline,
    },
    ids::{CredentialId, DpuId, IsoId},
    image::ImageDigest,
    iso::{Iso, IsoFacts, IsoOrigin, KickstartArea},
    job::{BootChange, BootChangePlan, DeploymentPlan, Job, JobSpec},
    time::{ByteCount, Timestamp},
};
use slipway_store::{CredentialProfile, Store};

pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_795_000_000_000 + millis)
}

pub fn digest(of: char) -> ImageDigest {
    format!("sha256:{}", of.to_string().repeat(64))
        .parse()
        .unwrap()
}

pub fn credential(name: &str) -> CredentialProfile {
    CredentialProfile {
        id: CredentialId::new(),
        name: name.to_owned(),
        user_name: "root".to_owned(),
        kind: slipway_core::credential::CredentialKind::Password,
        shared: false,
        scope: slipway_core::credential::CredentialScope::default(),
        created_at: at(0),
    }
}

/// Card number `n`, with its own name and IMC.
pub fn dpu(n: u32, credential: &CredentialId) -> Dpu {
    let imc = format!("10.{}.{}.{}", n / 65536, n / 256 % 256, n % 256);
    Dpu {
        id: DpuId::new(),
        name: format!("dpu-{n}"),
        imc_redfish: Address::new(&imc, 8443).unwrap(),
        imc_ssh: Address::new(&imc, 22).unwrap(),
        acc: AccRoute::ThroughImc(Address::new("192.168.0.2", 22).unwrap()),
        imc_credential: credential.clone(),
        imc_ssh_login: slipway_core::credential::ImcSshLogin::AsRedfish,
        acc_credential: None,
        host: Some(format!("server-{}", n / 2)),
        labels: vec![format!("rack-{}", n % 20), "Lab".to_owned()],
        identity: ImcIdentity {
            service_name: "Intel IPU".to_owned(),
            is_ipu: true,
            firmware_release: Some("2.0.0".to_owned()),
            ..ImcIdentity::default()
        },
        added_at: at(0),
    }
}

/// A card that runs this version; `of` is its digest.
pub fn facts(version: &str, of: char, seen: Timestamp) -> DpuFacts {
    let booted = BootEntry {
        reference: Some("quay.example/dpu-os:stable".to_owned()),
        transport: Some("registry".to_owned()),
        digest: Some(digest(of)),
        version: Some(version.to_owned()),
        built: Some("2026-01-01T00:00:00Z".to_owned()),
        architecture: Some("arm64".to_owned()),
        cached_update: None,
        incompatible: false,
        pinned: false,
        download_only: false,
        soft_reboot_capable: false,
        checksum: Some("0".repeat(64)),
    };
    DpuFacts {
        bootc: Some(BootcStatus {
            image_mode: true,
            booted: Some(booted.clone()),
            staged: None,
            rollback: Some(booted),
            rollback_queued: false,
            boot_order: BootOrder::Default,
            spec_image: Some("quay.example/dpu-os:stable".to_owned()),
        }),
        greenboot: Some(Greenboot::Green),
        hostname: Some("card".to_owned()),
        acc_seen: Some(seen),
        imc_seen: Some(seen),
        available: Some(AvailableImage {
            reference: "quay.example/dpu-os:stable".parse().unwrap(),
            digest: digest('f'),
            version: Some("2.0.0".to_owned()),
            checked_at: seen,
        }),
        ..DpuFacts::default()
    }
}

pub fn words(state: HeadlineState) -> Headline {
    Headline {
        state,
        reason: "as the test says".to_owned(),
        at: None,
    }
}

pub fn headline_of(facts: &DpuFacts) -> Headline {
    headline(facts, None)
}

pub fn upgrade(dpu: &DpuId, now: Timestamp) -> Job {
    let plan = BootChangePlan {
        change: BootChange::Upgrade,
        expected_booted: Some(digest('a')),
    };
    Job::new(dpu.clone(), JobSpec::BootChange(plan), now)
}

pub fn deployment(dpu: &DpuId, now: Timestamp) -> Job {
    let plan = DeploymentPlan {
        iso: IsoId::new(),
        iso_name: "rhel-dpu".to_owned(),
        iso_path: "/srv/rhel-dpu.iso".to_owned(),
        iso_sha256: "a".repeat(64),
        iso_size: ByteCount(2_000_000_000),
        area: KickstartArea {
            offset: ByteCount(2048),
            length: ByteCount(65_536),
        },
        digest: digest('b'),
        version: Some("1.1.0".to_owned()),
        origin: None,
        hostname: "dpu-1".to_owned(),
        authorized_keys: vec!["ssh-ed25519 AAAA slipway".to_owned()],
        allow_release: None,
        beside: slipway_core::job::deployment::Beside::default(),
    };
    Job::new(dpu.clone(), JobSpec::Deployment(plan), now)
}

pub fn iso(name: &str, sha256: char) -> Iso {
    Iso {
        id: IsoId::new(),
        name: name.to_owned(),
        path: format!("/srv/{name}.iso"),
        facts: IsoFacts {
            volume_id: "RHEL-10".to_owned(),
            size: ByteCount(2_000_000_000),
            sha256: sha256.to_string().repeat(64),
            architecture: Some("aarch64".to_owned()),
            image_digest: Some(digest('b')),
            image_reference: None,
            image_version: Some("1.1.0".to_owned()),
            area: None,
            kargs: vec!["console=ttyAMA0".to_owned()],
            bootable: true,
            kickstart: None,
            contains_secrets: false,
        },
        imported_at: at(0),
        made: IsoOrigin::Imported {
            by: Some("me@desk".to_owned()),
        },
    }
}

/// A store with one credential.
pub async fn store() -> (Store, CredentialId) {
    let store = Store::open_in_memory().await.unwrap();
    let profile = credential("lab");
    store.add_credential(&profile).await.unwrap();
    (store, profile.id)
}
