//! How a lab is set up, and what a started lab tells of itself.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use slipway_core::trust::Fingerprint;

/// What to start.
#[derive(Debug, Clone)]
pub struct LabConfig {
    /// How many cards, numbered from 1.
    pub cards: usize,
    /// Working and state folder; made if it is missing.
    pub dir: PathBuf,
    /// Where everything listens. Loopback.
    pub bind: IpAddr,
    pub timings: Timings,
    /// Reload the state and the ports of the last run from `dir/lab-state.json`, and keep it there.
    pub persist: bool,
    pub fleet: FleetMix,
    /// Bytes of incompressible ballast in the demo ISO, so that its download takes a while.
    pub iso_ballast: u64,
}

impl LabConfig {
    /// For tests: nothing is kept, nothing takes long, a small ISO, factory-fresh cards.
    #[must_use]
    pub fn test(cards: usize, dir: PathBuf) -> Self {
        Self {
            cards,
            dir,
            bind: IpAddr::from([127, 0, 0, 1]),
            timings: Timings::instant(),
            persist: false,
            fleet: FleetMix::Fresh,
            iso_ballast: 1 << 20,
        }
    }

    /// For the demo: phases of seconds, 24 MB of ISO, a fleet with something of everything.
    #[must_use]
    pub fn demo(cards: usize, dir: PathBuf) -> Self {
        Self {
            timings: Timings::demo(),
            persist: true,
            fleet: FleetMix::Mixed,
            iso_ballast: 22 << 20,
            ..Self::test(cards, dir)
        }
    }
}

/// What the cards run at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FleetMix {
    /// Every card factory-fresh: no OS.
    Fresh,
    /// Every card runs 1.0.0 or 1.1.0 of the lab's image, in turn.
    Installed,
    /// Mostly 1.1.0, some 1.0.0, some fresh, one fallen back by greenboot, one without its IMC.
    Mixed,
}

/// How long the phases take, in real time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// How long a resetting IMC is away.
    pub imc_reset: Duration,
    /// From the 204 to the going away.
    pub imc_reset_delay: Duration,
    /// The installer's run on the ACC.
    pub installer: Duration,
    /// From the ACC's power-on to its sshd.
    pub acc_boot: Duration,
    /// A `bootc upgrade` or `switch` that has something to pull.
    pub update: Duration,
    /// From the ACC's boot to greenboot's verdict.
    pub greenboot: Duration,
    /// From MicroShift's start to its health.
    pub microshift: Duration,
    /// `marvell-tools`' run on the DPU host.
    pub pxeboot: Duration,
    /// How long the IMC thinks about a wrong password.
    pub wrong_password: Duration,
    /// A cap of the IMC's download; `None` is as fast as it goes.
    pub fetch_bytes_per_second: Option<u64>,
}

impl Timings {
    /// Tests: tens of milliseconds, long enough to be seen by a poll.
    #[must_use]
    pub fn instant() -> Self {
        let ms = Duration::from_millis;
        Self {
            imc_reset: ms(80),
            imc_reset_delay: ms(0),
            installer: ms(60),
            acc_boot: ms(40),
            update: ms(60),
            greenboot: ms(40),
            microshift: ms(120),
            pxeboot: ms(300),
            wrong_password: ms(20),
            fetch_bytes_per_second: None,
        }
    }

    /// The demo: seconds.
    #[must_use]
    pub fn demo() -> Self {
        let s = Duration::from_secs;
        Self {
            imc_reset: s(8),
            imc_reset_delay: s(2),
            installer: s(12),
            acc_boot: s(6),
            update: s(10),
            greenboot: s(5),
            microshift: s(8),
            pxeboot: s(20),
            wrong_password: s(2),
            fetch_bytes_per_second: Some(4_000_000),
        }
    }

    /// As long as people report from real cards: minutes.
    #[must_use]
    pub fn realistic() -> Self {
        let s = Duration::from_secs;
        Self {
            imc_reset: s(150),
            imc_reset_delay: s(2),
            installer: s(600),
            acc_boot: s(120),
            update: s(240),
            greenboot: s(60),
            microshift: s(240),
            pxeboot: s(1800),
            wrong_password: s(4),
            fetch_bytes_per_second: Some(25_000_000),
        }
    }
}

/// Where a started lab is found; `dir/lab.json` holds the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabInventory {
    pub cards: Vec<LabCard>,
    /// `127.0.0.1:PORT`, plain HTTP.
    pub registry: String,
    /// `127.0.0.1:PORT/lab/dpu-os:stable`.
    pub image: String,
    /// The demo ISO, of version 1.0.0.
    pub demo_iso: PathBuf,
    /// `http://127.0.0.1:PORT`.
    pub control: String,
    /// The bearer token of the control API.
    pub control_token: String,
}

/// One card, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabCard {
    /// From 1.
    pub number: usize,
    /// `dpu-01`.
    pub name: String,
    /// The DPU host, `host-01`.
    pub host: String,
    /// `127.0.0.1:PORT`.
    pub imc_redfish: String,
    /// `127.0.0.1:PORT`.
    pub imc_ssh: String,
    /// `127.0.0.1:PORT`: the ACC without its IMC.
    pub acc_ssh: String,
    /// `192.168.0.2:22`: the ACC as its IMC sees it.
    pub acc_from_imc: String,
    pub imc_user: String,
    /// 14 characters or more. A lab's passwords open nothing but the lab, so they may be told.
    pub imc_password: String,
    pub acc_user: String,
    pub acc_password: String,
    /// `127.0.0.1:PORT`: the DPU host.
    pub host_ssh: Option<String>,
    pub host_user: String,
    pub host_password: String,
    /// Of the DPU host's SSH host key.
    pub host_key_fingerprint: Option<Fingerprint>,
    /// Of the Redfish certificate.
    pub imc_tls_fingerprint: Fingerprint,
    /// Of the IMC's SSH host key.
    pub imc_host_key_fingerprint: Fingerprint,
}
