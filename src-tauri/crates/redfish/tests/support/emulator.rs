//! sushy-tools' emulator (PyPI): a Redfish service that somebody else wrote, over its own TLS and
//! htpasswd, and a small web server for the images that it fetches. slipctl's tests have it from
//! here too.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Write},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

pub const USER: &str = "root";
pub const PASSWORD: &str = "sentinel-password";
/// bcrypt of [`PASSWORD`], cost 5.
const HTPASSWD: &str = "root:$2b$05$ZSdZ8kfxQpbqliI4lr4Iqu.LswlpHe8He/FvTwxggFBI9FG5/6xhi\n";

/// Ended by its id when it is dropped.
pub struct Emulator {
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// PEM; it signed itself.
    pub certificate: String,
    child: Child,
    dir: tempfile::TempDir,
}

impl Emulator {
    /// `None`, said so, where it is not installed; in CI that is a failure.
    #[expect(clippy::print_stdout, reason = "says what was not tested")]
    pub fn start() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let key = rcgen::KeyPair::generate().unwrap();
        let parameters = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        fs::write(at("key.pem"), key.serialize_pem()).unwrap();
        fs::write(at("certificate.pem"), certificate.pem()).unwrap();
        fs::write(at("htpasswd"), HTPASSWD).unwrap();
        // Its option takes no port 0, its configuration does.
        let configuration = format!(
            "SUSHY_EMULATOR_AUTH_FILE = {:?}\nSUSHY_EMULATOR_LISTEN_PORT = 0\n",
            at("htpasswd")
        );
        fs::write(at("emulator.conf"), configuration).unwrap();
        let log = File::create(at("log")).unwrap();
        let started = Command::new("sushy-emulator")
            .args(["--fake", "--interface", "127.0.0.1", "--config"])
            .arg(at("emulator.conf"))
            .arg("--ssl-certificate")
            .arg(at("certificate.pem"))
            .arg("--ssl-key")
            .arg(at("key.pem"))
            // What it keeps (its machines, the images) lies in the folder too.
            .env("TMPDIR", dir.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        let child = match started {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let in_ci = std::env::var_os("CI").is_some();
                assert!(!in_ci, "sushy-emulator is not installed");
                println!("skipped: sushy-emulator (PyPI's sushy-tools) is not installed");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let mut emulator = Self {
            address: String::new(),
            certificate: certificate.pem(),
            child,
            dir,
        };
        emulator.address = emulator.listening();
        Some(emulator)
    }

    /// ` * Running on https://127.0.0.1:41234`
    fn listening(&mut self) -> String {
        let deadline = Instant::now() + Duration::from_secs(90);
        loop {
            let log = self.log();
            let port = log.split("https://127.0.0.1:").nth(1);
            if let Some((port, _)) = port.and_then(|rest| rest.split_once('\n')) {
                return format!("127.0.0.1:{}", port.trim());
            }
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "it did not start: {log}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it was asked, and how it answered.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves `/boot.iso`, and nothing else, until it is dropped.
pub struct Images {
    pub folder: String,
    stop: Arc<AtomicBool>,
}

impl Images {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = format!("http://{}", listener.local_addr().unwrap());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let mut request = [0; 1024];
                let read = stream.read(&mut request).unwrap_or(0);
                let answer = match request[..read].starts_with(b"GET /boot.iso ") {
                    true => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nboot",
                    false => "HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                };
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { folder, stop }
    }
}

impl Drop for Images {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes it up, so that it sees it.
        let address = self.folder.trim_start_matches("http://");
        let _ = std::net::TcpStream::connect(address);
    }
}
