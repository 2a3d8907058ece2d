//! Who may ask: Basic and sessions.

use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::service;
use crate::card::Card;

/// An IMC's Redfish takes no password under this.
pub const SHORTEST_PASSWORD: usize = 14;

/// A session. Its `Id` is an integer and its `Name` null: so it was recorded.
#[derive(Debug, Clone)]
struct Session {
    id: u64,
    token: String,
    used: Instant,
}

/// The sessions of one IMC. Lost by a reset.
#[derive(Debug)]
pub struct Sessions {
    all: Vec<Session>,
    made: u64,
    pub timeout: Duration,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            made: 0,
            timeout: Duration::from_secs(30),
        }
    }
}

impl Sessions {
    /// A new session: its id and its token, base64 of 256 random bytes.
    pub fn open(&mut self, now: Instant) -> (u64, String) {
        let mut bytes = [0; 256];
        // Without randomness there is no lab to protect.
        getrandom::fill(&mut bytes).unwrap_or_default();
        let token = STANDARD.encode(bytes);
        self.made += 1;
        self.all.push(Session {
            id: self.made,
            token: token.clone(),
            used: now,
        });
        (self.made, token)
    }

    /// Whether the token is good; using it keeps it alive.
    pub fn admit(&mut self, token: &str, now: Instant) -> bool {
        let timeout = self.timeout;
        self.all
            .retain(|s| now.saturating_duration_since(s.used) < timeout);
        match self.all.iter_mut().find(|s| s.token == token) {
            Some(session) => {
                session.used = now;
                true
            }
            None => false,
        }
    }

    /// Whether there was one to close.
    pub fn close(&mut self, id: u64) -> bool {
        let before = self.all.len();
        self.all.retain(|s| s.id != id);
        self.all.len() < before
    }

    pub fn ids(&self) -> Vec<u64> {
        self.all.iter().map(|s| s.id).collect()
    }

    /// The resource.
    pub fn body(id: u64, user: &str) -> Value {
        json!({
            "@odata.context": "/redfish/v1/$metadata#Session.Session",
            "@odata.id": format!("/redfish/v1/SessionService/Sessions/{id}"),
            "@odata.type": "#Session.v1_7_2.Session",
            "Description": null,
            "Id": id,
            "Name": null,
            "Password": null,
            "UserName": user,
        })
    }
}

/// What the request's headers are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Granted,
    /// Nothing was offered, or a session that is over: refused at once.
    NothingOffered,
    /// A wrong name or password: refused slowly.
    Wrong,
}

/// Whether name and password are those that the service was started with.
pub fn password_is_right(card: &Card, user: &str, password: &str) -> bool {
    password.chars().count() >= SHORTEST_PASSWORD
        && user == card.secrets().imc_user
        && service::hash(password) == card.imc().redfish_hash
}

/// Judges a request.
pub fn access(card: &Card, headers: &HeaderMap) -> Access {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(token) = text("x-auth-token") {
        let admitted = card.imc().sessions.admit(token, Instant::now());
        return if admitted {
            Access::Granted
        } else {
            Access::NothingOffered
        };
    }
    let Some(basic) = text(header::AUTHORIZATION.as_str()).and_then(|v| v.strip_prefix("Basic "))
    else {
        return Access::NothingOffered;
    };
    let decoded = STANDARD.decode(basic.trim()).unwrap_or_default();
    let decoded = String::from_utf8_lossy(&decoded);
    match decoded.split_once(':') {
        Some((user, password)) if password_is_right(card, user, password) => Access::Granted,
        _ => Access::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_is_not_used() {
        let mut sessions = Sessions::default();
        let start = Instant::now();
        let (id, token) = sessions.open(start);
        assert_eq!(id, 1);
        assert_eq!(STANDARD.decode(&token).unwrap().len(), 256);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(sessions.admit(&token, at(29)));
        assert!(sessions.admit(&token, at(58)));
        assert!(!sessions.admit(&token, at(89)));
        assert!(!sessions.close(id));
    }
}
