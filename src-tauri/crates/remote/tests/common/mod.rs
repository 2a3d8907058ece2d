//! A real OpenSSH server on loopback, with its own host key and its own authorized keys.
//!
//! The test listens and hands each connection to `sshd -i`: so the port is known before anything
//! starts, connections can be counted and cut, and nothing is left behind.

use std::{
    net::{TcpListener, TcpStream},
    os::fd::OwnedFd,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use slipway_core::{address::Address, command::CommandLine, secret::Password, trust::Fingerprint};
use slipway_remote::{SshAuth, SshTarget, generate_key};

/// Long enough for a slow machine; nothing waits for it when all is well.
pub const LONG: Duration = Duration::from_secs(60);

pub struct Sshd {
    pub port: u16,
    pub host_key: Fingerprint,
    /// A key that it lets in.
    pub key: Password,
    _dir: tempfile::TempDir,
    connections: Arc<Mutex<Vec<Child>>>,
    stop: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Sshd {
    /// `more` are lines of sshd_config.
    pub fn start(more: &str) -> Self {
        assert!(
            Path::new("/usr/sbin/sshd").exists(),
            "these tests need OpenSSH's server: apt install openssh-server"
        );
        // Its privilege separation directory; a service file would make it.
        let _ = std::fs::create_dir_all("/run/sshd");
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let (host_private, host_public) = generate_key("host");
        write_secret(&path("host_key"), host_private.expose());
        std::fs::write(path("host_key.pub"), host_public).unwrap();
        let (key, public) = generate_key("test");
        write_secret(&path("authorized_keys"), &public);
        let config = format!(
            "HostKey {0}/host_key\nAuthorizedKeysFile {0}/authorized_keys\nPidFile none\n\
             UsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin yes\n{more}\n",
            dir.path().display()
        );
        std::fs::write(path("config"), config).unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(Mutex::new(Vec::new()));
        let listening = {
            let (stop, connections, config) = (stop.clone(), connections.clone(), path("config"));
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let child = serve(stream.unwrap(), &config);
                    connections.lock().unwrap().push(child);
                }
            })
        };
        Self {
            port,
            host_key: fingerprint(&path("host_key.pub")),
            key,
            _dir: dir,
            connections,
            stop,
            listening: Some(listening),
        }
    }

    /// A login that works.
    pub fn target(&self) -> SshTarget {
        SshTarget {
            address: Address::new("127.0.0.1", self.port).unwrap(),
            user: user(),
            auth: vec![SshAuth::Key(self.key.clone())],
            host_key: Some(self.host_key.clone()),
            via: None,
        }
    }

    /// How many connections it has had.
    pub fn connections(&self) -> usize {
        self.connections.lock().unwrap().len()
    }

    /// Ends every connection, as a reset does.
    pub fn cut(&self) {
        for child in self.connections.lock().unwrap().iter_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
        self.cut();
    }
}

fn serve(stream: TcpStream, config: &Path) -> Child {
    let copy: OwnedFd = stream.try_clone().unwrap().into();
    Command::new("/usr/sbin/sshd")
        .args(["-i", "-e", "-f"])
        .arg(config)
        .stdin(Stdio::from(copy))
        .stdout(Stdio::from(OwnedFd::from(stream)))
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Whoever runs the test: sshd as another user than root can only log that one in.
pub fn user() -> String {
    let out = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

pub fn write_secret(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// As `ssh-keygen -l` says it.
pub fn fingerprint(public: &Path) -> Fingerprint {
    let out = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(public)
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    text.split(' ').nth(1).unwrap().parse().unwrap()
}

pub fn argv<const N: usize>(words: [&str; N]) -> CommandLine {
    CommandLine::new(words)
}
