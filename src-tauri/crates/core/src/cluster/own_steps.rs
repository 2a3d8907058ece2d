//! The steps that a file adds to an installation, in words and as commands.

use super::{
    beside::{Choices, HOST_DRIVER, LOCAL_NETWORK, flash, host, post_steps},
    builder::{self, wanted_iso},
    model::{Card, StepKind},
    plan::{OutlineStep, SSH_PORT, Standing, not_yet},
    untried::Untried,
};
use crate::{
    command::CommandLine,
    dpu::Dpu,
    job::{
        deployment,
        plan::{planned, ssh, ssh_acc},
    },
    network::{self, LocalNetwork},
};

/// The steps that a file adds to the installation.
pub(super) struct OwnSteps<'a> {
    pub card: &'a Card,
    pub dpu: Option<&'a Dpu>,
    pub choices: &'a Choices,
    pub steps: Vec<OutlineStep>,
}

impl OwnSteps<'_> {
    fn add(&mut self, name: &str, effect: impl Into<String>, commands: Vec<String>) {
        let mut step = not_yet(planned(name, effect, commands), Some(name));
        if self.choices.skips(name) {
            step.standing = Standing::LeftOut;
        }
        self.steps.push(step);
    }

    fn on_acc(&self, argv: &[&str]) -> String {
        match self.dpu {
            Some(dpu) => ssh_acc(dpu, argv),
            None => CommandLine::new(argv.iter().copied()).to_string(),
        }
    }

    /// Never done unless somebody asked for it here too: the file names the port for CDA, and this
    /// machine's network may be somebody else's.
    pub fn network(&mut self, asked: Result<LocalNetwork, String>) {
        let accepted = self.choices.accepts(LOCAL_NETWORK);
        let (effect, commands) = match asked {
            Ok(wanted) => network::planned(&wanted),
            Err(why) => {
                self.add(LOCAL_NETWORK, format!("Can't be done: {why}"), vec![]);
                return self.is_left_out(!accepted);
            }
        };
        if accepted {
            self.add(LOCAL_NETWORK, effect, commands);
            return self.is_done();
        }
        let effect = format!(
            "Left out unless a person asks for it (`--accept-untried {LOCAL_NETWORK}`), and then: {effect}"
        );
        self.add(LOCAL_NETWORK, effect, commands);
        self.is_left_out(true);
    }

    fn is_left_out(&mut self, left_out: bool) {
        if let Some(step) = self.steps.last_mut()
            && left_out
        {
            step.standing = Standing::LeftOut;
        }
    }

    pub fn host_driver(&mut self) {
        let Some(text) = &self.card.dpu_host else {
            return;
        };
        let Some(address) = host(self.card) else {
            let effect = format!("Can't be done: `{text}` is no host name");
            return self.add(HOST_DRIVER, effect, vec![]);
        };
        let on_host = |argv: &[&str]| ssh(&address.host, address.port, argv);
        let commands = vec![on_host(&["rmmod", "idpf"]), on_host(&["modprobe", "idpf"])];
        let effect = format!(
            "Reloads the driver idpf on {text}: its links over the card go down for seconds"
        );
        self.add(HOST_DRIVER, effect, commands);
        self.is_done();
    }

    /// The one that was added last is done, unless it is left out.
    fn is_done(&mut self) {
        if let Some(step) = self.steps.last_mut()
            && step.standing == Standing::NotYet
        {
            step.standing = Standing::Planned;
        }
    }

    fn waits_for_a_word(&mut self, name: &str) {
        if let Some(step) = self.steps.last_mut() {
            step.untried = Untried::of(name);
        }
    }

    /// After the image was verified.
    pub fn after(&mut self, step: &StepKind) {
        let posts = post_steps(step, self.card, self.choices);
        if posts.is_empty() {
            return self.step(step);
        }
        let on_acc = |argv: &[&str]| self.on_acc(argv);
        let (mut effects, mut commands) = (Vec::new(), Vec::new());
        for post in &posts {
            let (effect, lines) = deployment::of_step(post, &on_acc);
            effects.push(effect);
            commands.extend(lines);
        }
        if matches!(step, StepKind::DpuOperatorDpu) && self.choices.operator_registry.is_none() {
            effects.push(
                "trust for the cluster's registry is set up only where it is named, with its \
                 authority's certificate (--operator-registry, --operator-registry-ca)"
                    .into(),
            );
        }
        if matches!(step, StepKind::DpuOperatorDpu) && self.choices.p4_components.is_none() {
            effects.push(
                "P4 components are installed only where they are named, with their SHA-256 \
                 (`--p4-components`, `--p4-sha256`)"
                    .into(),
            );
        }
        self.add(step.name(), effects.join("; "), commands);
        self.waits_for_a_word(step.name());
        if self.choices.accepts(step.name()) {
            self.is_done();
        }
    }

    pub fn step(&mut self, step: &StepKind) {
        let name = step.name();
        match step {
            StepKind::DpuFirmware { version, force } => {
                self.firmware(version.as_deref(), *force);
            }
            StepKind::IsoBuilder(builder) => match wanted_iso(builder) {
                Ok(wanted) => {
                    let (effect, commands) = builder::planned(builder, &wanted);
                    self.add(name, effect, commands);
                    self.is_done();
                }
                Err(why) => self.add(name, format!("Can't be done: {why}"), vec![]),
            },
            StepKind::RhSubscription(subscription) => {
                let organization = subscription.organization.as_deref().unwrap_or("ORG");
                let connect = self.on_acc(&["rhc", "connect", "-o", organization, "-a", "KEY"]);
                let commands = vec![
                    "sysctl -w net.ipv4.ip_forward=1".into(),
                    "iptables -t nat -A POSTROUTING -o UPLINK -j MASQUERADE".into(),
                    connect,
                ];
                let effect = "Lets the card reach the net through this machine (forwarding and masquerading are switched on), and registers it at Red Hat, in three tries at most";
                self.add(name, effect, commands);
            }
            StepKind::Microshift => {
                let secret = "/etc/crio/openshift-pull-secret";
                let kubeconfig = "/var/lib/microshift/resources/kubeadmin/kubeconfig";
                let commands = vec![
                    self.on_acc(&["install", "-m", "0600", "/dev/stdin", secret]),
                    self.on_acc(&["systemctl", "enable", "--now", "microshift"]),
                    self.on_acc(&["cat", kubeconfig]),
                ];
                let effect = "Puts the pull secret on the card, starts MicroShift, waits until it is healthy, and fetches its kubeconfig";
                self.add(name, effect, commands);
            }
            StepKind::DpuOperatorDpu => {
                let commands = vec![self.on_acc(&["sysctl", "-w", "vm.nr_hugepages=512"])];
                let effect = "Installs the DPU operator's side of the card: trust for the cluster's registry, P4 components, 512 huge pages";
                self.add(name, effect, commands);
            }
            StepKind::OutOfScope(_) => {
                let effect = "Out of Slipway's scope: it has nothing to do with a card's image";
                self.add(name, effect, vec![]);
            }
        }
    }

    /// Flashed where the tool's image is given and there is a word for it, and then the deployment's
    /// own steps tell of it; without an image only looked for.
    fn firmware(&mut self, version: Option<&str>, force: bool) {
        const NAME: &str = "dpu_firmware";
        let imc = self.dpu.map_or("IMC", |dpu| dpu.imc_redfish.host.as_str());
        let on_imc = |argv: &[&str]| ssh(imc, SSH_PORT, argv);
        let Some(version) = version else {
            let effect = "Can't be done: the file names no mev_version";
            return self.add(NAME, effect, vec![]);
        };
        if let Some(flash) = flash(self.card, force, self.choices) {
            let steps = deployment::planned_flash(version, &flash, &on_imc);
            let effects: Vec<_> = steps.iter().map(|step| step.effect.clone()).collect();
            let commands = steps.into_iter().flat_map(|step| step.commands);
            self.add(NAME, effects.join("; "), commands.collect());
            if let Some(step) = self.steps.last_mut() {
                step.untried = Some(Untried::of_flash());
            }
            return;
        }
        let look = vec![on_imc(&["cat", deployment::ISSUE])];
        let given = "it is flashed only where the tool's image is given by its digest \
                     (`--firmware-image IMAGE@sha256:…`)";
        if force {
            let effect = format!("Can't be done: firmware {version} whatever the IMC has; {given}");
            return self.add(NAME, effect, look);
        }
        let effect = format!(
            "Looks whether the IMC has firmware {version}, and stops before anything is done where \
             it has another one; {given}"
        );
        self.add(NAME, effect, look);
        self.waits_for_a_word(NAME);
        if self.choices.accepts(NAME) {
            self.is_done();
        }
    }
}
