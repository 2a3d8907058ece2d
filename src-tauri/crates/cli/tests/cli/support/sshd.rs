//! OpenSSH's sshd in front of a simulated machine: real SSH, simulated card.
//!
//! A ForceCommand hands each command to `slipctl lab exec`; nothing is done to this machine. The
//! test listens and gives each connection to `sshd -i`, so that the port is known before anything
//! starts, and the port dies and comes back with the simulated machine.

use std::{
    fs,
    io::ErrorKind,
    net::{TcpListener, TcpStream},
    os::{fd::OwnedFd, unix::fs::PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use slipway_lab::{CardHandle, acc::AccPhase};
use tokio::runtime::Handle;

use super::{Rack, desk::SLIPCTL};

const SSHD: &str = "/usr/sbin/sshd";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Machine {
    Imc,
    Acc,
}

pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

/// The front of one machine. Dropped, it ends every connection.
pub struct Sshd {
    pub address: String,
    connections: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
    _dir: tempfile::TempDir,
}

impl Sshd {
    /// Whether this user's sshd can let `root` in.
    pub fn can_log_root_in() -> bool {
        assert!(
            Path::new(SSHD).exists(),
            "these tests need OpenSSH's server: apt install openssh-server"
        );
        is_root()
    }

    /// In front of a card's IMC, with a host key of its own; lets these keys in.
    pub fn before_imc(rack: &Rack, card: usize, authorized: &str) -> Self {
        let front = Front::new(rack, card, Machine::Imc);
        let key = front.path("host_key");
        let mut make = Command::new("ssh-keygen");
        make.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key);
        assert!(make.status().unwrap().success());
        write_private(&front.path("authorized_keys"), authorized.as_bytes());
        front.serve()
    }

    /// In front of a card's ACC, with the host key and the authorized keys that lie on the ACC's
    /// disk in this boot: after an installation those of the deployment's kickstart.
    pub fn before_acc(rack: &Rack, card: usize) -> Self {
        Front::new(rack, card, Machine::Acc).serve()
    }

    /// How many connections it has served.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

/// What the serving thread has.
struct Front {
    dir: tempfile::TempDir,
    machine: Machine,
    card: CardHandle,
    runtime: Handle,
}

impl Front {
    fn new(rack: &Rack, number: usize, machine: Machine) -> Self {
        // Its privilege separation directory; a service file would make it.
        let _ = fs::create_dir_all("/run/sshd");
        let dir = tempfile::tempdir().unwrap();
        let on = match machine {
            Machine::Imc => "imc",
            Machine::Acc => "acc",
        };
        let config = format!(
            "HostKey {dir}/host_key\nAuthorizedKeysFile {dir}/authorized_keys\nPidFile none\n\
             UsePAM no\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin yes\nAllowTcpForwarding no\nPrintMotd no\nPermitTTY no\n\
             ForceCommand {SLIPCTL} lab exec --dir {lab} --card {number} --on {on}\n",
            dir = dir.path().display(),
            lab = rack.dir().display(),
        );
        fs::write(dir.path().join("config"), config).unwrap();
        Self {
            dir,
            machine,
            card: rack.card(number),
            runtime: rack.handle(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn serve(self) -> Sshd {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, connections) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let (stopped, counter) = (stop.clone(), connections.clone());
        // The folder lives as long as the front; the thread only needs its path.
        let Self {
            dir,
            machine,
            card,
            runtime,
        } = self;
        let at = dir.path().to_owned();
        let serving = std::thread::spawn(move || {
            let mut life = None;
            let mut children: Vec<Child> = Vec::new();
            while !stopped.load(Ordering::SeqCst) {
                let lives = alive(machine, &card);
                if lives != life {
                    children.drain(..).for_each(end);
                    life = lives;
                    if life.is_some() && machine == Machine::Acc {
                        runtime.block_on(take_identity(&card, &at));
                    }
                }
                match listener.accept() {
                    Ok((stream, _)) if life.is_some() => {
                        counter.fetch_add(1, Ordering::SeqCst);
                        children.push(hand_over(stream, &at.join("config")));
                    }
                    // Nobody is there: it is closed at once.
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            children.drain(..).for_each(end);
        });
        Sshd {
            address,
            connections,
            stop,
            serving: Some(serving),
            _dir: dir,
        }
    }
}

/// Which life the machine is in: `None` while it is down, another number after each boot.
fn alive(machine: Machine, card: &CardHandle) -> Option<u64> {
    let seen = card.observed();
    match machine {
        Machine::Imc => card.imc_is_up().then_some(seen.imc_resets),
        Machine::Acc => match card.acc_phase() {
            AccPhase::Running { .. } => Some(seen.acc_boots),
            AccPhase::Off | AccPhase::Installer { .. } | AccPhase::Booting { .. } => None,
        },
    }
}

/// The host key and the authorized keys, off the simulated disk.
async fn take_identity(card: &CardHandle, dir: &Path) {
    let key = card
        .run_on_acc("cat /etc/ssh/ssh_host_ed25519_key", b"")
        .await;
    write_private(&dir.join("host_key"), &key.stdout);
    let keys = card.run_on_acc("cat /root/.ssh/authorized_keys", b"").await;
    write_private(&dir.join("authorized_keys"), &keys.stdout);
}

fn write_private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn hand_over(stream: TcpStream, config: &Path) -> Child {
    stream.set_nonblocking(false).unwrap();
    let copy: OwnedFd = stream.try_clone().unwrap().into();
    Command::new(SSHD)
        .args(["-i", "-e", "-f"])
        .arg(config)
        .stdin(Stdio::from(copy))
        .stdout(Stdio::from(OwnedFd::from(stream)))
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn end(mut child: Child) {
    // It may have ended with its client.
    let _ = child.kill();
    let _ = child.wait();
}
