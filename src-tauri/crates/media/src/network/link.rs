//! What the kernel says of ports and addresses, by `ip`'s JSON; and the commands that change them.

use std::{net::Ipv4Addr, process::Command};

use serde::Deserialize;
use serde_json::Value;
use slipway_core::{
    command::CommandLine,
    failure::{FailureKind, StepError},
    network::{LocalNetwork, PREFIX},
};

use super::local;
use crate::programs;

/// A port as it is now.
#[derive(Debug)]
pub struct Link {
    /// As `ip` wrote it.
    pub shown: Value,
    pub up: bool,
    addresses: Vec<(Ipv4Addr, u8)>,
}

impl Link {
    /// Whether our address is there, whatever the length of its prefix.
    pub fn has(&self, wanted: &LocalNetwork) -> bool {
        self.addresses
            .iter()
            .any(|(address, _)| *address == wanted.address)
    }

    /// One that Slipway put there, `192.168.3.1/24`.
    pub fn has_address(&self, text: &str) -> bool {
        self.addresses
            .iter()
            .any(|(address, prefix)| format!("{address}/{prefix}") == text)
    }
}

#[derive(Deserialize)]
struct Shown {
    /// Missing where a filter left nothing.
    ifname: Option<String>,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    addr_info: Vec<ShownAddress>,
}

#[derive(Deserialize)]
struct ShownAddress {
    local: Option<String>,
    prefixlen: Option<u8>,
}

#[derive(Deserialize)]
struct Route {
    dev: Option<String>,
}

impl Shown {
    fn addresses(&self) -> Vec<(Ipv4Addr, u8)> {
        let all = self.addr_info.iter();
        all.filter_map(|info| Some((info.local.as_deref()?.parse().ok()?, info.prefixlen?)))
            .collect()
    }
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<Vec<T>, StepError> {
    // Old ones write nothing at all where there is nothing.
    if text.trim().is_empty() {
        return Ok(vec![]);
    }
    serde_json::from_str(text).map_err(|error| local("`ip -json` can't be read", error))
}

struct Said {
    ok: bool,
    text: String,
    reason: String,
}

fn said(argv: &[String]) -> Result<Said, StepError> {
    let (program, rest) = argv
        .split_first()
        .ok_or_else(|| local("a bug", "an empty command"))?;
    let path = programs::find(program).unwrap_or_else(|| program.into());
    let out = Command::new(path)
        .args(rest)
        .env("LC_ALL", "C")
        .output()
        .map_err(|error| local(format!("{program} can't be started"), error))?;
    Ok(Said {
        ok: out.status.success(),
        text: String::from_utf8_lossy(&out.stdout).into_owned(),
        reason: String::from_utf8_lossy(&out.stderr).trim().to_owned(),
    })
}

fn ask(words: &[&str]) -> Result<Said, StepError> {
    let argv: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    said(&argv)
}

/// Runs what changes something.
pub fn run(argv: &[String]) -> Result<(), StepError> {
    let said = said(argv)?;
    if said.ok {
        return Ok(());
    }
    let line = CommandLine::new(argv);
    Err(
        StepError::new(FailureKind::Local, format!("`{line}` was refused"))
            .because(said.reason)
            .hint(super::rights::how()),
    )
}

/// `None` where there is no such port.
pub fn look(port: &str) -> Result<Option<Link>, StepError> {
    let said = ask(&["ip", "-json", "address", "show", "dev", port])?;
    if !said.ok {
        if said.reason.contains("does not exist") {
            return Ok(None);
        }
        return Err(local(format!("`ip` does not tell of {port}"), said.reason));
    }
    let all: Vec<Shown> = parse(&said.text)?;
    let found = all
        .into_iter()
        .find(|shown| shown.ifname.as_deref() == Some(port));
    let shown = serde_json::from_str(&said.text).unwrap_or_default();
    Ok(found.map(|found| Link {
        shown,
        up: found.flags.iter().any(|flag| flag == "UP"),
        addresses: found.addresses(),
    }))
}

fn all() -> Result<Vec<Shown>, StepError> {
    let said = ask(&["ip", "-json", "address", "show"])?;
    if !said.ok {
        return Err(local(
            "`ip` does not tell of this machine's ports",
            said.reason,
        ));
    }
    parse(&said.text)
}

/// The names of all ports.
pub fn names() -> Result<Vec<String>, StepError> {
    Ok(all()?
        .into_iter()
        .filter_map(|shown| shown.ifname)
        .collect())
}

/// Refuses a port that this machine reaches the world by, and a network that it has elsewhere.
pub fn refuse_others(wanted: &LocalNetwork) -> Result<(), StepError> {
    let said = ask(&["ip", "-json", "route", "show", "default"])?;
    let routes: Vec<Route> = parse(&said.text)?;
    let port = &wanted.port;
    let refused = |what: String, why: String| {
        Err(StepError::new(FailureKind::Precondition, what)
            .because(why)
            .hint("correct `network_api_port` or the card's `ip`, or leave local_network out"))
    };
    if routes
        .iter()
        .any(|route| route.dev.as_deref() == Some(port))
    {
        return refused(
            format!("{port} is this machine's way to the world, and no port to cards"),
            "the default route goes over it".into(),
        );
    }
    for other in all()? {
        let Some(name) = other.ifname.as_deref().filter(|name| name != port) else {
            continue;
        };
        let same = |address: Ipv4Addr, prefix: u8| {
            let bits = u32::MAX
                .checked_shl(32 - u32::from(prefix.clamp(1, PREFIX)))
                .unwrap_or(u32::MAX);
            u32::from(address) & bits == u32::from(wanted.address) & bits
        };
        let clash = other
            .addresses()
            .into_iter()
            .find(|(address, prefix)| same(*address, *prefix));
        if let Some((address, prefix)) = clash {
            return refused(
                format!("this machine has the network of {wanted} elsewhere"),
                format!("{name} has {address}/{prefix}"),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ip_writes_is_read() {
        let text = r#"[{"ifindex":2,"ifname":"eno1","flags":["BROADCAST","UP","LOWER_UP"],
            "addr_info":[{"family":"inet","local":"192.168.3.1","prefixlen":24},
            {"family":"inet6","local":"fe80::1","prefixlen":64}]}]"#;
        let all: Vec<Shown> = parse(text).unwrap();
        assert_eq!(all[0].addresses(), [("192.168.3.1".parse().unwrap(), 24)]);
        assert!(parse::<Shown>("").unwrap().is_empty());
        assert!(parse::<Shown>("[{}]").unwrap()[0].ifname.is_none());
        assert!(parse::<Shown>("Object").is_err());
    }
}
