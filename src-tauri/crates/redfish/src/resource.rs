//! Redfish resources as services really write them: every property may be missing, null or of
//! another type, ids may be numbers, enumerations grow. What can't be read is absent; it never
//! makes the rest unreadable. No I/O.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::answer::path_of;

/// Any type, where the value is one; absent otherwise.
fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

/// A text that says something: numbers and booleans are written out, empty ones are absent.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(as_text(&Value::deserialize(deserializer)?))
}

pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            (!text.is_empty()).then(|| text.to_owned())
        }
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The texts of a list; no list is an empty one.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(as_texts(&Value::deserialize(deserializer)?))
}

pub(crate) fn as_texts(value: &Value) -> Vec<String> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(as_text).collect()
}

/// A list's elements of the type, without those that aren't.
fn each<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = Value::deserialize(deserializer)?;
    let list = match value {
        Value::Array(list) => list,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Vec::new()
        }
    };
    Ok(list
        .into_iter()
        .filter_map(|v| serde_json::from_value(v).ok())
        .collect())
}

/// Reads a JSON object as a resource.
pub(crate) fn read<T: DeserializeOwned + Default>(object: Map<String, Value>) -> T {
    // Every field of every resource here takes any value, so this can't fail.
    serde_json::from_value(Value::Object(object)).unwrap_or_default()
}

/// `{"@odata.id": "/redfish/v1/Systems/1"}`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Link {
    #[serde(rename = "@odata.id", deserialize_with = "text")]
    id: Option<String>,
}

impl Link {
    pub(crate) fn path(&self) -> Option<String> {
        path_of(self.id.as_deref()?)
    }
}

/// The path behind an optional link.
pub(crate) fn linked(link: Option<&Link>) -> Option<String> {
    link.and_then(Link::path)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct ServiceRoot {
    #[serde(rename = "@odata.type", deserialize_with = "text")]
    pub odata_type: Option<String>,
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub vendor: Option<String>,
    #[serde(deserialize_with = "text")]
    pub product: Option<String>,
    #[serde(deserialize_with = "text")]
    pub redfish_version: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub systems: Option<Link>,
    #[serde(deserialize_with = "lenient")]
    pub managers: Option<Link>,
    #[serde(deserialize_with = "lenient")]
    pub tasks: Option<Link>,
    #[serde(deserialize_with = "lenient")]
    pub links: Option<RootLinks>,
    #[serde(deserialize_with = "lenient")]
    pub oem: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct RootLinks {
    #[serde(deserialize_with = "lenient")]
    pub sessions: Option<Link>,
}

impl ServiceRoot {
    /// Whether it is one at all, and not some other JSON.
    pub(crate) fn is_redfish(&self) -> bool {
        let of_type = self.odata_type.as_deref().unwrap_or_default();
        self.redfish_version.is_some() || of_type.contains("ServiceRoot")
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Collection {
    #[serde(rename = "Members", deserialize_with = "each")]
    pub members: Vec<Link>,
    #[serde(rename = "Members@odata.nextLink", deserialize_with = "text")]
    next: Option<String>,
}

impl Collection {
    pub(crate) fn paths(&self) -> impl Iterator<Item = String> {
        self.members.iter().filter_map(Link::path)
    }

    pub(crate) fn next_page(&self) -> Option<String> {
        path_of(self.next.as_deref()?)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Status {
    #[serde(deserialize_with = "text")]
    pub health: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct ComputerSystem {
    #[serde(rename = "@odata.etag", deserialize_with = "text")]
    pub etag: Option<String>,
    #[serde(deserialize_with = "text")]
    pub description: Option<String>,
    #[serde(deserialize_with = "text")]
    pub system_type: Option<String>,
    #[serde(deserialize_with = "text")]
    pub manufacturer: Option<String>,
    #[serde(deserialize_with = "text")]
    pub model: Option<String>,
    #[serde(deserialize_with = "text")]
    pub serial_number: Option<String>,
    #[serde(deserialize_with = "text")]
    pub bios_version: Option<String>,
    #[serde(deserialize_with = "text")]
    pub power_state: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub status: Option<Status>,
    #[serde(deserialize_with = "lenient")]
    pub boot: Option<Boot>,
    #[serde(deserialize_with = "lenient")]
    pub virtual_media: Option<Link>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Boot {
    #[serde(rename = "BootSourceOverrideEnabled", deserialize_with = "text")]
    pub enabled: Option<String>,
    #[serde(rename = "BootSourceOverrideTarget", deserialize_with = "text")]
    pub target: Option<String>,
    #[serde(
        rename = "BootSourceOverrideEnabled@Redfish.AllowableValues",
        deserialize_with = "texts"
    )]
    pub enabled_offered: Vec<String>,
    #[serde(
        rename = "BootSourceOverrideTarget@Redfish.AllowableValues",
        deserialize_with = "texts"
    )]
    pub target_offered: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Manager {
    #[serde(deserialize_with = "text")]
    pub description: Option<String>,
    #[serde(deserialize_with = "text")]
    pub firmware_version: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub additional_firmware_versions: Option<Map<String, Value>>,
    #[serde(deserialize_with = "lenient")]
    pub oem: Option<Map<String, Value>>,
    #[serde(deserialize_with = "text")]
    pub model: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub virtual_media: Option<Link>,
    #[serde(deserialize_with = "lenient")]
    actions: Option<Map<String, Value>>,
}

impl Manager {
    pub(crate) fn reset(&self) -> Option<Action> {
        Action::named("#Manager.Reset", self.actions.as_ref())
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct MediaSlot {
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// The URL, where the service tells it.
    #[serde(deserialize_with = "text")]
    pub image: Option<String>,
    #[serde(deserialize_with = "text")]
    pub image_name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub inserted: Option<bool>,
    #[serde(deserialize_with = "text")]
    pub connected_via: Option<String>,
    #[serde(deserialize_with = "texts")]
    pub media_types: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    actions: Option<Map<String, Value>>,
}

impl MediaSlot {
    pub(crate) fn takes_discs(&self) -> bool {
        self.media_types.iter().any(|t| t == "CD" || t == "DVD")
    }

    /// The last path component of what is inserted, as far as the service tells.
    pub(crate) fn name(&self) -> Option<String> {
        let image = self.image.as_deref().and_then(|image| {
            let path = image.split(['?', '#']).next()?;
            let name = path.rsplit(['/', '\\']).next()?;
            (!name.is_empty()).then(|| name.to_owned())
        });
        image.or_else(|| self.image_name.clone())
    }

    pub(crate) fn insert(&self) -> Option<Action> {
        Action::named("#VirtualMedia.InsertMedia", self.actions.as_ref())
    }

    pub(crate) fn eject(&self) -> Option<Action> {
        Action::named("#VirtualMedia.EjectMedia", self.actions.as_ref())
    }
}

/// A system, a manager or a chassis, as far as a reset goes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Resettable {
    #[serde(deserialize_with = "text")]
    pub power_state: Option<String>,
    #[serde(deserialize_with = "lenient")]
    actions: Option<Map<String, Value>>,
}

impl Resettable {
    pub(crate) fn reset(&self) -> Option<Action> {
        let names = ["#ComputerSystem.Reset", "#Manager.Reset", "#Chassis.Reset"];
        let actions = self.actions.as_ref();
        names.iter().find_map(|name| Action::named(name, actions))
    }
}

/// An action that a resource offers now.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub target: String,
    /// `ResetType@Redfish.AllowableValues`
    pub reset_types: Vec<String>,
    /// The path of its `@Redfish.ActionInfo`, where the values are told there.
    pub info: Option<String>,
}

impl Action {
    fn named(name: &str, actions: Option<&Map<String, Value>>) -> Option<Self> {
        let action = actions?.get(name)?;
        let info = action.get("@Redfish.ActionInfo").and_then(Value::as_str);
        let reset_types = action.get("ResetType@Redfish.AllowableValues");
        Some(Self {
            target: path_of(action.get("target")?.as_str()?)?,
            reset_types: reset_types.map(as_texts).unwrap_or_default(),
            info: info.and_then(path_of),
        })
    }
}

/// `@Redfish.ActionInfo`: what an action's parameters may be.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct ActionInfo {
    #[serde(deserialize_with = "each")]
    parameters: Vec<Parameter>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Parameter {
    #[serde(deserialize_with = "text")]
    name: Option<String>,
    #[serde(deserialize_with = "texts")]
    allowable_values: Vec<String>,
}

impl ActionInfo {
    pub(crate) fn values_of(self, parameter: &str) -> Vec<String> {
        let mut parameters = self.parameters.into_iter();
        parameters
            .find(|p| p.name.as_deref() == Some(parameter))
            .map(|p| p.allowable_values)
            .unwrap_or_default()
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct TaskService {
    #[serde(deserialize_with = "lenient")]
    pub tasks: Option<Link>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Task {
    #[serde(flatten)]
    pub link: Link,
    #[serde(deserialize_with = "text")]
    pub task_state: Option<String>,
    #[serde(deserialize_with = "text")]
    pub start_time: Option<String>,
    #[serde(deserialize_with = "each")]
    pub messages: Vec<Message>,
}

/// A message of a Task or of an error body.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Message {
    #[serde(deserialize_with = "text")]
    pub message: Option<String>,
    #[serde(deserialize_with = "text")]
    pub message_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub resolution: Option<String>,
    #[serde(rename = "RelatedProperties", deserialize_with = "texts")]
    pub related: Vec<String>,
}

impl Message {
    /// Absent where the value is no object.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let mut message: Self = read(value.as_object()?.clone());
        message.resolution = message.resolution.filter(|r| r != "None");
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from<T: DeserializeOwned + Default>(json: &str) -> T {
        read(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn an_imcs_system_is_mostly_null() {
        let system: ComputerSystem = from(include_str!("../tests/fixtures/imc/system.json"));
        assert_eq!(system.system_type.as_deref(), Some("DPU"));
        assert_eq!(system.serial_number, None);
        assert_eq!(system.status.unwrap().health.as_deref(), Some("OK"));
        let boot = system.boot.unwrap();
        assert_eq!(boot.enabled_offered, ["Once", "Continuous"]);
        let media = linked(system.virtual_media.as_ref());
        assert_eq!(media.as_deref(), Some("/redfish/v1/Systems/1/VirtualMedia"));
    }

    #[test]
    fn a_property_of_a_wrong_type_is_absent_and_the_rest_is_read() {
        let system: ComputerSystem = from(
            r#"{"Model":["x"],"SerialNumber":17,"Status":"OK","Boot":{"BootSourceOverrideTarget":1,
                "BootSourceOverrideEnabled@Redfish.AllowableValues":"Once"},
                "VirtualMedia":{"@odata.id":null},"BiosVersion":"1.4"}"#,
        );
        assert_eq!(system.model, None);
        assert_eq!(system.serial_number.as_deref(), Some("17"));
        assert!(system.status.is_none());
        assert_eq!(system.boot.unwrap().target.as_deref(), Some("1"));
        assert_eq!(linked(system.virtual_media.as_ref()), None);
        assert_eq!(system.bios_version.as_deref(), Some("1.4"));
    }

    #[test]
    fn collections_with_null_members_and_with_pages() {
        assert_eq!(from::<Collection>(r#"{"Members":null}"#).paths().count(), 0);
        let page: Collection = from(
            r#"{"Members":[{"@odata.id":"/a"},null,"x",{"@odata.id":7},{"@odata.id":"https://h/b"}],
                "Members@odata.nextLink":"/c?$skip=2"}"#,
        );
        assert_eq!(page.paths().collect::<Vec<_>>(), ["/a", "/b"]);
        assert_eq!(page.next_page().as_deref(), Some("/c?$skip=2"));
    }

    #[test]
    fn actions_are_offered_or_not() {
        let empty: MediaSlot = from(include_str!("../tests/fixtures/imc/media_empty.json"));
        assert!(empty.insert().is_some() && empty.eject().is_none() && empty.takes_discs());
        let full: MediaSlot = from(include_str!("../tests/fixtures/imc/media_inserted.json"));
        assert_eq!(full.image_name.as_deref(), Some("boot.iso"));
        let eject = "/redfish/v1/Systems/1/VirtualMedia/1/Actions/VirtualMedia.EjectMedia";
        assert_eq!(full.eject().unwrap().target, eject);
        let manager: Manager = from(include_str!("../tests/fixtures/imc/manager.json"));
        assert_eq!(manager.reset().unwrap().reset_types, ["ForceRestart"]);
        assert!(
            from::<Manager>(r##"{"Actions":{"#Manager.Reset":{}}}"##)
                .reset()
                .is_none()
        );
    }
}
