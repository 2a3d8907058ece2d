//! What a virtual media slot holds, and what can be done with it now. No I/O.

use serde_json::{Map, Value};
use slipway_core::inventory::MediaSlotInfo;

use crate::{
    fields::Fields,
    quirks::Quirks,
    resource::{self, ActionInfo, MediaSlot},
};

type Object = Map<String, Value>;

/// How something is done with a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// POST to this path.
    Action(String),
    /// PATCH of the slot itself.
    Patch,
}

/// How media are inserted here, or why they can't be.
pub(crate) fn way_to_insert(media: &MediaSlot, quirks: Quirks) -> Result<Way, String> {
    if let Some(why) = quirks.has_no_use_for_media() {
        return Err(why.to_owned());
    }
    match media.insert() {
        Some(action) => Ok(Way::Action(action.target)),
        None => quirks.slot_without_actions(media).map(|()| Way::Patch),
    }
}

/// How what is inserted here is ejected, or why nothing can be.
pub(crate) fn way_to_eject(media: &MediaSlot, quirks: Quirks) -> Result<Way, String> {
    if !quirks.holds_media(media) {
        return Err("nothing is inserted".to_owned());
    }
    match media.eject() {
        Some(action) => Ok(Way::Action(action.target)),
        None if media.insert().is_some() => Err("the slot offers no EjectMedia".to_owned()),
        None => quirks.slot_without_actions(media).map(|()| Way::Patch),
    }
}

/// A slot as it stands; `action_info` is what its insert's `@Redfish.ActionInfo` says.
pub(crate) fn info(
    path: &str,
    object: &Object,
    action_info: Option<&Object>,
    quirks: Quirks,
) -> MediaSlotInfo {
    let fields = Fields::of(object);
    let media: MediaSlot = resource::read(object.clone());
    let inserted = quirks.holds_media(&media);
    let action = fields.object("Actions").object("#VirtualMedia.InsertMedia");
    let mut protocols = action.texts("TransferProtocolType@Redfish.AllowableValues");
    if protocols.is_empty()
        && let Some(info) = action_info
    {
        let info: ActionInfo = resource::read(info.clone());
        protocols = info.values_of("TransferProtocolType");
    }
    MediaSlotInfo {
        path: path.to_owned(),
        id: fields.text("Id"),
        name: fields.text("Name"),
        media_types: media.media_types.clone(),
        inserted,
        image: media
            .image
            .clone()
            .or_else(|| media.image_name.clone())
            .filter(|_| inserted),
        write_protected: fields.yes("WriteProtected"),
        protocols: protocols.iter().map(|p| p.to_lowercase()).collect(),
        why_no_insert: way_to_insert(&media, quirks).err(),
        why_no_eject: way_to_eject(&media, quirks).err(),
    }
}
