//! The questions of [`Bmc`], asked in Redfish.

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Map, Value, json};
use slipway_core::{
    dpu::{ImcIdentity, firmware_release},
    ports::{
        Bmc, BmcError, BootOverride, BootOverrideEnabled, RedfishTask, TaskState, TaskUri,
        VirtualMedia,
    },
};
use url::Url;

use crate::{
    RedfishClient,
    answer::Answer,
    ipu::{Ipu, Signs},
    navigate::SystemAt,
    quirks::Quirks,
    resource::{Action, ActionInfo, Boot, ComputerSystem, Task},
    task,
};

#[async_trait]
impl Bmc for RedfishClient {
    async fn identify(&self) -> Result<ImcIdentity, BmcError> {
        let root = self.fresh_root().await?;
        let system = match self.system().await {
            Ok(at) => at.system,
            Err(BmcError::NotOffered { .. }) => ComputerSystem::default(),
            Err(error) => return Err(error),
        };
        let manager = self.manager_if_any().await?;
        let signs = Signs {
            root: &root,
            system: Some(&system),
            manager: Some(&manager),
        };
        self.learn(Quirks::of(signs)).await;
        let (is_ipu, evidence) = match signs.judge() {
            Ipu::Is(evidence) => (true, evidence),
            Ipu::IsNot(evidence) => (false, evidence),
        };
        let firmware = manager.firmware_version;
        Ok(ImcIdentity {
            service_name: root.name.clone().unwrap_or_default(),
            is_ipu,
            evidence,
            firmware_release: firmware.as_deref().and_then(firmware_release),
            firmware,
            bios: system.bios_version,
            model: system.model.or(manager.model),
            serial_number: system.serial_number,
            health: system.status.and_then(|s| s.health),
            power: system.power_state,
        })
    }

    async fn virtual_media(&self) -> Result<VirtualMedia, BmcError> {
        let slot = self.disc_slot().await?;
        Ok(VirtualMedia {
            inserted: slot.holds_media(),
            image_name: slot.media.name(),
        })
    }

    async fn insert_media(&self, image: &Url) -> Result<TaskUri, BmcError> {
        let slot = self.disc_slot().await?;
        self.insert_at(slot, image).await
    }

    async fn task(&self, task: &TaskUri) -> Result<RedfishTask, BmcError> {
        let answer = self.transport.get(&task.0).await?;
        match task::judge(&task.0, &answer) {
            Some(task) => Ok(self.told(task)),
            None => {
                let answer = self.transport.accepted(answer)?;
                self.transport.object(&answer)?;
                let evidence = format!("{} is no Task: it has no TaskState", task.0);
                Err(self.transport.protocol(&evidence))
            }
        }
    }

    async fn tasks(&self) -> Result<Vec<RedfishTask>, BmcError> {
        let Some(collection) = self.task_collection().await? else {
            return Ok(Vec::new());
        };
        let mut tasks = Vec::new();
        for path in self.members(&collection).await? {
            match self.transport.resource::<Task>(&path).await {
                Ok((task, _)) => tasks.push(self.told(task::stands(&path, task))),
                // Services drop old tasks at any time, also between the list and the question.
                Err(BmcError::Refused {
                    status: 404 | 410, ..
                }) => {}
                Err(error) => return Err(error),
            }
        }
        task::oldest_first(&mut tasks);
        Ok(tasks)
    }

    async fn eject_media(&self) -> Result<(), BmcError> {
        let slot = self.disc_slot().await?;
        self.eject_at(&slot).await
    }

    async fn boot_override(&self) -> Result<BootOverride, BmcError> {
        self.read_override(self.system().await?.system)
    }

    async fn set_boot_override(&self, wanted: &BootOverride) -> Result<BootOverride, BmcError> {
        let at = self.system().await?;
        self.set_override(&at, wanted).await?;
        self.read_override(self.system().await?.system)
    }

    async fn reset_manager(&self) -> Result<(), BmcError> {
        let reset = self.manager().await?.reset();
        let reset = reset.ok_or_else(|| self.transport.not_offered("Manager.Reset"))?;
        let how = self.kind_of_reset(&reset).await?;
        let body = Map::from_iter([("ResetType".to_owned(), Value::from(how))]);
        let answer = self.act(Method::POST, &reset.target, &body, None).await?;
        self.transport.accepted(answer).map(drop)
    }
}

impl RedfishClient {
    pub(crate) async fn act(
        &self,
        method: Method,
        path: &str,
        body: &Map<String, Value>,
        if_match: Option<&str>,
    ) -> Result<Answer, BmcError> {
        self.transport.act(method, path, body, if_match).await
    }

    /// Sets an override, where the service takes it.
    pub(crate) async fn set_override(
        &self,
        at: &SystemAt,
        wanted: &BootOverride,
    ) -> Result<(), BmcError> {
        let quirks = self.quirks(&at.system).await?;
        let offered = at.system.boot.as_ref().map(|boot| &boot.target_offered);
        let offered = offered.map(Vec::as_slice).unwrap_or_default();
        let wanted = BootOverride {
            enabled: wanted.enabled,
            target: quirks.boot_target(&wanted.target, offered),
        };
        self.check_override(&at.system, &wanted, quirks)?;
        // Both together: an IMC refuses one without the other, and the standard allows it.
        let boot = json!({
            "BootSourceOverrideEnabled": name_of(wanted.enabled),
            "BootSourceOverrideTarget": wanted.target,
        });
        let body = Map::from_iter([("Boot".to_owned(), boot)]);
        self.patch(&at.path, at.etag.as_deref(), &body)
            .await
            .map(drop)
    }

    pub(crate) fn read_override(&self, system: ComputerSystem) -> Result<BootOverride, BmcError> {
        let boot = system.boot.unwrap_or_default();
        if boot.enabled.is_none() && boot.target.is_none() {
            return Err(self.transport.not_offered("boot source override"));
        }
        let enabled = match boot.enabled.as_deref() {
            Some("Once") => BootOverrideEnabled::Once,
            Some("Continuous") => BootOverrideEnabled::Continuous,
            Some("Disabled") | None => BootOverrideEnabled::Disabled,
            Some(other) => {
                let evidence = format!("BootSourceOverrideEnabled is {other}");
                return Err(self.transport.protocol(&evidence));
            }
        };
        Ok(BootOverride {
            enabled,
            target: boot.target.unwrap_or_else(|| "None".to_owned()),
        })
    }

    /// What the service says it does not take is not asked of it.
    fn check_override(
        &self,
        system: &ComputerSystem,
        wanted: &BootOverride,
        quirks: Quirks,
    ) -> Result<(), BmcError> {
        let none = Boot::default();
        let boot = system.boot.as_ref().unwrap_or(&none);
        let name = name_of(wanted.enabled);
        let takes = quirks.takes_override(wanted.enabled);
        if !takes || !offers(&boot.enabled_offered, name) {
            let what = offering("boot source override", name, &boot.enabled_offered);
            return Err(self.transport.not_offered(what));
        }
        // Lists of targets leave `None` out, and everybody takes it to switch the override off.
        let off = wanted.enabled == BootOverrideEnabled::Disabled && wanted.target == "None";
        if !off && !offers(&boot.target_offered, &wanted.target) {
            let what = offering("boot source", &wanted.target, &boot.target_offered);
            return Err(self.transport.not_offered(what));
        }
        Ok(())
    }

    /// The gentlest way that is offered: an IMC knows only `ForceRestart`.
    async fn kind_of_reset(&self, reset: &Action) -> Result<String, BmcError> {
        let offered = self.reset_types(reset).await?;
        let known = ["GracefulRestart", "ForceRestart"];
        let best = known.into_iter().find(|kind| offers(&offered, kind));
        best.map(ToOwned::to_owned).ok_or_else(|| {
            let what = offering("reset of its manager", "ForceRestart", &offered);
            self.transport.not_offered(what)
        })
    }

    /// The types that a reset takes; none where the service names none.
    pub(crate) async fn reset_types(&self, reset: &Action) -> Result<Vec<String>, BmcError> {
        match &reset.info {
            Some(info) if reset.reset_types.is_empty() => {
                let (info, _) = self.transport.resource::<ActionInfo>(info).await?;
                Ok(info.values_of("ResetType"))
            }
            Some(_) | None => Ok(reset.reset_types.clone()),
        }
    }

    /// A task whose reason may be shown.
    fn told(&self, task: RedfishTask) -> RedfishTask {
        let state = match task.state {
            TaskState::Failed(reason) => TaskState::Failed(self.transport.clean(&reason)),
            state @ (TaskState::Running | TaskState::Completed) => state,
        };
        RedfishTask { state, ..task }
    }
}

fn name_of(enabled: BootOverrideEnabled) -> &'static str {
    match enabled {
        BootOverrideEnabled::Disabled => "Disabled",
        BootOverrideEnabled::Once => "Once",
        BootOverrideEnabled::Continuous => "Continuous",
    }
}

/// No list forbids nothing.
pub(crate) fn offers(offered: &[String], value: &str) -> bool {
    offered.is_empty() || offered.iter().any(|o| o == value)
}

/// `boot source override Disabled (it has Once, Continuous)`
pub(crate) fn offering(what: &str, value: &str, offered: &[String]) -> String {
    match offered {
        [] => format!("{what} {value}"),
        some => format!("{what} {value} (it has {})", some.join(", ")),
    }
}
