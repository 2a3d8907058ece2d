//! MicroShift on the ACC, and what stands around it: rhc, sysctl, oc.

use serde_json::json;

use super::{Call, Done, Machine, acc::AccMachine, coreutils::split};
use crate::faults::Fault;

/// systemd's own mark of an enabled unit.
const ENABLED: &str = "/etc/systemd/system/multi-user.target.wants/microshift.service";
/// When it was started in this boot, in milliseconds; gone with the boot.
const STARTED: &str = "/run/lab-microshift-started";
const HUGE_PAGES: &str = "/run/lab-nr-hugepages";
const CONSUMER: &str = "/etc/pki/consumer/cert.pem";
const SETTINGS: &str = "/etc/sysctl.d";
pub(super) const KUBECONFIG: &str = "/var/lib/microshift/resources/kubeadmin/kubeconfig";
pub(super) const NR_HUGEPAGES: &str = "/proc/sys/vm/nr_hugepages";

impl AccMachine {
    /// Whether the unit runs, and whether it came up: `None` where nobody started it.
    pub(super) fn microshift(&self) -> Option<bool> {
        let enabled = self.files(|files| files.exists(ENABLED));
        let started = self.files(|files| files.read_text(STARTED).ok());
        let since = match started.and_then(|text| text.trim().parse::<i64>().ok()) {
            Some(since) => since,
            // systemd has started it with this boot.
            None if enabled => 0,
            None => return None,
        };
        let up = jiff::Timestamp::now().as_millisecond() - since;
        let takes = i64::try_from(self.0.timings.microshift.as_millis()).unwrap_or(i64::MAX);
        Some(up >= takes)
    }

    /// Only for the unit `microshift`.
    pub(super) fn microshift_unit(&self, verb: &str, flags: &[&str]) -> Done {
        let (enable, now) = (verb == "enable", flags.contains(&"--now"));
        if enable {
            self.files(|files| files.place(ENABLED, b""));
        }
        if verb == "disable" {
            self.files(|files| files.remove_all(ENABLED));
        }
        let starts = matches!(verb, "start" | "restart") || (enable && now);
        if starts && self.files(|files| !files.exists(STARTED)) {
            let at = jiff::Timestamp::now().as_millisecond();
            self.files(|files| files.place(STARTED, at.to_string().as_bytes()));
            self.0.count(|o| o.microshift_starts += 1);
        }
        if verb == "stop" || (verb == "disable" && now) {
            self.files(|files| files.remove_all(STARTED));
        }
        Done::exit(0)
    }

    pub(super) fn microshift_enabled(&self) -> bool {
        self.files(|files| files.exists(ENABLED))
    }

    /// Files that are there while it runs.
    pub(super) fn microshift_file(&self, path: &str) -> Option<Vec<u8>> {
        match path {
            KUBECONFIG if self.microshift() == Some(true) => Some(
                b"apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    certificate-authority-data: bGFi\n    server: https://localhost:6443\n  name: microshift\nusers:\n- name: user\n  user:\n    client-certificate-data: bGFi\n    client-key-data: bGFiLWNsaWVudC1rZXk=\n"
                    .to_vec(),
            ),
            NR_HUGEPAGES => {
                let now = self.files(|files| files.read_text(HUGE_PAGES).ok());
                Some(now.unwrap_or_else(|| self.kept_huge_pages()).into_bytes())
            }
            _ => None,
        }
    }

    /// What systemd-sysctl sets at boot.
    fn kept_huge_pages(&self) -> String {
        let read = |files: &mut crate::files::Files| {
            let names = files.list(SETTINGS).unwrap_or_default();
            let texts = names
                .iter()
                .filter_map(|name| files.read_text(&format!("{SETTINGS}/{name}")).ok());
            texts.collect::<String>()
        };
        let text = self.files(read);
        let mut lines = text.lines();
        let pages = lines.find_map(|line| line.strip_prefix("vm.nr_hugepages="));
        format!("{}\n", pages.unwrap_or("0"))
    }

    pub(super) fn microshift_program(&self, call: &Call) -> Option<Done> {
        let args = call.args();
        let (_, operands) = split(&args);
        Some(match call.argv[0].as_str() {
            "sysctl" => {
                for setting in &operands {
                    if let Some(pages) = setting.strip_prefix("vm.nr_hugepages=") {
                        let text = format!("{}\n", pages.trim());
                        self.files(|files| files.place(HUGE_PAGES, text.as_bytes()));
                    }
                }
                Done::fine(format!("{}\n", operands.join("\n").replace('=', " = ")))
            }
            "subscription-manager" => match self.files(|files| files.exists(CONSUMER)) {
                true => Done::fine("system identity: 5110a1ab\nname: lab\n"),
                false => Done::failed(
                    1,
                    "This system is not yet registered. Try 'subscription-manager register --help' for more information.\n",
                ),
            },
            "rhc" => self.rhc(&args),
            "oc" | "kubectl" => self.oc(&args),
            _ => return None,
        })
    }

    fn rhc(&self, args: &[&str]) -> Done {
        let after = |flag: &str| {
            let at = args.iter().position(|word| *word == flag)?;
            args.get(at + 1).copied().filter(|word| !word.is_empty())
        };
        let (Some("connect"), Some(organization), Some(key)) =
            (args.first().copied(), after("-o"), after("-a"))
        else {
            return Done::failed(1, "rhc: organization and activation key are required\n");
        };
        if self.0.faults.has(Fault::SubscriptionRefused) {
            return Done::failed(
                1,
                format!(
                    "cannot connect to Red Hat Subscription Management: None of the activation keys {key} exist for {organization}\n"
                ),
            );
        }
        self.files(|files| files.place(CONSUMER, organization.as_bytes()));
        self.0.count(|o| o.registrations += 1);
        Done::fine("Connected to Red Hat Subscription Management\n")
    }

    fn oc(&self, args: &[&str]) -> Done {
        if self.microshift() != Some(true) {
            return Done::failed(
                1,
                "The connection to the server localhost:6443 was refused - did you specify the right host or port?\n",
            );
        }
        let stuck = self.0.faults.has(Fault::MicroshiftStuck);
        let running = |name: &str| {
            json!({
                "metadata": {"name": name, "namespace": "openshift"},
                "status": {"phase": "Running", "containerStatuses": [{"ready": true, "state": {"running": {}}}]},
            })
        };
        let told = if args.contains(&"nodes") {
            json!([{
                "metadata": {"name": self.hostname()},
                "status": {"conditions": [{"type": "Ready", "status": if stuck { "False" } else { "True" }}]},
            }])
        } else if args.contains(&"pods") {
            let network = match stuck {
                false => running("ovnkube-node-2v9x4"),
                true => json!({
                    "metadata": {"name": "ovnkube-node-2v9x4", "namespace": "openshift-ovn-kubernetes"},
                    "status": {"phase": "Pending", "containerStatuses": [
                        {"ready": false, "state": {"waiting": {"reason": "ContainerCreating"}}}]},
                }),
            };
            json!([running("dns-default-x7kq2"), network])
        } else {
            return Done::failed(1, "error: the lab's oc knows nodes and pods\n");
        };
        Done::fine(format!("{}\n", json!({"kind": "List", "items": told})))
    }
}
