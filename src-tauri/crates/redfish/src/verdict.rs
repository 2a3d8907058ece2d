//! What an answer amounts to: the resource that was asked for, or one classified error with a short
//! piece of the answer as evidence. No I/O.

use serde_json::{Map, Value};
use slipway_core::ports::BmcError;

use crate::{
    answer::Answer,
    resource::{self, ServiceRoot},
    transport::Transport,
};

impl Transport {
    /// The answer, where its status is one of success.
    pub(crate) fn accepted(&self, answer: Answer) -> Result<Answer, BmcError> {
        match answer.is_success() {
            true => Ok(answer),
            false => Err(self.refused(&answer)),
        }
    }

    /// The service's no, in its own words where it has some.
    pub(crate) fn refused(&self, answer: &Answer) -> BmcError {
        if answer.is_redirect() {
            return self.protocol(&self.outline(answer));
        }
        let peer = self.peer();
        let status = answer.status;
        if status == 401 {
            return BmcError::Unauthorized { peer };
        }
        match answer.error() {
            Some(error) => BmcError::Refused {
                peer,
                status,
                message_id: error.message_id.map(|id| self.quote(&id)),
                message: self.quote(&error.message),
                resolution: error.resolution.map(|r| self.quote(&r)),
            },
            None => BmcError::Refused {
                peer,
                status,
                message_id: None,
                message: self.outline(answer),
                resolution: None,
            },
        }
    }

    /// What was answered at the service root, where it is one.
    pub(crate) fn read_root(&self, answer: Answer) -> Result<ServiceRoot, BmcError> {
        if !answer.is_success() {
            // A Redfish service that has a bad moment says so in Redfish's way, or as a gateway.
            let speaks = answer.error().is_some() || answer.status >= 500 || answer.status == 401;
            return Err(match speaks && !answer.is_redirect() {
                true => self.refused(&answer),
                false => self.not_redfish(&answer),
            });
        }
        let Some(object) = answer.object() else {
            let begins = answer.body.trim_ascii_start().first();
            return Err(match begins {
                Some(b'{') => match self.object(&answer) {
                    Err(error) => error,
                    Ok(_) => self.not_redfish(&answer),
                },
                Some(_) | None => self.not_redfish(&answer),
            });
        };
        let root: ServiceRoot = resource::read(object);
        match root.is_redfish() {
            true => Ok(root),
            false => Err(self.not_redfish(&answer)),
        }
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self, answer: &Answer) -> Result<Map<String, Value>, BmcError> {
        match serde_json::from_slice::<Value>(&answer.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(self.protocol(&format!("no JSON object: {}", self.outline(answer)))),
            Err(error) => {
                let outline = self.outline(answer);
                Err(self.protocol(&format!("no JSON ({error}): {outline}")))
            }
        }
    }

    pub(crate) fn protocol(&self, evidence: &str) -> BmcError {
        BmcError::Protocol {
            peer: self.peer(),
            evidence: self.quote(evidence),
        }
    }

    pub(crate) fn not_redfish(&self, answer: &Answer) -> BmcError {
        BmcError::NotRedfish {
            peer: self.peer(),
            evidence: self.outline(answer),
        }
    }

    pub(crate) fn not_offered(&self, what: impl Into<String>) -> BmcError {
        BmcError::NotOffered {
            peer: self.peer(),
            what: what.into(),
        }
    }

    /// An answer in one line: `HTTP 200, text/html: <html>…`.
    fn outline(&self, answer: &Answer) -> String {
        let mut line = format!("HTTP {}", answer.status);
        if answer.is_redirect() {
            let to = answer.location.as_deref().unwrap_or("nowhere");
            line += &format!(", a redirect to {to}, which is not followed");
        } else if answer.body.is_empty() {
            line += ", an empty body";
        } else {
            let of_type = answer.content_type.as_deref().unwrap_or("of no type");
            line += &format!(", {of_type}: {}", self.evidence.quote_bytes(&answer.body));
        }
        self.quote(&line)
    }

    /// What a peer said, as an error may repeat it.
    pub(crate) fn quote(&self, text: &str) -> String {
        self.evidence.quote(text)
    }

    /// What a peer said in full, without our secret.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.evidence.clean(text)
    }
}
