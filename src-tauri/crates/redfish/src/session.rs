//! Who we are to a service: a session where it has them, else HTTP Basic.
//!
//! A password that was refused is not sent again, by whatever question: IMCs answer slowly and
//! accounts get locked. So the first request that carries it goes alone, and its refusal stays.
//! A session that has run out is renewed once. Sessions are scarce (Dell allows eight), so each is
//! deleted: see `goodbye.rs`.

use std::sync::{Arc, atomic::Ordering};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    Method, RequestBuilder,
    header::{self, HeaderValue},
};
use serde_json::json;
use slipway_core::{ports::BmcError, secret::Password};
use tokio::runtime::Handle;

use crate::{
    answer::{Answer, path_of},
    broken::Broken,
    ipu::Signs,
    navigate::ROOT,
    quirks::Quirks,
    resource::{self, Link, ServiceRoot, linked},
    transport::{AUTH_TOKEN, Transport},
};

/// A user name and its password.
pub(crate) struct Credential {
    user: String,
    password: Password,
    basic: HeaderValue,
}

impl Credential {
    pub(crate) fn new(user: String, password: Password) -> Self {
        let basic = STANDARD.encode(format!("{user}:{}", password.expose()));
        let mut basic =
            HeaderValue::try_from(format!("Basic {basic}")).expect("base64 is allowed in a header");
        basic.set_sensitive(true);
        Self {
            user,
            password,
            basic,
        }
    }

    /// The texts that no error may show.
    pub(crate) fn secrets(&self) -> [String; 2] {
        let basic = self.basic.as_bytes().strip_prefix(b"Basic ");
        let basic = String::from_utf8_lossy(basic.unwrap_or_default()).into_owned();
        [self.password.expose().to_owned(), basic]
    }
}

/// What a request carries.
#[derive(Clone)]
pub(crate) enum Auth {
    Basic(HeaderValue),
    Token(HeaderValue),
}

impl Auth {
    pub(crate) fn on(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Basic(value) => request.header(header::AUTHORIZATION, value.clone()),
            Self::Token(value) => request.header(AUTH_TOKEN, value.clone()),
        }
    }
}

/// How far we are known.
#[derive(Default)]
pub(crate) enum Login {
    #[default]
    NotYet,
    Basic {
        /// Something was answered with it that is no 401.
        proven: bool,
    },
    Session(Session),
    /// Never again by this client.
    Refused,
}

#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) token: HeaderValue,
    /// What is deleted at the end; a service that does not tell lets it run out.
    pub(crate) path: Option<String>,
    /// Where it was made, for a deletion when nobody is left to wait for it.
    pub(crate) runtime: Handle,
}

/// What the answer to a login means. No I/O.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Session {
        token: String,
        path: Option<String>,
    },
    CredentialRefused,
    /// The service makes no session (none left, none at all) and says nothing of the credential.
    NoSession,
}

impl Verdict {
    fn of(answer: &Answer) -> Self {
        if answer.is_success() {
            let token = answer.token.clone().filter(|t| !t.is_empty());
            let Some(token) = token else {
                return Self::NoSession;
            };
            let of_body = || {
                let link: Link = resource::read(answer.object()?);
                link.path()
            };
            let path = answer.location.as_deref().and_then(path_of);
            return Self::Session {
                token,
                path: path.or_else(of_body),
            };
        }
        if answer.status == 401 {
            return Self::CredentialRefused;
        }
        // iLO refuses a password by 400 UnauthorizedLoginAttempt; others put it in words.
        let said = answer.error().is_some_and(|error| {
            let id = error.message_id.as_deref().unwrap_or_default();
            let said = format!("{id} {}", error.message).to_lowercase();
            let full = said.contains("limit") || said.contains("maximum");
            let words = ["unauthorized", "credential", "password", "locked", "login"];
            !full && words.iter().any(|word| said.contains(word))
        });
        match said && answer.status < 500 {
            true => Self::CredentialRefused,
            false => Self::NoSession,
        }
    }
}

impl Transport {
    /// One exchange as the one we are. A session that has run out meanwhile (401) is renewed once,
    /// and the request, which was not carried out, is sent again.
    pub(crate) async fn authorized(
        &self,
        request: &(dyn Fn() -> RequestBuilder + Sync),
    ) -> Result<Answer, Broken> {
        let mut renewed = false;
        loop {
            let mut login = self.login.lock().await;
            if matches!(*login, Login::NotYet) {
                *login = self.log_in().await?;
            }
            let session = match &*login {
                Login::NotYet | Login::Refused => {
                    let peer = self.peer();
                    return Err(Broken::for_good(BmcError::Unauthorized { peer }));
                }
                Login::Basic { proven: true } => {
                    drop(login);
                    return self.exchange(request, Some(&self.basic())).await;
                }
                Login::Basic { proven: false } => {
                    let answer = self.exchange(request, Some(&self.basic())).await?;
                    *login = match answer.status {
                        401 => Login::Refused,
                        _ => Login::Basic { proven: true },
                    };
                    return Ok(answer);
                }
                Login::Session(session) => session.clone(),
            };
            drop(login);
            let auth = Auth::Token(session.token.clone());
            let answer = self.exchange(request, Some(&auth)).await?;
            if answer.status != 401 || renewed {
                return Ok(answer);
            }
            renewed = true;
            let mut login = self.login.lock().await;
            if matches!(&*login, Login::Session(now) if now.token == session.token) {
                tracing::debug!(peer = %self.address, "the session has run out");
                *login = Login::NotYet;
            }
        }
    }

    fn basic(&self) -> Auth {
        Auth::Basic(self.credential.basic.clone())
    }

    async fn log_in(&self) -> Result<Login, Broken> {
        let basic = Login::Basic { proven: false };
        let Some(root) = self.root_for_login().await.map_err(Broken::for_good)? else {
            return Ok(basic);
        };
        let quirks = Quirks::of(Signs {
            root: &root,
            system: None,
            manager: None,
        });
        let by_basic = quirks.logs_in_by_basic() || self.by_basic.load(Ordering::Relaxed);
        let sessions = root
            .links
            .as_ref()
            .and_then(|l| linked(l.sessions.as_ref()));
        let Some(sessions) = sessions.filter(|_| !by_basic) else {
            return Ok(basic);
        };
        let body = json!({
            "UserName": self.credential.user,
            "Password": self.credential.password.expose(),
        });
        let body = body.to_string();
        let request = || {
            self.login_request(Method::POST, &sessions)
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone())
        };
        let answer = self.exchange(&request, None).await;
        let answer = answer.map_err(|broken| Broken::for_good(broken.error))?;
        Ok(match Verdict::of(&answer) {
            Verdict::Session { token, path } => match HeaderValue::try_from(&token) {
                Ok(mut value) => {
                    value.set_sensitive(true);
                    self.evidence.add_secret(token);
                    Login::Session(Session {
                        token: value,
                        path,
                        runtime: Handle::current(),
                    })
                }
                Err(_) => basic,
            },
            Verdict::CredentialRefused => Login::Refused,
            Verdict::NoSession => {
                tracing::debug!(peer = %self.address, status = answer.status, "no session");
                basic
            }
        })
    }

    /// The root as anybody may read it; nothing where it is shown to nobody without a login.
    async fn root_for_login(&self) -> Result<Option<Arc<ServiceRoot>>, BmcError> {
        let mut known = self.root.lock().await;
        if known.is_none() {
            let answer = self.get_openly(ROOT).await?;
            if answer.status == 401 {
                return Ok(None);
            }
            *known = Some(Arc::new(self.read_root(answer)?));
        }
        Ok(known.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, token: Option<&str>, location: Option<&str>, body: &str) -> Verdict {
        Verdict::of(&Answer {
            status,
            token: token.map(str::to_owned),
            location: location.map(str::to_owned),
            body: body.as_bytes().to_vec(),
            ..Answer::default()
        })
    }

    fn message(id: &str, text: &str) -> String {
        json!({"error": {"@Message.ExtendedInfo": [{"MessageId": id, "Message": text}]}})
            .to_string()
    }

    #[test]
    fn a_session_is_a_token_and_where_it_is_deleted() {
        let session = |path: Option<&str>| Verdict::Session {
            token: "t".into(),
            path: path.map(str::to_owned),
        };
        let absolute = "https://192.0.2.1/redfish/v1/SessionService/Sessions/7";
        let path = Some("/redfish/v1/SessionService/Sessions/7");
        assert_eq!(verdict(201, Some("t"), Some(absolute), "{}"), session(path));
        let body = r#"{"@odata.id": "/redfish/v1/SessionService/Sessions/7", "Id": 7}"#;
        assert_eq!(verdict(200, Some("t"), None, body), session(path));
        assert_eq!(verdict(201, Some("t"), None, ""), session(None));
        assert_eq!(verdict(201, None, None, body), Verdict::NoSession);
    }

    #[test]
    fn what_refuses_the_credential_and_what_only_the_session() {
        let ilo = message("iLO.2.15.UnauthorizedLoginAttempt", "");
        for (status, body) in [
            (401, String::new()),
            (400, ilo),
            (403, message("X.1.0.Y", "The account is locked.")),
        ] {
            let said = verdict(status, None, None, &body);
            assert_eq!(said, Verdict::CredentialRefused, "{status} {body}");
        }
        let idrac = message(
            "IDRAC.2.8.RAC0218",
            "The maximum number of user sessions is reached.",
        );
        for (status, body) in [
            (404, String::new()),
            (405, String::new()),
            (
                503,
                message("Base.1.8.SessionLimitExceeded", "No more logins."),
            ),
            (400, idrac),
            (
                500,
                message("Base.1.8.InternalError", "login service failed"),
            ),
        ] {
            let said = verdict(status, None, None, &body);
            assert_eq!(said, Verdict::NoSession, "{status} {body}");
        }
    }
}
