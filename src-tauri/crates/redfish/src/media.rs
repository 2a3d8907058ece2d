//! Inserting and ejecting: the steps that both ports share.

use reqwest::Method;
use serde_json::{Map, Value, json};
use slipway_core::ports::{BmcError, TaskUri};
use tokio::time;
use url::Url;

use crate::{
    RedfishClient,
    answer::{Answer, path_of},
    etag,
    navigate::Slot,
    resource::{self, Task},
    slot::{Way, way_to_eject, way_to_insert},
};

type Object = Map<String, Value>;

impl RedfishClient {
    /// Ejects what stands in the way, and starts the insert.
    pub(crate) async fn insert_at(&self, mut slot: Slot, image: &Url) -> Result<TaskUri, BmcError> {
        let way = way_to_insert(&slot.media, slot.quirks);
        let way = way.map_err(|why| self.not_at(&slot, "insert", &why))?;
        if slot.holds_media() && !slot.quirks.insert_ejects() {
            self.eject_at(&slot).await?;
            slot = self.slot_at(&slot.path).await?;
        }
        match way {
            Way::Action(target) => self.insert_by_action(&slot, &target, image).await,
            Way::Patch => {
                let body = object(json!({"Image": image.as_str(), "Inserted": true}));
                let answer = self.patch(&slot.path, slot.etag.as_deref(), &body).await?;
                Ok(task_of(&slot, &answer))
            }
        }
    }

    async fn insert_by_action(
        &self,
        slot: &Slot,
        target: &str,
        image: &Url,
    ) -> Result<TaskUri, BmcError> {
        let mut body = slot.quirks.insert_body(image);
        let mut more_tries = slot.quirks.insert_tries() - 1;
        loop {
            let answer = self.act(Method::POST, target, &body, None).await?;
            if answer.is_success() {
                return Ok(task_of(slot, &answer));
            }
            if (500..600).contains(&answer.status) && answer.status != 501 && more_tries > 0 {
                more_tries -= 1;
                tracing::debug!(status = answer.status, "inserting again");
                time::sleep(self.transport.timeouts.repeat).await;
                // It may have been done all the same.
                if self.slot_at(&slot.path).await?.holds(image) {
                    return Ok(TaskUri(slot.path.clone()));
                }
                continue;
            }
            let more = answer
                .error()
                .filter(|_| answer.status == 400)
                .and_then(|error| slot.quirks.insert_body_after(&error, &body, image));
            match more {
                Some(more) => body = more,
                None => return Err(self.transport.refused(&answer)),
            }
        }
    }

    /// Ejects, where something is inserted.
    pub(crate) async fn eject_at(&self, slot: &Slot) -> Result<(), BmcError> {
        if !slot.holds_media() {
            return Ok(());
        }
        let way = way_to_eject(&slot.media, slot.quirks);
        let answer = match way.map_err(|why| self.not_at(slot, "eject", &why))? {
            Way::Action(target) => self.act(Method::POST, &target, &Map::new(), None).await?,
            Way::Patch => {
                let body = json!({"Image": null, "Inserted": false});
                let body = object(body);
                return self
                    .patch(&slot.path, slot.etag.as_deref(), &body)
                    .await
                    .map(drop);
            }
        };
        if answer.is_success() {
            return Ok(());
        }
        // Somebody was quicker, or it was done and the service stumbled afterwards.
        let empty = answer
            .error()
            .is_some_and(|error| slot.quirks.eject_refusal_means_empty(&error));
        if (answer.status == 400 && empty) || !self.slot_at(&slot.path).await?.holds_media() {
            return Ok(());
        }
        Err(self.transport.refused(&answer))
    }

    /// PATCH by the rules of ETags: after 412 in another form, after 428 with what is read first.
    pub(crate) async fn patch(
        &self,
        path: &str,
        etag: Option<&str>,
        body: &Object,
    ) -> Result<Answer, BmcError> {
        let mut forms = etag::forms(etag).into_iter();
        let mut if_match = forms.next().flatten();
        let mut has_read = false;
        loop {
            let answer = self
                .act(Method::PATCH, path, body, if_match.as_deref())
                .await?;
            match answer.status {
                412 => match forms.next() {
                    Some(next) => if_match = next,
                    None => return Err(self.transport.refused(&answer)),
                },
                428 if !has_read => {
                    has_read = true;
                    let (now, header) = self.transport.resource::<Object>(path).await?;
                    let in_body = now.get("@odata.etag").and_then(Value::as_str);
                    let fresh = header.or_else(|| in_body.map(str::to_owned));
                    forms = etag::forms(fresh.as_deref()).into_iter();
                    if_match = forms.next().flatten();
                }
                _ => return self.transport.accepted(answer),
            }
        }
    }

    /// `no insert at /redfish/v1/…: why`
    fn not_at(&self, slot: &Slot, what: &str, why: &str) -> BmcError {
        let path = &slot.path;
        self.transport
            .not_offered(format!("{what} at {path}: {why}"))
    }
}

impl Slot {
    pub(crate) fn holds_media(&self) -> bool {
        self.quirks.holds_media(&self.media)
    }

    fn holds(&self, image: &Url) -> bool {
        let name = image.path_segments().and_then(|mut s| s.next_back());
        self.holds_media() && name.is_some() && self.media.name().as_deref() == name
    }
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// The task that an insert started: the Task in the answer's body, else the `Location`, else, where
/// the service names none (or was done at once), the slot itself.
fn task_of(slot: &Slot, answer: &Answer) -> TaskUri {
    let body = answer.object().unwrap_or_default();
    let task: Task = resource::read(body);
    let of_body = task.link.path().filter(|_| task.task_state.is_some());
    let of_location = || {
        let monitor = path_of(answer.location.as_deref()?)?;
        Some(slot.quirks.task_behind_monitor(&monitor))
    };
    let path = of_body.or_else(of_location);
    TaskUri(path.unwrap_or_else(|| slot.path.clone()))
}
