//! The provisioner's port to the card, simulated.

use async_trait::async_trait;
use slipway_core::{
    failure::{FailureKind, StepError},
    ids::JobId,
    network::LocalNetwork,
    ports::LocalNetworks,
};

use super::access::Sim;

pub struct FakeNetworks(pub Sim);

#[async_trait]
impl LocalNetworks for FakeNetworks {
    async fn check(&self, wanted: &LocalNetwork) -> Result<Vec<String>, StepError> {
        if self.0.world().faults.network == Some("forbidden") {
            let message = "setting up a local network needs rights that this Slipway does not have";
            return Err(StepError::new(FailureKind::Precondition, message));
        }
        Ok(vec![format!("{} is up", wanted.port)])
    }

    async fn stands(&self, job: &JobId, _wanted: &LocalNetwork) -> Result<bool, StepError> {
        Ok(self.0.world().network.as_deref() == Some(job.as_str()))
    }

    async fn set_up(&self, job: &JobId, wanted: &LocalNetwork) -> Result<Vec<String>, StepError> {
        let mut world = self.0.world();
        world.effects.network_set_ups += 1;
        if world.faults.network != Some("vanishes") {
            world.network = Some(job.to_string());
        }
        Ok(vec![format!("put {wanted}")])
    }

    async fn take_back(
        &self,
        job: &JobId,
        wanted: &LocalNetwork,
    ) -> Result<Vec<String>, StepError> {
        let mut world = self.0.world();
        if world.network.as_deref() != Some(job.as_str()) {
            return Ok(vec![]);
        }
        if world.faults.network == Some("taken-back") {
            let message = "`ip address del` was refused";
            return Err(StepError::new(FailureKind::Local, message));
        }
        world.effects.network_take_backs += 1;
        world.network = None;
        Ok(vec![format!("removed {wanted}")])
    }
}
