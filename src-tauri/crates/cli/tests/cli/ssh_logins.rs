//! The logins of an IMC's SSH, each of them really used: by a key and by the agent at OpenSSH's
//! sshd, without a password at the lab's.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use slipway_lab::Fault;

use crate::support::{Desk, Rack, Ran, desk::IMC_PASSWORD, eventually, sshd::Sshd};

/// Makes a key pair beside the data folder; where it is.
fn key_pair(desk: &Desk, name: &str) -> PathBuf {
    let path = desk.beside(name);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    path
}

fn public(key: &Path) -> String {
    fs::read_to_string(key.with_extension("pub")).unwrap()
}

/// An agent of its own. Ended by its id when it is dropped.
struct Agent {
    child: Child,
    socket: PathBuf,
}

impl Agent {
    fn start(desk: &Desk) -> Self {
        let socket = desk.beside("agent");
        let child = Command::new("ssh-agent")
            .arg("-D")
            .arg("-a")
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        eventually("the agent listens", || socket.exists().then_some(()));
        Self { child, socket }
    }

    fn hold(&self, key: &Path) {
        let added = Command::new("ssh-add")
            .arg(key)
            .env("SSH_AUTH_SOCK", &self.socket)
            .stderr(Stdio::null())
            .status();
        assert!(added.unwrap().success());
    }

    /// `slipctl` beside this agent.
    fn run(&self, desk: &Desk, words: &[&str]) -> Ran {
        let mut command = desk.command(words);
        command.env("SSH_AUTH_SOCK", &self.socket);
        desk.spawn(command, words).end()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Adds the first card; its SSH as `more` says.
fn add(desk: &Desk, rack: &Rack, ssh: &str, more: &[&str]) -> Ran {
    let told = rack.told(1);
    let password = desk.beside("imc-password");
    let mut words = vec![
        "bmc",
        "add",
        &told.imc_redfish,
        "--name",
        &told.name,
        "--ssh",
        ssh,
        "--password-file",
        password.to_str().unwrap(),
        // With the lab's patience.
        "--label",
        "lab",
        "--trust-on-first-use",
    ];
    words.extend(more);
    desk.run(&words)
}

fn import_iso(desk: &Desk, rack: &Rack) {
    let iso = rack.lab().inventory().demo_iso.clone();
    desk.run(&["iso", "import", iso.to_str().unwrap()]).good();
}

/// The card, added by its sshds. They let this key in and no other: not the fleet key, and nobody by
/// a password.
fn behind_openssh(desk: &Desk, rack: &Rack, key: &Path, profile: &str) -> (Sshd, Sshd) {
    let imc = Sshd::before_imc(rack, 1, &public(key));
    let acc = Sshd::before_acc(rack, 1);
    let by = ["--acc", &acc.address, "--ssh-profile", profile];
    add(desk, rack, &imc.address, &by).good();
    import_iso(desk, rack);
    (imc, acc)
}

const DEPLOY: [&str; 5] = ["deploy", "dpu-01", "--iso", "dpu-os-1.0.0.iso", "--yes"];

#[test]
fn a_card_is_deployed_by_a_profiles_key() {
    if !Sshd::can_log_root_in() {
        println!("skipped: needs root");
        return;
    }
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    let key = key_pair(&desk, "key");
    desk.run(&[
        "credential",
        "add",
        "key",
        "--kind",
        "ssh-key",
        "--secret-file",
        key.to_str().unwrap(),
    ])
    .good();
    let (imc, _acc) = behind_openssh(&desk, &rack, &key, "key");
    rack.card(1).inject(Fault::ClockSkew);
    desk.run(&DEPLOY).good();
    assert!(imc.connections() > 0);
    let seen = rack.observed(1);
    assert_eq!((seen.trust_updates, seen.installs), (1, 1), "{seen:?}");
    let card = desk.card("dpu-01");
    assert_eq!(card["row"]["version"], "1.0.0");
    assert_eq!(
        card["logins"]["imc_ssh_text"],
        "profile key (root, SSH key)"
    );

    // Another key is refused, and the refusal names what was tried.
    let other = key_pair(&desk, "other");
    desk.run(&[
        "credential",
        "set",
        "key",
        "--secret-file",
        other.to_str().unwrap(),
    ])
    .good();
    desk.run(&["bmc", "prepare", "dpu-01"])
        .explains(6, "refuses to log in as root (tried: key ");
}

#[test]
fn a_card_is_deployed_by_the_agents_key() {
    if !Sshd::can_log_root_in() {
        println!("skipped: needs root");
        return;
    }
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    let key = key_pair(&desk, "key");
    desk.run(&["credential", "add", "agent", "--kind", "ssh-agent"])
        .good();
    let _sshds = behind_openssh(&desk, &rack, &key, "agent");
    desk.run(&["bmc", "prepare", "dpu-01"])
        .explains(6, "ssh-agent (");
    let agent = Agent::start(&desk);
    agent
        .run(&desk, &["bmc", "prepare", "dpu-01"])
        .explains(6, "ssh-agent (it holds no key)");
    agent.hold(&key);
    // The agent has it alone.
    fs::remove_file(&key).unwrap();
    agent.run(&desk, &DEPLOY).good();
    assert_eq!(rack.observed(1).installs, 1);
    let status = agent.run(&desk, &["--json", "status", "dpu-01"]).good();
    assert_eq!(status.json()[0]["row"]["version"], "1.0.0");
}

#[test]
fn an_empty_password_is_used_for_the_card_whose_settings_say_so_and_for_no_other() {
    let rack = Rack::start(1, |_| {});
    let desk = Desk::new();
    rack.card(1).inject(Fault::SshWithoutPassword);
    let ssh = rack.told(1).imc_ssh;
    // By the login of its Redfish: this one has no such password on its SSH.
    add(&desk, &rack, &ssh, &[]).good();
    let before = rack.observed(1).imc_commands;
    desk.run(&["bmc", "prepare", "dpu-01"])
        .explains(6, "refuses to log in as root");
    assert_eq!(rack.observed(1).imc_commands, before);

    desk.run(&["bmc", "login", "dpu-01", "--ssh-empty-password"])
        .good();
    import_iso(&desk, &rack);
    desk.run(&DEPLOY).good();
    assert!(rack.observed(1).imc_commands > before);
    let card = desk.json(&["status", "dpu-01"])[0].clone();
    assert_eq!(card["row"]["version"], "1.0.0");
    assert_eq!(card["logins"]["imc_ssh_text"], "root without a password");
    // Redfish goes by its password all the while.
    assert_eq!(rack.observed(1).refused_logins, 0);
    assert!(!card.to_string().contains(IMC_PASSWORD));
}
