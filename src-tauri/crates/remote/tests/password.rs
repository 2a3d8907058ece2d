//! Passwords, against a small russh server: OpenSSH would need PAM or a shadow file for them.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use russh::{
    Channel, ChannelId, MethodKind, MethodSet,
    keys::decode_secret_key,
    server::{self, Auth, ChannelOpenHandle, Msg, Response, Session},
};
use slipway_core::{
    address::Address,
    command::CommandLine,
    ports::{Remote as _, RemoteError},
    secret::Password,
};
use slipway_remote::{SshAuth, SshRemote, SshTarget, generate_key, host_key};
use tokio::net::TcpListener;

const LONG: Duration = Duration::from_secs(60);

/// What a peer takes, and a record of what it was asked.
#[derive(Clone, Default)]
struct Peer {
    password: Option<&'static str>,
    interactive: Option<&'static str>,
    none: bool,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    fn offers(&self) -> MethodSet {
        let mut methods = vec![];
        if self.password.is_some() {
            methods.push(MethodKind::Password);
        }
        if self.interactive.is_some() {
            methods.push(MethodKind::KeyboardInteractive);
        }
        methods.push(MethodKind::PublicKey);
        MethodSet::from(methods.as_slice())
    }

    fn answer(&self, what: &str, accept: bool) -> Auth {
        self.asked.lock().unwrap().push(what.to_owned());
        if accept {
            Auth::Accept
        } else {
            Auth::Reject {
                proceed_with_methods: Some(self.offers()),
                partial_success: false,
            }
        }
    }

    /// Serves until the test ends, and gives the way to it.
    async fn start(&self, auth: Vec<SshAuth>) -> SshTarget {
        let (key, _) = generate_key("host");
        let config = Arc::new(server::Config {
            keys: vec![decode_secret_key(key.expose(), None).unwrap()],
            auth_rejection_time: Duration::ZERO,
            methods: self.offers(),
            ..server::Config::default()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let peer = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (config, peer) = (config.clone(), peer.clone());
                tokio::spawn(async move {
                    if let Ok(session) = server::run_stream(config, stream, peer).await {
                        let _ = session.await;
                    }
                });
            }
        });
        let mut target = SshTarget {
            address: Address::new("127.0.0.1", port).unwrap(),
            user: "root".into(),
            auth,
            host_key: None,
            via: None,
        };
        target.host_key = Some(host_key(target.clone()).await.unwrap());
        target
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl server::Handler for Peer {
    type Error = russh::Error;

    async fn auth_none(&mut self, _user: &str) -> Result<Auth, Self::Error> {
        Ok(self.answer("none", self.none))
    }

    async fn auth_password(&mut self, _user: &str, password: &str) -> Result<Auth, Self::Error> {
        Ok(self.answer(
            &format!("password {password:?}"),
            self.password == Some(password),
        ))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let Some(answers) = response else {
            return Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: vec![("Password: ".into(), false)].into(),
            });
        };
        let given: Vec<_> = answers
            .map(|a| String::from_utf8_lossy(&a).into_owned())
            .collect();
        Ok(self.answer(
            &format!("interactive {given:?}"),
            self.interactive.is_some_and(|wanted| given == [wanted]),
        ))
    }

    async fn channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        session.data(channel, data.to_vec())?;
        session.exit_status_request(channel, 0)?;
        session.eof(channel)?;
        session.close(channel)?;
        Ok(())
    }
}

fn password(text: &str) -> SshAuth {
    SshAuth::Password(Password::new(text))
}

async fn run(target: SshTarget) -> Result<String, RemoteError> {
    let command = CommandLine::new(["uname", "-m"]);
    let output = SshRemote::new(target).run(&command, None, LONG).await?;
    Ok(output.text())
}

#[tokio::test]
async fn a_password_logs_in() {
    let peer = Peer {
        password: Some("right"),
        ..Peer::default()
    };
    let target = peer.start(vec![password("right")]).await;
    assert_eq!(run(target).await.unwrap(), "uname -m");
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_not_shown() {
    let peer = Peer {
        password: Some("right"),
        interactive: Some("right"),
        ..Peer::default()
    };
    let target = peer.start(vec![password("sentinel")]).await;
    let error = run(target).await.unwrap_err();
    assert!(
        matches!(&error, RemoteError::Unauthorized { tried, .. } if tried == "password"),
        "{error:?}"
    );
    assert_eq!(peer.asked(), ["password \"sentinel\""]);
}

#[tokio::test]
async fn a_password_answers_questions_where_only_those_are_taken() {
    let peer = Peer {
        interactive: Some("right"),
        ..Peer::default()
    };
    let target = peer.start(vec![password("right")]).await;
    assert_eq!(run(target).await.unwrap(), "uname -m");
    assert_eq!(peer.asked().last().unwrap(), "interactive [\"right\"]");
}

#[tokio::test]
async fn no_password_is_used_only_where_it_was_asked_for() {
    let open = Peer {
        none: true,
        ..Peer::default()
    };
    assert!(run(open.start(vec![SshAuth::None]).await).await.is_ok());
    let empty = Peer {
        password: Some(""),
        ..Peer::default()
    };
    assert!(run(empty.start(vec![SshAuth::None]).await).await.is_ok());
    let target = Peer {
        none: true,
        ..Peer::default()
    }
    .start(vec![])
    .await;
    let error = run(target).await.unwrap_err();
    assert!(
        matches!(error, RemoteError::Unauthorized { .. }),
        "{error:?}"
    );
}
