//! Programs whose answer depends on who is reachable, where a machine has no say of its own.

use super::{Call, Done};

/// `ping` and `nc` towards hosts that a machine doesn't know: only itself answers.
pub(super) fn program(call: &Call) -> Option<Done> {
    let args = call.args();
    Some(match call.argv[0].as_str() {
        "ping" => {
            let host = args.last().copied().unwrap_or_default();
            ping(host, is_loopback(host))
        }
        "nc" | "ncat" => nc(&args, is_loopback(&target(&args).0)),
        _ => return None,
    })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}

/// One echo request's outcome.
pub(super) fn ping(host: &str, answers: bool) -> Done {
    let head = format!("PING {host} ({host}) 56(84) bytes of data.\n");
    if answers {
        return Done::fine(format!(
            "{head}64 bytes from {host}: icmp_seq=1 ttl=64 time=0.142 ms\n\n--- {host} ping statistics ---\n1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
        ));
    }
    Done {
        exit: 1,
        out: format!(
            "{head}\n--- {host} ping statistics ---\n1 packets transmitted, 0 received, 100% packet loss, time 0ms\n"
        )
        .into_bytes(),
        ..Done::default()
    }
}

/// `nc -z host port`.
pub(super) fn nc(args: &[&str], open: bool) -> Done {
    let (host, port) = target(args);
    if open {
        Done::exit(0)
    } else {
        Done::failed(
            1,
            format!("nc: connect to {host} port {port} (tcp) failed: Connection refused\n"),
        )
    }
}

/// Host and port: the last two arguments.
pub(super) fn target(args: &[&str]) -> (String, u16) {
    match args {
        [.., host, port] => ((*host).to_owned(), port.parse().unwrap_or_default()),
        _ => (String::new(), 0),
    }
}
