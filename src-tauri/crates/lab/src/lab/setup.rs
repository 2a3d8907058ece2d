//! Making the parts of a lab: ports, the demo ISO, and cards, new or kept.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use super::LabError;
use crate::{
    Fault, FleetMix, LabConfig, PendingFault,
    acc::{Acc, AccSetup, BootcError},
    card::{Card, CardParts, CardSecrets, KeptImc},
    host::DpuHost,
    image::ImageStore,
    imc::{identity::TlsIdentity, service},
    iso,
    persist::CardState,
    port::HeldPort,
    ssh,
};

/// The version on the demo ISO.
pub const DEMO_VERSION: &str = "1.0.0";
/// Where kept labs begin to look for ports: below the range from which the kernel gives its own,
/// so that they are free again next time.
const FIRST_KEPT_PORT: u16 = 21_000;
/// The card of a mixed fleet whose IMC is gone.
const GONE_CARD: usize = 5;
/// The card of a mixed fleet that greenboot sent back.
const FALLEN_CARD: usize = 3;

/// Gives out ports.
pub struct Ports {
    bind: IpAddr,
    /// The next one to try; none takes what the kernel gives.
    next: Option<u16>,
}

impl Ports {
    pub fn new(config: &LabConfig) -> Self {
        Self {
            bind: config.bind,
            next: config.persist.then_some(FIRST_KEPT_PORT),
        }
    }

    /// The wanted one, or a free one.
    pub fn bind(&mut self, wanted: Option<u16>) -> Result<HeldPort, LabError> {
        if let Some(port) = wanted {
            return self.take(port);
        }
        while let Some(port) = self.next {
            self.next = port.checked_add(1);
            let free = HeldPort::nobody_has(SocketAddr::new(self.bind, port));
            if free && let Ok(held) = self.take(port) {
                return Ok(held);
            }
        }
        self.take(0)
    }

    fn take(&self, port: u16) -> Result<HeldPort, LabError> {
        let address = SocketAddr::new(self.bind, port);
        HeldPort::bind(address).map_err(|source| LabError::Port { address, source })
    }
}

/// 32 hexadecimal digits.
pub fn random_token() -> Result<String, LabError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// The demo ISO; built if it is missing, or follows a registry on another port.
pub async fn demo_iso(config: &LabConfig, images: &ImageStore) -> Result<PathBuf, LabError> {
    let path = config.dir.join(format!("dpu-os-{DEMO_VERSION}.iso"));
    let spec = iso::IsoSpec::new(DEMO_VERSION, &images.reference(), config.iso_ballast);
    let to = path.clone();
    let built = tokio::task::spawn_blocking(move || {
        if follows(&to, &spec.reference) {
            return Ok(());
        }
        iso::build(&to, &spec)
    });
    match built.await {
        Ok(built) => built.map_err(LabError::Iso)?,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
    Ok(path)
}

/// Whether the ISO is there, readable, and follows this reference.
fn follows(path: &Path, reference: &str) -> bool {
    let manifest = iso::IsoFile::open(path)
        .and_then(|mut iso| iso.text(slipway_core::iso::MANIFEST_FILE))
        .ok()
        .flatten();
    manifest
        .and_then(|text| serde_json::from_str::<slipway_core::iso::IsoManifest>(&text).ok())
        .and_then(|manifest| manifest.reference)
        .is_some_and(|r| r.as_str() == reference)
}

/// A new card, or the one that was kept.
pub fn make_card(
    config: &LabConfig,
    images: &Arc<ImageStore>,
    number: usize,
    state: Option<CardState>,
) -> Result<Card, LabError> {
    let name = format!("dpu-{number:02}");
    let dir = config.dir.join(format!("card-{number:02}"));
    if state.is_none() {
        // Of an earlier lab in the same folder.
        let _ = fs::remove_dir_all(&dir);
    }
    fs::create_dir_all(&dir).map_err(|source| LabError::Folder {
        path: dir.clone(),
        source,
    })?;
    let now = Instant::now();
    let gone = config.fleet == FleetMix::Mixed && number == GONE_CARD;
    let (secrets, kept, saved, faults, host) = match state {
        Some(mut state) => {
            let (tls, password) = (&state.secrets.tls, &state.secrets.imc_password);
            service::set_up_if_older(&mut state.imc.files, tls, password);
            (
                state.secrets,
                state.imc,
                Some(state.acc),
                state.faults,
                state.host,
            )
        }
        None => {
            let faults = gone.then_some(PendingFault {
                fault: Fault::ImcGone,
                left: 1,
                message: None,
            });
            let faults = faults.into_iter().collect();
            let secrets = new_secrets(&name)?;
            let mut kept = KeptImc::new(number);
            service::set_up(&mut kept.files, &secrets.tls, &secrets.imc_password);
            (secrets, kept, None, faults, None)
        }
    };
    let setup = AccSetup {
        name,
        password: secrets.acc_password.clone(),
        timings: config.timings.clone(),
        images: Arc::clone(images),
    };
    let acc = match saved {
        Some(saved) => Acc::restored(setup, saved, now),
        None => first_acc(setup, config.fleet, number, now)?,
    };
    let card = Card::new(CardParts {
        number,
        dir,
        timings: config.timings.clone(),
        secrets,
        kept,
        acc,
        host: host.unwrap_or_else(|| DpuHost::new(number)),
    });
    for pending in faults {
        card.inject(pending.fault, pending.left, pending.message);
    }
    Ok(card)
}

/// What a card runs in a new lab.
fn first_acc(
    setup: AccSetup,
    fleet: FleetMix,
    number: usize,
    now: Instant,
) -> Result<Acc, BootcError> {
    let mut acc = Acc::new(setup, now);
    match fleet {
        FleetMix::Fresh => {}
        FleetMix::Installed if number.is_multiple_of(2) => acc.preinstall("1.0.0", now)?,
        FleetMix::Installed => acc.preinstall("1.1.0", now)?,
        FleetMix::Mixed if number == FALLEN_CARD => {
            acc.preinstall_fallen_back("1.0.0", "1.2.0", now)?;
        }
        FleetMix::Mixed => match number % 6 {
            4 => {}
            2 => acc.preinstall("1.0.0", now)?,
            _ => acc.preinstall("1.1.0", now)?,
        },
    }
    Ok(acc)
}

/// The same passwords on every card, so that one credential profile opens the fleet.
fn new_secrets(name: &str) -> Result<CardSecrets, LabError> {
    Ok(CardSecrets {
        imc_user: "root".into(),
        imc_password: "lab-imc-password".into(),
        acc_user: "root".into(),
        acc_password: "lab-acc-password".into(),
        imc_host_key: ssh::new_host_key(),
        tls: TlsIdentity::new(name)?,
    })
}
