//! A card behind an IMC: through two real sshds, by forwarding and by `nc`.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

mod common;

use std::process::{Command, Stdio};

use common::{LONG, Sshd, argv};
use slipway_core::ports::{Remote as _, RemoteError, Stage};
use slipway_remote::{SshRemote, SshTarget, host_key};

/// A target behind `hop`, which it can only be reached through as far as the client knows.
fn behind(hop: &Sshd, card: &Sshd) -> SshTarget {
    SshTarget {
        via: Some(Box::new(hop.target())),
        ..card.target()
    }
}

async fn works_through(hop: &Sshd, card: &Sshd) {
    let remote = SshRemote::new(behind(hop, card));
    let output = remote
        .run(&argv(["echo", "a b"]), None, LONG)
        .await
        .unwrap();
    assert_eq!(output.text(), "a b");
    let input = vec![7; 300_000];
    let output = remote
        .run(&argv(["cat"]), Some(&input), LONG)
        .await
        .unwrap();
    assert!(output.stdout == input);
    assert_eq!((hop.connections(), card.connections()), (1, 1));
    // Whatever end breaks, the next command finds its way.
    hop.cut();
    assert!(remote.run(&argv(["true"]), None, LONG).await.unwrap().ok());
    card.cut();
    assert!(remote.run(&argv(["true"]), None, LONG).await.unwrap().ok());

    let mut unknown = behind(hop, card);
    unknown.host_key = None;
    assert_eq!(host_key(unknown.clone()).await.unwrap(), card.host_key);
    let error = SshRemote::new(unknown)
        .run(&argv(["true"]), None, LONG)
        .await
        .unwrap_err();
    assert_eq!(
        error,
        RemoteError::HostKeyUnknown {
            peer: format!("127.0.0.1:{}/127.0.0.1:{}", hop.port, card.port),
            seen: card.host_key.clone(),
        }
    );
    let mut hop_unknown = behind(hop, card);
    hop_unknown.via.as_mut().unwrap().host_key = None;
    let error = host_key(hop_unknown).await.unwrap_err();
    let peer = format!("127.0.0.1:{}", hop.port);
    assert!(
        matches!(&error, RemoteError::HostKeyUnknown { peer: p, .. } if *p == peer),
        "the hop's own pin is asked for, not the card's: {error:?}"
    );
}

#[tokio::test]
async fn a_card_is_reached_through_a_forwarding_hop() {
    let (hop, card) = (Sshd::start("AllowTcpForwarding yes"), Sshd::start(""));
    works_through(&hop, &card).await;
}

#[tokio::test]
async fn a_card_is_reached_with_nc_where_the_hop_refuses_forwarding() {
    let nc = Command::new("nc")
        .arg("-h")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(
        nc.is_ok(),
        "this test needs `nc`: apt install netcat-openbsd"
    );
    let (hop, card) = (Sshd::start("AllowTcpForwarding no"), Sshd::start(""));
    works_through(&hop, &card).await;
}

#[tokio::test]
async fn a_card_that_is_off_is_unreachable_through_either_kind_of_hop() {
    // Its listener is gone: nothing answers on its port.
    let mut target = Sshd::start("").target();
    for (forwarding, stage) in [("yes", Stage::Tcp), ("no", Stage::Ssh)] {
        let hop = Sshd::start(&format!("AllowTcpForwarding {forwarding}"));
        target.via = Some(Box::new(hop.target()));
        let error = SshRemote::new(target.clone())
            .run(&argv(["true"]), None, LONG)
            .await
            .unwrap_err();
        let RemoteError::Unreachable {
            stage: seen,
            reason,
            ..
        } = error
        else {
            panic!("{error:?}");
        };
        assert_eq!(seen, stage, "{reason}");
        if forwarding == "no" {
            assert!(reason.contains("`nc` ended with status 1"), "{reason}");
        }
    }
}
