//! Starting programs. The only place in xtask where a process begins; `Project::tool` hands out
//! only what `packages.rs` lists.

use crate::Result;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A program with its arguments and surroundings, not yet started. Standard input is empty unless
/// a person may be asked (`interactive`), so nothing can wait for one in CI.
pub struct Tool {
    words: Vec<OsString>,
    environment: Vec<(OsString, Option<OsString>)>,
    folder: PathBuf,
    limit: Option<Duration>,
    tied: bool,
    interactive: bool,
}

impl Tool {
    pub(crate) fn new(program: PathBuf, folder: &Path) -> Self {
        Self {
            words: vec![program.into_os_string()],
            environment: Vec::new(),
            folder: folder.to_path_buf(),
            limit: None,
            tied: false,
            interactive: false,
        }
    }

    pub fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.words.push(word.as_ref().to_owned());
        self
    }

    pub fn args<W: AsRef<OsStr>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.words
            .extend(words.into_iter().map(|word| word.as_ref().to_owned()));
        self
    }

    /// Appends another tool's command line and takes over its environment: `xvfb-run … PROGRAM`.
    pub fn wrapping(mut self, inner: Tool) -> Self {
        self.words.extend(inner.words);
        self.environment.extend(inner.environment);
        self.folder = inner.folder;
        self.limit = self.limit.or(inner.limit);
        self
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    pub fn without_env(mut self, name: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), None));
        self
    }

    pub fn dir(mut self, folder: &Path) -> Self {
        self.folder = folder.to_path_buf();
        self
    }

    /// Ends it and what it started when it takes longer, so that a hang is a failure with a name.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Ends it also when xtask itself is killed.
    pub fn tied(mut self) -> Self {
        self.tied = true;
        self
    }

    /// A person may be asked for something: a password for sudo.
    pub fn interactive(mut self) -> Self {
        self.interactive = true;
        self
    }

    /// The command line as a person would type it.
    pub fn shown(&self) -> String {
        let words = self.words.iter().enumerate().map(|(at, word)| {
            let word = word.to_string_lossy();
            if word.contains('\n') {
                return "'…'".to_owned();
            }
            let word = if at == 0 {
                word.rsplit('/').next().unwrap_or(&word)
            } else {
                &word
            };
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@,+%".contains(c);
            if !word.is_empty() && word.chars().all(plain) {
                word.to_owned()
            } else {
                format!("'{}'", word.replace('\'', r"'\''"))
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// Runs it with its output on our own terminal.
    pub fn run(self) -> Result {
        println!("$ {}", self.shown());
        self.run_unannounced()
    }

    pub fn run_unannounced(self) -> Result {
        let (shown, limit) = (self.shown(), self.limit);
        let status = self
            .command()
            .status()
            .map_err(|error| format!("starting {shown}: {error}"))?;
        expect_success(&shown, status, limit)
    }

    /// Runs it and gives what it printed on standard output, whether it succeeded or not.
    pub fn output(self) -> Result<(bool, String)> {
        let shown = self.shown();
        let output = self
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .and_then(Child::wait_with_output)
            .map_err(|error| format!("starting {shown}: {error}"))?;
        Ok((
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        ))
    }

    /// Runs it silently and gives what it printed; its failure is an error with its own words.
    pub fn read(self) -> Result<String> {
        let shown = self.shown();
        let output = self
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .and_then(Child::wait_with_output)
            .map_err(|error| format!("starting {shown}: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("{shown}: {}: {}", output.status, said.trim()).into())
        }
    }

    /// Starts it in the background; it is ended when the handle goes out of scope.
    pub fn start(self, stderr: Stdio) -> Result<Running> {
        let shown = self.shown();
        let child = self
            .command()
            .stderr(stderr)
            .spawn()
            .map_err(|error| format!("starting {shown}: {error}"))?;
        Ok(Running { child, shown })
    }

    /// Starts it in the background with pipes to its input and from its output.
    pub fn start_talking(self) -> Result<Running> {
        let shown = self.shown();
        let child = self
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("starting {shown}: {error}"))?;
        Ok(Running { child, shown })
    }

    /// Starts it in the background with all that it prints in a file.
    pub fn start_logged(self, log: &Path) -> Result<Running> {
        let shown = self.shown();
        let file =
            std::fs::File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        let child = self
            .command()
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .map_err(|error| format!("starting {shown}: {error}"))?;
        Ok(Running { child, shown })
    }

    fn command(self) -> Command {
        let mut words: Vec<OsString> = Vec::new();
        if self.tied || self.limit.is_some() {
            words.extend(["setpriv", "--pdeathsig", "TERM"].map(Into::into));
        }
        if let Some(limit) = self.limit {
            // It passes the signal on to the whole process group that it makes.
            words.extend(["timeout", "--kill-after=10"].map(Into::into));
            words.push(limit.as_secs().to_string().into());
        }
        words.extend(self.words);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).current_dir(self.folder);
        // What `cargo run` sets for xtask is not meant for the cargo that xtask starts.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if [
                "CARGO_PKG_",
                "CARGO_MANIFEST_",
                "CARGO_BIN_",
                "CARGO_CRATE_",
            ]
            .iter()
            .any(|prefix| name.starts_with(prefix))
            {
                command.env_remove(name.as_ref());
            }
        }
        for (name, value) in self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if !self.interactive {
            command.stdin(Stdio::null());
        }
        command
    }
}

/// Asks a process to end, one that a program of ours has left behind.
pub fn end(process: u32) {
    // When it cannot be asked, it has ended.
    let _ = Command::new("kill")
        .arg(process.to_string())
        .stderr(Stdio::null())
        .status();
}

/// A program in the background. Ended when dropped.
pub struct Running {
    pub child: Child,
    shown: String,
}

impl Running {
    /// Whether it has ended by itself; then how, as an error.
    pub fn still_runs(&mut self) -> Result {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("{} ended: {status}", self.shown).into()),
        }
    }

    /// Waits for `done` while it runs. Fails when it ends first or the time is over.
    pub fn wait_until(&mut self, what: &str, limit: Duration, done: impl Fn() -> bool) -> Result {
        let deadline = Instant::now() + limit;
        while !done() {
            self.still_runs()
                .map_err(|error| format!("waiting until {what}: {error}"))?;
            if Instant::now() > deadline {
                let shown = &self.shown;
                return Err(format!("{shown}: after {limit:?} still not so that {what}").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn expect_success(shown: &str, status: ExitStatus, limit: Option<Duration>) -> Result {
    // 124 is how `timeout` says that it was the time.
    if let (Some(124), Some(limit)) = (status.code(), limit) {
        return Err(format!("{shown}: not done after {} s, ended", limit.as_secs()).into());
    }
    if status.success() {
        Ok(())
    } else {
        Err(format!("{shown}: {status}").into())
    }
}
