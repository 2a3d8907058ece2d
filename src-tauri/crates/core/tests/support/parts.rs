//! What the simulated card is made of, what can be made to go wrong with it, and the counters of
//! what was done to it.

use std::collections::{HashMap, HashSet, VecDeque};

use slipway_core::{
    image::ImageDigest,
    ports::{BmcError, CommandOutput, RemoteError, TaskState},
    trust::Fingerprint,
};

use super::digest;

/// Every effect, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    pub inserts: u32,
    pub ejects: u32,
    pub override_sets: u32,
    pub resets: u32,
    pub reboots: u32,
    pub rollbacks: u32,
    pub update_starts: u32,
    pub trust_writes: u32,
    pub clock_sets: u32,
    /// Files but certificates, and Slipway's own record of them.
    pub imc_writes: u32,
    pub option_sets: u32,
    pub passwords_set: u32,
    pub certificates_issued: u32,
    pub certificate_writes: u32,
    pub certificates_pinned: u32,
    pub redfish_restarts: u32,
    pub driver_unloads: u32,
    pub driver_loads: u32,
    /// Files on the ACC.
    pub acc_writes: u32,
    /// By the ACC, of what a plan names.
    pub fetches: u32,
    pub registrations: u32,
    pub microshift_starts: u32,
    pub containers: u32,
    /// Of this machine's port to the card.
    pub network_set_ups: u32,
    pub network_take_backs: u32,
    /// Containers that were started to flash.
    pub flashes: u32,
    /// Of the server that the card is in.
    pub host_offs: u32,
    pub host_ons: u32,
    pub host_cycles: u32,
    pub partial_removals: u32,
    /// Times a login was refused: asking again locks accounts.
    pub refused_logins: u32,
    // From here on repeating changes nothing.
    pub trust_updates: u32,
    pub publishes: u32,
    pub unpublishes: u32,
    pub pins_accepted: u32,
    pub unit_stops: u32,
    pub kubeconfigs_kept: u32,
}

impl Effects {
    /// Only those that must never be repeated.
    pub fn lasting(&self) -> Self {
        Self {
            trust_updates: 0,
            publishes: 0,
            unpublishes: 0,
            pins_accepted: 0,
            certificates_pinned: 0,
            redfish_restarts: 0,
            unit_stops: 0,
            kubeconfigs_kept: 0,
            ..self.clone()
        }
    }
}

/// A Redfish call, to make it fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    Identify,
    VirtualMedia,
    Insert,
    Task,
    Tasks,
    Eject,
    Override,
    SetOverride,
    Reset,
}

/// What will happen to the card by itself.
#[derive(Debug, Clone)]
pub enum Event {
    DownloadEnds(usize),
    DownloadBreaks(usize),
    /// The IMC restarts, its ACC with it.
    ImcResets,
    AccReboots,
    /// The server is off, or on again.
    HostPower(bool),
    /// The server was off for a moment.
    ColdBoots,
    UpdateEnds {
        unit: String,
        dir: String,
        argv: Vec<String>,
    },
    GreenbootFallsBack,
}

/// How long things take, in milliseconds.
#[derive(Debug, Clone)]
pub struct Pace {
    pub download: i64,
    pub reset_shows: i64,
    pub imc_boot: i64,
    pub install: i64,
    pub acc_boot: i64,
    pub reboot_shows: i64,
    pub update: i64,
    pub health_checks: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub reference: String,
    pub digest: ImageDigest,
    pub locked: bool,
}

impl Entry {
    pub fn new(reference: &str, letter: char) -> Self {
        Self {
            reference: reference.into(),
            digest: digest(letter),
            locked: false,
        }
    }
}

/// What runs on the ACC.
#[derive(Debug, Clone)]
pub struct System {
    pub host_key: Fingerprint,
    pub nonce: Option<String>,
    pub booted: Option<Entry>,
    pub staged: Option<Entry>,
    pub rollback: Option<Entry>,
    pub rollback_queued: bool,
    pub grubenv: String,
}

pub struct Download {
    pub file: String,
    pub token: String,
    pub state: TaskState,
}

/// What goes wrong. Everything off by default.
#[derive(Default)]
pub struct Faults {
    /// The next answers of a call, one by one.
    pub next: HashMap<Call, VecDeque<BmcError>>,
    /// The answer of a call for ever.
    pub always: HashMap<Call, BmcError>,
    /// The call has its effect, and its answer gets lost. Once.
    pub lost_answer: HashSet<Call>,
    pub imc_shell: Option<RemoteError>,
    pub acc: Option<RemoteError>,
    /// What a command says instead, by its first words.
    pub imc_says: HashMap<&'static str, CommandOutput>,
    pub acc_says: HashMap<&'static str, CommandOutput>,
    pub task_fails: Option<String>,
    pub slot_shows: Option<String>,
    pub override_hidden: bool,
    pub override_lost: bool,
    pub recovery_after_reset: bool,
    pub installer_does_nothing: bool,
    /// The ACC boots this instead of what it should.
    pub boots_instead: Option<Entry>,
    /// greenboot goes back from this image.
    pub unhealthy: Option<ImageDigest>,
    pub update_fails: Option<String>,
    pub update_leaves_no_trace: bool,
    pub registry: Option<String>,
    /// `bootc status` waits for a lock that is never given up.
    pub status_hangs: bool,
    /// The IMC restarts a second into every download.
    pub restarts_in_download: bool,
    /// After so many more commands to IMC, ACC and host nobody hears us: as if we died in between.
    pub silent_after: Option<u32>,
    /// The host's driver does what the word says: `keeps` what is loaded, or has `no-device`.
    pub driver: Option<&'static str>,
    pub rhc_refuses: bool,
    /// This machine's port does what the word says: `forbidden`, `vanishes`, or can't be `taken-back`.
    pub network: Option<&'static str>,
    pub never_healthy: bool,
    /// The flash does what the word says: `no-podman`, `not-started`, `fails`, writes
    /// `other-version`; or the server's BMC `only-cycles`.
    pub flash: Option<&'static str>,
}
