//! MicroShift as its API tells of itself, and its kubeconfig. Parsing only.

use serde::Deserialize;

/// Whether it can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    Healthy {
        /// The name of its one node.
        node: String,
    },
    NotYet {
        /// "2 of 9 pods don't run: …"
        why: String,
        /// A network pod that is being created: where that lasts, it is a known fault.
        stuck: bool,
    },
}

#[derive(Deserialize)]
struct List<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
struct Node {
    metadata: Named,
    #[serde(default)]
    status: NodeStatus,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Default, Deserialize)]
struct NodeStatus {
    #[serde(default)]
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

#[derive(Deserialize)]
struct Pod {
    metadata: Named,
    #[serde(default)]
    status: PodStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PodStatus {
    phase: String,
    container_statuses: Vec<Container>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Container {
    ready: bool,
    state: ContainerState,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ContainerState {
    waiting: Option<Waiting>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Waiting {
    reason: String,
}

impl Pod {
    fn is_well(&self) -> bool {
        match self.status.phase.as_str() {
            "Succeeded" => true,
            "Running" => self.status.container_statuses.iter().all(|c| c.ready),
            _ => false,
        }
    }

    fn reason(&self) -> &str {
        let waiting = self.status.container_statuses.iter();
        let mut reasons = waiting.filter_map(|c| c.state.waiting.as_ref());
        reasons
            .next()
            .map_or(self.status.phase.as_str(), |waiting| &waiting.reason)
    }
}

/// What `oc get nodes -o json` and `oc get pods -A -o json` say together.
///
/// # Errors
/// Either is no list.
pub fn health(nodes: &str, pods: &str) -> Result<Health, serde_json::Error> {
    let nodes: List<Node> = serde_json::from_str(nodes)?;
    let pods: List<Pod> = serde_json::from_str(pods)?;
    let not_yet = |why: String, stuck| Health::NotYet { why, stuck };
    let Some(node) = nodes.items.into_iter().next() else {
        return Ok(not_yet("it has no node yet".into(), false));
    };
    let bad: Vec<&Pod> = pods.items.iter().filter(|pod| !pod.is_well()).collect();
    let stuck = bad.iter().any(|pod| {
        pod.metadata.name.starts_with("ovnkube-node") && pod.reason() == "ContainerCreating"
    });
    if let Some(first) = bad.first() {
        let why = format!(
            "{} of {} pods don't run: {} ({})",
            bad.len(),
            pods.items.len(),
            first.metadata.name,
            first.reason()
        );
        return Ok(not_yet(why, stuck));
    }
    if pods.items.is_empty() {
        return Ok(not_yet("it has no pods yet".into(), false));
    }
    let ready = |condition: &Condition| condition.kind == "Ready" && condition.status == "True";
    if !node.status.conditions.iter().any(ready) {
        let why = format!("its node {} is not ready", node.metadata.name);
        return Ok(not_yet(why, false));
    }
    Ok(Health::Healthy {
        node: node.metadata.name,
    })
}

/// The kubeconfig with another host in its `server:` lines; their ports stay.
#[must_use]
pub fn with_server(kubeconfig: &str, host: &str) -> String {
    let host = match host.parse::<std::net::Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => host.to_owned(),
    };
    let line = |line: &str| {
        let (before, url) = line.split_once("server: https://")?;
        before.trim().is_empty().then_some(())?;
        let (_, port) = url.trim_end().rsplit_once(':')?;
        let port: u16 = port.parse().ok()?;
        Some(format!("{before}server: https://{host}:{port}\n"))
    };
    kubeconfig
        .split_inclusive('\n')
        .map(|text| line(text).unwrap_or_else(|| text.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &str = r#"{"items":[{"metadata":{"name":"dpu-01"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}]}"#;

    fn pods(list: &str) -> String {
        format!(r#"{{"items":[{list}]}}"#)
    }

    #[test]
    fn healthy_is_a_ready_node_and_pods_that_all_run_or_are_done() {
        let run = r#"{"metadata":{"name":"dns"},"status":{"phase":"Running","containerStatuses":[{"ready":true}]}}"#;
        let done = r#"{"metadata":{"name":"job"},"status":{"phase":"Succeeded"}}"#;
        let node = "dpu-01".to_owned();
        let told = health(READY, &pods(&format!("{run},{done}"))).unwrap();
        assert_eq!(told, Health::Healthy { node });
        let not = READY.replace("True", "False");
        for (nodes, pods) in [
            (not.as_str(), pods(run)),
            (READY, pods("")),
            (r#"{"items":[]}"#, pods(run)),
            (READY, pods(&run.replace("true", "false"))),
        ] {
            let told = health(nodes, &pods).unwrap();
            assert!(
                matches!(told, Health::NotYet { stuck: false, .. }),
                "{told:?}"
            );
        }
        assert!(health("", &pods(run)).is_err());
    }

    #[test]
    fn a_network_pod_that_is_being_created_is_named() {
        let stuck = r#"{"metadata":{"name":"ovnkube-node-x"},"status":{"phase":"Pending","containerStatuses":[{"ready":false,"state":{"waiting":{"reason":"ContainerCreating"}}}]}}"#;
        let why = "1 of 1 pods don't run: ovnkube-node-x (ContainerCreating)".to_owned();
        assert_eq!(
            health(READY, &pods(stuck)).unwrap(),
            Health::NotYet { why, stuck: true }
        );
    }

    #[test]
    fn only_the_host_of_server_lines_changes() {
        let text = "clusters:\n- cluster:\n    certificate-authority-data: abc\n    server: https://localhost:6443\n  name: microshift\n";
        let ours = with_server(text, "10.0.0.7");
        assert_eq!(ours, text.replace("localhost", "10.0.0.7"));
        assert!(with_server(text, "fd00::7").contains("https://[fd00::7]:6443\n"));
        assert_eq!(with_server("server: nothing\n", "x"), "server: nothing\n");
    }
}
