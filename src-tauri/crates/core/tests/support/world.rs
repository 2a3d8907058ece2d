//! The simulated card: what its IMC and its ACC are doing, what has been done to them, and what
//! happens to them as time passes.

use std::collections::{BTreeMap, HashMap, HashSet};

use slipway_core::{
    dpu::ImcIdentity,
    ids::JobId,
    image::ImageDigest,
    ports::{BootOverride, BootOverrideEnabled, TaskState, VirtualMedia},
    trust::Fingerprint,
};

use super::{
    EDGE, STABLE, START, digest,
    firmware::Container,
    key,
    parts::{Download, Effects, Entry, Event, Faults, Pace, System},
    redfish_setup::Redfish,
};

/// Where the IMC keeps what it downloads.
pub const MEDIA_FILE: &str = "/mnt/imc/acc-os.iso";

pub struct World {
    pub now: i64,
    pub effects: Effects,
    pub faults: Faults,
    pub pace: Pace,
    events: BTreeMap<(i64, u64), Event>,
    counter: u64,
    // The IMC.
    pub identity: ImcIdentity,
    pub imc_hostname: String,
    pub imc_booted_at: i64,
    /// Milliseconds by which its clock is ahead.
    pub imc_clock: i64,
    pub files: BTreeMap<String, String>,
    pub redfish: Redfish,
    pub slot: VirtualMedia,
    pub downloads: Vec<Download>,
    pub boot_override: BootOverride,
    // The ACC.
    /// `cfg_boot_options`.
    pub boot_options: BTreeMap<String, String>,
    // The DPU host.
    pub driver_loaded: bool,
    pub host_on: bool,
    /// Jobs on its other cards.
    pub others_in_server: Vec<(JobId, String)>,
    /// A unit that runs a container, and when that ends.
    pub host_unit: Option<(String, i64)>,
    pub acc_up_at: i64,
    pub boot_id: u32,
    pub system: Option<System>,
    pub pinned: Option<Fingerprint>,
    pub run_files: HashMap<String, String>,
    /// On the ACC's disk, with their modes.
    pub acc_files: HashMap<String, (String, String)>,
    pub huge_pages: u32,
    pub microshift_at: Option<i64>,
    pub registered: bool,
    /// What was written on this machine.
    pub kubeconfig: Option<(String, String)>,
    pub unit: Option<String>,
    // The world around.
    /// The job that has this machine's port to the card.
    pub network: Option<String>,
    /// What podman has on this machine.
    pub container: Option<Container>,
    /// What was flashed, and when that was done: it counts from the next cold boot on.
    pub flashed: Option<(String, i64)>,
    pub registry: HashMap<String, ImageDigest>,
    pub published: HashSet<String>,
    /// The nonce and the key that the published ISO carries.
    pub overlay: Option<(String, Fingerprint)>,
}

impl World {
    /// A card that has run image `a` for a day, with `b` to be had.
    pub fn new() -> Self {
        let booted = Some(Entry::new(STABLE, 'a'));
        let (redfish, files) = Redfish::set_up();
        Self {
            now: START,
            effects: Effects::default(),
            faults: Faults::default(),
            pace: Pace {
                download: 3_000,
                reset_shows: 1_500,
                imc_boot: 5_000,
                install: 8_000,
                acc_boot: 3_000,
                reboot_shows: 1_500,
                update: 2_000,
                health_checks: 2_000,
            },
            events: BTreeMap::new(),
            counter: 0,
            identity: ImcIdentity {
                service_name: "Intel IPU Redfish Service".into(),
                is_ipu: true,
                firmware: Some("MEV-HW-B1-ci-ts.release.2.0.0.11126".into()),
                firmware_release: Some("2.0.0".into()),
                ..ImcIdentity::default()
            },
            imc_hostname: "ipu-imc\n".into(),
            imc_booted_at: START - 86_400_000,
            imc_clock: 0,
            files: files.into(),
            redfish,
            slot: VirtualMedia {
                image_name: None,
                inserted: false,
            },
            downloads: Vec::new(),
            boot_override: BootOverride {
                enabled: BootOverrideEnabled::Continuous,
                target: "RemoteDrive".into(),
            },
            boot_options: [
                ("init_app_acc_nboot_net_name", "none"),
                ("init_app_acc_nboot_stage", "1"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            driver_loaded: true,
            host_on: true,
            others_in_server: vec![],
            host_unit: None,
            acc_up_at: START - 86_000_000,
            boot_id: 1,
            system: Some(System {
                host_key: key('O'),
                nonce: None,
                booted,
                staged: None,
                rollback: None,
                rollback_queued: false,
                grubenv: "boot_success=1".into(),
            }),
            pinned: Some(key('O')),
            run_files: HashMap::new(),
            acc_files: HashMap::new(),
            huge_pages: 0,
            microshift_at: None,
            registered: false,
            kubeconfig: None,
            unit: None,
            network: None,
            container: None,
            flashed: None,
            registry: HashMap::from([(STABLE.into(), digest('b')), (EDGE.into(), digest('c'))]),
            published: HashSet::new(),
            overlay: None,
        }
    }

    pub fn system(&mut self) -> &mut System {
        self.system
            .as_mut()
            .expect("this test's card runs something")
    }

    pub fn booted(&self) -> Option<ImageDigest> {
        Some(self.system.as_ref()?.booted.as_ref()?.digest.clone())
    }

    pub fn after(&mut self, millis: i64, event: Event) {
        self.counter += 1;
        self.events.insert((self.now + millis, self.counter), event);
    }

    /// Lets happen what is due by then.
    pub fn settle(&mut self, now: i64) {
        while let Some(first) = self.events.first_entry() {
            if first.key().0 > now {
                break;
            }
            let ((at, _), event) = first.remove_entry();
            self.now = at;
            self.happen(event);
        }
        self.now = now;
    }

    /// The process that served the ISO dies, and every transfer from it breaks off.
    pub fn server_dies(&mut self) {
        self.published.clear();
        for index in 0..self.downloads.len() {
            self.after(700, Event::DownloadBreaks(index));
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::DownloadEnds(index) => self.download_ends(index),
            Event::DownloadBreaks(index) => {
                if let Some(download) = self.downloads.get_mut(index)
                    && download.state == TaskState::Running
                {
                    let words =
                        "Virtual Media insert failed: Data transfer failed: Connection reset";
                    download.state = TaskState::Failed(words.into());
                }
            }
            Event::ImcResets => self.imc_resets(),
            Event::AccReboots => self.acc_reboots(),
            Event::HostPower(false) => self.host_on = false,
            Event::HostPower(true) => {
                self.host_on = true;
                self.cold_boots();
            }
            Event::ColdBoots => self.cold_boots(),
            Event::UpdateEnds { unit, dir, argv } => self.update_ends(&unit, &dir, &argv),
            Event::GreenbootFallsBack => {
                let system = self.system();
                std::mem::swap(&mut system.booted, &mut system.rollback);
                system.grubenv = "boot_counter=-1\nboot_success=1".into();
                self.boots(self.pace.acc_boot);
            }
        }
    }

    fn download_ends(&mut self, index: usize) {
        let fails = self.faults.task_fails.take();
        let Some(download) = self.downloads.get_mut(index) else {
            return;
        };
        if download.state != TaskState::Running {
            return;
        }
        if let Some(words) = fails {
            download.state = TaskState::Failed(words);
        } else if self.published.contains(&download.token) {
            download.state = TaskState::Completed;
            let name = self
                .faults
                .slot_shows
                .clone()
                .unwrap_or_else(|| download.file.clone());
            self.slot = VirtualMedia {
                image_name: Some(name),
                inserted: true,
            };
            self.files.insert(MEDIA_FILE.into(), "2000000000".into());
        } else {
            download.state = TaskState::Failed("Virtual Media insert failed: HTTP 404".into());
        }
    }

    /// Whether a command still gets through.
    pub fn hears(&mut self) -> bool {
        match &mut self.faults.silent_after {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    fn boots(&mut self, takes: i64) {
        self.boot_id += 1;
        self.acc_up_at = self.now + takes;
        self.run_files.clear();
        self.unit = None;
    }

    fn imc_resets(&mut self) {
        let back = self.now + self.pace.imc_boot;
        self.imc_booted_at = back;
        self.downloads.clear();
        if self.faults.recovery_after_reset {
            self.imc_hostname = "ipu-recovery\n".into();
        }
        let from_cd = self.boot_override.target == "Cd" && !self.faults.override_lost;
        if self.boot_override.enabled == BootOverrideEnabled::Once {
            self.boot_override = BootOverride {
                enabled: BootOverrideEnabled::Disabled,
                target: "None".into(),
            };
        }
        let installs = from_cd && self.slot.inserted && !self.faults.installer_does_nothing;
        match self.overlay.clone() {
            Some((nonce, host_key)) if installs => {
                let iso = Entry::new(STABLE, 'b');
                self.system = Some(System {
                    host_key,
                    nonce: Some(nonce),
                    booted: Some(self.faults.boots_instead.clone().unwrap_or(iso)),
                    staged: None,
                    rollback: None,
                    rollback_queued: false,
                    grubenv: "boot_success=1".into(),
                });
                self.boots(self.pace.imc_boot + self.pace.install);
            }
            Some(_) | None => self.boots(self.pace.imc_boot + self.pace.acc_boot),
        }
    }

    /// The server was without power, and the card with it.
    pub fn cold_boots(&mut self) {
        if let Some((version, done)) = self.flashed.take() {
            assert!(done <= self.now, "a flash was cut off: the card is lost");
            self.has_firmware(&version);
        }
        self.imc_resets();
    }

    /// As `/etc/issue.net` and Redfish show it.
    pub fn has_firmware(&mut self, version: &str) {
        let firmware = format!("MEV-HW-B1-ci-ts.release.{version}");
        let release = version.split('.').take(3).collect::<Vec<_>>().join(".");
        let issue = format!("Intel IPU IMC {firmware}\nVersion: {release}\n");
        self.files.insert("/etc/issue.net".into(), issue);
        self.identity.firmware = Some(firmware);
        self.identity.firmware_release = Some(release);
    }

    fn acc_reboots(&mut self) {
        let instead = self.faults.boots_instead.clone();
        let system = self.system();
        system.grubenv = "boot_success=1".into();
        if system.staged.as_ref().is_some_and(|staged| !staged.locked) {
            system.rollback = std::mem::replace(&mut system.booted, system.staged.take());
        } else if system.rollback_queued {
            std::mem::swap(&mut system.booted, &mut system.rollback);
        }
        system.rollback_queued = false;
        if instead.is_some() {
            system.booted = instead;
        }
        self.boots(self.pace.acc_boot);
        if self.faults.unhealthy.is_some() && self.faults.unhealthy == self.booted() {
            self.system().grubenv = "boot_counter=2\nboot_success=0".into();
            self.after(
                self.pace.acc_boot + self.pace.health_checks,
                Event::GreenbootFallsBack,
            );
        }
    }

    fn update_ends(&mut self, unit: &str, dir: &str, argv: &[String]) {
        if self.unit.as_deref() != Some(unit) {
            return;
        }
        self.unit = None;
        let mut exit = "0\n";
        if let Some(words) = self.faults.update_fails.clone() {
            exit = "1\n";
            self.run_files.insert(format!("{dir}/stderr"), words);
        } else {
            let followed = self
                .system()
                .booted
                .as_ref()
                .map(|entry| entry.reference.clone());
            let wanted = if argv[1] == "switch" {
                argv.last().cloned()
            } else {
                followed
            };
            let reference = wanted.expect("a reference");
            let digest = self.registry[&reference].clone();
            if self.booted().as_ref() != Some(&digest) {
                self.system().staged = Some(Entry {
                    reference,
                    digest,
                    locked: false,
                });
                self.system().rollback_queued = false;
            }
        }
        self.run_files.insert(format!("{dir}/exit"), exit.into());
    }
}
