//! What a process may do to the network, as `/proc` tells.

use std::fs;

use slipway_core::failure::{FailureKind, StepError};

use super::local;

/// `linux/capability.h`: by its bit.
const NEEDED: [(u32, &str); 3] = [
    (10, "CAP_NET_BIND_SERVICE"),
    (12, "CAP_NET_ADMIN"),
    (13, "CAP_NET_RAW"),
];

/// The command that gives a Slipway these rights and no others.
pub fn how() -> String {
    "run it as root, or with these rights alone: `sudo -E setpriv --reuid=$USER --regid=$(id -g) \
     --init-groups --inh-caps=+net_admin,+net_raw,+net_bind_service \
     --ambient-caps=+net_admin,+net_raw,+net_bind_service slipctl …` (or `slipway`); or leave \
     local_network out"
        .into()
}

/// Whether the programs that we start could do it.
pub fn check() -> Result<(), StepError> {
    let status = fs::read_to_string("/proc/self/status")
        .map_err(|error| local("this process's rights can't be read", error))?;
    let missing = missing(&status, rustix::process::geteuid().is_root());
    if missing.is_empty() {
        return Ok(());
    }
    Err(StepError::new(
        FailureKind::Precondition,
        "setting up a local network needs rights that this Slipway does not have",
    )
    .because(format!("it lacks {}", missing.join(", ")))
    .hint(how()))
}

/// Root hands on what it has; everybody else only what is ambient.
fn missing(status: &str, root: bool) -> Vec<&'static str> {
    let field = if root { "CapEff:" } else { "CapAmb:" };
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .and_then(|text| u64::from_str_radix(text.trim(), 16).ok())
        .unwrap_or_default();
    let lacks = NEEDED.into_iter().filter(|(bit, _)| mask & (1 << bit) == 0);
    lacks.map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_from_the_kernels_own_words() {
        let status = "Name:\tx\nCapEff:\t000001ffffffffff\nCapAmb:\t0000000000001000\n";
        assert!(missing(status, true).is_empty());
        assert_eq!(
            missing(status, false),
            ["CAP_NET_BIND_SERVICE", "CAP_NET_RAW"]
        );
        assert_eq!(missing("", true).len(), 3);
    }
}
