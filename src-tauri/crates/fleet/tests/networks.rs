//! The local network of a file that is open in the window: looked at, set up by hand, listed, taken
//! back. With the real dnsmasq, in a network that nobody else is in: each test starts itself anew
//! there.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

#[path = "../../media/tests/support/own_network.rs"]
mod own_network;
#[path = "support/rack.rs"]
mod rack;

use std::{fs, path::Path};

use slipway_core::{
    batch::BatchRules,
    network::{DhcpServer, Lease, LocalNetwork},
};
use slipway_fleet::{
    Begun, ErrorCode,
    views::{ClusterCardName, ClusterDeploy, ClusterOpen, PortHolderView},
};
use slipway_media::Ports;

use own_network::ip;
use rack::Rack;

const PORT: &str = "cards0";
const MACS: [&str; 2] = ["00:08:00:01:03:18", "00:08:00:01:03:19"];
/// In a network of its own, with a port to cards.
fn inside(test: &str) -> bool {
    let able = ["ip", "link", "add", PORT, "type", "veth"];
    if !own_network::inside(test, &["dnsmasq"], &able) {
        return false;
    }
    ip("link set dev lo up");
    ip(&format!("link add {PORT} type veth peer name card0"));
    true
}

fn addresses() -> String {
    ip(&format!("-4 -oneline address show dev {PORT}"))
}

/// The lab's cards under other names, with what CDA's files say of a network.
fn opened(rack: &Rack, folder: &Path, port: &str) -> ClusterOpen {
    let mut text = format!(
        "clusters:\n- name: lab\n  kind: iso\n  network_api_port: {port}\n  \
         install_iso: https://files.lab/dpu-os-1.0.0.iso\n  masters:\n"
    );
    for (at, (card, mac)) in rack.lab.inventory().cards.iter().zip(MACS).enumerate() {
        text.push_str(&format!(
            "  - name: acc-{at}\n    node: localhost\n    kind: dpu\n    \
             bmc: {{url: \"{}\", user: root, password: calvin}}\n    \
             ip: 192.168.3.2{at}\n    mac: {mac}\n",
            card.imc_redfish
        ));
    }
    let path = folder.join("c.yaml");
    fs::write(&path, text).unwrap();
    ClusterOpen {
        file: path.display().to_string(),
        ..ClusterOpen::default()
    }
}

fn named(cards: &[&str]) -> Vec<ClusterCardName> {
    let name = |card: &&str| ClusterCardName {
        cluster: "lab".into(),
        card: (*card).to_owned(),
    };
    cards.iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_is_looked_at_set_up_by_hand_listed_and_taken_back() {
    if !inside("a_network_is_looked_at_set_up_by_hand_listed_and_taken_back") {
        return;
    }
    let rack = Rack::start(2).await;
    let fleet = &rack.fleet;
    let files = tempfile::tempdir().unwrap();
    let open = opened(&rack, files.path(), PORT);
    let seen = fleet.read_cluster(&open).await.unwrap().seen;
    let one = named(&["acc-1"]);

    let plan = fleet.plan_opened_network(&open, &one).await.unwrap();
    let [row] = &plan[..] else {
        panic!("just the chosen card: {plan:?}")
    };
    assert_eq!((row.card.as_str(), row.port.as_str()), ("acc-1", PORT));
    assert_eq!(row.problem, None);
    assert!(row.effect.contains("gives 192.168.3.21 to acc-1"));
    let commands = row.commands.join("\n");
    assert!(commands.contains("ip address add 192.168.3.1/24 dev cards0"));
    assert!(row.seen[0].contains("192.168.3.1/24 is free to be added"));
    assert_eq!(addresses(), "", "looking changes nothing");
    assert_eq!(fleet.network_ports().await.unwrap(), []);

    let stale = fleet.set_up_opened_network(&open, "another text", &one);
    assert_eq!(stale.await.unwrap_err().code, ErrorCode::Precondition);
    assert_eq!(addresses(), "");
    let done = fleet.set_up_opened_network(&open, &seen, &one).await;
    let done = done.unwrap().join("\n");
    assert!(done.contains("put 192.168.3.1/24") && done.contains("started dnsmasq"));
    assert!(addresses().contains("192.168.3.1/24"));

    let ports = fleet.network_ports().await.unwrap();
    let [port] = &ports[..] else {
        panic!("{ports:?}")
    };
    assert!(port.whole && port.server.is_some(), "{port:?}");
    assert_eq!(port.addresses, ["192.168.3.1/24"]);
    assert_eq!(port.why_not_down, None);
    let holder = PortHolderView {
        card: "acc-1".into(),
        ip: "192.168.3.21".into(),
        macs: vec![MACS[1].into()],
        job: None,
        running: false,
    };
    assert_eq!(port.holders, [holder]);

    // Another Slipway's deployment takes the port too: then it is not taken back under its feet.
    let mut accepted = open.clone();
    accepted.accept_untried = vec!["local_network".into()];
    let deploy = ClusterDeploy {
        open: accepted,
        seen,
        cards: named(&["acc-0"]),
        rules: BatchRules::default(),
    };
    let begun = fleet.deploy_opened_cluster(&deploy, |_| {}).await;
    let Begun::Job(job) = begun.unwrap() else {
        panic!("one card is a job");
    };
    let view = fleet.job(&job).await.unwrap();
    let steps = view.steps.iter().map(|step| &step.plan);
    let network = steps.clone().find(|step| step.name == "Set up the network");
    assert!(
        network
            .unwrap()
            .effect
            .contains("gives 192.168.3.20 to acc-0")
    );
    let folder = Path::new(&fleet.info().await.unwrap().data_dir).join("network");
    let lease = Lease {
        name: "acc-0".into(),
        macs: vec![MACS[0].into()],
        ip: [192, 168, 3, 20].into(),
    };
    let wanted = LocalNetwork::new(PORT, lease, DhcpServer::Dnsmasq, folder.to_str().unwrap());
    Ports::new(folder.clone())
        .set_up_for(&job.to_string(), &wanted.unwrap())
        .unwrap();
    let ports = fleet.network_ports().await.unwrap();
    let why = ports[0].why_not_down.as_deref();
    assert_eq!(why, Some("the deployment of acc-0 needs cards0"));
    let of_job = ports[0].holders.iter().find(|holder| holder.running);
    assert_eq!(of_job.unwrap().job.as_ref(), Some(&job));
    let refused = fleet.network_down(PORT).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Precondition);
    assert!(addresses().contains("192.168.3.1/24"));

    // Nothing runs it: the cancel ends it by itself.
    fleet.cancel_job(&job).await.unwrap();
    let running = fleet.start_running();
    let start = std::time::Instant::now();
    while fleet.network_ports().await.unwrap()[0].holders.len() > 1 {
        assert!(start.elapsed().as_secs() < 60, "the job keeps the port");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    running.stop().await.unwrap();
    let done = fleet.network_down(PORT).await.unwrap().join("\n");
    assert!(done.contains("ended the DHCP server") && done.contains("as it was"));
    assert_eq!(addresses(), "");
    assert_eq!(fleet.network_ports().await.unwrap(), []);
    rack.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_against_a_network_is_told_and_then_nothing_is_set_up() {
    if !inside("what_stands_against_a_network_is_told_and_then_nothing_is_set_up") {
        return;
    }
    let rack = Rack::start(1).await;
    let fleet = &rack.fleet;
    let files = tempfile::tempdir().unwrap();
    let open = opened(&rack, files.path(), "cards7");
    let seen = fleet.read_cluster(&open).await.unwrap().seen;
    let one = named(&["acc-0"]);
    let plan = fleet.plan_opened_network(&open, &one).await.unwrap();
    let problem = plan[0].problem.as_ref().unwrap();
    assert_eq!(problem.message, "this machine has no network port cards7");
    assert!(problem.causes[0].contains(PORT), "{problem:?}");
    assert_eq!(plan[0].seen, Vec::<String>::new());
    let refused = fleet.set_up_opened_network(&open, &seen, &one).await;
    assert_eq!(refused.unwrap_err().message, "cards7 can't be set up");

    let none = opened(&rack, files.path(), "auto");
    let refused = fleet.plan_opened_network(&none, &one).await.unwrap_err();
    assert_eq!(refused.message, "this file asks for no local network");
    assert_eq!(fleet.network_ports().await.unwrap(), []);
    rack.lab.stop().await;
}
