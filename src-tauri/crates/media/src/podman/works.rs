//! Builds and pushes that go on in the background, one per job.
//!
//! A work is a podman whose command line holds a path that only this job has; its output goes to a
//! file, and what it led to is a file that podman itself writes (`--iidfile`, `--digestfile`). So a
//! Slipway that starts anew finds a podman of an earlier one again, and knows how it ended. Exit
//! codes are told only by the process that started it; they are not needed for success.

use std::{
    collections::HashMap,
    fs,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
};

use slipway_core::{
    command::CommandLine,
    failure::{FailureKind, StepError, chain},
    ids::JobId,
    image_build::{BuildLog, failing_step},
    secret::Password,
};

use super::{PodmanCli, not_started, process};

/// A piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Build,
    Push,
}

impl Work {
    fn result(self) -> &'static str {
        match self {
            Self::Build => "image-id",
            Self::Push => "digest",
        }
    }
}

/// How a piece of work stands.
#[derive(Debug)]
pub enum WorkState {
    Idle,
    Running(BuildLog),
    /// What podman wrote into its result file: an image's id, or a digest.
    Done(String),
    Failed(StepError),
}

/// The works of one data folder.
#[derive(Debug, Clone)]
pub struct Works {
    dir: PathBuf,
    cli: PodmanCli,
    /// Works that this process started and that have ended, by job.
    ended: Arc<Mutex<HashMap<JobId, Ended>>>,
}

#[derive(Debug, Clone)]
struct Ended {
    work: Work,
    exit: String,
    /// Where in the log the work began.
    from: u64,
}

/// A part of a log that is shown at once.
const LOG_PART: u64 = 256 << 10;

impl Works {
    /// `dir` is the data folder's own place for this.
    #[must_use]
    pub fn new(dir: PathBuf, cli: PodmanCli) -> Self {
        Self {
            dir,
            cli,
            ended: Arc::default(),
        }
    }

    fn folder(&self, job: &JobId) -> PathBuf {
        self.dir.join(job.as_str())
    }

    /// Where podman writes what a work led to: to be given to it, and the mark it is found by.
    #[must_use]
    pub fn result_file(&self, job: &JobId, work: Work) -> PathBuf {
        self.folder(job).join(work.result())
    }

    /// The auth file of a job.
    #[must_use]
    pub fn auth_file(&self, job: &JobId) -> PathBuf {
        self.folder(job).join("auth.json")
    }

    /// Writes the job's auth file, for this user only.
    ///
    /// # Errors
    /// The disk.
    pub fn write_auth(&self, job: &JobId, json: &Password) -> Result<(), StepError> {
        self.make_folder(job)?;
        let path = self.auth_file(job);
        let write = || {
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&path)?;
            file.write_all(json.expose().as_bytes())
        };
        write().map_err(|error| local("the auth file can't be written", &path, &error))
    }

    fn make_folder(&self, job: &JobId) -> Result<(), StepError> {
        let folder = self.folder(job);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(|error| local("the folder of the build can't be made", &folder, &error))
    }

    /// Starts a work. Its line must name the [`Self::result_file`].
    ///
    /// # Errors
    /// podman is missing, or the disk.
    pub fn start(&self, job: &JobId, work: Work, line: &CommandLine) -> Result<(), StepError> {
        self.make_folder(job)?;
        let result = self.result_file(job, work);
        match fs::remove_file(&result) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(local("an old result can't be removed", &result, &error)),
        }
        let log_path = self.folder(job).join("log");
        let opened = || -> io::Result<(fs::File, fs::File, u64)> {
            let mut log = fs::OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(&log_path)?;
            writeln!(log, "$ {line}")?;
            let from = log.metadata()?.len();
            Ok((log.try_clone()?, log, from))
        };
        let (out, err, from) =
            opened().map_err(|error| local("the log can't be written", &log_path, &error))?;
        let mut child = self
            .cli
            .command(line)
            .stdout(Stdio::from(out))
            .stderr(Stdio::from(err))
            // A Ctrl-C on the terminal is for Slipway; the work goes on, or is cancelled by it.
            .process_group(0)
            .kill_on_drop(false)
            .spawn()
            .map_err(|error| not_started(line, &error))?;
        let ended = self.ended.clone();
        if let Ok(mut ended) = ended.lock() {
            ended.remove(job);
        }
        let job = job.clone();
        tokio::spawn(async move {
            let exit = match child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            };
            if let Ok(mut ended) = ended.lock() {
                ended.insert(job, Ended { work, exit, from });
            }
        });
        Ok(())
    }

    /// How a work stands.
    ///
    /// # Errors
    /// The disk.
    pub fn look(&self, job: &JobId, work: Work) -> Result<WorkState, StepError> {
        let result = self.result_file(job, work);
        // Read before the process is looked for: what it wrote while it ended must not be missed.
        let ended = self
            .ended
            .lock()
            .ok()
            .and_then(|ended| ended.get(job).cloned());
        if process::find_work(&result).is_some() {
            return Ok(WorkState::Running(BuildLog::parse(&self.log_text(job, 0)?)));
        }
        match fs::read_to_string(&result) {
            Ok(text) if !text.trim().is_empty() => {
                return Ok(WorkState::Done(text.trim().to_owned()));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(local("podman's result can't be read", &result, &error)),
        }
        match ended {
            Some(ended) if ended.work == work => Ok(WorkState::Failed(self.failed(job, &ended)?)),
            Some(_) | None => Ok(WorkState::Idle),
        }
    }

    fn failed(&self, job: &JobId, ended: &Ended) -> Result<StepError, StepError> {
        let log = BuildLog::parse(&self.log_text(job, ended.from)?);
        let message = match (ended.work, &log.progress, &log.error) {
            (Work::Build, Some(at), _) => format!("the build failed at `{}`", at.instruction),
            (Work::Build, None, Some(error)) => format!("podman did not begin to build: {error}"),
            (Work::Build, None, None) => "podman ended, and there is no image".to_owned(),
            (Work::Push, _, Some(error)) => format!("the image could not be pushed: {error}"),
            (Work::Push, _, None) => "podman ended, and nothing was pushed".to_owned(),
        };
        let mut error = StepError::new(FailureKind::Local, message);
        error.causes = failing_step(&log);
        error.causes.push(format!("podman: {}", ended.exit));
        let said = log.error.unwrap_or_default();
        Ok(error.hint(hint(ended.work, &said)))
    }

    fn log_text(&self, job: &JobId, from: u64) -> Result<String, StepError> {
        self.read_log(job, from, u64::MAX).map(|(text, _)| text)
    }

    /// A part of the log from a position on, and the position after it.
    ///
    /// # Errors
    /// The disk.
    pub fn log_part(&self, job: &JobId, from: u64) -> Result<(String, u64), StepError> {
        self.read_log(job, from, LOG_PART)
    }

    fn read_log(&self, job: &JobId, from: u64, limit: u64) -> Result<(String, u64), StepError> {
        let path = self.folder(job).join("log");
        let read = || -> io::Result<Vec<u8>> {
            let mut file = fs::File::open(&path)?;
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.take(limit).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        match read() {
            Ok(bytes) => {
                let next = from + bytes.len() as u64;
                Ok((String::from_utf8_lossy(&bytes).into_owned(), next))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((String::new(), from)),
            Err(error) => Err(local("the log can't be read", &path, &error)),
        }
    }

    /// Stops whatever the job has running. Answers with the processes that would not stop.
    pub async fn stop(&self, job: &JobId) -> Vec<i32> {
        let mut left = Vec::new();
        for work in [Work::Build, Work::Push] {
            if let Some(found) = process::find_work(&self.result_file(job, work)) {
                left.extend(process::stop(found).await.iter().map(|process| process.pid));
            }
        }
        left
    }

    /// Removes everything of a job but its log.
    ///
    /// # Errors
    /// The disk.
    pub fn clean(&self, job: &JobId) -> Result<(), StepError> {
        for path in [
            self.auth_file(job),
            self.result_file(job, Work::Build),
            self.result_file(job, Work::Push),
        ] {
            match fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(local("it can't be removed", &path, &error)),
            }
        }
        if let Ok(mut ended) = self.ended.lock() {
            ended.remove(job);
        }
        Ok(())
    }
}

fn hint(work: Work, said: &str) -> &'static str {
    let said = said.to_ascii_lowercase();
    if said.contains("x509") || said.contains("certificate") {
        "put the registry's CA certificate into /etc/containers/certs.d/<host:port>/ca.crt, or into \
         the system's trust store"
    } else if said.contains("unauthorized")
        || said.contains("authentication required")
        || said.contains("denied")
    {
        "log in to the registry (`slipctl image login`), or choose an auth file with its login"
    } else if said.contains("exec format error") {
        "register QEMU for the image's architecture: `slipctl image check` shows how"
    } else if said.contains("manifest unknown") || said.contains("name unknown") {
        "check the reference: the registry has no such image"
    } else if said.contains("no space left") {
        "make room where podman keeps images: `podman image prune`"
    } else {
        match work {
            Work::Build => "mend the step that is named, then build again; earlier steps are kept",
            Work::Push => "check the registry and the reference, then push again",
        }
    }
}

fn local(what: &str, path: &Path, error: &io::Error) -> StepError {
    StepError::new(FailureKind::Local, what)
        .because(path.display().to_string())
        .because(chain(error).join(": "))
        .hint("check the disk and its permissions")
}
