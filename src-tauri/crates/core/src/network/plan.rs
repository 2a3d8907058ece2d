//! What setting up a network does, in words and as commands.

use super::{DhcpServer, LocalNetwork, ServerFiles, config, set_link, start_command};
use crate::command::CommandLine;

/// What a plan without a network says.
pub(crate) fn skipped() -> (String, Vec<String>) {
    let words = "Skipped: no local network in this plan; this machine's ports are not touched";
    (words.into(), vec![])
}

/// Every file, address and command.
#[must_use]
pub fn planned(network: &LocalNetwork) -> (String, Vec<String>) {
    let LocalNetwork {
        port,
        lease,
        server,
        folder,
        ..
    } = network;
    let files = ServerFiles { folder };
    let program = match server {
        DhcpServer::Dnsmasq => "dnsmasq",
        DhcpServer::IscDhcpd => "ISC dhcpd",
    };
    let words = format!(
        "Puts {} on {port} of this machine, unless it is there; brings the port up, unless it is; \
         and starts a {program} of Slipway's own there, which gives {} to {} ({}) and answers nobody \
         else. What was there before is kept in {folder}/state.json; no file of the system is \
         written, and no service is started. It needs root, or CAP_NET_ADMIN, CAP_NET_RAW and \
         CAP_NET_BIND_SERVICE",
        network.own_address(),
        lease.ip,
        lease.name,
        lease.macs.join(", "),
    );
    let line = |argv: &[String]| CommandLine::new(argv).to_string();
    let text = config(*server, port, &[network]);
    let mut commands = vec![
        line(&set_link(port, "up")),
        line(&network.add_address()),
        format!(
            "cat > {} <<END\n{text}END",
            CommandLine::new([files.config()])
        ),
    ];
    commands.push(line(&start_command(*server, port, files)));
    (words, commands)
}

/// What is done at the end, however the job ends.
pub(crate) fn planned_undo(network: &LocalNetwork) -> (String, Vec<String>) {
    let files = ServerFiles {
        folder: &network.folder,
    };
    let words = format!(
        "takes the local network on {} back, unless another job needs it: ends the DHCP server, and \
         removes the address and sets the port down where Slipway had done that",
        network.port
    );
    let line = |argv: &[String]| CommandLine::new(argv).to_string();
    let commands = vec![
        format!("kill \"$(cat {})\"", CommandLine::new([files.pid()])),
        line(&network.remove_address()),
    ];
    (words, commands)
}
