//! The questions of [`Controller`]: the whole of a service, and what a person does to it.

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Map, Value};
use slipway_core::{
    inventory::MediaSlotInfo,
    ports::{BmcError, BootOverride, Controller, Crawl, TaskUri},
};
use url::Url;

use crate::{
    RedfishClient,
    bmc::{offering, offers},
    follow::action_info,
    navigate::SystemAt,
    resource::Resettable,
    slot,
};

#[async_trait]
impl Controller for RedfishClient {
    async fn crawl(&self) -> Result<Crawl, BmcError> {
        self.read_all().await
    }

    async fn slot(&self, path: &str) -> Result<MediaSlotInfo, BmcError> {
        let slot = self.slot_at(path).await?;
        let info = match action_info(&slot.object, "#VirtualMedia.InsertMedia") {
            Some(info) => self.transport.resource(&info).await.ok(),
            None => None,
        };
        let info = info.map(|(info, _): (Map<String, Value>, _)| info);
        Ok(slot::info(path, &slot.object, info.as_ref(), slot.quirks))
    }

    async fn insert_into(&self, path: &str, image: &Url) -> Result<TaskUri, BmcError> {
        let slot = self.slot_at(path).await?;
        self.insert_at(slot, image).await
    }

    async fn eject_from(&self, path: &str) -> Result<MediaSlotInfo, BmcError> {
        let slot = self.slot_at(path).await?;
        self.eject_at(&slot).await?;
        Controller::slot(self, path).await
    }

    async fn set_boot(&self, path: &str, wanted: &BootOverride) -> Result<BootOverride, BmcError> {
        let (system, etag) = self.transport.resource(path).await?;
        let at = SystemAt::new(path.to_owned(), system, etag);
        self.set_override(&at, wanted).await?;
        let (system, _) = self.transport.resource(path).await?;
        self.read_override(system)
    }

    async fn reset(&self, path: &str, reset_type: &str) -> Result<(), BmcError> {
        let (resource, _) = self.transport.resource::<Resettable>(path).await?;
        let none = || self.transport.not_offered(format!("reset at {path}"));
        let reset = resource.reset().ok_or_else(none)?;
        let offered = self.reset_types(&reset).await?;
        if !offers(&offered, reset_type) {
            let what = offering("reset", reset_type, &offered);
            return Err(self.transport.not_offered(what));
        }
        let body = Map::from_iter([("ResetType".to_owned(), Value::from(reset_type))]);
        let answer = self.act(Method::POST, &reset.target, &body, None).await?;
        self.transport.accepted(answer).map(drop)
    }

    async fn power(&self, path: &str) -> Result<Option<String>, BmcError> {
        let (resource, _) = self.transport.resource::<Resettable>(path).await?;
        Ok(resource.power_state)
    }
}
