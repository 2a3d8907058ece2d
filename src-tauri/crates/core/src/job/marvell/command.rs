//! The one command of the installation, in the words of CDA, and the unit around it.

use super::MarvellPlan;
use crate::{command::CommandLine, ids::JobId};

/// There is one at a time on a host.
pub const CONTAINER: &str = "marvell-tools";

/// The tools' run, as it would be typed on the host.
#[must_use]
pub fn install(plan: &MarvellPlan) -> Vec<String> {
    let [a, b, c, _] = plan.ip.octets();
    let mut argv: Vec<String> = [
        "podman",
        "run",
        "--rm",
        "--replace",
        "--privileged",
        "--pid",
        "host",
        "--network",
        "host",
        "--user",
        "0",
        "--name",
        CONTAINER,
        "-i",
        "-v",
        "/:/host",
        "-v",
        "/dev:/dev",
        &plan.tools,
        "./pxeboot.py",
    ]
    .map(str::to_owned)
    .into();
    argv.extend([
        format!("--dpu-name={}", plan.name),
        "--host-mode=coreos".into(),
        format!("--nm-secondary-cloned-mac-address={}", plan.mac),
        format!("--nm-secondary-ip-address={}/24", plan.ip),
        // As CDA has it: the first address of the card's network is the provisioner's.
        format!("--nm-secondary-ip-gateway={a}.{b}.{c}.1"),
        "--yum-repos=rhel-nightly".into(),
        "--default-extra-packages".into(),
        "--octep-cp-agent-service-disable".into(),
    ]);
    argv.extend(plan.ssh_keys.iter().map(|key| format!("--ssh-key={key}")));
    argv.push(plan.iso.clone());
    argv
}

pub(super) fn unit(job: &JobId) -> String {
    format!("slipway-{job}.service")
}

/// The same in a unit that stays after its end, so that the end is seen.
pub(super) fn in_unit(plan: &MarvellPlan, job: &JobId) -> CommandLine {
    let unit = format!("--unit={}", unit(job));
    let mut argv: Vec<String> = [
        "sudo",
        "systemd-run",
        &unit,
        "--property=RemainAfterExit=yes",
        "--",
    ]
    .map(str::to_owned)
    .into();
    argv.extend(install(plan));
    CommandLine::new(argv)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_cdas() {
        let plan = MarvellPlan {
            name: "marvell-dpu-42".into(),
            host: "host42.lab:22".parse().unwrap(),
            tools: "quay.io/lab/marvell-tools@sha256:aa".into(),
            iso: "rhel:".into(),
            mac: "06:32:b1:09:0a:ee".into(),
            ip: "192.168.123.7".parse().unwrap(),
            ssh_keys: vec!["ssh-ed25519 AAAA me".into()],
        };
        assert_eq!(
            CommandLine::new(install(&plan)).to_string(),
            "podman run --rm --replace --privileged --pid host --network host --user 0 --name \
             marvell-tools -i -v /:/host -v /dev:/dev quay.io/lab/marvell-tools@sha256:aa \
             ./pxeboot.py --dpu-name=marvell-dpu-42 --host-mode=coreos \
             --nm-secondary-cloned-mac-address=06:32:b1:09:0a:ee \
             --nm-secondary-ip-address=192.168.123.7/24 --nm-secondary-ip-gateway=192.168.123.1 \
             --yum-repos=rhel-nightly --default-extra-packages --octep-cp-agent-service-disable \
             '--ssh-key=ssh-ed25519 AAAA me' rhel:"
        );
    }
}
