//! Containers that do one thing and end, in podman: see [`slipway_core::containers`].

use std::time::Duration;

use async_trait::async_trait;
use slipway_core::{
    command::CommandLine,
    containers::{ContainerStanding, Containers, parse_standing},
    failure::StepError,
};

use super::{ANSWER_DEADLINE, Answer, PodmanCli, said_no};

/// Its image may be pulled meanwhile.
const CREATE_DEADLINE: Duration = Duration::from_secs(30 * 60);

impl PodmanCli {
    async fn asked(&self, argv: &[&str]) -> Result<(CommandLine, Answer), StepError> {
        let line = CommandLine::new(argv.iter().copied());
        let answer = self.ask(&line, ANSWER_DEADLINE).await?;
        Ok((line, answer))
    }

    async fn done(&self, argv: &[&str]) -> Result<String, StepError> {
        let (line, answer) = self.asked(argv).await?;
        match answer.ok {
            true => Ok(answer.stdout),
            false => Err(said_no(&line, &answer.stderr)),
        }
    }
}

/// podman says "there is none" without a word; with one, something is wrong.
fn there_is_one(line: &CommandLine, answer: &Answer) -> Result<bool, StepError> {
    match answer.ok {
        true => Ok(true),
        false if answer.stderr.trim().is_empty() => Ok(false),
        false => Err(said_no(line, &answer.stderr)),
    }
}

#[async_trait]
impl Containers for PodmanCli {
    async fn version(&self) -> Result<String, StepError> {
        // Also where podman is there and its storage is not usable.
        let version = self
            .done(&["podman", "info", "--format", "{{.Version.Version}}"])
            .await?;
        Ok(format!("podman {}", version.trim()))
    }

    async fn has_image(&self, image: &str) -> Result<bool, StepError> {
        let (line, answer) = self
            .asked(&["podman", "image", "exists", "--", image])
            .await?;
        there_is_one(&line, &answer)
    }

    async fn look(&self, name: &str) -> Result<ContainerStanding, StepError> {
        let (line, answer) = self
            .asked(&["podman", "container", "exists", "--", name])
            .await?;
        if !there_is_one(&line, &answer)? {
            return Ok(ContainerStanding::None);
        }
        let state = [
            "podman",
            "container",
            "inspect",
            "--format",
            "{{json .State}}",
            "--",
            name,
        ];
        parse_standing(&self.done(&state).await?)
    }

    async fn running(&self, label: &str) -> Result<Vec<String>, StepError> {
        let filter = format!("label={label}");
        let line = [
            "podman",
            "ps",
            "--filter",
            &filter,
            "--filter",
            "status=running",
            "--format",
            "{{.Names}}",
        ];
        let names = self.done(&line).await?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    async fn create(&self, line: &CommandLine) -> Result<(), StepError> {
        let answer = self.ask(line, CREATE_DEADLINE).await?;
        match answer.ok {
            true => Ok(()),
            false => Err(said_no(line, &answer.stderr)),
        }
    }

    async fn start(&self, name: &str) -> Result<(), StepError> {
        self.done(&["podman", "start", "--", name]).await.map(drop)
    }

    async fn log(&self, name: &str) -> Result<Vec<String>, StepError> {
        let (line, answer) = self.asked(&["podman", "logs", "--", name]).await?;
        if !answer.ok {
            return Err(said_no(&line, &answer.stderr));
        }
        // What a progress bar overwrites is one line of its own.
        let all = answer.stdout.split(['\n', '\r']);
        let all = all.chain(answer.stderr.split(['\n', '\r']));
        let lines = all.map(str::trim_end).filter(|line| !line.is_empty());
        Ok(lines.map(str::to_owned).collect())
    }

    async fn remove(&self, name: &str) -> Result<(), StepError> {
        self.done(&["podman", "rm", "--ignore", "--", name])
            .await
            .map(drop)
    }
}
