//! The lab as a whole: cards, registry, control API and demo ISO, started and stopped together.

mod handle;
mod setup;

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    LabCard, LabConfig, LabInventory,
    acc::BootcError,
    card::Card,
    control,
    image::{ImageStore, PullError},
    imc::{identity::IdentityError, server},
    iso::BuildIsoError,
    persist::{self, CardPorts, CardState, LabState, PersistError},
    port::HeldPort,
    registry, ssh,
};

pub use handle::CardHandle;
pub use setup::DEMO_VERSION;
use setup::Ports;

/// Where an IMC sees its ACC.
const ACC_FROM_IMC: &str = "192.168.0.2:22";
/// What an IMC runs when it boots.
const BOOT_HOOK: &str = "/work/scripts/pre_init_app.sh";
/// How often a kept lab looks whether there is something to keep.
const SAVE_EVERY: Duration = Duration::from_secs(2);

/// A lab that did not start.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    #[error("making the lab's folder {path}")]
    Folder {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the lab's port {address} can't be used")]
    Port {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("the lab's state")]
    State(#[from] PersistError),
    #[error("a card's certificate")]
    Identity(#[from] IdentityError),
    #[error("building the demo ISO")]
    Iso(#[source] BuildIsoError),
    #[error("installing a card")]
    Install(#[from] BootcError),
    #[error("the lab's images")]
    Image(#[from] PullError),
    #[error("no randomness")]
    Random(#[from] getrandom::Error),
    #[error("writing the lab's inventory")]
    Json(#[from] serde_json::Error),
}

/// What the servers share.
pub struct Shared {
    dir: PathBuf,
    bind: IpAddr,
    cards: Vec<(Arc<Card>, CardPorts)>,
    pub images: Arc<ImageStore>,
    demo_iso: PathBuf,
    registry: SocketAddr,
    control: SocketAddr,
    pub control_token: String,
}

/// A running lab. Dropping it stops it, without the last save; [`Lab::stop`] is the orderly way.
pub struct Lab {
    shared: Arc<Shared>,
    persist: bool,
    stop: CancellationToken,
    servers: JoinSet<()>,
}

impl Lab {
    /// Starts everything and writes `dir/lab.json`.
    ///
    /// # Errors
    /// [`LabError`]: the folder, a port, xorriso, a damaged state.
    pub async fn start(config: LabConfig) -> Result<Self, LabError> {
        fs::create_dir_all(&config.dir).map_err(|source| LabError::Folder {
            path: config.dir.clone(),
            source,
        })?;
        let state = if config.persist {
            persist::load(&config.dir)?
        } else {
            None
        };
        let mut ports = Ports::new(&config);
        let registry = ports.bind(state.as_ref().map(|s| s.registry_port))?;
        let control = ports.bind(state.as_ref().map(|s| s.control_port))?;
        let images = Arc::new(ImageStore::new(&registry.address().to_string()));
        let demo_iso = setup::demo_iso(&config, &images).await?;
        let (control_token, kept) = match state {
            Some(state) => {
                images.promote(&state.stable)?;
                (state.control_token, state.cards)
            }
            None => (setup::random_token()?, Vec::new()),
        };
        let mut kept = kept.into_iter();
        let mut cards = Vec::with_capacity(config.cards);
        let mut held = Vec::with_capacity(config.cards);
        for number in 1..=config.cards {
            let state = kept.next();
            let wanted = state.as_ref().map(|s| s.ports);
            let of_card = [
                ports.bind(wanted.and_then(|p| p.host_ssh))?,
                ports.bind(wanted.map(|p| p.imc_redfish))?,
                ports.bind(wanted.map(|p| p.imc_ssh))?,
                ports.bind(wanted.map(|p| p.acc_ssh))?,
            ];
            let [host_ssh, imc_redfish, imc_ssh, acc_ssh] =
                of_card.each_ref().map(|p| p.address().port());
            let numbers = CardPorts {
                imc_redfish,
                imc_ssh,
                acc_ssh,
                host_ssh: Some(host_ssh),
            };
            let card = setup::make_card(&config, &images, number, state)?;
            cards.push((Arc::new(card), numbers));
            held.push(of_card);
        }
        let shared = Arc::new(Shared {
            dir: config.dir.clone(),
            bind: config.bind,
            cards,
            images,
            demo_iso,
            registry: registry.address(),
            control: control.address(),
            control_token,
        });
        let mut lab = Self {
            shared,
            persist: config.persist,
            stop: CancellationToken::new(),
            servers: JoinSet::new(),
        };
        lab.serve(registry, control, held)?;
        lab.tick_and_save(&config);
        let text = serde_json::to_string_pretty(&lab.inventory())?;
        persist::write_private(&config.dir.join("lab.json"), &text)?;
        if config.persist {
            lab.shared.save()?;
        }
        Ok(lab)
    }

    fn serve(
        &mut self,
        registry: HeldPort,
        control: HeldPort,
        held: Vec<[HeldPort; 4]>,
    ) -> Result<(), LabError> {
        let listen = |port: HeldPort| {
            let address = port.address();
            let failed = |source| LabError::Port { address, source };
            port.listen().map_err(failed)
        };
        let registry = listen(registry)?;
        let images = Arc::clone(&self.shared.images);
        let stop = self.stop.clone();
        self.servers.spawn(async move {
            if let Err(error) = registry::serve(registry, images, stop).await {
                tracing::error!(%error, "the lab's registry ended");
            }
        });
        let control = listen(control)?;
        let router = control::router(Arc::clone(&self.shared));
        let stop = self.stop.clone();
        self.servers.spawn(async move {
            let served =
                axum::serve(control, router).with_graceful_shutdown(stop.cancelled_owned());
            if let Err(error) = served.await {
                tracing::error!(%error, "the lab's control API ended");
            }
        });
        for ((card, _), held) in self.shared.cards.iter().zip(held) {
            card.tick(Instant::now());
            // Who starts a lab finds it listening: the servers' tasks may run a little later.
            let opened = |port: HeldPort, gate: &watch::Receiver<bool>| {
                let address = port.address();
                let opened = if *gate.borrow() {
                    port.open()
                } else {
                    Ok(port)
                };
                opened.map_err(|source| LabError::Port { address, source })
            };
            let (imc, acc) = (card.imc_open(), card.acc_open());
            let [host_ssh, imc_redfish, imc_ssh, acc_ssh] = held;
            // Hosts are always there.
            let (always, host) = watch::channel(true);
            let host_ssh = opened(host_ssh, &host)?;
            let imc_redfish = opened(imc_redfish, &card.redfish_open())?;
            let imc_ssh = opened(imc_ssh, &imc)?;
            let acc_ssh = opened(acc_ssh, &acc)?;
            let redfish = server::serve(Arc::clone(card), imc_redfish, self.stop.clone());
            self.servers.spawn(redfish);
            let of = Arc::clone(card);
            let session = move |stream, _| ssh::serve_imc(Arc::clone(&of), stream);
            self.servers
                .spawn(imc_ssh.serve(imc, self.stop.clone(), session));
            let of = Arc::clone(card);
            let stop = self.stop.clone();
            self.servers.spawn(async move {
                let session = move |stream, _| ssh::serve_host(Arc::clone(&of), stream);
                host_ssh.serve(host, stop, session).await;
                drop(always);
            });
            let of = Arc::clone(card);
            let session = move |stream, _| ssh::serve_acc(Arc::clone(&of), stream);
            self.servers
                .spawn(acc_ssh.serve(acc, self.stop.clone(), session));
        }
        Ok(())
    }

    /// Lets time pass on the cards, and keeps what is to be kept.
    fn tick_and_save(&mut self, config: &LabConfig) {
        let shortest = config.timings.imc_reset.min(config.timings.acc_boot) / 8;
        let every = shortest.clamp(Duration::from_millis(5), Duration::from_millis(100));
        let shared = Arc::clone(&self.shared);
        let stop = self.stop.clone();
        self.servers.spawn(async move {
            loop {
                let now = Instant::now();
                for (card, _) in &shared.cards {
                    card.tick(now);
                    if card.take_boot_hook() {
                        tokio::spawn(run_boot_hook(Arc::clone(card)));
                    }
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(every) => {}
                }
            }
        });
        if !config.persist {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let stop = self.stop.clone();
        self.servers.spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(SAVE_EVERY) => {}
                }
                if let Err(error) = shared.save() {
                    tracing::warn!(%error, "the lab's state was not kept");
                }
            }
        });
    }

    /// Where everything is; fingerprints as they are now.
    #[must_use]
    pub fn inventory(&self) -> LabInventory {
        self.shared.inventory()
    }

    /// A card by its number, from 1.
    ///
    /// # Panics
    /// There is no such card: the caller's own count is wrong.
    #[must_use]
    pub fn card(&self, number: usize) -> CardHandle {
        CardHandle::new(self.shared.card(number).expect("a card of this lab"))
    }

    /// The lab's images and tags.
    #[must_use]
    pub fn images(&self) -> Arc<ImageStore> {
        Arc::clone(&self.shared.images)
    }

    /// Stops everything; with `persist`, keeps the state first.
    pub async fn stop(mut self) {
        if self.persist
            && let Err(error) = self.shared.save()
        {
            tracing::warn!(%error, "the lab's state was not kept");
        }
        self.stop.cancel();
        // A client that keeps its connection to the registry open must not hold us up.
        let ended = async { while self.servers.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_millis(500), ended)
            .await
            .is_err()
        {
            self.servers.shutdown().await;
        }
        // Nobody should look for a lab that is gone.
        let _ = fs::remove_file(self.shared.dir.join("lab.json"));
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.stop.cancel();
        for (card, _) in &self.shared.cards {
            // Downloads end with their IMC.
            card.imc_life().cancel();
        }
    }
}

impl Shared {
    pub fn card(&self, number: usize) -> Option<Arc<Card>> {
        let at = number.checked_sub(1)?;
        self.cards.get(at).map(|(card, _)| Arc::clone(card))
    }

    pub fn inventory(&self) -> LabInventory {
        LabInventory {
            cards: self
                .cards
                .iter()
                .map(|(c, p)| self.describe(c, *p))
                .collect(),
            registry: self.registry.to_string(),
            image: self.images.reference(),
            demo_iso: self.demo_iso.clone(),
            control: format!("http://{}", self.control),
            control_token: self.control_token.clone(),
        }
    }

    fn describe(&self, card: &Card, ports: CardPorts) -> LabCard {
        let secrets = card.secrets();
        let host = card.host().clone();
        let at = |port| SocketAddr::new(self.bind, port).to_string();
        LabCard {
            number: card.number,
            name: card.name.clone(),
            host: format!("host-{:02}", card.number),
            imc_redfish: at(ports.imc_redfish),
            imc_ssh: at(ports.imc_ssh),
            acc_ssh: at(ports.acc_ssh),
            acc_from_imc: ACC_FROM_IMC.to_owned(),
            host_ssh: ports.host_ssh.map(at),
            host_key_fingerprint: Some(ssh::host_key_fingerprint(&host.host_key)),
            host_user: host.user,
            host_password: host.password,
            imc_tls_fingerprint: secrets.tls.fingerprint(),
            imc_host_key_fingerprint: ssh::host_key_fingerprint(&secrets.imc_host_key),
            imc_user: secrets.imc_user,
            imc_password: secrets.imc_password,
            acc_user: secrets.acc_user,
            acc_password: secrets.acc_password,
        }
    }

    fn save(&self) -> Result<(), LabError> {
        let state = LabState {
            registry_port: self.registry.port(),
            control_port: self.control.port(),
            control_token: self.control_token.clone(),
            stable: self.images.stable_version(),
            cards: self
                .cards
                .iter()
                .map(|(card, ports)| CardState {
                    ports: *ports,
                    secrets: card.secrets(),
                    imc: card.kept(),
                    acc: card.acc().save(),
                    faults: card.faults.list(),
                    host: Some(card.host().clone()),
                })
                .collect(),
        };
        Ok(persist::save(&self.dir, &serde_json::to_string(&state)?)?)
    }
}

/// What the IMC's init does before its programs: the site's own script, where there is one.
async fn run_boot_hook(card: Arc<Card>) {
    let exists = card.imc().files.exists(BOOT_HOOK);
    if exists {
        crate::shell::run_on_imc(&card, &format!("sh {BOOT_HOOK}"), b"").await;
    }
}
