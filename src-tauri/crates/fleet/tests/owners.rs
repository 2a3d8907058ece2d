//! Whose a pin is: a host's key too, by the card that is in it, the lab, or a deployment.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

#[path = "support/rack.rs"]
mod rack;

use std::fs;

use slipway_core::{
    batch::BatchRules,
    ids::DpuId,
    trust::{Fingerprint, PinKind},
};
use slipway_fleet::views::{AcceptPin, ClusterCardName, ClusterDeploy, ClusterOpen};

use rack::Rack;

async fn pin(rack: &Rack, peer: &str, of: &Fingerprint) {
    let pin = AcceptPin {
        kind: PinKind::SshHostKey,
        peer: peer.into(),
        fingerprint: of.clone(),
    };
    rack.fleet.accept_pin(pin).await.unwrap();
}

async fn owner(rack: &Rack, peer: &str) -> (Option<String>, Option<DpuId>) {
    let pins = rack.fleet.pins().await.unwrap();
    let pin = pins.into_iter().find(|pin| pin.peer == peer).unwrap();
    (pin.of, pin.dpu)
}

/// A file whose only card is in this host.
async fn deploy_beside(rack: &Rack, host: &str) {
    let card = &rack.lab.inventory().cards[1];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.yaml");
    let text = format!(
        "clusters:\n- name: lab\n  kind: iso\n  network_api_port: eno1\n  \
         install_iso: https://files.lab/dpu-os-1.0.0.iso\n  masters:\n  - name: acc-2\n    \
         node: localhost\n    kind: dpu\n    dpu_host: \"{host}\"\n    \
         bmc: {{url: \"{}\", user: root, password: calvin}}\n",
        card.imc_redfish
    );
    fs::write(&path, text).unwrap();
    let open = ClusterOpen {
        file: path.display().to_string(),
        ..ClusterOpen::default()
    };
    let deploy = ClusterDeploy {
        seen: rack.fleet.read_cluster(&open).await.unwrap().seen,
        open,
        cards: vec![ClusterCardName {
            cluster: "lab".into(),
            card: "acc-2".into(),
        }],
        rules: BatchRules::default(),
    };
    let begun = rack.fleet.deploy_opened_cluster(&deploy, |_| {}).await;
    begun.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hosts_key_is_its_cards_as_far_as_anybody_here_knows() {
    let rack = Rack::start(2).await;
    let cards = rack.lab.inventory().cards;
    let id = async |name: &str| {
        let found = rack.fleet.dpus(&Default::default()).await.unwrap().rows;
        found.into_iter().find(|row| row.name == name).unwrap().id
    };
    // A lab's host answers on loopback, which is no name; the lab says whose it is.
    let [first, second] = &cards[..] else {
        panic!("two cards")
    };
    for card in [first, second] {
        let of = format!("DPU host {} of {}", card.host, card.name);
        let (said, dpu) = owner(&rack, card.host_ssh.as_deref().unwrap()).await;
        assert_eq!(said, Some(of));
        assert_eq!(dpu, Some(id(&card.name).await));
    }
    // By its name, as a rack has it.
    let key = first.host_key_fingerprint.clone().unwrap();
    let named = format!("{}:22", first.host);
    pin(&rack, &named, &key).await;
    let of = format!("DPU host of {}", first.name);
    let first = id(&first.name).await;
    assert_eq!(owner(&rack, &named).await, (Some(of), Some(first)));

    // Only a cluster file names this one; before it, nobody knows it.
    pin(&rack, "127.0.0.9:22", &key).await;
    pin(&rack, "127.0.0.8:22", &key).await;
    assert_eq!(owner(&rack, "127.0.0.9:22").await, (None, None));
    deploy_beside(&rack, "127.0.0.9").await;
    let of = format!("DPU host of {}", second.name);
    let second = id(&second.name).await;
    assert_eq!(owner(&rack, "127.0.0.9:22").await, (Some(of), Some(second)));
    assert_eq!(owner(&rack, "127.0.0.8:22").await, (None, None));
    rack.lab.stop().await;
}
