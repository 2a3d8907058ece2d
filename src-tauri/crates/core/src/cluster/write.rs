//! A file in today's form. It carries the passwords that the file had; who writes it to a disk
//! keeps it from others. Comments and templates are gone.

use std::fmt::Write as _;

use super::model::{
    Card, Cluster, ClusterFile, IsoCluster, Kept, Login, Step, StepKind, Subscription,
};
use crate::secret::Password;

/// The text of a file that says the same.
#[must_use]
pub fn write(file: &ClusterFile) -> Password {
    let mut text = String::new();
    if file.clusters.is_empty() {
        return Password::new("clusters: []\n");
    }
    text.push_str("clusters:\n");
    for cluster in &file.clusters {
        let node = match cluster {
            Cluster::Iso(cluster) => iso_cluster(cluster),
            Cluster::OutOfScope { kept, .. } => out(kept),
        };
        item(&mut text, 2, &node);
    }
    Password::new(text)
}

/// What is written: every text in quotes, so that no YAML reads it as something else.
enum Out {
    Text(String),
    /// True, false, a number: as it was.
    Plain(String),
    List(Vec<Out>),
    Map(Vec<(String, Out)>),
}

fn text(value: impl ToString) -> Out {
    Out::Text(value.to_string())
}

fn out(kept: &Kept) -> Out {
    match kept {
        Kept::Scalar {
            text,
            is_text: true,
        } => Out::Text(text.clone()),
        Kept::Scalar {
            text,
            is_text: false,
        } => Out::Plain(text.clone()),
        Kept::List(items) => Out::List(items.iter().map(out).collect()),
        Kept::Map(entries) => Out::Map(kept_entries(entries)),
    }
}

fn kept_entries(entries: &[(String, Kept)]) -> Vec<(String, Out)> {
    let pair = |(key, kept): &(String, Kept)| (key.clone(), out(kept));
    entries.iter().map(pair).collect()
}

fn iso_cluster(cluster: &IsoCluster) -> Out {
    let mut all = vec![
        ("name".to_owned(), text(&cluster.name)),
        ("kind".to_owned(), text("iso")),
    ];
    all.extend(
        cluster
            .iso
            .iter()
            .map(|iso| ("install_iso".into(), text(iso))),
    );
    let port = cluster.network_api_port.iter();
    all.extend(port.map(|port| ("network_api_port".into(), text(port))));
    all.extend(kept_entries(&cluster.others));
    let cards = cluster.cards.iter().map(card).collect();
    all.push(("masters".into(), Out::List(cards)));
    for (key, steps) in [
        ("preconfig", &cluster.before),
        ("postconfig", &cluster.after),
    ] {
        if !steps.is_empty() {
            let steps = steps.iter().map(step).collect();
            all.push((key.into(), Out::List(steps)));
        }
    }
    Out::Map(all)
}

fn card(card: &Card) -> Out {
    let mut all = vec![("name".to_owned(), text(&card.name))];
    all.extend(card.node.iter().map(|node| ("node".into(), text(node))));
    all.push(("kind".into(), text(card.kind.written())));
    all.extend(card.imc.iter().map(|imc| ("bmc".into(), login(imc))));
    all.extend(
        card.host_bmc
            .iter()
            .map(|bmc| ("bmc_host".into(), login(bmc))),
    );
    all.extend(
        card.dpu_host
            .iter()
            .map(|host| ("dpu_host".into(), text(host))),
    );
    all.extend(card.ip.iter().map(|ip| ("ip".into(), text(ip))));
    if !card.macs.is_empty() {
        let macs: Vec<String> = card.macs.iter().map(ToString::to_string).collect();
        all.push(("mac".into(), text(macs.join(";"))));
    }
    all.extend(kept_entries(&card.others));
    Out::Map(all)
}

fn login(login: &Login) -> Out {
    let mut all = vec![
        ("url".to_owned(), text(&login.address)),
        ("user".to_owned(), text(&login.user)),
    ];
    if !login.default_password {
        all.push(("password".into(), text(login.password.expose())));
    }
    Out::Map(all)
}

fn step(step: &Step) -> Out {
    let mut all = vec![("name".to_owned(), text(step.what.name()))];
    match &step.what {
        StepKind::DpuFirmware { version, force } => {
            all.extend(version.iter().map(|v| ("mev_version".into(), text(v))));
            if *force {
                all.push(("force_firmware_update".into(), Out::Plain("true".into())));
            }
        }
        StepKind::IsoBuilder(builder) => {
            subscription(&builder.subscription, &mut all);
            let settings = builder.settings.iter();
            all.extend(settings.map(|(key, value)| (key.clone(), text(value))));
        }
        StepKind::RhSubscription(of) => subscription(of, &mut all),
        StepKind::Microshift | StepKind::DpuOperatorDpu | StepKind::OutOfScope(_) => {}
    }
    all.extend(kept_entries(&step.others));
    Out::Map(all)
}

fn subscription(of: &Subscription, all: &mut Vec<(String, Out)>) {
    let organization = of.organization.iter();
    all.extend(organization.map(|id| ("organization_id".into(), text(id))));
    let key = of.activation_key.iter();
    all.extend(key.map(|key| ("activation_key".into(), text(key.expose()))));
}

/// `- ` and the value, whose lines begin below the value's first one.
fn item(target: &mut String, indent: usize, value: &Out) {
    let _ = write!(target, "{:indent$}- ", "");
    match value {
        Out::Map(entries) if !entries.is_empty() => {
            for (number, (key, value)) in entries.iter().enumerate() {
                let lead = if number == 0 { 0 } else { indent + 2 };
                entry(target, lead, indent + 2, key, value);
            }
        }
        Out::List(items) if !items.is_empty() => {
            target.push('\n');
            for value in items {
                item(target, indent + 2, value);
            }
        }
        Out::Map(_) | Out::List(_) | Out::Text(_) | Out::Plain(_) => {
            let _ = writeln!(target, "{}", scalar(value));
        }
    }
}

/// `key: value`; `lead` blanks before it, and what is below at `indent`.
fn entry(target: &mut String, lead: usize, indent: usize, key: &str, value: &Out) {
    let _ = write!(target, "{:lead$}{}:", "", plain_or_quoted(key));
    match value {
        Out::Map(entries) if !entries.is_empty() => {
            target.push('\n');
            for (key, value) in entries {
                entry(target, indent + 2, indent + 2, key, value);
            }
        }
        Out::List(items) if !items.is_empty() => {
            target.push('\n');
            for value in items {
                item(target, indent + 2, value);
            }
        }
        Out::Map(_) | Out::List(_) | Out::Text(_) | Out::Plain(_) => {
            let _ = writeln!(target, " {}", scalar(value));
        }
    }
}

fn scalar(value: &Out) -> String {
    match value {
        Out::Text(text) => quoted(text),
        Out::Plain(text) => text.clone(),
        Out::List(_) => "[]".into(),
        Out::Map(_) => "{}".into(),
    }
}

/// A key stays as it is where nobody could read it as something else.
fn plain_or_quoted(key: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.chars().all(word);
    if plain && super::read_plain(key) == super::Reading::Text {
        key.to_owned()
    } else {
        quoted(key)
    }
}

/// In double quotes. Braces of a template are escaped: the file is filled in when it is read.
fn quoted(text: &str) -> String {
    let mut all = String::from("\"");
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' => all.push_str("\\\""),
            '\\' => all.push_str("\\\\"),
            '\n' => all.push_str("\\n"),
            '\t' => all.push_str("\\t"),
            '{' if matches!(characters.peek(), Some('{' | '%' | '#')) => all.push_str("\\x7B"),
            c if c.is_control()
                || matches!(
                    c,
                    '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{E000}'..='\u{E003}'
                ) =>
            {
                let _ = write!(all, "\\U{:08X}", u32::from(c));
            }
            c => all.push(c),
        }
    }
    all.push('"');
    all
}
