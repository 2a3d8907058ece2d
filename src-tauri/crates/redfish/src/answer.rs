//! An HTTP answer of a Redfish service, and the error body in it. No I/O.

use serde_json::{Map, Value};

use crate::resource::Message;

/// What came back: any status.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub location: Option<String>,
    /// `X-Auth-Token`
    pub token: Option<String>,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    /// The body, where it is a JSON object.
    pub(crate) fn object(&self) -> Option<Map<String, Value>> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn error(&self) -> Option<ServiceError> {
        ServiceError::read(&self.object()?)
    }
}

/// The error body of the standard (DSP0266, "Error responses").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ServiceError {
    pub message: String,
    pub message_id: Option<String>,
    pub resolution: Option<String>,
    /// `#/TransferMethod`
    pub related: Vec<String>,
}

impl ServiceError {
    pub(crate) fn read(body: &Map<String, Value>) -> Option<Self> {
        // Some services leave the outer `error` out.
        let error = match body.get("error") {
            Some(Value::Object(error)) => error,
            Some(_) | None => body,
        };
        let extended: Vec<Message> = match error.get("@Message.ExtendedInfo") {
            Some(Value::Array(list)) => list.iter().filter_map(Message::read).collect(),
            Some(one) => Message::read(one).into_iter().collect(),
            None => Vec::new(),
        };
        let text = |key: &str| {
            let text = error.get(key).and_then(Value::as_str)?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let said = extended
            .iter()
            .filter_map(|m| m.message.clone())
            .collect::<Vec<_>>()
            .join(" ");
        // "A general error has occurred. See ExtendedInfo": nothing that the rest doesn't say.
        let general = text("message").filter(|m| said.is_empty() || !m.contains("ExtendedInfo"));
        let message = match general {
            Some(general) if said.is_empty() || said == general => general,
            Some(general) => format!("{general} ({said})"),
            None => said,
        };
        let message_id = extended.iter().find_map(|m| m.message_id.clone());
        let message_id = message_id.or_else(|| text("code"));
        let message = match (&message_id, message.is_empty()) {
            (_, false) => message,
            (Some(id), true) => id.clone(),
            (None, true) => return None,
        };
        Some(Self {
            message,
            message_id,
            resolution: extended.iter().find_map(|m| m.resolution.clone()),
            related: extended.into_iter().flat_map(|m| m.related).collect(),
        })
    }

    /// Whether it is this message of any registry and version: `ActionNotSupported`.
    pub(crate) fn is(&self, message: &str) -> bool {
        let id = self.message_id.as_deref().unwrap_or_default();
        id.rsplit('.').next() == Some(message)
    }
}

/// The path (and query) of a link: of `@odata.id`, of a `Location`, absolute or relative. The host
/// in it is not looked at, since behind a port forward it is a wrong one, and no link may send us,
/// and our credential, elsewhere.
pub(crate) fn path_of(link: &str) -> Option<String> {
    let link = link.split('#').next()?.trim();
    let path = match link.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => rest.find('/').map(|at| &rest[at..])?,
        Some(_) | None => link,
    };
    path.starts_with('/').then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<ServiceError> {
        ServiceError::read(&serde_json::from_str(body).unwrap())
    }

    #[test]
    fn an_imc_says_which_property_it_does_not_know() {
        let body = include_str!("../tests/fixtures/imc/error_property_unknown.json");
        let error = read(body).unwrap();
        assert_eq!(
            error.message,
            "The property Inserted is not in the list of valid properties for the resource. \
             (Unexpected field in json.)"
        );
        assert!(error.is("PropertyUnknown"));
        assert_eq!(error.related, ["#/Inserted"]);
        let resolution = error.resolution.unwrap();
        assert!(resolution.starts_with("Remove the unknown property"));
    }

    #[test]
    fn a_general_error_says_only_what_its_extended_info_says() {
        let body = include_str!("../tests/fixtures/imc/error_once_needs_cd.json");
        let error = read(body).unwrap();
        assert_eq!(
            error.message,
            "BootOverride Once can only be set for BootOverrideTarget Cd."
        );
        assert_eq!(error.message_id.as_deref(), Some("Base.1.18.GeneralError"));
        assert_eq!(error.resolution, None);
    }

    #[test]
    fn other_shapes() {
        let one =
            read(r#"{"error":{"code":"Base.1.0.X","@Message.ExtendedInfo":{"Message":"m"}}}"#);
        assert_eq!(one.unwrap().message, "m");
        let bare = read(r#"{"@Message.ExtendedInfo":[{"MessageId":"iLO.2.15.NoLicense"},7]}"#);
        assert_eq!(bare.unwrap().message, "iLO.2.15.NoLicense");
        let code = read(r#"{"error":{"code":"Base.1.0.GeneralError","message":" "}}"#);
        assert_eq!(code.unwrap().message, "Base.1.0.GeneralError");
        assert_eq!(read(r#"{"error":"no"}"#), None);
        assert_eq!(read("{}"), None);
    }

    #[test]
    fn links_become_paths() {
        let path = |link: &str| path_of(link).unwrap_or_default();
        assert_eq!(
            path("https://127.0.0.1:8443/redfish/v1/T/1"),
            "/redfish/v1/T/1"
        );
        assert_eq!(path("/redfish/v1/T/1?$skip=50"), "/redfish/v1/T/1?$skip=50");
        assert_eq!(
            path("/redfish/v1/Chassis/1#/Sensors/0"),
            "/redfish/v1/Chassis/1"
        );
        assert_eq!(
            path("/x?from=https://elsewhere/"),
            "/x?from=https://elsewhere/"
        );
        for link in ["", "T/1", "https://host", "#/a"] {
            assert_eq!(path_of(link), None, "{link}");
        }
    }
}
