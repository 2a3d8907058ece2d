//! A data folder, and `slipctl` on it: run to its end, or started and killed.
//!
//! The passphrase comes on descriptor 3, as scripts give it. There is no keyring. Whatever a run
//! prints is searched for secrets before a test sees it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use serde_json::Value;

use super::{LONG, Rack, emulator, eventually, tree};

pub const SLIPCTL: &str = env!("CARGO_BIN_EXE_slipctl");
/// The lab gives these to its cards.
pub const IMC_PASSWORD: &str = "lab-imc-password";
pub const ACC_PASSWORD: &str = "lab-acc-password";
pub const PASSPHRASE: &str = "sentinel passphrase of the desk";
pub const PRIVATE_KEY: &str = "BEGIN OPENSSH PRIVATE KEY";

/// What must never be seen outside of the secret file.
pub fn sentinels() -> Vec<String> {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let basic = BASE64_STANDARD.encode(format!("root:{IMC_PASSWORD}"));
    let server = BASE64_STANDARD.encode(format!("{}:{}", tree::USER, tree::PASSWORD));
    let mut all = vec![basic, server, tree::PASSWORD.to_owned()];
    all.push(emulator::PASSWORD.to_owned());
    all.extend([IMC_PASSWORD, ACC_PASSWORD, PASSPHRASE, PRIVATE_KEY].map(str::to_owned));
    all
}

/// Everything that `slipctl` would otherwise take from whoever runs the tests.
pub fn alone(command: &mut Command, home: &Path) {
    for name in [
        "DBUS_SESSION_BUS_ADDRESS",
        "XDG_RUNTIME_DIR",
        "XDG_DATA_HOME",
        "SSH_AUTH_SOCK",
        "SLIPWAY_DATA_DIR",
        "RUST_LOG",
    ] {
        command.env_remove(name);
    }
    command.env("HOME", home).stdin(Stdio::null());
}

pub struct Desk {
    home: tempfile::TempDir,
    /// Of the outputs' files.
    runs: AtomicUsize,
}

impl Desk {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("passphrase"), format!("{PASSPHRASE}\n")).unwrap();
        fs::write(
            home.path().join("imc-password"),
            format!("{IMC_PASSWORD}\n"),
        )
        .unwrap();
        Self {
            home,
            runs: AtomicUsize::new(0),
        }
    }

    /// With a lab's cards and its ISO.
    pub fn joined(rack: &Rack) -> Self {
        let desk = Self::new();
        desk.run(&["lab", "add", "--dir", rack.dir().to_str().unwrap()])
            .good();
        desk
    }

    /// A file beside the data folder.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.beside("data")
    }

    /// `slipctl` with the data folder and the passphrase.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let data = self.data();
        let mut all = vec!["--data-dir", data.to_str().unwrap(), "--passphrase-fd", "3"];
        all.extend(arguments);
        self.with_passphrase(SLIPCTL, &all)
    }

    /// Any program with the passphrase on descriptor 3. The shell becomes the program: the process
    /// id is the program's own.
    pub fn with_passphrase(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["-c", r#"exec "$@" 3<"$0""#])
            .arg(self.beside("passphrase"));
        command.arg(program).args(arguments);
        alone(&mut command, self.home.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.start(arguments).end()
    }

    pub fn start(&self, arguments: &[&str]) -> Running {
        self.spawn(self.command(arguments), arguments)
    }

    /// The one JSON document that a good run with `--json` prints.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(arguments);
        self.run(&all).good().json()
    }

    /// One card, as it was seen last.
    pub fn card(&self, name: &str) -> Value {
        self.json(&["bmc", "show", name])
    }

    /// The last job of a card, with everything.
    pub fn last_job(&self, card: &str) -> Value {
        let card = self.card(card);
        let id = card["jobs"][0]["id"].as_str().unwrap();
        self.json(&["job", "show", id])
    }

    pub fn spawn(&self, mut command: Command, arguments: &[&str]) -> Running {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let out = self.beside(&format!("out-{number}"));
        let err = self.beside(&format!("err-{number}"));
        command
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap());
        let child = command.spawn().unwrap();
        Running {
            child,
            out,
            err,
            words: arguments.join(" "),
        }
    }
}

/// A `slipctl` under way. Killed when dropped.
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
    words: String,
}

impl Running {
    /// As a power failure would.
    pub fn kill(mut self) -> Ran {
        assert!(
            self.child.try_wait().unwrap().is_none(),
            "it had ended: {:?}",
            self.printed(None)
        );
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.printed(None)
    }

    /// Ctrl-C.
    pub fn interrupt(&self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
    }

    pub fn end(mut self) -> Ran {
        let deadline = Instant::now() + LONG;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return self.printed(status.code());
            }
            assert!(
                Instant::now() < deadline,
                "it does not end: {:?}",
                self.printed(None)
            );
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Until its standard output has this.
    pub fn until_printed(&self, text: &str) -> String {
        eventually(&format!("`{}` prints `{text}`", self.words), || {
            let out = fs::read_to_string(&self.out).unwrap();
            out.contains(text).then_some(out)
        })
    }

    fn printed(&self, code: Option<i32>) -> Ran {
        let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let ran = Ran {
            code,
            out: read(&self.out),
            err: read(&self.err),
            words: self.words.clone(),
        };
        for secret in sentinels() {
            let seen = ran.out.contains(&secret) || ran.err.contains(&secret);
            assert!(!seen, "`{}` prints a secret: {secret}", ran.words);
        }
        ran
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A `slipctl` that ended.
#[derive(Debug)]
pub struct Ran {
    /// `None`: by a signal.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    words: String,
}

impl Ran {
    pub fn good(self) -> Self {
        self.exits(0)
    }

    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "`{}`\n{}\n{}",
            self.words,
            self.out,
            self.err
        );
        self
    }

    /// For people: the sentence and what to do next, on standard error and nowhere else.
    pub fn explains(self, code: i32, sentence: &str) -> Self {
        let ran = self.exits(code);
        let told = format!("`{}`\n{}\n{}", ran.words, ran.out, ran.err);
        assert!(ran.err.contains("slipctl: "), "no message: {told}");
        assert!(ran.err.contains(sentence), "no `{sentence}`: {told}");
        assert!(ran.err.contains("  next: "), "no next action: {told}");
        assert!(ran.out.is_empty(), "an error on standard output: {told}");
        ran
    }

    pub fn says(self, text: &str) -> Self {
        let all = format!("{}\n{}", self.out, self.err);
        assert!(
            all.contains(text),
            "`{}` does not say `{text}`:\n{all}",
            self.words
        );
        self
    }

    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.out) {
            Ok(value) => value,
            Err(error) => panic!(
                "`{}` printed no JSON ({error}):\n{}\n{}",
                self.words, self.out, self.err
            ),
        }
    }

    /// One document per line; the last one tells how the jobs ended.
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap();
        self.out.lines().map(parse).collect()
    }
}
