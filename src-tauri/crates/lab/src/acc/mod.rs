//! The simulated Arm Compute Complex: its power, what is installed on it, and time passing.
//!
//! Not here: shells and SSH ([`crate::shell`], [`crate::ssh`]). An [`Acc`] is a plain value that
//! moves only when it is told the time ([`Acc::tick`]); the card drives it and opens or closes the
//! SSH port as [`Acc::reachable`] and [`Acc::generation`] say.

mod bootc;
mod disk;
mod greenboot;
mod install;
mod progress;
mod units;

#[cfg(test)]
mod tests;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

pub use bootc::{Bootc, BootcError, Entry, Said, UpdateRequest};
pub use disk::{AUTHORIZED_KEYS, Disk, HOST_KEY};
pub use greenboot::Grub;
pub use install::InstallFault;
pub use units::UnitState;

use crate::{config::Timings, files::Files, image::ImageStore};

/// What an ACC is made with, and keeps for life.
#[derive(Clone)]
pub struct AccSetup {
    /// `dpu-01`: the host name of an OS that was installed without another.
    pub name: String,
    /// Accepted for `root` on an OS whose kickstart did not lock the password.
    pub password: String,
    pub timings: Timings,
    /// What bootc pulls from.
    pub images: Arc<ImageStore>,
}

/// What the ACC does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccPhase {
    /// No power, or nothing that boots.
    Off,
    /// Anaconda runs; no SSH.
    Installer {
        until: Instant,
    },
    /// The installed OS comes up; no SSH yet.
    Booting {
        until: Instant,
    },
    Running {
        since: Instant,
    },
}

/// What the ACC boots when it gets power.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BootFrom {
    Disk,
    /// The ISO file that the IMC fetched.
    Iso(PathBuf),
}

/// Faults that show on the ACC. The counted ones wear off as they strike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccFaults {
    /// So many installs or updates end on another image than was asked for.
    pub wrong_digest_booted: u32,
    /// So many times, greenboot's checks fail on the image that is booted, until it falls back.
    pub greenboot_fails: u32,
    /// The OS runs, but its SSH port is closed.
    pub silent: bool,
    /// So many `bootc upgrade` or `switch` end with this error.
    pub update_fails: u32,
    /// bootc's reason; a default where it is empty.
    pub update_message: String,
}

/// Effects that were seen, for "no effect repeated" tests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccCounters {
    /// Installs that came to their end.
    pub installs: u64,
    /// Reboots asked for inside (`systemctl reboot`); greenboot's own are not counted.
    pub reboots: u64,
    /// Times that the OS came up, for whatever reason.
    pub boots: u64,
    /// `bootc upgrade` commands begun, checks excluded.
    pub upgrades: u64,
    pub switches: u64,
    /// `bootc rollback` commands that succeeded.
    pub rollbacks: u64,
}

/// An ACC.
pub struct Acc {
    setup: AccSetup,
    phase: AccPhase,
    /// Power or OS start, for the uptime.
    started: Instant,
    disk: Option<Disk>,
    installing: Option<install::InstallPlan>,
    boot_id: String,
    units: Vec<units::Unit>,
    reboot_at: Option<Instant>,
    greenboot_due: Option<Instant>,
    generation: u64,
    unit_ids: u64,
    broken: Option<String>,
    counters: AccCounters,
    pub faults: AccFaults,
}

/// What of an ACC outlives the lab's process: the disk. The lab boots it again at start.
#[derive(Clone, Serialize, Deserialize)]
pub struct SavedAcc {
    pub disk: Option<Disk>,
    pub counters: AccCounters,
    pub running: bool,
}

impl Acc {
    /// An ACC without power and with an empty disk.
    #[must_use]
    pub fn new(setup: AccSetup, now: Instant) -> Self {
        Self {
            setup,
            phase: AccPhase::Off,
            started: now,
            disk: None,
            installing: None,
            boot_id: String::new(),
            units: Vec::new(),
            reboot_at: None,
            greenboot_due: None,
            generation: 0,
            unit_ids: 0,
            broken: None,
            counters: AccCounters::default(),
            faults: AccFaults::default(),
        }
    }

    /// As it was when it was saved; an OS that ran runs again, freshly booted.
    #[must_use]
    pub fn restored(setup: AccSetup, saved: SavedAcc, now: Instant) -> Self {
        let mut acc = Self::new(setup, now);
        acc.counters = saved.counters;
        acc.disk = saved.disk;
        if saved.running {
            acc.run_now(now);
        }
        acc
    }

    #[must_use]
    pub fn save(&self) -> SavedAcc {
        SavedAcc {
            disk: self.disk.clone(),
            counters: self.counters.clone(),
            running: !matches!(self.phase, AccPhase::Off),
        }
    }

    /// Installs a version of the lab image at once and runs it, green: for fleets that exist.
    ///
    /// # Errors
    /// [`BootcError`] where the lab has no such version.
    pub fn preinstall(&mut self, version: &str, now: Instant) -> Result<(), BootcError> {
        let image = self.setup.images.image(version)?;
        self.disk = Some(Disk::preinstalled(&self.setup, image));
        self.run_now(now);
        Ok(())
    }

    /// The state after greenboot sent a card back: runs `booted`, the bad version is its rollback
    /// entry, the boot counter says so.
    ///
    /// # Errors
    /// [`BootcError`] where the lab has no such version.
    pub fn preinstall_fallen_back(
        &mut self,
        booted: &str,
        bad: &str,
        now: Instant,
    ) -> Result<(), BootcError> {
        let images = Arc::clone(&self.setup.images);
        self.preinstall(booted, now)?;
        if let Some(disk) = &mut self.disk {
            disk.bootc.fall_back_from(images.image(bad)?);
            disk.grub.fell_back();
        }
        Ok(())
    }

    /// The power goes: whatever runs stops here, unfinished work is lost.
    pub fn power_cut(&mut self) {
        self.phase = AccPhase::Off;
        self.installing = None;
        self.stop_os();
    }

    /// The power comes. An ISO that can't be read or can't boot here leaves the ACC off, with the
    /// reason in [`Acc::broken`].
    pub fn power_on(&mut self, now: Instant, from: BootFrom) {
        self.power_cut();
        self.started = now;
        self.broken = None;
        match from {
            BootFrom::Disk if self.disk.is_some() => {
                if let Some(disk) = &mut self.disk {
                    disk.choose_entry(false);
                }
                self.phase = AccPhase::Booting {
                    until: now + self.setup.timings.acc_boot,
                };
            }
            // An empty disk: UEFI finds nothing to start, and that is no hardware fault.
            BootFrom::Disk => {}
            BootFrom::Iso(path) => match install::plan(&path) {
                Ok(plan) => {
                    self.installing = Some(plan);
                    self.phase = AccPhase::Installer {
                        until: now + self.setup.timings.installer,
                    };
                }
                Err(fault) => self.broken = Some(chain(&fault)),
            },
        }
    }

    /// Lets everything happen that is due by `now`. Call before reading anything.
    pub fn tick(&mut self, now: Instant) {
        loop {
            match self.phase {
                AccPhase::Installer { until } if until <= now => self.finish_install(until),
                AccPhase::Booting { until } if until <= now => self.come_up(until),
                AccPhase::Running { .. } => {
                    self.advance_units(now);
                    if let Some(at) = self.reboot_at.filter(|at| *at <= now) {
                        self.go_down_and_boot(at);
                    } else if let Some(at) = self.greenboot_due.filter(|at| *at <= now) {
                        self.greenboot_verdict(at);
                    } else {
                        return;
                    }
                }
                AccPhase::Off | AccPhase::Installer { .. } | AccPhase::Booting { .. } => return,
            }
        }
    }

    /// When [`Acc::tick`] has something to do next.
    #[must_use]
    pub fn next_change(&self) -> Option<Instant> {
        match self.phase {
            AccPhase::Off => None,
            AccPhase::Installer { until } | AccPhase::Booting { until } => Some(until),
            AccPhase::Running { .. } => [self.reboot_at, self.greenboot_due, self.unit_due()]
                .into_iter()
                .flatten()
                .min(),
        }
    }

    /// `systemctl reboot`: answers first, goes down a moment later.
    pub fn reboot(&mut self, now: Instant) {
        if !matches!(self.phase, AccPhase::Running { .. }) || self.reboot_at.is_some() {
            return;
        }
        self.counters.reboots += 1;
        let moment = self.setup.timings.acc_boot / 4;
        self.reboot_at =
            Some(now + moment.clamp(Duration::from_millis(30), Duration::from_secs(1)));
    }

    #[must_use]
    pub fn phase(&self) -> AccPhase {
        self.phase
    }

    /// Whether the SSH port takes connections.
    #[must_use]
    pub fn reachable(&self) -> bool {
        matches!(self.phase, AccPhase::Running { .. }) && !self.faults.silent
    }

    /// Changes whenever the OS goes down: sessions of an older generation are dead.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Why nothing booted: what makes `Systems/1` say Critical.
    #[must_use]
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    #[must_use]
    pub fn counters(&self) -> &AccCounters {
        &self.counters
    }

    /// What is installed; the shell works on it.
    #[must_use]
    pub fn disk(&self) -> Option<&Disk> {
        self.disk.as_ref()
    }

    pub fn disk_mut(&mut self) -> Option<&mut Disk> {
        self.disk.as_mut()
    }

    /// The files of the running OS.
    pub fn files_mut(&mut self) -> Option<&mut Files> {
        self.disk.as_mut().map(|disk| &mut disk.files)
    }

    /// Of this boot; empty while nothing runs.
    #[must_use]
    pub fn boot_id(&self) -> &str {
        &self.boot_id
    }

    #[must_use]
    pub fn uptime(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }

    /// A `bootc rollback` succeeded.
    pub fn count_rollback(&mut self) {
        self.counters.rollbacks += 1;
    }

    #[must_use]
    pub fn setup(&self) -> &AccSetup {
        &self.setup
    }

    /// What `bootc status --format json` prints; of a card without OS, an empty text.
    #[must_use]
    pub fn bootc_status_json(&self) -> String {
        self.disk
            .as_ref()
            .map(|disk| disk.bootc.status_json().to_string())
            .unwrap_or_default()
    }

    fn run_now(&mut self, now: Instant) {
        if self.disk.is_some() {
            self.come_up(now);
            self.greenboot_due = None;
            if let Some(disk) = &mut self.disk {
                disk.grub.settle();
            }
        }
    }

    /// What a going-down OS loses, whatever the reason.
    fn stop_os(&mut self) {
        self.generation += 1;
        self.units.clear();
        self.reboot_at = None;
        self.greenboot_due = None;
        self.boot_id.clear();
        if let Some(disk) = &mut self.disk {
            for volatile in ["/run", "/tmp"] {
                disk.files.remove_all(volatile);
                disk.files.make_directories(volatile);
            }
        }
    }

    /// An orderly way down, so what is staged becomes what boots.
    fn go_down_and_boot(&mut self, at: Instant) {
        self.stop_os();
        if let Some(disk) = &mut self.disk {
            disk.choose_entry(true);
        }
        self.started = at;
        self.phase = AccPhase::Booting {
            until: at + self.setup.timings.acc_boot,
        };
    }

    fn come_up(&mut self, at: Instant) {
        self.counters.boots += 1;
        self.boot_id = uuid::Uuid::new_v4().to_string();
        self.phase = AccPhase::Running { since: at };
        self.greenboot_due = Some(at + self.setup.timings.greenboot);
        if let Some(disk) = &mut self.disk {
            disk.first_boot(&self.setup);
        }
    }

    fn finish_install(&mut self, at: Instant) {
        let Some(plan) = self.installing.take() else {
            self.phase = AccPhase::Off;
            return;
        };
        let wrong = strikes(&mut self.faults.wrong_digest_booted);
        match install::carry_out(plan, &self.setup, wrong) {
            Ok(disk) => {
                self.disk = Some(disk);
                self.counters.installs += 1;
                self.started = at;
                self.phase = AccPhase::Booting {
                    until: at + self.setup.timings.acc_boot,
                };
            }
            Err(fault) => {
                self.broken = Some(chain(&fault));
                self.phase = AccPhase::Off;
            }
        }
    }
}

/// Uses up one strike of a counted fault.
fn strikes(count: &mut u32) -> bool {
    let strikes = *count > 0;
    *count = count.saturating_sub(1);
    strikes
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
