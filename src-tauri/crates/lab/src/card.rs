//! One simulated card: its IMC's power, clock, files, slot, override and tasks, and its ACC.
//!
//! No network in here: the Redfish server, the SSH servers and the shells all look at a `Card`
//! and change it. Locks are held for moments and never across an await.

mod breaking;
mod firmware;
mod state;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    acc::{Acc, BootFrom},
    config::Timings,
    faults::{Fault, Faults},
    files::Files,
    host::DpuHost,
    imc::{auth::Sessions, identity::TlsIdentity, service, task::Tasks},
};

pub use state::{
    CardSecrets, ImcPower, KeptImc, Observed, Override, OverrideEnabled, OverrideTarget, Slot,
};

/// Where an IMC keeps the ISO that it fetched.
pub const MEDIA_FILE: &str = "/mnt/imc/acc-os.iso";
/// Certificates that `update-ca-trust` takes up.
pub const TRUST_ANCHORS: &str = "/etc/pki/ca-trust/source/anchors";

/// The part of a card that is its IMC. What is lost by a reset says so.
#[derive(Debug)]
pub struct Imc {
    pub power: ImcPower,
    /// The machine's files, without `/proc` (the shell makes that up).
    pub files: Files,
    /// Certificates (PEM) that are in force since the last `update-ca-trust`.
    pub trusted: Vec<String>,
    pub slot: Slot,
    pub boot_override: Override,
    /// Lost by a reset.
    pub tasks: Tasks,
    /// Lost by a reset.
    pub sessions: Sessions,
    /// `cfg_boot_options`.
    pub boot_options: BTreeMap<String, String>,
    /// How far the clock is off, in seconds; negative is behind.
    pub clock_offset: i64,
    /// Firmware that waits for a cold boot, such as `2.0.0.11999`.
    pub flashed: Option<String>,
    /// How often it has come up, from 1.
    pub boots: u64,
    /// When it came up last, by the real clock.
    up_since: jiff::Timestamp,
    /// The ACC failed to boot: `Systems/1` is Critical.
    pub acc_failed: bool,
    /// Whether the service `redfish` runs.
    pub redfish_runs: bool,
    /// Of the password that it was started with.
    pub redfish_hash: String,
    /// It has come up, and its boot's own script was not run yet.
    hook_due: bool,
}

/// A card.
pub struct Card {
    /// From 1.
    pub number: usize,
    /// `dpu-01`.
    pub name: String,
    /// `dir/card-01`.
    pub dir: PathBuf,
    pub timings: Timings,
    pub faults: Faults,
    secrets: Mutex<CardSecrets>,
    imc: Mutex<Imc>,
    acc: Mutex<Acc>,
    observed: Mutex<Observed>,
    host: Mutex<DpuHost>,
    /// Whether the IMC is there: its SSH port.
    imc_open: watch::Sender<bool>,
    /// Whether the IMC is there and serves Redfish.
    redfish_open: watch::Sender<bool>,
    /// Whether the ACC's sshd answers.
    acc_open: watch::Sender<bool>,
    /// Changes with every certificate.
    tls_changed: watch::Sender<u64>,
    /// Cancelled when the IMC goes down; a new one is made when it comes up.
    imc_life: Mutex<CancellationToken>,
    ticking: Mutex<()>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a card is made of.
pub struct CardParts {
    pub number: usize,
    pub dir: PathBuf,
    pub timings: Timings,
    pub secrets: CardSecrets,
    pub kept: KeptImc,
    pub acc: Acc,
    pub host: DpuHost,
}

impl Card {
    #[must_use]
    pub fn new(parts: CardParts) -> Self {
        let kept = parts.kept;
        let mut files = kept.files;
        let service = service::read(&files);
        files.back(MEDIA_FILE, parts.dir.join("acc-os.iso"));
        let imc = Imc {
            power: ImcPower::Up,
            files,
            trusted: kept.trusted,
            slot: kept.slot,
            boot_override: kept.boot_override,
            tasks: Tasks::default(),
            sessions: Sessions::default(),
            boot_options: kept.boot_options,
            clock_offset: kept.clock_offset,
            flashed: kept.flashed,
            boots: kept.boots,
            up_since: kept.up_since,
            acc_failed: false,
            redfish_runs: service.is_ok(),
            redfish_hash: service.map(|service| service.hash).unwrap_or_default(),
            hook_due: false,
        };
        Self {
            number: parts.number,
            name: format!("dpu-{:02}", parts.number),
            dir: parts.dir,
            timings: parts.timings,
            faults: Faults::default(),
            secrets: Mutex::new(parts.secrets),
            imc: Mutex::new(imc),
            acc: Mutex::new(parts.acc),
            observed: Mutex::default(),
            host: Mutex::new(parts.host),
            imc_open: watch::Sender::new(true),
            redfish_open: watch::Sender::new(true),
            acc_open: watch::Sender::new(false),
            tls_changed: watch::Sender::new(0),
            imc_life: Mutex::new(CancellationToken::new()),
            ticking: Mutex::new(()),
        }
    }

    /// The IMC's state, brought up to now.
    pub fn imc(&self) -> MutexGuard<'_, Imc> {
        locked(&self.imc)
    }

    /// The ACC, brought up to now.
    pub fn acc(&self) -> MutexGuard<'_, Acc> {
        let mut acc = locked(&self.acc);
        acc.tick(Instant::now());
        acc
    }

    /// The server that the card is in.
    pub fn host(&self) -> MutexGuard<'_, DpuHost> {
        locked(&self.host)
    }

    pub fn secrets(&self) -> CardSecrets {
        locked(&self.secrets).clone()
    }

    /// Counts an effect: `card.count(|o| o.inserts += 1)`.
    pub fn count(&self, change: impl FnOnce(&mut Observed)) {
        change(&mut locked(&self.observed));
    }

    pub fn observed(&self) -> Observed {
        let mut observed = locked(&self.observed).clone();
        let acc = self.acc();
        let counters = acc.counters();
        observed.installs = counters.installs;
        observed.acc_reboots = counters.reboots;
        observed.acc_boots = counters.boots;
        observed.upgrades = counters.upgrades;
        observed.switches = counters.switches;
        observed.rollbacks = counters.rollbacks;
        observed
    }

    /// Follows whether the IMC is there.
    pub fn imc_open(&self) -> watch::Receiver<bool> {
        self.imc_open.subscribe()
    }

    /// Follows whether its Redfish port is.
    pub fn redfish_open(&self) -> watch::Receiver<bool> {
        self.redfish_open.subscribe()
    }

    /// Follows whether the ACC's sshd answers.
    pub fn acc_open(&self) -> watch::Receiver<bool> {
        self.acc_open.subscribe()
    }

    pub fn tls_changed(&self) -> watch::Receiver<u64> {
        self.tls_changed.subscribe()
    }

    pub fn imc_is_up(&self) -> bool {
        *self.imc_open.borrow()
    }

    /// Cancelled when the IMC goes away: what runs on it ends then.
    pub fn imc_life(&self) -> CancellationToken {
        locked(&self.imc_life).clone()
    }

    /// How long the IMC has been up.
    pub fn imc_uptime(&self) -> Duration {
        let since = self.imc().up_since;
        let up = jiff::Timestamp::now().duration_since(since);
        // Negative where somebody set the real clock back.
        up.try_into().unwrap_or_default()
    }

    /// What the IMC takes for the time.
    pub fn imc_now(&self) -> jiff::Timestamp {
        let offset = jiff::SignedDuration::from_secs(self.imc().clock_offset);
        let now = jiff::Timestamp::now();
        now.checked_add(offset).unwrap_or(now)
    }

    /// `date -s`: the clock is this from now on.
    pub fn set_imc_clock(&self, to: jiff::Timestamp) {
        self.imc().clock_offset = to.as_second() - jiff::Timestamp::now().as_second();
    }

    /// Where the fetched ISO really lies.
    pub fn media_path(&self) -> PathBuf {
        self.dir.join("acc-os.iso")
    }

    /// `update-ca-trust`: what lies in the anchors' folder is trusted from now on.
    pub fn update_ca_trust(&self) {
        let mut imc = self.imc();
        let names = imc.files.list(TRUST_ANCHORS).unwrap_or_default();
        let read = |name: &String| imc.files.read_text(&format!("{TRUST_ANCHORS}/{name}")).ok();
        let trusted = names.iter().filter_map(read).collect();
        imc.trusted = trusted;
        drop(imc);
        self.count(|o| o.trust_updates += 1);
    }

    /// Accepts a reset of the IMC: it goes away after the delay, and its ACC with it.
    pub fn reset_imc(&self) {
        let mut imc = self.imc();
        if imc.power == ImcPower::Up {
            let at = Instant::now() + self.timings.imc_reset_delay;
            imc.power = ImcPower::GoingDown { at };
        }
        drop(imc);
        self.tick(Instant::now());
    }

    /// The IMC goes away at once, unasked: a crash or a power failure.
    pub fn lose_imc(&self) {
        let now = Instant::now();
        self.imc().power = ImcPower::GoingDown { at: now };
        self.tick(now);
    }

    /// Power-cycles the ACC alone (ComputerSystem.Reset GracefulRestart).
    pub fn restart_acc(&self) {
        locked(&self.acc).power_cut();
        self.boot_acc(Instant::now());
        self.tick(Instant::now());
    }

    /// Turns the ACC off (ComputerSystem.Reset GracefulShutdown).
    pub fn shut_acc_down(&self) {
        locked(&self.acc).power_cut();
        self.tick(Instant::now());
    }

    /// Does what is due: phases that end, ports that open and close. Called all the time, from
    /// several threads; one at a time, so that no change is made twice or half.
    pub fn tick(&self, now: Instant) {
        let _one_at_a_time = locked(&self.ticking);
        let power = self.imc().power;
        match power {
            ImcPower::GoingDown { at } if at <= now => self.imc_goes_down(now),
            ImcPower::Down { until } if until <= now => self.imc_comes_up(now),
            ImcPower::Up | ImcPower::GoingDown { .. } | ImcPower::Down { .. } => {}
        }
        let there = !matches!(self.imc().power, ImcPower::Down { .. });
        let there = there && !self.faults.has(Fault::ImcGone);
        set(&self.imc_open, there);
        set(&self.redfish_open, there && self.redfish_runs());
        let answers = {
            let mut acc = locked(&self.acc);
            acc.tick(now);
            self.imc().acc_failed = acc.broken().is_some();
            acc.reachable()
        };
        set(&self.acc_open, answers);
    }

    fn imc_goes_down(&self, now: Instant) {
        // Why drivers are reloaded at all: the device does not survive the reset under it.
        self.host().device_lost();
        let until = now + self.timings.imc_reset;
        self.imc().power = ImcPower::Down { until };
        locked(&self.acc).power_cut();
        locked(&self.imc_life).cancel();
    }

    fn imc_comes_up(&self, now: Instant) {
        {
            let mut imc = self.imc();
            imc.power = ImcPower::Up;
            imc.up_since = jiff::Timestamp::now();
            imc.boots += 1;
            imc.redfish_runs = false;
            imc.hook_due = true;
            imc.tasks = Tasks::default();
            imc.sessions = Sessions::default();
            for gone in ["/tmp", "/run"] {
                imc.files.remove_all(gone);
                imc.files.make_directories(gone);
            }
        }
        *locked(&self.imc_life) = CancellationToken::new();
        if !self.faults.has(Fault::RedfishNotAtBoot) {
            // One that can't start is not there; the IMC comes up all the same.
            let _ = self.take_up_redfish();
        }
        self.boot_acc(now);
    }

    /// The ACC's power-on: from the CD where media and override say so, and `Once` is used up.
    fn boot_acc(&self, now: Instant) {
        let from_cd = {
            let mut imc = self.imc();
            let wanted = imc.boot_override.target == OverrideTarget::Cd && imc.slot.inserted;
            if imc.boot_override.enabled == OverrideEnabled::Once {
                imc.boot_override = Override::default();
            }
            wanted
        };
        let from = if from_cd && !self.faults.take(Fault::OldOsAnswers) {
            BootFrom::Iso(self.media_path())
        } else {
            BootFrom::Disk
        };
        locked(&self.acc).power_on(now, from);
    }

    /// Whether the IMC has come up since this was asked last: then its boot script is to be run.
    pub fn take_boot_hook(&self) -> bool {
        std::mem::take(&mut self.imc().hook_due)
    }

    /// Whether the service `redfish` runs.
    pub fn redfish_runs(&self) -> bool {
        self.imc().redfish_runs && !self.faults.has(Fault::RedfishOff)
    }

    /// Starts the service `redfish`, or starts it again: what lies on the disk is in force then.
    ///
    /// # Errors
    /// Its log's words; it does not run then.
    pub fn start_redfish(&self) -> Result<(), String> {
        self.faults.end(Fault::RedfishOff);
        let started = self.take_up_redfish();
        self.tick(Instant::now());
        started
    }

    pub fn stop_redfish(&self) {
        self.imc().redfish_runs = false;
        self.tick(Instant::now());
    }

    fn take_up_redfish(&self) -> Result<(), String> {
        let read = {
            let mut imc = self.imc();
            let read = service::read(&imc.files);
            imc.redfish_runs = read.is_ok();
            imc.sessions = Sessions::default();
            read
        };
        let in_force = read?;
        self.imc().redfish_hash = in_force.hash;
        if self.secrets().tls != in_force.tls {
            self.set_tls(in_force.tls);
        }
        Ok(())
    }

    /// Another certificate for Redfish: connections from now on see it.
    pub fn set_tls(&self, identity: TlsIdentity) {
        locked(&self.secrets).tls = identity;
        self.tls_changed.send_modify(|n| *n += 1);
    }

    /// What is kept of the IMC.
    pub fn kept(&self) -> KeptImc {
        let imc = self.imc();
        KeptImc {
            files: imc.files.clone(),
            trusted: imc.trusted.clone(),
            slot: imc.slot.clone(),
            boot_override: imc.boot_override,
            boot_options: imc.boot_options.clone(),
            clock_offset: imc.clock_offset,
            flashed: imc.flashed.clone(),
            up_since: imc.up_since,
            boots: imc.boots,
        }
    }

    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

fn set(gate: &watch::Sender<bool>, open: bool) {
    gate.send_if_modified(|now| std::mem::replace(now, open) != open);
}
