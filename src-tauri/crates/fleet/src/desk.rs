//! One open data folder with everything that works on it.

use std::sync::{Arc, Mutex};

use slipway_core::{
    job::engine::Engine,
    ports::{Clock, Secrets},
    time::Timestamp,
};
use slipway_media::{
    OciRegistry, Ports, Workshop,
    podman::{PodmanCli, Works},
};
use slipway_store::Store;
use tokio::sync::{Notify, broadcast};

use crate::{
    AppError, Change, ChangeTag, ErrorCode, FleetConfig, discovery::Discoveries, keys::DeskKeys,
    links::Links, media::MediaDesk, publishing::Plain, subjects::DeskSubjects,
    transfers::Transfers, views::AppInfo,
};

/// The open fleet. Cheap to clone; the last clone closes it.
#[derive(Clone)]
pub struct Fleet {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub config: FleetConfig,
    pub store: Store,
    pub secrets: Arc<dyn Secrets>,
    pub keys: DeskKeys,
    pub links: Links,
    pub media: MediaDesk,
    pub clock: Arc<dyn Clock>,
    pub changes: broadcast::Sender<Change>,
    /// Wakes the runner: a job was submitted or cancelled.
    pub wake: Notify,
    /// Wakes the looks: one is due that was not.
    pub look: Notify,
    pub discoveries: Discoveries,
    pub transfers: Transfers,
    /// A batch may have something to do: the runner looks before its next turn.
    pub batches_due: std::sync::atomic::AtomicBool,
    pub runs_jobs: std::sync::atomic::AtomicBool,
    /// Ask by way of [`Fleet::registry`], which knows the logins of now.
    pub registry: OciRegistry,
    /// What the registry client was last given.
    pub registry_kept: tokio::sync::Mutex<Option<crate::images_registry::Kept>>,
    pub podman: PodmanCli,
    pub works: Works,
    /// ISOs that somebody published as they are, in this process.
    pub plain: Mutex<Vec<Plain>>,
    /// Makes ISOs.
    pub workshop: Workshop,
    /// To cards.
    pub ports: Ports,
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Fleet {
    /// Opens the data folder, and makes it where there is none.
    ///
    /// # Errors
    /// A database of a newer Slipway, a secret store that is locked, a disk that is full: each
    /// says what to do. Nothing in the folder is changed then.
    pub async fn open(config: FleetConfig) -> Result<Self, AppError> {
        Self::open_at(config, Arc::new(SystemClock)).await
    }

    /// [`Self::open`] by another clock than the system's: tests move it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_at(config: FleetConfig, clock: Arc<dyn Clock>) -> Result<Self, AppError> {
        let store = Store::open(&config.data_dir.join("slipway.db")).await?;
        let opened = slipway_store::open_secrets(&config.data_dir, config.passphrase.clone()).await;
        let secrets = opened.map_err(|error| {
            let mut error = AppError::from(error);
            if config.passphrase.is_none() {
                // With one it would open, or be made.
                error.code = ErrorCode::SecretsLocked;
            }
            error
        })?;
        let keys = DeskKeys::load(&store, secrets.as_ref(), clock.now()).await?;
        let media = MediaDesk::new(
            keys.ca.clone(),
            store.clone(),
            clock.clone(),
            config.media_address,
        );
        let workshop = Workshop::new(config.data_dir.join("cache"));
        let ports = Ports::new(config.data_dir.join("network"));
        let (changes, _) = broadcast::channel(1024);
        let podman = PodmanCli::new();
        let works = Works::new(config.data_dir.join("builds"), podman.clone());
        let inner = Inner {
            config,
            store,
            secrets,
            keys,
            links: Links::default(),
            media,
            clock,
            changes,
            wake: Notify::new(),
            look: Notify::new(),
            discoveries: Discoveries::default(),
            transfers: Transfers::default(),
            batches_due: std::sync::atomic::AtomicBool::new(true),
            runs_jobs: std::sync::atomic::AtomicBool::new(false),
            registry: OciRegistry::new(None),
            registry_kept: tokio::sync::Mutex::default(),
            podman,
            works,
            plain: Mutex::default(),
            workshop,
            ports,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Tells every shell of this process. Nobody listening is fine.
    pub(crate) fn changed(&self, tag: ChangeTag, id: Option<String>) {
        let _ = self.inner.changes.send(Change { tag, id });
    }

    /// What changes from now on.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes.subscribe()
    }

    pub(crate) fn engine(&self, lab: bool) -> Engine {
        let config = &self.inner.config;
        let policy = if lab {
            &config.lab_policy
        } else {
            &config.policy
        };
        Engine::new(
            Arc::new(self.inner.store.clone()),
            Arc::new(DeskSubjects {
                fleet: self.clone(),
            }),
            self.inner.clock.clone(),
            policy.clone(),
        )
    }

    /// About this desk.
    ///
    /// # Errors
    /// The database.
    pub async fn info(&self) -> Result<AppInfo, AppError> {
        let inner = &self.inner;
        Ok(AppInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_dir: inner.config.data_dir.display().to_string(),
            secrets: inner.secrets.place(),
            ca_fingerprint: inner.keys.ca.fingerprint(),
            fleet_key: inner.keys.fleet_key_public.clone(),
            media_url: inner.media.addresses().await.join(", "),
            lab: self
                .store()
                .setting::<bool>(crate::cards::LAB_SETTING)
                .await?
                .unwrap_or(false),
            runs_jobs: inner.runs_jobs.load(std::sync::atomic::Ordering::Relaxed),
        })
    }

    /// The certificate of our own authority, PEM: what an IMC is made to trust.
    #[must_use]
    pub fn ca_certificate_pem(&self) -> &str {
        self.inner.keys.ca.certificate_pem()
    }
}

/// `user@host`: who does things here.
pub(crate) fn me() -> String {
    let user = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "somebody".into());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map_or_else(|| "this desk".into(), |name| name.trim().to_owned());
    format!("{user}@{host}")
}
