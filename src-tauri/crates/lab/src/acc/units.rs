//! Work in the background: `bootc upgrade` and `switch`, one at a time under bootc's lock, and the
//! transient systemd units around them.

use std::time::{Duration, Instant};

use slipway_core::bootc::{EXIT_FILE, PROGRESS_FILE, STDERR_FILE};

use super::{
    Acc, AccPhase, Said,
    bootc::{BootcError, UpdatePlan, UpdateRequest},
    progress::progress_lines,
    strikes,
};

/// What `systemctl is-active` says of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitState {
    Active,
    /// Never heard of, or ended and collected.
    Inactive,
}

/// One piece of work; ended ones stay until the OS goes down, so that who waits finds them.
pub(super) struct Unit {
    id: u64,
    /// `slipway-….service`; none where somebody waits for the command itself.
    name: Option<String>,
    /// Where the traces go (`/run/slipway/<job>`).
    dir: Option<String>,
    work: Work,
    /// What `--progress-fd` wrote so far.
    progress: String,
    said: Option<Said>,
}

enum Work {
    Update {
        request: UpdateRequest,
        asked: Instant,
        running: Option<Box<Running>>,
    },
    /// Something that the shell runs; it tells when it is over.
    Command,
}

struct Running {
    from: Instant,
    until: Instant,
    plan: Result<UpdatePlan, BootcError>,
    /// The digest, where something is pulled (also where that fails in the end).
    pulls: Option<String>,
}

impl Acc {
    /// Begins an update: at once, or when the one that holds bootc's lock has ended. With a
    /// `unit` it leaves its traces in the unit's folder. Answers with its number.
    pub fn begin_update(
        &mut self,
        now: Instant,
        request: UpdateRequest,
        unit: Option<(String, String)>,
    ) -> u64 {
        match &request {
            UpdateRequest::Upgrade { .. } => self.counters.upgrades += 1,
            UpdateRequest::Switch { .. } => self.counters.switches += 1,
        }
        let (name, dir) = unit.unzip();
        if let (Some(dir), Some(disk)) = (&dir, &mut self.disk) {
            disk.files.make_directories(dir);
            for file in ["stdout", STDERR_FILE, PROGRESS_FILE] {
                disk.put(&format!("{dir}/{file}"), b"");
            }
        }
        let work = Work::Update {
            request,
            asked: now,
            running: None,
        };
        let id = self.add_unit(name, dir, work);
        self.advance_units(now);
        id
    }

    /// A transient unit whose command the shell runs.
    pub fn begin_unit(&mut self, name: String) -> u64 {
        self.add_unit(Some(name), None, Work::Command)
    }

    /// The command of [`Acc::begin_unit`] is over.
    pub fn end_unit(&mut self, id: u64) {
        if let Some(unit) = self.units.iter_mut().find(|unit| unit.id == id) {
            unit.said = Some(Said::default());
        }
    }

    fn add_unit(&mut self, name: Option<String>, dir: Option<String>, work: Work) -> u64 {
        self.unit_ids += 1;
        self.units.push(Unit {
            id: self.unit_ids,
            name,
            dir,
            work,
            progress: String::new(),
            said: None,
        });
        self.unit_ids
    }

    /// How an update ended; `None` while it runs, and for ever where a reboot took it.
    #[must_use]
    pub fn update_result(&self, id: u64) -> Option<Said> {
        self.units.iter().find(|unit| unit.id == id)?.said.clone()
    }

    /// What an update's `--progress-fd` got.
    #[must_use]
    pub fn update_progress(&self, id: u64) -> String {
        let unit = self.units.iter().find(|unit| unit.id == id);
        unit.map(|unit| unit.progress.clone()).unwrap_or_default()
    }

    /// Whether the unit is known and running.
    #[must_use]
    pub fn unit_state(&self, name: &str) -> UnitState {
        let full = |given: &str| match given.contains('.') {
            true => given.to_owned(),
            false => format!("{given}.service"),
        };
        let active = self
            .units
            .iter()
            .any(|unit| unit.said.is_none() && unit.name.as_deref().map(full) == Some(full(name)));
        if active {
            UnitState::Active
        } else {
            UnitState::Inactive
        }
    }

    /// Whether some bootc command holds the sysroot lock, so that others wait.
    #[must_use]
    pub fn bootc_busy(&self) -> bool {
        self.units
            .iter()
            .any(|unit| unit.said.is_none() && matches!(unit.work, Work::Update { .. }))
    }

    pub(super) fn unit_due(&self) -> Option<Instant> {
        let running = self.units.iter().filter(|unit| unit.said.is_none());
        running
            .filter_map(|unit| match &unit.work {
                Work::Update { running, asked, .. } => {
                    Some(running.as_ref().map_or(*asked, |running| running.until))
                }
                Work::Command => None,
            })
            .min()
    }

    pub(super) fn advance_units(&mut self, now: Instant) {
        let mut free_at = None;
        let mut units = std::mem::take(&mut self.units);
        for unit in &mut units {
            let Work::Update {
                request,
                asked,
                running,
            } = &mut unit.work
            else {
                continue;
            };
            if let Some(running) = running.as_ref().filter(|_| unit.said.is_some()) {
                free_at = Some(running.until);
                continue;
            }
            let running = running.get_or_insert_with(|| {
                let from = free_at.map_or(*asked, |free: Instant| free.max(*asked));
                Box::new(self.start(request, from))
            });
            let (from, until) = (running.from, running.until);
            // An update that fails does so in the middle of the pull.
            let part =
                part_of(now, from, until) * if running.plan.is_ok() { 1000 } else { 400 } / 1000;
            let outcome = (until <= now).then(|| self.outcome(request, &running.plan, until));
            if let Some(digest) = &running.pulls {
                unit.progress = progress_lines(digest, part);
            }
            if let (Some(dir), Some(disk)) = (&unit.dir, &mut self.disk) {
                disk.put(&format!("{dir}/{PROGRESS_FILE}"), unit.progress.as_bytes());
                if let Some(said) = &outcome {
                    disk.put(&format!("{dir}/stdout"), said.stdout.as_bytes());
                    disk.put(&format!("{dir}/{STDERR_FILE}"), said.stderr.as_bytes());
                    let exit = format!("{}\n", said.exit);
                    disk.put(&format!("{dir}/{EXIT_FILE}"), exit.as_bytes());
                }
            }
            unit.said = outcome;
            if unit.said.is_none() {
                break;
            }
            free_at = Some(until);
        }
        self.units = units;
    }

    /// Asks the registry, and knows by that how long it will take.
    fn start(&mut self, request: &UpdateRequest, from: Instant) -> Running {
        let full = self.setup.timings.update;
        let Some(disk) = &self.disk else {
            let plan = Err(BootcError::Injected("System not booted via bootc".into()));
            return Running {
                from,
                until: from,
                plan,
                pulls: None,
            };
        };
        let plan = disk.bootc.plan(request, &self.setup.images);
        let pulls = match &plan {
            Ok(UpdatePlan::Pull { image, .. }) => Some(image.digest.clone()),
            Ok(UpdatePlan::Unchanged(_)) | Err(_) => None,
        };
        let (plan, takes) = match plan {
            Ok(UpdatePlan::Pull { .. }) => match self.injected(request) {
                Some(error) => (Err(error), full / 2),
                None => (plan, full),
            },
            // The registry was asked, and that was all.
            Ok(UpdatePlan::Unchanged(_)) | Err(_) => {
                (plan, (full / 20).min(Duration::from_millis(500)))
            }
        };
        Running {
            from,
            until: from + takes,
            plan,
            pulls,
        }
    }

    fn injected(&mut self, request: &UpdateRequest) -> Option<BootcError> {
        if !strikes(&mut self.faults.update_fails) {
            return None;
        }
        let message = &self.faults.update_message;
        let doing = match request {
            UpdateRequest::Upgrade { .. } => "Upgrading",
            UpdateRequest::Switch { .. } => "Switching",
        };
        let message = if message.is_empty() {
            "Pulling: Insufficient free space for 20.98 MB (available: 3.1 MB required: 272.63 MB)"
        } else {
            message
        };
        Some(BootcError::Injected(format!("{doing}: {message}")))
    }

    /// The end of an update.
    fn outcome(
        &mut self,
        request: &UpdateRequest,
        plan: &Result<UpdatePlan, BootcError>,
        at: Instant,
    ) -> Said {
        let (image, download_only) = match plan {
            Err(error) => return Said::error(error),
            Ok(UpdatePlan::Unchanged(words)) => return Said::fine(*words),
            Ok(UpdatePlan::Pull {
                image,
                download_only,
            }) => (image.clone(), *download_only),
        };
        let image = match strikes(&mut self.faults.wrong_digest_booted) {
            true => super::install::another(&self.setup, image),
            false => image,
        };
        let Some(disk) = &mut self.disk else {
            return Said::default();
        };
        let words = disk.bootc.stage(image, download_only);
        let apply = match request {
            UpdateRequest::Upgrade { apply, .. } | UpdateRequest::Switch { apply, .. } => *apply,
        };
        if apply {
            // The trap of `--apply` over SSH: the waiting process holds the lock, nothing is
            // finalized, and the old image boots again.
            disk.bootc.staged = None;
            if matches!(self.phase, AccPhase::Running { .. }) {
                self.reboot(at);
            }
        }
        Said::fine(words)
    }
}

/// 0 to 1000.
fn part_of(now: Instant, from: Instant, until: Instant) -> u64 {
    let whole = until.saturating_duration_since(from).as_micros().max(1);
    let gone = now.saturating_duration_since(from).as_micros();
    u64::try_from((gone * 1000 / whole).min(1000)).unwrap_or(1000)
}
