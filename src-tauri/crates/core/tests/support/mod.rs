//! One simulated card, an in-memory job store and a clock that tests move. Nothing here sleeps:
//! time passes because a test, or a call to the card, moves the clock.

mod acc;
mod access;
mod after;
mod cluster_tool;
mod firmware;
mod host;
mod imc;
mod iso_tool;
mod network;
mod parts;
mod redfish_setup;
mod rig;
mod store;
mod world;

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use slipway_core::{
    address::Address,
    dpu::{AccRoute, Dpu, ImcIdentity},
    failure::Failure,
    ids::{CredentialId, DpuId, IsoId},
    image::{ImageDigest, ImageReference},
    iso::KickstartArea,
    job::{
        BootChange, BootChangePlan, DeploymentPlan, Job, JobSpec, MarvellPlan,
        deployment::{Beside, Flash, PostStep},
    },
    network::{DhcpServer, Lease, LocalNetwork},
    ports::{BmcError, Clock, CommandOutput, RemoteError, Stage},
    time::{ByteCount, Timestamp},
    trust::Fingerprint,
};

pub use after::P4_SHA256;
pub use cluster_tool::{BUILD, cluster_deploy, cluster_deploy_plan, disk_is_full};
pub use iso_tool::{Fault, iso_build, iso_build_plan, written};
pub use parts::{Call, Effects, Entry, Event};
pub use redfish_setup::{CERTIFICATE, CONFIGURATION, KEY, TEMPLATE};
pub use rig::{Rig, When};
pub use store::MemoryStore;
pub use world::World;

/// When every test begins.
pub const START: i64 = 1_795_000_000_000;
/// The reference that the card follows.
pub const STABLE: &str = "registry.lab/dpu-os:stable";
/// The reference to switch to.
pub const EDGE: &str = "registry.lab/dpu-os:edge";

/// Digests by a letter: `a` booted at first, `b` newest of [`STABLE`] and of the ISO, `c` of
/// [`EDGE`], `9` what nobody asked for.
pub fn digest(letter: char) -> ImageDigest {
    format!("sha256:{}", letter.to_string().repeat(64))
        .parse()
        .unwrap()
}

pub fn key(letter: char) -> Fingerprint {
    format!("SHA256:{}", letter.to_string().repeat(43))
        .parse()
        .unwrap()
}

pub fn reference(text: &str) -> ImageReference {
    text.parse().unwrap()
}

/// The tests' clock, in milliseconds since 1970.
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn new() -> Self {
        Self(AtomicI64::new(START))
    }
    pub fn advance(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
    /// Never back.
    pub fn advance_to(&self, at: Timestamp) {
        self.0.fetch_max(at.as_millis(), Ordering::Relaxed);
    }
    pub fn millis(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis())
    }
}

pub fn card(id: &DpuId) -> Dpu {
    let address = |host, port| Address::new(host, port).unwrap();
    let credential: CredentialId = "0190000000007000a0000000000000cc".parse().unwrap();
    Dpu {
        id: id.clone(),
        name: "dpu-01".into(),
        imc_redfish: address("imc-01.lab", 8443),
        imc_ssh: address("imc-01.lab", 22),
        acc: AccRoute::ThroughImc(address("192.168.0.2", 22)),
        imc_credential: credential,
        imc_ssh_login: slipway_core::credential::ImcSshLogin::AsRedfish,
        acc_credential: None,
        host: None,
        labels: Vec::new(),
        identity: ImcIdentity::default(),
        added_at: Timestamp::from_millis(START),
    }
}

pub fn deployment_plan() -> DeploymentPlan {
    let iso: IsoId = "0190000000007000a0000000000000aa".parse().unwrap();
    DeploymentPlan {
        iso,
        iso_name: "dpu-os".into(),
        iso_path: "/isos/dpu-os.iso".into(),
        iso_sha256: "0123456789abcdef".repeat(4),
        iso_size: ByteCount(2_000_000_000),
        area: KickstartArea {
            offset: ByteCount(4096),
            length: ByteCount(65_536),
        },
        digest: digest('b'),
        version: Some("1.1.0".into()),
        origin: Some(reference(STABLE)),
        hostname: "dpu-01".into(),
        authorized_keys: vec!["ssh-ed25519 AAAA slipway".into()],
        allow_release: None,
        beside: Beside::default(),
    }
}

pub fn deployment() -> JobSpec {
    JobSpec::Deployment(deployment_plan())
}

pub fn local_network() -> LocalNetwork {
    let lease = Lease {
        name: "dpu-01".into(),
        macs: vec!["00:08:00:01:03:18".into()],
        ip: "10.0.0.7".parse().unwrap(),
    };
    LocalNetwork::new("eno1", lease, DhcpServer::Dnsmasq, "/data/network").unwrap()
}

/// With everything that a deployment can do beside the installation.
pub fn full_deployment() -> JobSpec {
    let microshift = PostStep::Microshift {
        pull_secret: true,
        kubeconfig: "/home/me/dpu-01.kubeconfig".into(),
        server: Some("10.0.0.7".into()),
    };
    let trust = PostStep::TrustRegistry {
        registry: "registry.cluster:5000".into(),
        ca: "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n".into(),
    };
    let subscription = PostStep::RhSubscription {
        organization: "12345".into(),
    };
    JobSpec::Deployment(DeploymentPlan {
        beside: Beside {
            imc_boot: true,
            imc_certificate: false,
            host: Some(Address::new("host-01.lab", 22).unwrap()),
            network: Some(local_network()),
            firmware: None,
            flash: None,
            after: vec![
                PostStep::HugePages { pages: 512 },
                trust,
                subscription,
                microshift,
            ],
        },
        ..deployment_plan()
    })
}

/// A deployment that brings the card to this firmware first.
pub fn flashing(version: &str, change: impl FnOnce(&mut Flash)) -> JobSpec {
    let mut flash = Flash {
        image: reference(&format!("quay.io/lab/flasher@{}", digest('f'))),
        force: false,
        imc: "imc-01.lab".into(),
        host_bmc: Some(Address::new("host-01-bmc.lab", 443).unwrap()),
    };
    change(&mut flash);
    JobSpec::Deployment(DeploymentPlan {
        beside: Beside {
            firmware: Some(version.into()),
            flash: Some(flash),
            ..Beside::default()
        },
        ..deployment_plan()
    })
}

/// To a firmware that the card has not, with all that it takes.
pub fn flashing_deployment() -> JobSpec {
    flashing("2.0.0.11999", |_| {})
}

pub fn marvell() -> JobSpec {
    JobSpec::Marvell(MarvellPlan {
        name: "marvell-dpu-42".into(),
        host: Address::new("host-01.lab", 22).unwrap(),
        tools: "quay.io/lab/marvell-tools@sha256:aa".into(),
        iso: "rhel:".into(),
        mac: "06:32:b1:09:0a:ee".into(),
        ip: "192.168.123.7".parse().unwrap(),
        ssh_keys: vec!["ssh-ed25519 AAAA slipway".into()],
    })
}

pub fn change(change: BootChange) -> JobSpec {
    JobSpec::BootChange(BootChangePlan {
        change,
        expected_booted: Some(digest('a')),
    })
}

pub fn upgrade() -> JobSpec {
    change(BootChange::Upgrade)
}

pub fn switch() -> JobSpec {
    change(BootChange::Switch(reference(EDGE)))
}

pub fn rollback() -> JobSpec {
    change(BootChange::Rollback)
}

/// The failure of a job that must have failed.
pub fn failure(job: &Job) -> Failure {
    let failed = job.state.failure();
    failed
        .unwrap_or_else(|| panic!("the job ended as {:?}", job.state))
        .clone()
}

/// What a command left.
pub fn says(exit: u32, stdout: &str, stderr: &str) -> CommandOutput {
    CommandOutput {
        exit,
        stdout: stdout.into(),
        stderr: stderr.into(),
    }
}

/// A refusal in the IMC's words.
pub fn refused(status: u16, id: &str, message: &str) -> BmcError {
    BmcError::Refused {
        peer: "imc-01.lab:8443".into(),
        status,
        message_id: (!id.is_empty()).then(|| format!("Base.1.18.{id}")),
        message: message.into(),
        resolution: Some("None".into()),
    }
}

pub fn wrong_password() -> BmcError {
    BmcError::Unauthorized {
        peer: "imc-01.lab:8443".into(),
    }
}

pub fn changed_certificate() -> BmcError {
    BmcError::CertificateChanged {
        peer: "imc-01.lab:8443".into(),
        pinned: key('C'),
        seen: key('D'),
    }
}

pub fn changed_host_key(peer: &str) -> RemoteError {
    RemoteError::HostKeyChanged {
        peer: peer.into(),
        pinned: key('C'),
        seen: key('D'),
    }
}

pub fn no_answer(peer: &str) -> RemoteError {
    RemoteError::Unreachable {
        peer: peer.into(),
        stage: Stage::Tcp,
        reason: "no route to host".into(),
    }
}

/// Every Redfish call.
pub const CALLS: [Call; 9] = [
    Call::Identify,
    Call::VirtualMedia,
    Call::Insert,
    Call::Task,
    Call::Tasks,
    Call::Eject,
    Call::Override,
    Call::SetOverride,
    Call::Reset,
];
