//! `preconfig` and `postconfig`.

use super::{Need, Reader, nearest};
use crate::{
    cluster::{
        model::{IsoBuilder, Kept, Step, StepKind, Subscription},
        problem::{ProblemCode, ProblemSeverity},
        source::Span,
        tree::{Entry, Node},
    },
    secret::Password,
};

/// What concerns a card's image.
const OURS: [&str; 5] = [
    "rh_subscription",
    "microshift",
    "dpu_operator_dpu",
    "dpu_firmware",
    "iso_builder",
];
/// Others of CDA's, for OpenShift and BlueField.
const CDAS: [&str; 21] = [
    "bf_bfb_image",
    "switch_to_nic_mode",
    "sriov_network_operator",
    "sriov_network_operator_subscription",
    "sriov_ovs_hwol",
    "sriov_ovs_hwol_new_api",
    "dpu_infra",
    "dpu_infra_new_api",
    "dpu_tenant_mc",
    "dpu_tenant",
    "dpu_tenant_new_api",
    "ovnk8s",
    "ovn_custom",
    "image_registry",
    "cno",
    "rt",
    "dualstack",
    "cx_firmware",
    "masters_schedulable",
    "monitoring_config",
    "dpu_operator_host",
];
const EARLIER: (&str, &str) = ("mev_firmware_up", "dpu_firmware");
/// CDA takes these keys in every step.
const ANYWHERE: [&str; 17] = [
    "image",
    "ovnk_rollout_timeout",
    "kubeconfig",
    "mapping",
    "sriov_network_operator_local",
    "schedulable",
    "organization_id",
    "activation_key",
    "dpu_operator_path",
    "dpu_net_interface",
    "builder_image",
    "base_image",
    "mev_version",
    "force_firmware_update",
    "ovn_repo",
    "ovn_ref",
    "custom_ovn_build_timeout",
];
/// Of `iso_builder`, beside the subscription.
const OF_ISO_BUILDER: [&str; 7] = [
    "image_mode_url",
    "iso_builder_url",
    "input_iso",
    "kickstart",
    "iso_kargs",
    "remove_args",
    "final_iso_name",
];
/// Once there, and without effect today.
const DROPPED: [&str; 3] = [
    "rebuild_dpu_operators_images",
    "ipu_plugin_sha",
    "kernel_repo_url",
];

impl Reader<'_> {
    pub(super) fn steps(&mut self, list: &Entry) -> Vec<Step> {
        if list.value.is_null() {
            return Vec::new();
        }
        let mut steps = Vec::new();
        for node in self.list(list, Need::Plan) {
            steps.extend(self.one_step(node));
            self.step = None;
        }
        steps
    }

    fn one_step(&mut self, node: &Node) -> Option<Step> {
        let Some(entries) = node.map() else {
            let message = format!("a step is a mapping, and this is {}", node.words());
            let fix = "write `- name: …`";
            self.say(
                ProblemSeverity::Error,
                ProblemCode::WrongType,
                node.span,
                message,
                fix,
            );
            return None;
        };
        let named = entries.iter().find(|entry| entry.key == "name");
        let Some(named) = named.filter(|entry| !entry.value.is_null()) else {
            let fix = "write `- name: …`";
            let span = Span::new(node.span.start, node.span.start);
            self.say(
                ProblemSeverity::Error,
                ProblemCode::Missing,
                span,
                "`name` of a step is missing",
                fix,
            );
            return None;
        };
        let mut name = self.text(named, Need::Plan)?;
        if name == EARLIER.0 {
            self.migrated(named.value.span, "steps", EARLIER.0, EARLIER.1);
            EARLIER.1.clone_into(&mut name);
        }
        self.step = Some(name.clone());
        let what = match name.as_str() {
            "dpu_firmware" => self.firmware(entries),
            "iso_builder" => StepKind::IsoBuilder(Box::new(IsoBuilder {
                subscription: self.subscription(entries),
                settings: self.settings(entries),
            })),
            "rh_subscription" => {
                let subscription = self.subscription(entries);
                self.whole(&subscription, node, entries);
                StepKind::RhSubscription(subscription)
            }
            "microshift" => StepKind::Microshift,
            "dpu_operator_dpu" => StepKind::DpuOperatorDpu,
            other if CDAS.contains(&other) => {
                let message = format!(
                    "the step `{other}` has nothing to do with a card's image: out of Slipway's scope"
                );
                let fix = format!("run it with CDA; here `--skip-steps {other}`");
                self.say(
                    ProblemSeverity::Warning,
                    ProblemCode::OutOfScope,
                    named.value.span,
                    message,
                    fix,
                );
                StepKind::OutOfScope(other.to_owned())
            }
            other => {
                let fix = match nearest(other, OURS.into_iter().chain(CDAS)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("CDA's steps for cards are {}", OURS.join(", ")),
                };
                let message = format!("there is no step `{other}`");
                self.say(
                    ProblemSeverity::Error,
                    ProblemCode::UnknownStep,
                    named.value.span,
                    message,
                    fix,
                );
                StepKind::OutOfScope(other.to_owned())
            }
        };
        let others = self.other_keys(entries, &what);
        Some(Step { what, others })
    }

    fn firmware(&mut self, entries: &[Entry]) -> StepKind {
        let (mut version, mut force) = (None, false);
        for entry in entries {
            match entry.key.as_str() {
                "mev_version" => version = self.text(entry, Need::Plan),
                "force_firmware_update" => force = self.flag(entry),
                "force_mev_fw_up" => {
                    let to = "force_firmware_update";
                    self.migrated(entry.key_span, "dpu_firmware", "force_mev_fw_up", to);
                    force = self.flag(entry);
                }
                _ => {}
            }
        }
        StepKind::DpuFirmware { version, force }
    }

    fn subscription(&mut self, entries: &[Entry]) -> Subscription {
        let mut subscription = Subscription::default();
        for entry in entries {
            match entry.key.as_str() {
                "organization_id" => subscription.organization = self.text(entry, Need::Plan),
                "activation_key" => {
                    subscription.activation_key = self.secret(entry, Need::Plan).map(Password::new);
                }
                _ => {}
            }
        }
        subscription
    }

    fn settings(&mut self, entries: &[Entry]) -> Vec<(String, String)> {
        let mut settings = Vec::new();
        for entry in entries {
            if OF_ISO_BUILDER.contains(&entry.key.as_str()) && !entry.value.is_null() {
                let text = self.text(entry, Need::Plan);
                settings.extend(text.map(|text| (entry.key.clone(), text)));
            }
        }
        settings
    }

    fn whole(&mut self, subscription: &Subscription, node: &Node, entries: &[Entry]) {
        let has = |key: &str| entries.iter().any(|e| e.key == key && !e.value.is_null());
        for (key, there) in [
            ("organization_id", subscription.organization.is_some()),
            ("activation_key", subscription.activation_key.is_some()),
        ] {
            // One that is there and can't be read was named.
            if !there && !has(key) {
                let span = Span::new(node.span.start, node.span.start);
                let message = format!("`{key}` of rh_subscription is missing");
                let fix =
                    "take it from https://console.redhat.com/insights/connector/activation-keys";
                self.say(
                    ProblemSeverity::Error,
                    ProblemCode::Missing,
                    span,
                    message,
                    fix,
                );
            }
        }
    }

    fn other_keys(&mut self, entries: &[Entry], what: &StepKind) -> Vec<(String, Kept)> {
        let (own, of): (&[&str], _) = match what {
            StepKind::DpuFirmware { .. } => (
                &[
                    "name",
                    "mev_version",
                    "force_firmware_update",
                    "force_mev_fw_up",
                ],
                "dpu_firmware",
            ),
            StepKind::IsoBuilder(_) => (
                &["name", "organization_id", "activation_key"],
                "iso_builder",
            ),
            StepKind::RhSubscription(_) => (
                &["name", "organization_id", "activation_key"],
                "rh_subscription",
            ),
            StepKind::Microshift => (&["name"], "microshift"),
            StepKind::DpuOperatorDpu => (&["name"], "dpu_operator_dpu"),
            StepKind::OutOfScope(name) => (&["name"], name.as_str()),
        };
        let is_builder = matches!(what, StepKind::IsoBuilder(_));
        let mut others = Vec::new();
        for entry in entries {
            let key = entry.key.as_str();
            if own.contains(&key) || (is_builder && OF_ISO_BUILDER.contains(&key)) {
                continue;
            }
            if DROPPED.contains(&key) {
                let message =
                    format!("`{key}` was dropped from CDA, which refuses the file for it today");
                let span = entry.key_span;
                self.migrated(span, of, key, "nothing: it has no effect");
                self.say(
                    ProblemSeverity::Warning,
                    ProblemCode::Unused,
                    span,
                    message,
                    "leave it out",
                );
            } else {
                if !ANYWHERE.contains(&key) && !matches!(what, StepKind::OutOfScope(_)) {
                    let known: Vec<&str> = own
                        .iter()
                        .copied()
                        .chain(OF_ISO_BUILDER.iter().copied().filter(|_| is_builder))
                        .collect();
                    let of = format!("step `{of}`");
                    self.unknown_key(entry, &of, &known, &ANYWHERE, "CDA refuses the file for it");
                }
                let kept = self.keep(entry);
                others.push((entry.key.clone(), kept));
            }
        }
        others
    }
}
