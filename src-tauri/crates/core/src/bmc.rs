//! The Redfish services that Slipway knows: the IMC of each card, servers' BMCs, BlueField BMCs.
//!
//! When each of them is looked at next is decided here too, as plain functions of the time.

use std::{collections::BTreeSet, fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    address::Address,
    dpu::Silence,
    failure::FailureKind,
    ids::{BmcId, CredentialId, DpuId},
    inventory::{BmcKind, Health, Inventory},
    time::Timestamp,
};

/// A Redfish service as Slipway keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct KnownBmc {
    pub id: BmcId,
    pub name: String,
    pub address: Address,
    pub kind: BmcKind,
    /// The card whose IMC this is. Then name, address, labels and login are the card's.
    pub dpu: Option<DpuId>,
    /// The login, of a BMC that is no card's IMC.
    pub credential: Option<CredentialId>,
    pub labels: Vec<String>,
    pub added_at: Timestamp,
}

/// What is known of a BMC besides its inventory: what lists show, and when it is asked again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct BmcFacts {
    /// The worst of its systems and managers.
    pub health: Health,
    pub firmware: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    pub power: Option<String>,
    /// When it answered last.
    pub seen: Option<Timestamp>,
    /// When all of it was read last: the inventory's age.
    pub read_at: Option<Timestamp>,
    /// Since when it does not answer as it should, and what was met.
    pub silent: Option<Silence>,
    /// What kind of trouble that is.
    pub trouble: Option<FailureKind>,
    /// Looks that failed in a row.
    pub failures: u32,
    /// When it is looked at next; `None`: as soon as there is time.
    pub next_look: Option<Timestamp>,
}

impl BmcFacts {
    /// Whether only a person can mend it: a refused login or a certificate that is not the pinned
    /// one. No look at intervals asks again then.
    #[must_use]
    pub fn waits_for_a_person(&self) -> bool {
        matches!(
            self.trouble,
            Some(
                FailureKind::Authentication | FailureKind::TrustChanged | FailureKind::TrustUnknown
            )
        )
    }

    /// Takes over what an inventory says in short.
    pub fn summarize(&mut self, inventory: &Inventory) {
        let system = inventory.systems.first();
        let manager = (inventory.managers.iter())
            .find(|m| m.firmware.is_some())
            .or(inventory.managers.first());
        self.firmware = manager.and_then(|m| m.firmware.clone());
        let of_manager = |get: fn(&crate::inventory::ManagerInfo) -> Option<String>| {
            inventory.managers.iter().find_map(get)
        };
        self.model = system
            .and_then(|s| s.model.clone())
            .or_else(|| of_manager(|m| m.model.clone()));
        self.serial_number = system
            .and_then(|s| s.serial_number.clone())
            .or_else(|| of_manager(|m| m.serial_number.clone()));
        self.power = system.and_then(|s| s.power.clone());
        self.health = worst(
            (inventory.systems.iter().map(|s| &s.health))
                .chain(inventory.managers.iter().map(|m| &m.health)),
        );
    }
}

/// The health that most needs somebody. Words that Redfish does not know stand between `OK` and
/// `Warning`: they are no alarm, and they are not nothing.
fn worst<'a>(all: impl Iterator<Item = &'a Health>) -> Health {
    let rank = |health: &Health| match health.rollup.as_deref().or(health.health.as_deref()) {
        Some("Critical") => 4,
        Some("Warning") => 3,
        Some("OK") => 1,
        Some(_) => 2,
        None => 0,
    };
    let mut found = Health::default();
    for health in all {
        if rank(health) > rank(&found) {
            found = health.clone();
        }
    }
    found
}

/// How often BMCs are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct LookPolicy {
    /// Between two looks at one BMC.
    pub every_seconds: u32,
    /// Between two readings of everything.
    pub crawl_seconds: u32,
    /// The longest pause after failures.
    pub cap_seconds: u32,
    /// Older than this is stale.
    pub stale_seconds: u32,
}

impl Default for LookPolicy {
    fn default() -> Self {
        Self {
            every_seconds: 20,
            crawl_seconds: 3_600,
            cap_seconds: 900,
            stale_seconds: 300,
        }
    }
}

impl LookPolicy {
    /// When to look again after a look at `now`. Each failure in a row doubles the pause, up to
    /// the cap. `random` of the whole range spreads it over nine to eleven tenths, so that BMCs
    /// that were added together don't stay together.
    #[must_use]
    pub fn next_look(&self, now: Timestamp, failures: u32, random: u32) -> Timestamp {
        let every = u64::from(self.every_seconds.max(1)) * 1_000;
        let cap = (u64::from(self.cap_seconds) * 1_000).max(every);
        let pause = every.saturating_mul(1_u64 << failures.min(20)).min(cap);
        // 0 to 200 thousandths on top of nine tenths.
        let spread = pause / 1_000 * (u64::from(random) * 200 / u64::from(u32::MAX));
        now.plus(Duration::from_millis(pause / 10 * 9 + spread))
    }

    /// Whether all of it is to be read at this look.
    #[must_use]
    pub fn crawl_is_due(&self, facts: &BmcFacts, now: Timestamp) -> bool {
        let every = Duration::from_secs(u64::from(self.crawl_seconds));
        facts.read_at.is_none_or(|read| now.since(read) >= every)
    }

    /// Whether what is known is too old to be taken for the present.
    #[must_use]
    pub fn is_stale(&self, facts: &BmcFacts, now: Timestamp) -> bool {
        let limit = Duration::from_secs(u64::from(self.stale_seconds));
        facts.seen.is_some_and(|seen| now.since(seen) > limit)
    }
}

/// Why a card is taken to be in a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum PairedBy {
    /// The host lists a device with the card's serial number.
    SerialNumber { serial_number: String },
    /// The host lists an adapter with a MAC address of the card.
    Mac { mac: String },
    /// A person said so.
    Hand,
    /// A cluster.yaml said so.
    ClusterYaml,
}

impl PairedBy {
    /// Whether it was found and not said: then it is so no longer when it is not found again.
    #[must_use]
    pub fn is_found(&self) -> bool {
        match self {
            Self::SerialNumber { .. } | Self::Mac { .. } => true,
            Self::Hand | Self::ClusterYaml => false,
        }
    }
}

/// A card, and the BMC of the server that it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Pairing {
    pub dpu: DpuId,
    pub host: BmcId,
    pub by: PairedBy,
    pub since: Timestamp,
}

/// Something by which a card and its host find each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// In upper case.
    Serial(String),
    /// In lower case, with colons.
    Mac(String),
}

impl Mark {
    /// The evidence that it is.
    #[must_use]
    pub fn evidence(&self) -> PairedBy {
        match self {
            Self::Serial(serial_number) => PairedBy::SerialNumber {
                serial_number: serial_number.clone(),
            },
            Self::Mac(mac) => PairedBy::Mac { mac: mac.clone() },
        }
    }

    /// `None` for a placeholder, such as "0", "N/A" or "To be filled by O.E.M.".
    fn serial(text: &str) -> Option<Self> {
        let text = text.trim();
        let telling = text.len() >= 6
            && !text.contains(' ')
            && text.chars().any(|c| c.is_ascii_digit() && c != '0');
        telling.then(|| Self::Serial(text.to_ascii_uppercase()))
    }

    /// `None` where all digits are the same.
    fn mac(text: &str) -> Option<Self> {
        let digits: Vec<char> = text.chars().filter(char::is_ascii_hexdigit).collect();
        let telling = digits.len() == 12 && digits.iter().any(|digit| *digit != digits[0]);
        telling.then(|| Self::Mac(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for Mark {
    /// As it is stored: `serial ABC123`, `mac 00:11:22:33:44:55`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(serial) => write!(f, "serial {serial}"),
            Self::Mac(mac) => write!(f, "mac {mac}"),
        }
    }
}

impl FromStr for Mark {
    type Err = InvalidMark;
    fn from_str(text: &str) -> Result<Self, InvalidMark> {
        let mark = match text.split_once(' ') {
            Some(("serial", serial)) => Self::serial(serial),
            Some(("mac", mac)) => Self::mac(mac),
            Some(_) | None => None,
        };
        mark.ok_or_else(|| InvalidMark(text.to_owned()))
    }
}

/// A text that is no [`Mark`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is neither a serial number nor a MAC address")]
pub struct InvalidMark(String);

/// What a card is known by: the serial numbers and MAC addresses of its own.
#[must_use]
pub fn marks_of_card(card: &Inventory) -> BTreeSet<Mark> {
    let serials = (card.systems.iter().map(|s| &s.serial_number))
        .chain(card.chassis.iter().map(|c| &c.serial_number))
        .chain(card.managers.iter().map(|m| &m.serial_number))
        .filter_map(|serial| Mark::serial(serial.as_deref()?));
    let macs = card.macs().into_iter().filter_map(Mark::mac);
    serials.chain(macs).collect()
}

/// What may be a card in a host: the serial numbers of its devices, adapters and chassis (a card
/// may stand as a chassis of its own), and the MAC addresses of its adapters.
#[must_use]
pub fn marks_of_host(host: &Inventory) -> BTreeSet<Mark> {
    let devices = (host.systems.iter().flat_map(|s| &s.pcie_devices))
        .chain(host.chassis.iter().flat_map(|c| &c.pcie_devices))
        .map(|d| &d.serial_number);
    let adapters = host.chassis.iter().flat_map(|c| &c.adapters);
    let serials = devices
        .chain(adapters.map(|a| &a.serial_number))
        .chain(host.chassis.iter().map(|c| &c.serial_number))
        .filter_map(|serial| Mark::serial(serial.as_deref()?));
    let macs = host.macs().into_iter().filter_map(Mark::mac);
    serials.chain(macs).collect()
}

/// The host that a card is in, of the hosts that share marks with it. A serial number tells more
/// than a MAC address; where two hosts are as good as each other, none of them is taken.
#[must_use]
pub fn host_of(shared: &[(BmcId, Mark)]) -> Option<(&BmcId, PairedBy)> {
    for serials in [true, false] {
        let mut found: Option<&(BmcId, Mark)> = None;
        for candidate in shared {
            if matches!(candidate.1, Mark::Serial(_)) != serials {
                continue;
            }
            match found {
                Some((host, _)) if *host != candidate.0 => return None,
                Some(_) => {}
                None => found = Some(candidate),
            }
        }
        if let Some((host, mark)) = found {
            return Some((host, mark.evidence()));
        }
    }
    None
}

#[cfg(test)]
mod tests;
