//! Against OpenSSH's own sshd: what an IMC and an ACC run.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

mod common;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use common::{LONG, Sshd, argv};
use proptest::prelude::*;
use slipway_core::{
    address::Address,
    command::CommandLine,
    ports::{Remote as _, RemoteError, Stage},
};
use slipway_remote::{SshAuth, SshRemote, SshTarget, generate_key, host_key};

/// Polls until it is so; fails the test at a deadline.
async fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let until = Instant::now() + LONG;
    while !so() {
        assert!(Instant::now() < until, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn has_a_line(marker: &Path) -> bool {
    std::fs::read_to_string(marker).is_ok_and(|text| text.ends_with('\n'))
}

/// Ends the processes that wrote their ids there, and says how many did: a command outlives its
/// connection where sshd takes no signal for it (older ones, for root).
fn stop_what_wrote(marker: &Path) -> usize {
    let text = std::fs::read_to_string(marker).unwrap_or_default();
    for id in text.lines() {
        let _ = Command::new("kill").arg(id).stderr(Stdio::null()).status();
    }
    text.lines().count()
}

#[tokio::test]
async fn a_key_logs_in_and_a_command_leaves_output_and_status() {
    let sshd = Sshd::start("");
    let remote = SshRemote::new(sshd.target());
    let script = "echo out; echo reason >&2; exit 3";
    let output = remote
        .run(&argv(["sh", "-c", script]), None, LONG)
        .await
        .unwrap();
    assert_eq!((output.exit, output.text().as_str()), (3, "out"));
    assert_eq!(output.reason(), "reason");
    let killed = remote
        .run(&argv(["sh", "-c", "kill -9 $$"]), None, LONG)
        .await
        .unwrap();
    assert_eq!(killed.exit, 137);
    let missing = remote
        .run(&argv(["no-such-program"]), None, LONG)
        .await
        .unwrap();
    assert_eq!(missing.exit, 127);
    assert_eq!(sshd.connections(), 1, "one connection carries all commands");
}

#[tokio::test]
async fn a_wrong_key_is_unauthorized_and_says_what_was_tried() {
    let sshd = Sshd::start("");
    let mut target = sshd.target();
    target.auth = vec![
        SshAuth::Key(generate_key("other").0),
        SshAuth::Key(slipway_core::secret::Password::new("sentinel")),
    ];
    let error = SshRemote::new(target)
        .run(&argv(["true"]), None, LONG)
        .await
        .unwrap_err();
    let RemoteError::Unauthorized { tried, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(tried.starts_with("key SHA256:"), "{tried}");
    assert!(
        tried.ends_with("a key (it can't be read as a private key)"),
        "{tried}"
    );
    assert!(!tried.contains("sentinel"));
}

#[tokio::test]
async fn being_hung_up_on_after_refusals_is_still_unauthorized() {
    let sshd = Sshd::start("MaxAuthTries 1");
    let mut target = sshd.target();
    target.auth = vec![
        SshAuth::Key(generate_key("a").0),
        SshAuth::Key(generate_key("b").0),
    ];
    let error = SshRemote::new(target)
        .run(&argv(["true"]), None, LONG)
        .await
        .unwrap_err();
    assert!(
        matches!(error, RemoteError::Unauthorized { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_second_way_is_tried_after_the_first() {
    let sshd = Sshd::start("");
    let mut target = sshd.target();
    target.auth.insert(0, SshAuth::Key(generate_key("other").0));
    let output = SshRemote::new(target)
        .run(&argv(["true"]), None, LONG)
        .await
        .unwrap();
    assert!(output.ok());
}

#[tokio::test]
async fn an_unknown_host_key_stops_before_anything_is_said() {
    let sshd = Sshd::start("");
    let mut target = sshd.target();
    target.host_key = None;
    assert_eq!(host_key(target.clone()).await.unwrap(), sshd.host_key);
    let error = SshRemote::new(target)
        .run(&argv(["true"]), None, LONG)
        .await
        .unwrap_err();
    assert_eq!(
        error,
        RemoteError::HostKeyUnknown {
            peer: format!("127.0.0.1:{}", sshd.port),
            seen: sshd.host_key.clone(),
        }
    );
}

#[tokio::test]
async fn a_changed_host_key_is_told_with_both() {
    let (sshd, other) = (Sshd::start(""), Sshd::start(""));
    let mut target = sshd.target();
    target.host_key = Some(other.host_key.clone());
    let error = SshRemote::new(target)
        .run(&argv(["true"]), None, LONG)
        .await
        .unwrap_err();
    assert_eq!(
        error,
        RemoteError::HostKeyChanged {
            peer: format!("127.0.0.1:{}", sshd.port),
            pinned: other.host_key.clone(),
            seen: sshd.host_key.clone(),
        }
    );
}

#[tokio::test]
async fn standard_input_arrives_whole_and_ends() {
    let sshd = Sshd::start("");
    let remote = SshRemote::new(sshd.target());
    // More than a window and both pipes: it only comes back if both directions move.
    let input: Vec<u8> = (0..4_000_000_u32).map(|n| (n % 251) as u8).collect();
    let output = remote
        .run(&argv(["cat"]), Some(&input), LONG)
        .await
        .unwrap();
    assert!(
        output.stdout == input,
        "{} bytes came back",
        output.stdout.len()
    );
    // A command that does not read its input is no error, and does not wait for it.
    let output = remote
        .run(&argv(["true"]), Some(&input), LONG)
        .await
        .unwrap();
    assert!(output.ok());
}

#[tokio::test]
async fn a_megabyte_of_output_arrives() {
    let sshd = Sshd::start("");
    let remote = SshRemote::new(sshd.target());
    let command = argv(["head", "-c", "1048576", "/dev/zero"]);
    let output = remote.run(&command, None, LONG).await.unwrap();
    assert_eq!((output.exit, output.stdout.len()), (0, 1 << 20));
}

#[tokio::test]
async fn a_deadline_ends_the_waiting_and_not_the_connection() {
    let sshd = Sshd::start("");
    let remote = SshRemote::new(sshd.target());
    assert!(remote.run(&argv(["true"]), None, LONG).await.unwrap().ok());
    let began = Instant::now();
    let deadline = Duration::from_secs(2);
    let dir = tempfile::tempdir().unwrap();
    let marker = dir.path().join("ran");
    let script = format!("echo $$ >> '{}'; exec sleep 30", marker.display());
    let command = argv(["sh", "-c", &script]);
    let error = remote.run(&command, None, deadline).await.unwrap_err();
    stop_what_wrote(&marker);
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        error,
        RemoteError::TimedOut {
            peer: format!("127.0.0.1:{}", sshd.port),
            command: command.to_string(),
            seconds: 2,
        }
    );
    assert!(remote.run(&argv(["true"]), None, LONG).await.unwrap().ok());
    assert_eq!(sshd.connections(), 1);
}

#[tokio::test]
async fn many_commands_share_a_connection_and_a_lost_one_is_opened_again() {
    let sshd = Sshd::start("");
    let remote = std::sync::Arc::new(SshRemote::new(sshd.target()));
    let running: Vec<_> = (0..24)
        .map(|n| {
            let remote = remote.clone();
            let word = n.to_string();
            tokio::spawn(async move {
                let output = remote
                    .run(&argv(["echo", &word]), None, LONG)
                    .await
                    .unwrap();
                assert_eq!(output.text(), word);
            })
        })
        .collect();
    for task in running {
        task.await.unwrap();
    }
    assert_eq!(sshd.connections(), 1);
    sshd.cut();
    assert!(remote.run(&argv(["true"]), None, LONG).await.unwrap().ok());
    assert_eq!(sshd.connections(), 2);
}

#[tokio::test]
async fn a_command_cut_off_is_lost_and_not_run_again() {
    let sshd = Sshd::start("");
    let dir = tempfile::tempdir().unwrap();
    let marker = dir.path().join("ran");
    let script = format!("echo $$ >> '{}'; exec sleep 60", marker.display());
    let remote = SshRemote::new(sshd.target());
    let command = argv(["sh", "-c", &script]);
    let (result, ()) = tokio::join!(remote.run(&command, None, LONG), async {
        eventually("the command runs", || has_a_line(&marker)).await;
        sshd.cut();
    });
    assert!(
        matches!(result, Err(RemoteError::Lost { .. })),
        "{result:?}"
    );
    assert_eq!(stop_what_wrote(&marker), 1);
}

#[tokio::test]
async fn name_tcp_and_ssh_failures_are_told_apart() {
    let stage_of = async |host: &str, port: u16| {
        let target = SshTarget {
            address: Address::new(host, port).unwrap(),
            user: "root".into(),
            auth: vec![],
            host_key: None,
            via: None,
        };
        match SshRemote::new(target)
            .run(&argv(["true"]), None, LONG)
            .await
        {
            Err(RemoteError::Unreachable { stage, .. }) => stage,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(stage_of("no-such-host.invalid", 22).await, Stage::Name);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let talker = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    assert_eq!(stage_of("127.0.0.1", port).await, Stage::Ssh);
    talker.join().unwrap();
    // The listener is gone with its thread.
    assert_eq!(stage_of("127.0.0.1", port).await, Stage::Tcp);
}

#[tokio::test]
async fn an_ssh_agent_signs() {
    let sshd = Sshd::start("");
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("agent");
    let mut agent = Command::new("ssh-agent")
        .arg("-D")
        .arg("-a")
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the agent listens", || socket.exists()).await;
    let run = async || {
        let mut target = sshd.target();
        target.auth = vec![SshAuth::Agent];
        let remote = SshRemote::new(target).with_agent_socket(socket.clone());
        remote.run(&argv(["true"]), None, LONG).await
    };
    let empty = run().await;
    for (name, key) in [("other", &generate_key("other").0), ("right", &sshd.key)] {
        let path = dir.path().join(name);
        common::write_secret(&path, key.expose());
        let added = Command::new("ssh-add")
            .arg(&path)
            .env("SSH_AUTH_SOCK", &socket)
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(added.success());
    }
    let full = run().await;
    let _ = agent.kill();
    let _ = agent.wait();
    assert!(
        matches!(&empty, Err(RemoteError::Unauthorized { tried, .. }) if tried == "ssh-agent (it holds no key)"),
        "{empty:?}"
    );
    assert!(full.unwrap().ok());
}

#[test]
fn arguments_arrive_as_they_were_written() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sshd = Sshd::start("");
    let remote = SshRemote::new(sshd.target());
    let arrives = |arguments: &[String]| {
        let mut argv = vec!["printf".to_owned(), "%s\\0".to_owned()];
        argv.extend_from_slice(arguments);
        let command = CommandLine::new(argv);
        let output = runtime.block_on(remote.run(&command, None, LONG)).unwrap();
        let expected: String = arguments.iter().map(|a| format!("{a}\0")).collect();
        (output.stdout, expected.into_bytes())
    };
    let odd = [
        "it's", "", "a b", "$(id)", "`id`", "\"", "\\", "*", "\n", "é 😀", "; exit 1", "%s",
    ];
    let (got, expected) = arrives(&odd.map(str::to_owned));
    assert_eq!(got, expected);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(
            &proptest::collection::vec("[^\0]{0,24}", 1..4),
            |arguments| {
                let (got, expected) = arrives(&arguments);
                prop_assert_eq!(got, expected);
                Ok(())
            },
        )
        .unwrap();
}
