//! One card of `masters`, whatever its era.

use std::net::IpAddr;

use super::{
    Need, Reader,
    login::{Parts, login},
    nearest,
};
use crate::{
    cluster::{
        model::{Card, CardKind, Mac},
        problem::{ProblemCode, ProblemSeverity},
        source::Span,
        tree::{Entry, Node},
    },
    kickstart::check_hostname,
};

/// Keys that a plan reads, of all eras.
const NEEDED: [&str; 14] = [
    "name",
    "node",
    "kind",
    "type",
    "ip",
    "mac",
    "bmc",
    "bmc_host",
    "bmc_ip",
    "bmc_user",
    "bmc_password",
    "host_side_bmc",
    "dpu_host",
    "imc",
];
/// Keys for virtual machines.
const OF_MACHINES: [&str; 8] = [
    "preallocated",
    "os_variant",
    "disk_size",
    "ram",
    "cpu",
    "disk_kind",
    "registry_storage",
    "image_path",
];
const KINDS: [&str; 8] = [
    "dpu",
    "ipu",
    "marvell-dpu",
    "bf",
    "bluefield",
    "vm",
    "physical",
    "marvell",
];
impl Reader<'_> {
    pub(super) fn card(&mut self, node: &Node, index: usize) -> Option<Card> {
        let Some(entries) = node.map() else {
            let message = format!("a card is a mapping, and this is {}", node.words());
            let fix = "write `- name: …` and the other keys below it";
            self.say(
                ProblemSeverity::Error,
                ProblemCode::WrongType,
                node.span,
                message,
                fix,
            );
            return None;
        };
        let find = |key: &str| entries.iter().find(|entry| entry.key == key);
        let name = find("name").and_then(|entry| self.card_name(entry));
        if find("name").is_none_or(|entry| entry.value.is_null()) {
            let fix = "give the card a name; it becomes its host name";
            self.missing(
                node,
                &format!("masters[{index}]"),
                "name",
                fix,
                ProblemSeverity::Error,
            );
        }
        let name = name.unwrap_or_else(|| format!("masters[{index}]"));
        let kind = self.card_kind(entries, node, &name)?;
        let mut card = Card {
            name,
            kind,
            node: None,
            imc: None,
            host_bmc: None,
            dpu_host: None,
            ip: None,
            macs: Vec::new(),
            others: Vec::new(),
        };
        let (mut imc, mut host_bmc) = (Parts::default(), Parts::default());
        let marvell = if kind == CardKind::Marvell {
            Need::Plan
        } else {
            Need::Nothing
        };
        for entry in entries {
            match entry.key.as_str() {
                "name" | "kind" | "type" => {}
                "node" => card.node = self.host(entry, marvell),
                "ip" => card.ip = self.ip(entry, marvell),
                "mac" => card.macs = self.macs(entry, marvell),
                "dpu_host" => card.dpu_host = self.host(entry, Need::Plan),
                "bmc" => self.controller(entry, &mut imc, &card.name, "bmc"),
                "bmc_host" => self.controller(entry, &mut host_bmc, &card.name, "bmc_host"),
                "host_side_bmc" => {
                    self.migrated(entry.key_span, &card.name, "host_side_bmc", "bmc_host.url");
                    let text = self.text(entry, Need::Nothing);
                    host_bmc.address = text.map(|text| (text, entry.value.span));
                }
                "bmc_ip" => {
                    self.migrated(entry.key_span, &card.name, "bmc_ip", "bmc.url");
                    let text = self.text(entry, Need::Plan);
                    imc.address = text.map(|text| (text, entry.value.span));
                }
                "bmc_user" => {
                    self.migrated(entry.key_span, &card.name, "bmc_user", "bmc.user");
                    let text = self.text(entry, Need::Nothing);
                    imc.user = text.map(|text| (text, entry.value.span));
                }
                "bmc_password" => {
                    self.migrated(entry.key_span, &card.name, "bmc_password", "bmc.password");
                    let text = self.secret(entry, Need::Nothing);
                    imc.password = text.map(|text| (text, entry.value.span));
                }
                key if OF_MACHINES.contains(&key) => {
                    self.of_machines(entry);
                    let kept = self.keep(entry);
                    card.others.push((entry.key.clone(), kept));
                }
                _ => {
                    let of = format!("card `{}`", card.name);
                    let cda = "CDA refuses the file for it";
                    self.unknown_key(entry, &of, &NEEDED, &OF_MACHINES, cda);
                }
            }
        }
        if kind == CardKind::Dpu {
            card.imc = self.imc(imc, node, &card.name);
        } else {
            card.imc = login(imc);
        }
        card.host_bmc = self.host_bmc(host_bmc, &card.name);
        self.what_is_not_there(&card, node, entries);
        Some(card)
    }

    pub(super) fn missing(
        &mut self,
        node: &Node,
        of: &str,
        key: &str,
        fix: &str,
        severity: ProblemSeverity,
    ) {
        let span = Span::new(node.span.start, node.span.start);
        let message = format!("`{key}` of {of} is missing");
        self.say(severity, ProblemCode::Missing, span, message, fix);
    }

    fn card_name(&mut self, entry: &Entry) -> Option<String> {
        let name = self.text(entry, Need::Plan)?;
        if let Err(error) = check_hostname(&name) {
            let fix = "use letters, digits, dashes and dots; the name becomes the card's host name";
            let span = entry.value.span;
            self.say(
                ProblemSeverity::Error,
                ProblemCode::Name,
                span,
                error.to_string(),
                fix,
            );
        }
        Some(name)
    }

    /// `None`, named: not a card.
    fn card_kind(&mut self, entries: &[Entry], node: &Node, name: &str) -> Option<CardKind> {
        let find = |key: &str| entries.iter().find(|entry| entry.key == key);
        let (kind, earlier) = (find("kind"), find("type"));
        if let Some(earlier) = earlier {
            self.migrated(earlier.key_span, name, "type", "kind");
        }
        let Some(entry) = kind.or(earlier) else {
            let fix = "write `kind: \"dpu\"`";
            self.missing(
                node,
                &format!("card `{name}`"),
                "kind",
                fix,
                ProblemSeverity::Error,
            );
            return Some(CardKind::Dpu);
        };
        let Some(kind) = self.text(entry, Need::Plan) else {
            return Some(CardKind::Dpu);
        };
        match kind.as_str() {
            "dpu" => Some(CardKind::Dpu),
            "ipu" => {
                self.migrated(entry.value.span, name, "kind ipu", "kind dpu");
                Some(CardKind::Dpu)
            }
            "marvell-dpu" => Some(CardKind::Marvell),
            "bf" | "bluefield" => {
                let message = format!(
                    "`{name}` is a BlueField card: installing one (by a BFB) is not supported yet"
                );
                let fix = "leave the card out; Slipway never sends it an ISO";
                self.say(
                    ProblemSeverity::Warning,
                    ProblemCode::OutOfScope,
                    entry.value.span,
                    message,
                    fix,
                );
                Some(CardKind::BlueField)
            }
            "vm" | "physical" => {
                let message = format!(
                    "`{name}` is of kind {kind}, which is no card: nothing is planned for it"
                );
                let fix = "deploy it with CDA";
                self.say(
                    ProblemSeverity::Warning,
                    ProblemCode::OutOfScope,
                    entry.value.span,
                    message,
                    fix,
                );
                None
            }
            _ => {
                let fix = match nearest(&kind, KINDS) {
                    Some("marvell") => "did you mean `marvell-dpu`?".into(),
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "write `kind: \"dpu\"`".into(),
                };
                let message = format!("`{kind}` is no kind of card");
                self.say(
                    ProblemSeverity::Error,
                    ProblemCode::UnknownKind,
                    entry.value.span,
                    message,
                    fix,
                );
                Some(CardKind::Dpu)
            }
        }
    }

    fn host(&mut self, entry: &Entry, need: Need) -> Option<String> {
        let text = self.text(entry, need)?;
        self.address(&text, entry.value.span, need.severity())
    }

    fn ip(&mut self, entry: &Entry, need: Need) -> Option<IpAddr> {
        let text = self.text(entry, need)?;
        let parsed = text.parse();
        if parsed.is_err() {
            let message = format!("`{text}` is no IP address");
            let fix = "write four numbers from 0 to 255 with dots, without a mask";
            self.say(
                need.severity(),
                ProblemCode::Ip,
                entry.value.span,
                message,
                fix,
            );
        }
        parsed.ok()
    }

    /// Several may be joined by `;`, as CDA takes them.
    fn macs(&mut self, entry: &Entry, need: Need) -> Vec<Mac> {
        let Some(text) = self.text(entry, need) else {
            return Vec::new();
        };
        let mut macs: Vec<Mac> = Vec::new();
        for part in text.split(';').map(str::trim) {
            let message = match part.parse::<Mac>() {
                Ok(mac) if mac.is_no_cards() => format!("`{part}` is the address of no card"),
                Ok(mac) => {
                    if !macs.contains(&mac) {
                        macs.push(mac);
                    }
                    continue;
                }
                Err(error) => format!("`{part}` is no MAC address: {error}"),
            };
            let fix = "write it like 00:08:00:01:03:18; join several by `;`";
            self.say(
                need.severity(),
                ProblemCode::Mac,
                entry.value.span,
                message,
                fix,
            );
        }
        macs
    }

    fn of_machines(&mut self, entry: &Entry) {
        let is_bool =
            |entry: &Entry| entry.value.words() == "true" || entry.value.words() == "false";
        if entry.key == "preallocated" && is_bool(entry) {
            let message = "CDA compares `preallocated` with a text, and this is true or false: it never matches";
            let fix = "write \"true\" in quotes, or leave it out: it is for virtual machines";
            self.say(
                ProblemSeverity::Warning,
                ProblemCode::WrongType,
                entry.value.span,
                message,
                fix,
            );
        } else {
            let message = format!(
                "`{}` is for virtual machines, and this is a card",
                entry.key
            );
            self.say(
                ProblemSeverity::Warning,
                ProblemCode::Unused,
                entry.key_span,
                message,
                "leave it out",
            );
        }
    }

    fn what_is_not_there(&mut self, card: &Card, node: &Node, entries: &[Entry]) {
        let of = format!("card `{}`", card.name);
        let absent = |key: &str| {
            let entry = entries.iter().find(|entry| entry.key == key);
            entry.is_none_or(|entry| entry.value.is_null())
        };
        let marvell = card.kind == CardKind::Marvell;
        let severity = if marvell {
            ProblemSeverity::Error
        } else {
            ProblemSeverity::Warning
        };
        if absent("mac") {
            let fix =
                "write the card's MAC address; without it CDA makes one up, and DHCP never answers";
            self.missing(node, &of, "mac", fix, severity);
        }
        if absent("ip") {
            let fix = "write the address that the card is to have";
            self.missing(node, &of, "ip", fix, severity);
        }
        if absent("node") {
            let fix = if marvell {
                "name the card's host: its tools run there"
            } else {
                "CDA wants it: write `node: \"localhost\"`"
            };
            self.missing(node, &of, "node", fix, severity);
        }
        if card.kind == CardKind::Dpu && absent("dpu_host") {
            let fix = "nothing: the host's driver is then not reloaded, and no plan touches the host (CDA stops here after the whole install)";
            self.missing(node, &of, "dpu_host", fix, ProblemSeverity::Warning);
        }
    }
}
