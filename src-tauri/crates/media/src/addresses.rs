//! This machine's addresses, to serve ISOs on.

use std::net::IpAddr;

/// Each with its interface's name: those that others reach first, loopback last. Addresses that are
/// good for one link only are left out: a URL can't hold their scope.
#[must_use]
pub fn local_addresses() -> Vec<(IpAddr, String)> {
    let found = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!(%error, "this machine's addresses can't be listed");
        Vec::new()
    });
    let mut all: Vec<(IpAddr, String)> = found
        .into_iter()
        .filter(|interface| !interface.is_link_local())
        .map(|interface| (interface.ip(), interface.name))
        .collect();
    all.sort_by_key(|(address, name)| (address.is_loopback(), address.is_ipv6(), name.clone()));
    all
}

#[cfg(test)]
mod tests {
    #[test]
    fn loopback_is_there_and_last() {
        let all = super::local_addresses();
        assert!(
            all.last().is_some_and(|(address, _)| address.is_loopback()),
            "{all:?}"
        );
    }
}
