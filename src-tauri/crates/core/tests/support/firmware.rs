//! What flashes the simulated card: podman on this machine, and the BMC of the server that it is in.

use async_trait::async_trait;
use slipway_core::{
    command::CommandLine,
    containers::{ContainerStanding, Containers},
    failure::{FailureKind, StepError},
    inventory::{Inventory, MediaSlotInfo, SystemInfo},
    ports::{BmcError, BootOverride, Controller, Crawl, TaskUri},
};

use super::{Event, access::Sim};

pub const SYSTEM: &str = "/redfish/v1/Systems/1";
/// What the flash takes, in milliseconds.
pub const FLASH_TAKES: i64 = 6_000;
const POWER_TAKES: i64 = 2_000;

/// The container of a flash.
#[derive(Debug, Clone, Default)]
pub struct Container {
    pub name: String,
    pub label: String,
    /// What it flashes.
    pub version: String,
    /// When it was started.
    pub started: Option<i64>,
}

pub struct FakeContainers(pub Sim);

fn no(message: &str) -> StepError {
    StepError::new(FailureKind::Local, message)
}

#[async_trait]
impl Containers for FakeContainers {
    async fn version(&self) -> Result<String, StepError> {
        match self.0.world().faults.flash {
            Some("no-podman") => Err(no("podman is not installed")),
            Some(_) | None => Ok("podman 4.3.1".into()),
        }
    }
    async fn has_image(&self, _image: &str) -> Result<bool, StepError> {
        Ok(false)
    }
    async fn look(&self, name: &str) -> Result<ContainerStanding, StepError> {
        let world = self.0.world();
        let Some(container) = world.container.as_ref().filter(|it| it.name == name) else {
            return Ok(ContainerStanding::None);
        };
        let exit = i64::from(world.faults.flash == Some("fails")) * 3;
        Ok(match container.started {
            None => ContainerStanding::Created,
            Some(at) if world.now < at + FLASH_TAKES => ContainerStanding::Runs,
            Some(_) => ContainerStanding::Ended { exit },
        })
    }
    async fn running(&self, label: &str) -> Result<Vec<String>, StepError> {
        let world = self.0.world();
        let runs = |it: &&Container| {
            it.label == label
                && it
                    .started
                    .is_some_and(|at| world.now < at.saturating_add(FLASH_TAKES))
        };
        let ours = world.container.as_ref();
        // Another desk began one while ours was being made.
        let other = world.faults.flash == Some("another-runs") && ours.is_some();
        let other = other.then(|| "slipway-firmware-other".to_owned());
        Ok(ours
            .filter(runs)
            .map(|it| it.name.clone())
            .into_iter()
            .chain(other)
            .collect())
    }
    async fn create(&self, line: &CommandLine) -> Result<(), StepError> {
        let mut world = self.0.world();
        assert!(
            world.container.is_none(),
            "podman would refuse a second one"
        );
        let argv: Vec<&str> = line.argv().iter().map(String::as_str).collect();
        assert_eq!(argv[..3], ["podman", "create", "--name"]);
        assert_eq!(argv[4..6], ["--label", "io.slipway.flashes=imc-01.lab"]);
        let image = argv
            .iter()
            .position(|word| word.contains("@sha256:"))
            .unwrap();
        assert_eq!(
            argv[image + 1..argv.len() - 1],
            [
                "--dpu-type",
                "ipu",
                "--imc-address",
                "imc-01.lab",
                "firmware",
                "up",
                "--version"
            ]
        );
        world.container = Some(Container {
            name: argv[3].into(),
            label: argv[5].into(),
            version: argv[argv.len() - 1].into(),
            started: None,
        });
        Ok(())
    }
    async fn start(&self, name: &str) -> Result<(), StepError> {
        let mut world = self.0.world();
        if world.faults.flash == Some("not-started") {
            return Err(no("podman said no: crun: permission denied"));
        }
        world.effects.flashes += 1;
        let now = world.now;
        let container = world.container.as_mut().expect("it was made first");
        assert_eq!((container.name.as_str(), container.started), (name, None));
        container.started = Some(now);
        if !matches!(world.faults.flash, Some("fails" | "other-version")) {
            let version = world.container.as_ref().unwrap().version.clone();
            world.flashed = Some((version, now + FLASH_TAKES));
        }
        Ok(())
    }
    async fn log(&self, _name: &str) -> Result<Vec<String>, StepError> {
        let world = self.0.world();
        let started = world.container.as_ref().and_then(|it| it.started);
        let seconds = started.map_or(0, |at| (world.now - at).min(FLASH_TAKES) / 1000);
        let lines = (0..=seconds / 2).map(|part| format!("wrote {}%", part * 33));
        Ok(lines.collect())
    }
    async fn remove(&self, name: &str) -> Result<(), StepError> {
        let mut world = self.0.world();
        let now = world.now;
        let container = world.container.take_if(|it| it.name == name);
        let runs = container.is_some_and(|it| it.started.is_some_and(|at| now < at + FLASH_TAKES));
        assert!(!runs, "podman would refuse it");
        Ok(())
    }
}

/// The server's BMC. Its power takes the card along.
pub struct HostBmc(pub Sim);

#[async_trait]
impl Controller for HostBmc {
    async fn crawl(&self) -> Result<Crawl, BmcError> {
        let only_cycles = self.0.world().faults.flash == Some("only-cycles");
        let types: &[&str] = match only_cycles {
            true => &["PowerCycle"],
            false => &["On", "ForceOff", "PowerCycle"],
        };
        let system = SystemInfo {
            path: SYSTEM.into(),
            reset_types: Some(types.iter().map(|kind| (*kind).to_owned()).collect()),
            ..SystemInfo::default()
        };
        Ok(Crawl {
            inventory: Inventory {
                systems: vec![system],
                ..Inventory::default()
            },
            raw: vec![],
        })
    }
    async fn slot(&self, _path: &str) -> Result<MediaSlotInfo, BmcError> {
        unreachable!("no medium is put into a server")
    }
    async fn insert_into(&self, _path: &str, _image: &url::Url) -> Result<TaskUri, BmcError> {
        unreachable!("no medium is put into a server")
    }
    async fn eject_from(&self, _path: &str) -> Result<MediaSlotInfo, BmcError> {
        unreachable!("no medium is put into a server")
    }
    async fn set_boot(&self, _path: &str, _to: &BootOverride) -> Result<BootOverride, BmcError> {
        unreachable!("no server is booted from elsewhere")
    }
    async fn reset(&self, path: &str, reset_type: &str) -> Result<(), BmcError> {
        assert_eq!(path, SYSTEM);
        let mut world = self.0.world();
        let shows = match reset_type {
            "ForceOff" => {
                world.effects.host_offs += 1;
                Event::HostPower(false)
            }
            "On" => {
                world.effects.host_ons += 1;
                Event::HostPower(true)
            }
            "PowerCycle" => {
                world.effects.host_cycles += 1;
                Event::ColdBoots
            }
            other => panic!("{other} was never asked for"),
        };
        world.after(POWER_TAKES, shows);
        Ok(())
    }
    async fn power(&self, _path: &str) -> Result<Option<String>, BmcError> {
        let on = self.0.world().host_on;
        Ok(Some(if on { "On" } else { "Off" }.into()))
    }
}
