//! Logging in: the ways of a target, in their order, and what was tried.

use std::{path::Path, sync::Arc};

use russh::{
    MethodKind, MethodSet,
    client::{AuthResult, KeyboardInteractiveAuthResponse},
    keys::{
        PrivateKeyWithHashAlg,
        agent::{AgentIdentity, client::AgentClient},
    },
};
use slipway_core::{ports::RemoteError, secret::Password};

use crate::{
    handshake::Shaken,
    keys::{fingerprint, read_private_key},
    target::SshAuth,
};

/// OpenSSH hangs up at the sixth refusal; an agent full of keys must leave room for the password.
const AGENT_KEYS: usize = 4;
/// Rounds of questions that a peer may ask in `keyboard-interactive`.
const QUESTION_ROUNDS: usize = 4;

/// The login in progress.
struct Login<'a> {
    session: &'a mut Shaken,
    user: &'a str,
    agent_socket: Option<&'a Path>,
    /// What the peer still takes, as it said at its last refusal.
    offered: Option<MethodSet>,
    tried: Vec<String>,
}

/// Logs in, or says what was tried.
pub(crate) async fn log_in(
    session: &mut Shaken,
    peer: &str,
    user: &str,
    ways: &[SshAuth],
    agent_socket: Option<&Path>,
) -> Result<(), RemoteError> {
    let mut login = Login {
        session,
        user,
        agent_socket,
        offered: None,
        tried: Vec::new(),
    };
    for way in ways {
        let result = match way {
            SshAuth::Key(pem) => login.key(pem).await,
            SshAuth::Password(password) => login.password(password).await,
            SshAuth::Agent => login.agent().await,
            SshAuth::None => login.nothing().await,
        };
        match result {
            Ok(true) => return Ok(()),
            Ok(false) if !login.session.handle.is_closed() => {}
            // Hung up. After a refusal that is one more refusal; before any, the line broke.
            Ok(false) | Err(_) if login.was_refused() => break,
            Ok(false) => return Err(login.lost(peer, "it hung up while logging in")),
            Err(error) => return Err(login.lost(peer, &error.to_string())),
        }
    }
    let tried = if login.tried.is_empty() {
        "nothing: no credential is configured".to_owned()
    } else {
        login.tried.join(", ")
    };
    Err(RemoteError::Unauthorized {
        peer: peer.to_owned(),
        user: user.to_owned(),
        tried,
    })
}

impl Login<'_> {
    fn was_refused(&self) -> bool {
        let ended = self.session.observed.ended.get();
        self.offered.is_some() || ended.is_some_and(|why| why.contains("authentication fail"))
    }

    fn lost(&self, peer: &str, reason: &str) -> RemoteError {
        let ended = self.session.observed.ended.get();
        RemoteError::Lost {
            peer: peer.to_owned(),
            reason: ended.map_or(reason, String::as_str).to_owned(),
        }
    }

    fn offers(&self, method: MethodKind) -> bool {
        self.offered.as_ref().is_none_or(|o| o.contains(&method))
    }

    /// Whether the peer let us in; remembers what it still takes where not.
    fn heard(&mut self, result: AuthResult) -> bool {
        match result {
            AuthResult::Success => true,
            AuthResult::Failure {
                remaining_methods, ..
            } => {
                if !remaining_methods.is_empty() {
                    self.offered = Some(remaining_methods);
                }
                false
            }
        }
    }

    async fn key(&mut self, pem: &Password) -> Result<bool, russh::Error> {
        let key = match read_private_key(pem) {
            Ok(key) => key,
            Err(why) => {
                self.tried.push(format!("a key ({why})"));
                return Ok(false);
            }
        };
        self.tried
            .push(format!("key {}", fingerprint(key.public_key())));
        let hash = match key.algorithm().is_rsa() {
            true => self
                .session
                .handle
                .best_supported_rsa_hash()
                .await?
                .flatten(),
            false => None,
        };
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
        let handle = &mut self.session.handle;
        let result = handle.authenticate_publickey(self.user, key).await?;
        Ok(self.heard(result))
    }

    async fn password(&mut self, password: &Password) -> Result<bool, russh::Error> {
        self.tried.push("password".to_owned());
        if self.offers(MethodKind::Password) {
            let handle = &mut self.session.handle;
            let result = handle
                .authenticate_password(self.user, password.expose())
                .await?;
            // Where both are offered they ask the same PAM stack: a second refusal of the same
            // password would only count against the account.
            let had_been_offered = self.offered.is_some();
            if self.heard(result) {
                return Ok(true);
            }
            if had_been_offered || self.offers(MethodKind::Password) {
                return Ok(false);
            }
        }
        if self.session.handle.is_closed() || !self.offers(MethodKind::KeyboardInteractive) {
            return Ok(false);
        }
        self.answer_questions(password).await
    }

    /// `keyboard-interactive`: the password is the answer to every hidden prompt.
    async fn answer_questions(&mut self, password: &Password) -> Result<bool, russh::Error> {
        let handle = &mut self.session.handle;
        let mut response = handle
            .authenticate_keyboard_interactive_start(self.user, None)
            .await?;
        for _ in 0..QUESTION_ROUNDS {
            match response {
                KeyboardInteractiveAuthResponse::Success => return Ok(true),
                KeyboardInteractiveAuthResponse::Failure { .. } => return Ok(false),
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                    let answer = |echo: bool| match echo {
                        true => String::new(),
                        false => password.expose().to_owned(),
                    };
                    let answers = prompts.iter().map(|p| answer(p.echo)).collect();
                    response = handle
                        .authenticate_keyboard_interactive_respond(answers)
                        .await?;
                }
            }
        }
        Ok(matches!(response, KeyboardInteractiveAuthResponse::Success))
    }

    async fn agent(&mut self) -> Result<bool, russh::Error> {
        let agent = match self.agent_socket {
            Some(path) => AgentClient::connect_uds(path).await,
            None => AgentClient::connect_env().await,
        };
        let identities = match agent {
            Ok(mut agent) => agent.request_identities().await.map(|found| (agent, found)),
            Err(error) => Err(error),
        };
        let (mut agent, identities) = match identities {
            Ok(both) => both,
            Err(error) => {
                self.tried.push(format!("ssh-agent ({error})"));
                return Ok(false);
            }
        };
        if identities.is_empty() {
            self.tried.push("ssh-agent (it holds no key)".to_owned());
        }
        for identity in identities.into_iter().take(AGENT_KEYS) {
            // A certificate of the agent is left out: its plain key is in the list as well.
            let AgentIdentity::PublicKey { key, .. } = identity else {
                continue;
            };
            self.tried.push(format!("ssh-agent {}", fingerprint(&key)));
            let handle = &mut self.session.handle;
            let hash = match key.algorithm().is_rsa() {
                true => handle.best_supported_rsa_hash().await?.flatten(),
                false => None,
            };
            let result = handle
                .authenticate_publickey_with(self.user, key, hash, &mut agent)
                .await;
            match result {
                Ok(result) => {
                    if self.heard(result) {
                        return Ok(true);
                    }
                }
                // The agent did not sign (a token was not touched): try its next key.
                Err(error) => tracing::debug!(%error, "ssh-agent did not sign"),
            }
            if self.session.handle.is_closed() {
                break;
            }
        }
        Ok(false)
    }

    async fn nothing(&mut self) -> Result<bool, russh::Error> {
        self.tried.push("no password".to_owned());
        let handle = &mut self.session.handle;
        let result = handle.authenticate_none(self.user).await?;
        if self.heard(result) {
            return Ok(true);
        }
        if self.session.handle.is_closed() || !self.offers(MethodKind::Password) {
            return Ok(false);
        }
        let handle = &mut self.session.handle;
        let result = handle.authenticate_password(self.user, "").await?;
        Ok(self.heard(result))
    }
}
