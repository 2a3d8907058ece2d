//! The virtual media slot: insert, eject, and what they leave.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    answer::{self, Answer},
    body::{self, Body},
    fetch::{self, Source},
    task::TaskProgress,
};
use crate::{
    card::{Card, Slot},
    faults::Fault,
};

const SLOT: &str = "/redfish/v1/Systems/1/VirtualMedia/1";

/// The slot. EjectMedia is offered only while something is inserted.
pub fn slot(card: &Card) -> Value {
    let slot = card.imc().slot.clone();
    let action = |name: &str| json!({"target": format!("{SLOT}/Actions/VirtualMedia.{name}")});
    let mut actions = json!({});
    if slot.inserted {
        actions["#VirtualMedia.EjectMedia"] = action("EjectMedia");
    }
    actions["#VirtualMedia.InsertMedia"] = action("InsertMedia");
    json!({
        "@odata.context": "/redfish/v1/$metadata#VirtualMedia.VirtualMedia",
        "@odata.id": SLOT,
        "@odata.type": "#VirtualMedia.v1_6_4.VirtualMedia",
        "Actions": actions,
        "Description": "Virtual Media Entry description",
        "Id": "1",
        "ImageName": slot.image_name,
        "Inserted": slot.inserted,
        "MediaTypes": ["CD"],
        "Name": "Virtual Media Entry",
    })
}

/// The last path component, *with* any query: so an IMC cuts it.
fn image_name(url: &str) -> String {
    url.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Accepts an insert and starts its Task.
pub fn insert(card: &Arc<Card>, bytes: &[u8]) -> Result<Answer, Answer> {
    let value = body::parse(bytes)?;
    let body = Body::check(
        &value,
        "",
        &["Image", "TransferMethod"],
        &["UserName", "Password"],
    )?;
    let url = body.required("Image")?.to_owned();
    let method = body.required("TransferMethod")?;
    if method != "Upload" {
        return Err(answer::constraint("TransferMethod", method, "Upload"));
    }
    let login = body
        .text("UserName")?
        .map(|user| (user.to_owned(), body.text("Password")));
    let login = match login {
        Some((user, password)) => Some((user, password?.unwrap_or_default().to_owned())),
        None => None,
    };
    if card.faults.take(Fault::RefuseInsert) {
        return Err(answer::general(
            StatusCode::BAD_REQUEST,
            "Virtual Media insert failed: the request was refused (lab fault).",
        ));
    }
    let now = card.imc_now();
    let task = {
        let mut imc = card.imc();
        if imc.tasks.running() {
            return Err(answer::resource_in_use());
        }
        if imc.slot.inserted {
            empty(card, &mut imc.slot);
        }
        imc.tasks.start(now)
    };
    card.count(|o| o.inserts += 1);
    let source = Source { url, login };
    let insert = run_insert(Arc::clone(card), task.id, source, card.imc_life());
    tokio::spawn(insert);
    Ok(Answer::new(StatusCode::ACCEPTED, &task.body()).at(monitor_path(task.id)))
}

/// Where a Task's monitor is.
pub fn monitor_path(task: u64) -> String {
    format!("/redfish/v1/TaskService/TaskMonitors/{task}")
}

/// Downloads and ends the Task; when the IMC goes away first, nothing is ended: its partial file
/// stays, and its Tasks are forgotten.
async fn run_insert(card: Arc<Card>, task: u64, source: Source, life: CancellationToken) {
    let fetched = tokio::select! {
        biased;
        () = life.cancelled() => return,
        fetched = fetch::fetch(&card, &source) => fetched,
    };
    let failed = match fetched {
        Ok(()) if card.faults.take(Fault::TaskException) => {
            Some("Data transfer failed: Failure when receiving data from the peer".to_owned())
        }
        Ok(()) => None,
        Err(error) => Some(format!("Data transfer failed: {error}")),
    };
    let now = card.imc_now();
    let mut imc = card.imc();
    let progress = match failed {
        Some(reason) => TaskProgress::Exception(reason),
        None => {
            if !card.faults.take(Fault::NeverInserted) {
                let name = if card.faults.take(Fault::WrongImageName) {
                    "another.iso".to_owned()
                } else {
                    image_name(&source.url)
                };
                imc.slot = Slot {
                    image_name: Some(name),
                    inserted: true,
                };
            }
            TaskProgress::Completed
        }
    };
    imc.tasks.end(task, progress, now);
}

/// Ejects, or says that there is nothing to eject.
pub fn eject(card: &Card, bytes: &[u8]) -> Result<Answer, Answer> {
    let value = body::parse(bytes)?;
    Body::check(&value, "", &[], &[])?;
    let mut imc = card.imc();
    if !imc.slot.inserted {
        return Err(answer::action_not_supported(
            "VirtualMedia.EjectMedia",
            "The virtual media is not inserted so it cannot be ejected.",
        ));
    }
    empty(card, &mut imc.slot);
    drop(imc);
    card.count(|o| o.ejects += 1);
    Ok(Answer::no_content())
}

/// The slot without media, and the fetched file gone.
fn empty(card: &Card, slot: &mut Slot) {
    *slot = Slot::default();
    // Somebody may have removed it over SSH before.
    let _ = std::fs::remove_file(card.media_path());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_cut_as_an_imc_cuts_it() {
        assert_eq!(image_name("https://h:1/t/boot.iso"), "boot.iso");
        assert_eq!(image_name("https://h/boot.iso?token=1"), "boot.iso?token=1");
    }
}
