//! podman and skopeo as subprocesses: questions that they answer at once ([`PodmanCli`]), builds and
//! pushes that go on in the background ([`Works`]), what this machine has ([`look_at_host`]), and
//! the reading of build contexts and of built images for the lint; and containers that do one thing.
//!
//! It decides nothing: what is built, and what an answer means, is said in `slipway-core`.

mod containers;
mod context;
mod host;
mod layers;
pub(crate) mod process;
mod works;

use std::{ffi::OsString, io::ErrorKind, process::Stdio, time::Duration};

use slipway_core::{
    command::CommandLine,
    failure::{FailureKind, StepError},
    image::ImageReference,
    image_build::{LocalImage, Podman, parse_images, parse_inspect},
};

pub use context::read_context;
pub use host::{entitlement_paths, look_at_host};
pub use layers::{read_image, read_oci};
pub use works::{Work, WorkState, Works};

/// Whether podman would use the system's storage, as root, and not the user's own.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A question that podman answers from its own storage.
const ANSWER_DEADLINE: Duration = Duration::from_secs(60);

/// Starts podman and skopeo as this process's user, with its environment.
#[derive(Debug, Clone, Default)]
pub struct PodmanCli {
    env: Vec<(OsString, OsString)>,
}

/// What a program answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub stdout: String,
    pub stderr: String,
    pub ok: bool,
}

impl PodmanCli {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another value of an environment variable for everything that is started: `CONTAINERS_CONF`.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    pub(crate) fn command(&self, line: &CommandLine) -> tokio::process::Command {
        let (program, arguments) = line
            .argv()
            .split_first()
            .map_or(("", &[][..]), |(p, a)| (p, a));
        let mut command = tokio::process::Command::new(program);
        command
            .args(arguments)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn ask(
        &self,
        line: &CommandLine,
        deadline: Duration,
    ) -> Result<Answer, StepError> {
        let output = tokio::time::timeout(deadline, self.command(line).output());
        let output = match output.await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => return Err(not_started(line, &error)),
            Err(_) => {
                return Err(StepError::new(
                    FailureKind::Local,
                    format!("`{line}` did not end within {} s", deadline.as_secs()),
                )
                .hint("another podman may hold the storage's lock; wait for it, then try again")
                .transient());
            }
        };
        Ok(Answer {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            ok: output.status.success(),
        })
    }

    async fn answer(&self, line: &CommandLine) -> Result<String, StepError> {
        let answer = self.ask(line, ANSWER_DEADLINE).await?;
        if answer.ok {
            Ok(answer.stdout)
        } else {
            Err(said_no(line, &answer.stderr))
        }
    }

    /// The images that podman has.
    ///
    /// # Errors
    /// podman is missing, or says no.
    pub async fn images(&self) -> Result<Vec<LocalImage>, StepError> {
        let line = CommandLine::new(["podman", "images", "--format", "json"]);
        parse_images(&self.answer(&line).await?)
    }

    /// An image by name or id; `None` where podman has none.
    ///
    /// # Errors
    /// As [`Self::images`].
    pub async fn inspect(&self, image: &str) -> Result<Option<LocalImage>, StepError> {
        let exists = CommandLine::new(["podman", "image", "exists", "--", image]);
        let answer = self.ask(&exists, ANSWER_DEADLINE).await?;
        if !answer.ok {
            // 1 without a word: there is none.
            return if answer.stderr.trim().is_empty() {
                Ok(None)
            } else {
                Err(said_no(&exists, &answer.stderr))
            };
        }
        let line = CommandLine::new(["podman", "image", "inspect", "--", image]);
        parse_inspect(&self.answer(&line).await?).map(Some)
    }

    /// Gives an image a name.
    ///
    /// # Errors
    /// As [`Self::images`].
    pub async fn tag(&self, image: &str, reference: &ImageReference) -> Result<(), StepError> {
        self.answer(&Podman::tag(image, reference)).await.map(drop)
    }
}

pub(crate) fn not_started(line: &CommandLine, error: &std::io::Error) -> StepError {
    let program = line.argv().first().map_or("", String::as_str);
    if error.kind() == ErrorKind::NotFound {
        return StepError::new(FailureKind::Local, format!("{program} is not installed")).hint(
            format!("install it: `dnf install {program}`, `apt install {program}` or `brew install {program}`"),
        );
    }
    StepError::new(FailureKind::Local, format!("{program} can't be started"))
        .because(error.to_string())
        .hint("check its permissions")
}

pub(crate) fn said_no(line: &CommandLine, stderr: &str) -> StepError {
    let reason = stderr
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("it gave no reason")
        .trim()
        .trim_start_matches("Error: ");
    StepError::new(FailureKind::Local, format!("podman said no: {reason}"))
        .because(format!("`{line}`"))
        .hint("run the line by hand; `podman info` shows how podman is set up")
}
