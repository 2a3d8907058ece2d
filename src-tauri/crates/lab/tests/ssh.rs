//! The SSH servers as real clients see them: OpenSSH with a key, russh with a password.
#![expect(
    clippy::unwrap_used,
    reason = "in helpers of tests, which clippy takes for other code"
)]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use russh::{
    ChannelMsg, client,
    keys::{HashAlg, PublicKeyOrCertificate},
};
use slipway_core::{
    bootc::{
        Greenboot, StatusFacts, UpdateCommand, latest_progress, parse_greenboot, parse_status,
        status_command, tracked_unit, tracked_update,
    },
    ids::JobId,
    trust::Fingerprint,
};
use slipway_lab::{Fault, FleetMix, Lab, LabConfig};

const DEADLINE: Duration = Duration::from_secs(30);

/// A lab of one installed card, and a key that opens it.
struct Desk {
    lab: Lab,
    dir: tempfile::TempDir,
    key: PathBuf,
}

impl Desk {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = LabConfig::test(1, dir.path().join("lab"));
        config.fleet = FleetMix::Installed;
        let lab = Lab::start(config).await.unwrap();
        let key = dir.path().join("id");
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&key)
            .status()
            .unwrap();
        assert!(made.success());
        let public = std::fs::read(key.with_extension("pub")).unwrap();
        let card = lab.card(1);
        let authorise = "mkdir -p /root/.ssh && tee -a /root/.ssh/authorized_keys";
        assert_eq!(card.run_on_imc(authorise, &public).await.exit, 0);
        assert_eq!(card.run_on_acc(authorise, &public).await.exit, 0);
        Self { lab, dir, key }
    }

    fn options(&self) -> Vec<String> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        [
            "-F",
            "none",
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "LogLevel=ERROR",
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            "ConnectTimeout=10",
            "-o",
        ]
        .map(str::to_owned)
        .into_iter()
        .chain([
            format!(
                "UserKnownHostsFile={}",
                text(&self.dir.path().join("known"))
            ),
            "-i".to_owned(),
            text(&self.key),
        ])
        .collect()
    }

    async fn ssh(&self, address: &str, extra: &[&str], command: &str, stdin: &[u8]) -> Output {
        let (_, port) = address.split_once(':').unwrap();
        let mut ssh = Command::new("ssh");
        ssh.args(self.options())
            .args(["-p", port])
            .args(extra)
            .arg("root@127.0.0.1")
            .arg(command)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let input = self.dir.path().join("input");
        std::fs::write(&input, stdin).unwrap();
        ssh.stdin(std::fs::File::open(&input).unwrap());
        tokio::task::spawn_blocking(move || ssh.output().unwrap())
            .await
            .unwrap()
    }

    async fn acc(&self, command: &str) -> (i32, String) {
        let address = self.lab.inventory().cards[0].acc_ssh.clone();
        let out = self.ssh(&address, &[], command, b"").await;
        let text = String::from_utf8(out.stdout).unwrap();
        (out.status.code().unwrap(), text)
    }

    /// Asks the ACC until the answer is right.
    async fn acc_until(&self, command: &str, right: impl Fn(i32, &str) -> bool) -> String {
        let started = Instant::now();
        loop {
            let (exit, text) = self.acc(command).await;
            if right(exit, &text) {
                return text;
            }
            assert!(started.elapsed() < DEADLINE, "{command}: {exit} {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openssh_runs_commands_with_input_and_exit_codes() {
    let desk = Desk::new().await;
    let imc = desk.lab.inventory().cards[0].imc_ssh.clone();
    let out = desk
        .ssh(&imc, &[], "cat /etc/issue; echo oops >&2; exit 3", b"")
        .await;
    assert_eq!(out.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&out.stdout).contains("Version: 2.0.0"));
    assert_eq!(String::from_utf8_lossy(&out.stderr), "oops\n");

    // More than a window of input, there and back.
    let big: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let out = desk.ssh(&imc, &[], "tee /mnt/imc/blob", &big).await;
    assert!(out.status.success());
    assert!(out.stdout == big, "{} bytes came back", out.stdout.len());
    let out = desk.ssh(&imc, &[], "stat -c %s /mnt/imc/blob", b"").await;
    assert_eq!(out.stdout, b"3000000\n");

    // The installed anchors are what the IMC trusts; the name of the IMC is its own.
    let install = "tee /etc/pki/ca-trust/source/anchors/slipway.pem >/dev/null && update-ca-trust";
    assert!(
        desk.ssh(&imc, &[], install, b"-----BEGIN\n")
            .await
            .status
            .success()
    );
    assert_eq!(desk.lab.card(1).observed().trust_updates, 1);
    let out = desk
        .ssh(&imc, &[], "cat /etc/hostname; cat /proc/uptime", b"")
        .await;
    assert!(String::from_utf8_lossy(&out.stdout).starts_with("ipu-imc-01\n"));
    desk.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openssh_goes_through_the_imc_to_the_acc_and_nowhere_else() {
    let desk = Desk::new().await;
    let imc = desk.lab.inventory().cards[0].imc_ssh.clone();
    let (_, port) = imc.split_once(':').unwrap();
    let options = desk.options().join(" ");
    let through =
        |target: &str| format!("ProxyCommand=ssh {options} -p {port} -W {target} root@127.0.0.1");
    let jump = through("192.168.0.2:22");
    let out = desk.ssh("x:22", &["-o", &jump], "hostname", b"").await;
    assert_eq!(String::from_utf8_lossy(&out.stdout), "dpu-01\n", "{out:?}");
    let out = desk
        .ssh("x:22", &["-o", &through("127.0.0.1:22")], "hostname", b"")
        .await;
    assert_eq!(out.status.code(), Some(255));
    // The ACC does not answer: the IMC says so.
    desk.lab.card(1).inject(Fault::AccSilent);
    let out = desk.ssh("x:22", &["-o", &jump], "hostname", b"").await;
    assert_eq!(out.status.code(), Some(255));
    let out = desk.ssh(&imc, &[], "nc -z 192.168.0.2 22", b"").await;
    assert_eq!(out.status.code(), Some(1));
    desk.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracked_upgrade_over_openssh_ends_in_a_new_boot() {
    let desk = Desk::new().await;
    desk.lab.images().promote("1.1.0").unwrap();
    let before = parse_status(&desk.acc(&status_command().to_string()).await.1).unwrap();
    desk.lab.images().promote("1.0.0").unwrap();
    let boot_id = desk.acc("cat /proc/sys/kernel/random/boot_id").await.1;
    let job = JobId::new();
    let start = tracked_update(&job, &UpdateCommand::Upgrade).to_string();
    assert_eq!(desk.acc(&start).await, (0, String::new()));
    // A second one of the same job is refused by systemd, or the first has ended already.
    let dir = format!("/run/slipway/{job}");
    let exit = desk
        .acc_until(&format!("cat {dir}/exit"), |exit, _| exit == 0)
        .await;
    assert_eq!(exit, "0\n");
    let progress = desk.acc(&format!("cat {dir}/progress")).await.1;
    assert_eq!(latest_progress(&progress).unwrap().steps, (3, 3));
    let unit = tracked_unit(&job);
    assert_eq!(
        desk.acc(&format!("systemctl is-active {unit}")).await,
        (3, "inactive\n".to_owned())
    );
    let staged = parse_status(&desk.acc(&status_command().to_string()).await.1).unwrap();
    assert_ne!(staged.staged_digest(), before.booted_digest());
    assert_eq!(desk.acc("systemctl reboot").await.0, 0);
    desk.acc_until("cat /proc/sys/kernel/random/boot_id", |exit, text| {
        exit == 0 && text != boot_id
    })
    .await;
    desk.acc_until("grub2-editenv list", |_, text| {
        parse_greenboot(text) == Greenboot::Green
    })
    .await;
    let after = parse_status(&desk.acc(&status_command().to_string()).await.1).unwrap();
    assert_eq!(after.booted_digest(), staged.staged_digest());
    assert_eq!(after.rollback_digest(), before.booted_digest());
    let observed = desk.lab.card(1).observed();
    assert_eq!((observed.upgrades, observed.acc_reboots), (1, 1));
    desk.lab.stop().await;
}

/// A client that remembers which key it saw.
struct Seen(Arc<std::sync::Mutex<Option<Fingerprint>>>);

impl client::Handler for Seen {
    type Error = russh::Error;
    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else {
            return Ok(false);
        };
        let seen = key.fingerprint(HashAlg::Sha256).to_string();
        *self.0.lock().unwrap() = Some(seen.parse().unwrap());
        Ok(true)
    }
}

async fn connect(address: &str) -> (client::Handle<Seen>, Fingerprint) {
    let seen = Arc::new(std::sync::Mutex::new(None));
    let config = Arc::new(client::Config::default());
    let handle = client::connect(config, address, Seen(Arc::clone(&seen)))
        .await
        .unwrap();
    let seen = seen.lock().unwrap().clone().unwrap();
    (handle, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_opens_and_another_does_not() {
    let desk = Desk::new().await;
    let card = desk.lab.inventory().cards[0].clone();
    let (mut session, seen) = connect(&card.imc_ssh).await;
    assert_eq!(seen, card.imc_host_key_fingerprint);
    let wrong = session
        .authenticate_password("root", "wrong")
        .await
        .unwrap();
    assert!(!wrong.success());
    let right = session
        .authenticate_password(&card.imc_user, &card.imc_password)
        .await
        .unwrap();
    assert!(right.success());
    // Two commands over one connection; one of them never gets the end of its input.
    for _ in 0..2 {
        let mut channel = session.channel_open_session().await.unwrap();
        channel.exec(true, "echo here").await.unwrap();
        let mut text = Vec::new();
        let mut exit = None;
        while let Some(message) = channel.wait().await {
            match message {
                ChannelMsg::Data { data } => text.extend_from_slice(&data),
                ChannelMsg::ExitStatus { exit_status } => exit = Some(exit_status),
                _ => {}
            }
        }
        assert_eq!((text.as_slice(), exit), (&b"here\n"[..], Some(0)));
    }
    desk.lab.card(1).inject(Fault::SshHostKeyChanged);
    let (_session, changed) = connect(&card.imc_ssh).await;
    assert_ne!(changed, seen);
    assert_eq!(
        changed,
        desk.lab.inventory().cards[0].imc_host_key_fingerprint
    );
    desk.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reboot_breaks_sessions_off() {
    let desk = Desk::new().await;
    let card = desk.lab.inventory().cards[0].clone();
    let (mut session, _) = connect(&card.acc_ssh).await;
    let opened = session
        .authenticate_password(&card.acc_user, &card.acc_password)
        .await
        .unwrap();
    assert!(opened.success());
    let mut channel = session.channel_open_session().await.unwrap();
    channel.exec(true, "sleep 600; echo never").await.unwrap();
    desk.lab.card(1).run_on_acc("systemctl reboot", b"").await;
    let cut = async {
        while let Some(message) = channel.wait().await {
            assert!(!matches!(message, ChannelMsg::ExitStatus { .. }));
        }
    };
    tokio::time::timeout(DEADLINE, cut).await.unwrap();
    desk.lab.stop().await;
}
