use super::*;

fn lease(name: &str, macs: &[&str], ip: &str) -> Lease {
    Lease {
        name: name.into(),
        macs: words(macs),
        ip: ip.parse().unwrap(),
    }
}

fn network(name: &str, macs: &[&str], ip: &str) -> LocalNetwork {
    let lease = lease(name, macs, ip);
    LocalNetwork::new("eno12409", lease, DhcpServer::Dnsmasq, "/data/network").unwrap()
}

const MAC: &str = "00:08:00:01:03:18";

#[test]
fn this_machine_is_the_first_of_the_cards_network() {
    let network = network("220-acc", &[MAC], "192.168.3.20");
    assert_eq!(network.to_string(), "192.168.3.1/24 on eno12409");
    assert_eq!(network.folder, "/data/network/eno12409");
    assert_eq!(
        network.add_address().join(" "),
        "ip address add 192.168.3.1/24 dev eno12409"
    );
}

#[test]
fn what_can_be_no_network_is_told() {
    let wrong = |port: &str, macs: &[&str], ip: &str| {
        let lease = lease("a", macs, ip);
        LocalNetwork::new(port, lease, DhcpServer::Dnsmasq, "/n").unwrap_err()
    };
    for port in ["", "auto port", "-h", "../eno1", "a/b", "sixteen-letters-x"] {
        assert!(
            wrong(port, &[MAC], "10.0.0.2").contains("no name of a network port"),
            "{port}"
        );
    }
    assert_eq!(wrong("eno1", &[], "10.0.0.2"), "a has no `mac`");
    for ip in ["10.0.0.1", "10.0.0.0", "10.0.0.255", "127.0.0.9"] {
        assert!(
            wrong("eno1", &[MAC], ip).contains("no address for a card"),
            "{ip}"
        );
    }
}

#[test]
fn the_configuration_serves_the_cards_and_nobody_else() {
    let first = network("220-acc", &[MAC, "00:08:00:01:03:19"], "192.168.3.20");
    // Its name is all digits, which dnsmasq would take for a time.
    let second = network("221", &["00:08:00:01:04:18"], "192.168.3.21");
    let other = network("x-acc", &["00:08:00:01:05:18"], "192.168.4.20");
    let all = [&second, &first, &other, &first];
    insta::assert_snapshot!("dnsmasq", config(DhcpServer::Dnsmasq, "eno12409", &all));
    insta::assert_snapshot!("isc_dhcpd", config(DhcpServer::IscDhcpd, "eno12409", &all));
}

#[test]
fn every_file_address_and_command_is_in_the_plan() {
    let network = network("220-acc", &[MAC], "192.168.3.20");
    let (words, commands) = planned(&network);
    let (undo, undo_commands) = planned_undo(&network);
    let text = format!(
        "{words}\n{}\n\n{undo}\n{}",
        commands.join("\n"),
        undo_commands.join("\n")
    );
    insta::assert_snapshot!("plan", text);
}
