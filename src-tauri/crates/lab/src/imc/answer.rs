//! What a Redfish answer is made of: a status, a JSON body or none, and the recorded errors.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::{Value, json};

/// An answer before it is HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    /// JSON, but for `$metadata`; empty with 204.
    pub body: Vec<u8>,
    content_type: &'static str,
    /// Path of the `Location`; the authority is put in front where the answer is sent.
    pub location: Option<String>,
    pub session_token: Option<String>,
    /// The path for `WWW-Authenticate`, with a 401.
    pub realm: Option<String>,
    /// The IMC goes away once this was sent.
    pub resets_imc: bool,
}

impl Answer {
    fn plain(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Self {
        Self {
            status,
            body,
            content_type,
            location: None,
            session_token: None,
            realm: None,
            resets_imc: false,
        }
    }

    pub fn new(status: StatusCode, body: &Value) -> Self {
        Self::plain(status, "application/json", body.to_string().into_bytes())
    }

    pub fn ok(body: &Value) -> Self {
        Self::new(StatusCode::OK, body)
    }

    pub fn no_content() -> Self {
        Self::plain(StatusCode::NO_CONTENT, "application/json", Vec::new())
    }

    pub fn xml(text: &str) -> Self {
        Self::plain(StatusCode::OK, "application/xml", text.into())
    }

    pub fn at(mut self, path: String) -> Self {
        self.location = Some(path);
        self
    }

    /// As HTTP. `authority` is what the client asked for, `date` the IMC's own clock. A 401 comes
    /// from another layer of the recorded server and has neither `Cache-Control` nor `OData-Version`.
    pub fn into_response(self, authority: &str, date: jiff::Timestamp) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let mut set = |name: header::HeaderName, text: &str| {
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(name, value);
            }
        };
        let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        set(header::DATE, &date);
        set(header::CONTENT_TYPE, self.content_type);
        if let Some(realm) = self.realm {
            set(header::WWW_AUTHENTICATE, &format!("Basic realm={realm}"));
        } else {
            set(header::CACHE_CONTROL, "no-cache");
            set(header::HeaderName::from_static("odata-version"), "4.0");
        }
        if let Some(path) = self.location {
            set(header::LOCATION, &format!("https://{authority}{path}"));
        }
        if let Some(token) = self.session_token {
            set(header::HeaderName::from_static("x-auth-token"), &token);
        }
        response
    }
}

/// The parts of a recorded error.
pub struct RedfishError<'a> {
    pub status: StatusCode,
    /// Behind `Base.1.18.`.
    pub id: &'a str,
    /// The extended message: what people should read.
    pub detail: &'a str,
    pub args: Value,
    /// JSON pointers.
    pub related: Value,
    /// Null on some.
    pub resolution: Option<&'a str>,
    pub severity: &'a str,
    /// The registry's own text.
    pub message: &'a str,
}

impl RedfishError<'_> {
    pub fn answer(&self) -> Answer {
        let id = format!("Base.1.18.{}", self.id);
        let body = json!({"error": {
            "@Message.ExtendedInfo": [{
                "@odata.type": "#Message.v1_3_0.Message",
                "Message": self.detail,
                "MessageArgs": self.args,
                "MessageId": id,
                "RelatedProperties": self.related,
                "Resolution": self.resolution,
                "Severity": self.severity,
            }],
            "code": id,
            "message": self.message,
        }});
        Answer::new(self.status, &body)
    }
}

pub fn unauthorized(path: &str) -> Answer {
    let mut answer = RedfishError {
        status: StatusCode::UNAUTHORIZED,
        id: "ResourceAtUriUnauthorized",
        detail: "Please create session with valid user name and password.",
        args: json!([]),
        related: json!([]),
        resolution: Some(
            "Ensure that the appropriate access is provided for the service in order for it to access the URI.",
        ),
        severity: "Critical",
        message: &format!(
            "While accessing the resource at {path}, the service received an authorization error."
        ),
    }
    .answer();
    answer.realm = Some(path.to_owned());
    answer
}

pub fn not_found(path: &str) -> Answer {
    RedfishError {
        status: StatusCode::NOT_FOUND,
        id: "ResourceMissingAtURI",
        detail: "Invalid endpoint in /redfish/v1 namespace.",
        args: json!([]),
        related: json!([]),
        resolution: Some(
            "Place a valid resource at the URI or correct the URI and resubmit the request.",
        ),
        severity: "Critical",
        message: &format!("The resource at the URI {path} was not found."),
    }
    .answer()
}

pub fn payload_too_large() -> Answer {
    let text = "The supplied payload exceeds the maximum size supported by the service.";
    RedfishError {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        id: "PayloadTooLarge",
        detail: text,
        args: json!([]),
        related: json!([]),
        resolution: Some(
            "Check that the supplied payload is correct and supported by this service.",
        ),
        severity: "Critical",
        message: text,
    }
    .answer()
}

/// `code` "GeneralError": the detail is all that is said.
pub fn general(status: StatusCode, detail: &str) -> Answer {
    RedfishError {
        status,
        id: "GeneralError",
        detail,
        args: json!([]),
        related: json!([]),
        resolution: None,
        severity: "Critical",
        message: "A general error has occurred. See ExtendedInfo for more information.",
    }
    .answer()
}

pub fn method_not_allowed() -> Answer {
    general(
        StatusCode::METHOD_NOT_ALLOWED,
        "The HTTP method is not allowed on this resource.",
    )
}

pub fn action_not_supported(action: &str, resolution: &str) -> Answer {
    let text = format!("The action {action} is not supported by the resource.");
    RedfishError {
        status: StatusCode::BAD_REQUEST,
        id: "ActionNotSupported",
        detail: &text,
        args: json!([action]),
        related: json!([]),
        resolution: Some(resolution),
        severity: "Critical",
        message: &text,
    }
    .answer()
}

pub fn resource_in_use() -> Answer {
    let text = "The change to the requested resource failed because the resource is in use or in transition.";
    RedfishError {
        status: StatusCode::BAD_REQUEST,
        id: "ResourceInUse",
        detail: text,
        args: json!([]),
        related: json!([]),
        resolution: Some("Remove the condition and resubmit the request if the operation failed."),
        severity: "Warning",
        message: text,
    }
    .answer()
}

/// `property` is a path: `Boot/BootSourceOverrideMode`.
pub fn property_missing(property: &str) -> Answer {
    RedfishError {
        status: StatusCode::BAD_REQUEST,
        id: "PropertyMissing",
        detail: "Mandatory field is not present.",
        args: json!([]),
        related: json!([format!("#/{property}")]),
        resolution: Some(
            "Ensure that the property is in the request body and has a valid value and resubmit the request if the operation failed.",
        ),
        severity: "Warning",
        message: &format!(
            "The property {property} is a required property and must be included in the request."
        ),
    }
    .answer()
}

pub fn property_unknown(property: &str) -> Answer {
    RedfishError {
        status: StatusCode::BAD_REQUEST,
        id: "PropertyUnknown",
        detail: "Unexpected field in json.",
        args: json!([]),
        related: json!([format!("#/{property}")]),
        resolution: Some(
            "Remove the unknown property from the request body and resubmit the request if the operation failed.",
        ),
        severity: "Warning",
        message: &format!(
            "The property {property} is not in the list of valid properties for the resource."
        ),
    }
    .answer()
}

/// A value outside of its list, as the JSON layer says it: with quotes.
pub fn constraint(property: &str, value: &str, allowed: &str) -> Answer {
    RedfishError {
        status: StatusCode::BAD_REQUEST,
        id: "PropertyValueNotInList",
        detail: &format!("Value '{value}' is not in constraint values: [ {allowed} ]"),
        args: json!([]),
        related: json!([format!("#/{property}")]),
        resolution: Some(
            "Choose a value from the enumeration list that the implementation can support and resubmit the request if the operation failed.",
        ),
        severity: "Warning",
        message: &format!(
            "The value '{value}' for the property {property} is not in the list of acceptable values."
        ),
    }
    .answer()
}

/// A value that a resource refuses: no quotes, its own detail and resolution.
pub fn not_in_list(
    pointer: &str,
    property: &str,
    value: &str,
    detail: &str,
    resolution: &str,
) -> Answer {
    RedfishError {
        status: StatusCode::BAD_REQUEST,
        id: "PropertyValueNotInList",
        detail,
        args: json!([]),
        related: json!([pointer]),
        resolution: Some(resolution),
        severity: "Warning",
        message: &format!(
            "The value {value} for the property {property} is not in the list of acceptable values."
        ),
    }
    .answer()
}

pub fn wrong_type(property: &str) -> Answer {
    RedfishError {
        status: StatusCode::BAD_REQUEST,
        id: "PropertyValueTypeError",
        detail: "Unexpected type of a field in json.",
        args: json!([]),
        related: json!([format!("#/{property}")]),
        resolution: Some(
            "Correct the value for the property in the request body and resubmit the request if the operation failed.",
        ),
        severity: "Warning",
        message: &format!("The value for the property {property} is of a different type than the property can accept."),
    }
    .answer()
}

pub fn malformed_json() -> Answer {
    let text = "The request body submitted was malformed JSON and could not be parsed by the receiving service.";
    RedfishError {
        status: StatusCode::BAD_REQUEST,
        id: "MalformedJSON",
        detail: text,
        args: json!([]),
        related: json!([]),
        resolution: Some("Ensure that the request body is valid JSON and resubmit the request."),
        severity: "Critical",
        message: text,
    }
    .answer()
}
