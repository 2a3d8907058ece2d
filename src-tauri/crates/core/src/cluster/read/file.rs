//! The file and its clusters.

use std::net::IpAddr;

use url::Url;

use super::{ClusterSpans, Need, Reader, nearest};
use crate::cluster::{
    model::{Card, Cluster, ClusterFile, IsoCluster, IsoSource},
    problem::{Problem, ProblemCode, ProblemSeverity},
    source::Span,
    tree::{Entry, Node, Value},
};

/// Keys of a cluster that a plan reads.
const NEEDED: [&str; 7] = [
    "name",
    "kind",
    "install_iso",
    "masters",
    "preconfig",
    "postconfig",
    "network_api_port",
];
/// Keys that CDA knows and a plan does not need.
const OTHERS: [&str; 15] = [
    "api_vip",
    "ingress_vip",
    "external_port",
    "kubeconfig",
    "proxy",
    "noproxy",
    "version",
    "ntp_source",
    "base_dns_domain",
    "ip_range",
    "ip_mask",
    "workers",
    "hosts",
    "api_ip",
    "ingress_ip",
];
const KINDS: [&str; 3] = ["iso", "openshift", "microshift"];

impl Reader<'_> {
    pub(super) fn file(&mut self, tree: &Node) -> ClusterFile {
        let mut clusters = Vec::new();
        let fix = "write `clusters:` and below it a list of clusters";
        let Some(entries) = tree.map() else {
            let message = format!("a cluster file is a mapping, and this is {}", tree.words());
            self.say(
                ProblemSeverity::Error,
                ProblemCode::WrongType,
                tree.span,
                message,
                fix,
            );
            return ClusterFile { clusters };
        };
        for entry in entries {
            if entry.key == "clusters" {
                for (index, node) in self.list(entry, Need::Plan).iter().enumerate() {
                    clusters.extend(self.cluster(node, index));
                }
            } else {
                self.unknown_key(
                    entry,
                    "a cluster file",
                    &["clusters"],
                    &[],
                    "CDA ignores it",
                );
            }
        }
        if clusters.is_empty()
            && self
                .problems
                .iter()
                .all(|p| p.severity != ProblemSeverity::Error)
        {
            let span = Span::new(tree.span.start, tree.span.start);
            self.say(
                ProblemSeverity::Error,
                ProblemCode::Missing,
                span,
                "there is no cluster in this file",
                fix,
            );
        }
        self.several(&clusters);
        self.unique(&clusters);
        ClusterFile { clusters }
    }

    /// CDA takes the first one and says nothing of the others.
    fn several(&mut self, clusters: &[Cluster]) {
        for (cluster, spans) in clusters.iter().zip(self.spans.clone()).skip(1) {
            if let Some(span) = spans.name {
                let message = format!(
                    "CDA drops `{}` without a word: it reads the first cluster only; Slipway takes all",
                    cluster.name()
                );
                let fix = "nothing; for CDA, one cluster per file";
                self.say(
                    ProblemSeverity::Warning,
                    ProblemCode::Unused,
                    span,
                    message,
                    fix,
                );
            }
        }
    }

    fn cluster(&mut self, node: &Node, index: usize) -> Option<Cluster> {
        let Some(entries) = node.map() else {
            let message = format!("a cluster is a mapping, and this is {}", node.words());
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
        let name = find("name").and_then(|entry| self.text(entry, Need::Plan));
        if name.is_none() && find("name").is_none_or(|entry| entry.value.is_null()) {
            self.missing_key(
                node,
                &format!("clusters[{index}]"),
                "name",
                "give the cluster a name",
            );
        }
        let name = name.unwrap_or_else(|| format!("clusters[{index}]"));
        let kind = self.kind(entries, node, &name);
        self.spans.push(ClusterSpans {
            name: find("name")
                .map(|entry| entry.value.span)
                .or(Some(node.span)),
            iso: find("install_iso").map(|entry| entry.value.span),
            cards: Vec::new(),
        });
        if kind != "iso" {
            let length = |key: &str| match find(key).map(|entry| &entry.value.value) {
                Some(Value::List(nodes)) => nodes.len(),
                _ => 0,
            };
            return Some(Cluster::OutOfScope {
                nodes: length("masters") + length("workers"),
                kept: self.kept("", node),
                name,
                kind,
            });
        }
        Some(Cluster::Iso(Box::new(
            self.iso_cluster(entries, node, name),
        )))
    }

    fn missing_key(&mut self, node: &Node, of: &str, key: &str, fix: &str) {
        let span = Span::new(node.span.start, node.span.start);
        let message = format!("`{key}` of {of} is missing");
        self.say(
            ProblemSeverity::Error,
            ProblemCode::Missing,
            span,
            message,
            fix,
        );
    }

    fn kind(&mut self, entries: &[Entry], node: &Node, name: &str) -> String {
        let entry = entries.iter().find(|entry| entry.key == "kind");
        let has_iso = entries.iter().any(|entry| entry.key == "install_iso");
        let Some(entry) = entry else {
            if has_iso {
                let fix = "write `kind: \"iso\"`; without it CDA installs OpenShift";
                self.missing_key(node, &format!("`{name}`"), "kind", fix);
                return "iso".into();
            }
            self.out_of_scope(node.span, name, "openshift (CDA's default)");
            return "openshift".into();
        };
        let Some(kind) = self.text(entry, Need::Plan) else {
            return "iso".into();
        };
        if kind == "iso" {
            return kind;
        }
        if KINDS.contains(&kind.as_str()) {
            self.out_of_scope(entry.value.span, name, &kind);
            return kind;
        }
        let meant = nearest(&kind, KINDS);
        let fix = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "for cards write `kind: \"iso\"`".into(),
        };
        let message =
            format!("`{kind}` is no kind of cluster; CDA takes it and does something else");
        self.say(
            ProblemSeverity::Error,
            ProblemCode::UnknownKind,
            entry.value.span,
            message,
            fix,
        );
        meant.unwrap_or(&kind).to_owned()
    }

    fn out_of_scope(&mut self, span: Span, name: &str, kind: &str) {
        let message = format!(
            "`{name}` is of kind {kind}: out of Slipway's scope, nothing is planned for it"
        );
        let fix = "deploy it with CDA; Slipway does `kind: iso`";
        self.say(
            ProblemSeverity::Warning,
            ProblemCode::OutOfScope,
            span,
            message,
            fix,
        );
    }

    fn iso_cluster(&mut self, entries: &[Entry], node: &Node, name: String) -> IsoCluster {
        let mut cluster = IsoCluster {
            name,
            iso: None,
            network_api_port: None,
            cards: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            others: Vec::new(),
        };
        let of = format!("cluster `{}`", cluster.name);
        for entry in entries {
            match entry.key.as_str() {
                "name" | "kind" => {}
                "install_iso" => cluster.iso = self.iso(entry),
                "network_api_port" => cluster.network_api_port = self.port(entry),
                "masters" => self.masters(entry, &mut cluster),
                "preconfig" => cluster.before = self.steps(entry),
                "postconfig" => cluster.after = self.steps(entry),
                "api_ip" | "ingress_ip" => {
                    let today = entry.key.replace("_ip", "_vip");
                    self.migrated(entry.key_span, &cluster.name, &entry.key, &today);
                    self.vip(entry);
                    let kept = self.keep(entry);
                    if entries.iter().all(|entry| entry.key != today) {
                        cluster.others.push((today, kept));
                    }
                }
                "workers" => {
                    let message =
                        "CDA installs the masters of an iso cluster only; Slipway does the same";
                    let fix = "move the cards to `masters`";
                    if !self.list(entry, Need::Nothing).is_empty() {
                        self.say(
                            ProblemSeverity::Warning,
                            ProblemCode::Unused,
                            entry.key_span,
                            message,
                            fix,
                        );
                    }
                    let kept = self.keep(entry);
                    cluster.others.push((entry.key.clone(), kept));
                }
                key => {
                    if key == "api_vip" || key == "ingress_vip" {
                        self.vip(entry);
                    } else if !OTHERS.contains(&key) {
                        self.unknown_key(entry, &of, &NEEDED, &OTHERS, "CDA ignores it");
                    }
                    let kept = self.keep(entry);
                    cluster.others.push((entry.key.clone(), kept));
                }
            }
        }
        let has = |key: &str| {
            entries
                .iter()
                .any(|entry| entry.key == key && !entry.value.is_null())
        };
        if !has("install_iso") {
            let fix = "name the ISO: a URL, a path, or for Marvell `rhel:`";
            self.missing_key(node, &of, "install_iso", fix);
        }
        if !has("masters") {
            self.missing_key(node, &of, "masters", "list the cards under `masters:`");
        }
        if !has("network_api_port") {
            let message = format!("`network_api_port` of {of} is missing; CDA needs it");
            let fix = "nothing, as long as the provisioner's network is not to be set up";
            let span = Span::new(node.span.start, node.span.start);
            self.say(
                ProblemSeverity::Warning,
                ProblemCode::NetworkPort,
                span,
                message,
                fix,
            );
        }
        self.rhel_only_for_marvell(&cluster);
        cluster
    }

    fn masters(&mut self, entry: &Entry, cluster: &mut IsoCluster) {
        for (index, node) in self.list(entry, Need::Plan).iter().enumerate() {
            if let Some(card) = self.card(node, index) {
                cluster.cards.push(card);
                if let Some(spans) = self.spans.last_mut() {
                    spans.cards.push(node.span);
                }
            }
        }
        if entry.value.is_null() || matches!(&entry.value.value, Value::List(all) if all.is_empty())
        {
            let message = format!("cluster `{}` has no card", cluster.name);
            let fix = "list the cards under `masters:`";
            self.say(
                ProblemSeverity::Error,
                ProblemCode::Missing,
                entry.key_span,
                message,
                fix,
            );
        }
    }

    fn port(&mut self, entry: &Entry) -> Option<String> {
        let port = self.text(entry, Need::Nothing)?;
        if port == "auto" {
            let message = "`network_api_port: auto` works for OpenShift only; CDA stops at it for `kind: iso`";
            let fix = "name the provisioner's port towards the cards, such as eno1";
            self.say(
                ProblemSeverity::Warning,
                ProblemCode::NetworkPort,
                entry.value.span,
                message,
                fix,
            );
        }
        Some(port)
    }

    /// CDA wants it and does not use it.
    fn vip(&mut self, entry: &Entry) {
        let Some(text) = self.text(entry, Need::Nothing) else {
            return;
        };
        if text.parse::<IpAddr>().is_err() {
            let message = format!("`{text}` is no IP address; for `kind: iso` nobody uses it");
            let fix = "write any address; CDA wants one";
            self.say(
                ProblemSeverity::Warning,
                ProblemCode::Ip,
                entry.value.span,
                message,
                fix,
            );
        }
    }

    fn iso(&mut self, entry: &Entry) -> Option<IsoSource> {
        let text = self.text(entry, Need::Plan)?;
        let span = entry.value.span;
        if text == "rhel:" {
            return Some(IsoSource::NewestRhel);
        }
        let Some((scheme, _)) = text.split_once("://") else {
            return Some(IsoSource::Path(text));
        };
        let wrong = |reader: &mut Self, message: String| {
            let fix = "write https://host/path/name.iso, or the path of a file";
            reader.say(ProblemSeverity::Error, ProblemCode::Iso, span, message, fix);
        };
        let Ok(mut url) = text.parse::<Url>() else {
            wrong(self, "`install_iso` is no URL".into());
            return None;
        };
        if !url.username().is_empty() || url.password().is_some() {
            self.secrets.push(span);
            wrong(
                self,
                "`install_iso` has a user name or password in its URL".into(),
            );
            // An HTTP URL always takes these.
            let _ = (url.set_username(""), url.set_password(None));
        }
        match scheme.to_ascii_lowercase().as_str() {
            "https" => {}
            "http" => {
                let message = "an IMC fetches over HTTPS only; Slipway serves the ISO itself, and this URL just names it";
                let fix = "nothing, once the ISO is in Slipway's library";
                self.say(
                    ProblemSeverity::Warning,
                    ProblemCode::Iso,
                    span,
                    message,
                    fix,
                );
            }
            _ => wrong(self, format!("an ISO can't be had by `{scheme}:`")),
        }
        let iso = IsoSource::Url(url);
        if iso.file_name().is_none() {
            wrong(self, "`install_iso` names no file".into());
            return None;
        }
        Some(iso)
    }

    fn rhel_only_for_marvell(&mut self, cluster: &IsoCluster) {
        use crate::cluster::model::CardKind;
        let spans = self.spans.last().cloned().unwrap_or_default();
        let other = cluster
            .cards
            .iter()
            .any(|card| card.kind != CardKind::Marvell);
        if let (Some(IsoSource::NewestRhel), Some(span), true) = (&cluster.iso, spans.iso, other) {
            let message = "`rhel:` is for Marvell cards only: their tools find the newest RHEL";
            let fix = "name an ISO: a URL or a path";
            self.say(ProblemSeverity::Error, ProblemCode::Iso, span, message, fix);
        }
    }

    /// Two cards with one name, address or MAC.
    fn unique(&mut self, clusters: &[Cluster]) {
        let mut seen: Vec<(&str, String, Span)> = Vec::new();
        let spans = self.spans.clone();
        for (cluster, spans) in clusters.iter().zip(&spans) {
            let Cluster::Iso(cluster) = cluster else {
                continue;
            };
            for (card, span) in cluster.cards.iter().zip(&spans.cards) {
                for (what, value) in identities(card) {
                    let known = seen.iter().find(|(w, v, _)| *w == what && *v == value);
                    let Some((_, _, first)) = known else {
                        seen.push((what, value, *span));
                        continue;
                    };
                    let message = format!("two cards have one {what}, {value}");
                    let fix = format!("give each card its own {what}");
                    let problem =
                        Problem::new(ProblemSeverity::Error, ProblemCode::NotUnique, message, fix)
                            .at(self.source, self.first_line(*span))
                            .and_at(self.source, self.first_line(*first), "the other card");
                    self.problems.push(problem);
                }
            }
        }
    }

    /// A card's span without the lines below.
    fn first_line(&self, span: Span) -> Span {
        let rest = self
            .source
            .slice(Span::new(span.start, self.source.text().len()));
        let line = rest.lines().next().unwrap_or_default();
        Span::new(span.start, span.start + line.trim_end().len())
    }
}

fn identities(card: &Card) -> Vec<(&'static str, String)> {
    let mut all = vec![("name", card.name.clone())];
    all.extend(
        card.imc
            .iter()
            .map(|imc| ("IMC", imc.address.to_ascii_lowercase())),
    );
    all.extend(card.ip.iter().map(|ip| ("IP address", ip.to_string())));
    all.extend(card.macs.iter().map(|mac| ("MAC address", mac.to_string())));
    // A card may name one MAC twice.
    all.dedup();
    all
}
