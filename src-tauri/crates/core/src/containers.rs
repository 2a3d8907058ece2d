//! Containers on this machine that do one thing and end: started by a name, found again by it after
//! Slipway was killed, and never started twice.

use async_trait::async_trait;
use serde::Deserialize;

use crate::{
    command::CommandLine,
    failure::{FailureKind, StepError},
};

/// How a container stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerStanding {
    /// There is none of this name.
    None,
    /// Made, and never started.
    Created,
    Runs,
    Ended {
        exit: i64,
    },
}

/// What starts containers here: podman, as Slipway's user.
#[async_trait]
pub trait Containers: Send + Sync {
    /// What it calls itself; an error where it is not there, or does not work.
    async fn version(&self) -> Result<String, StepError>;
    /// Whether it has this image; pulls nothing.
    async fn has_image(&self, image: &str) -> Result<bool, StepError>;
    async fn look(&self, name: &str) -> Result<ContainerStanding, StepError>;
    /// The names of those that run and have this label, whoever started them.
    async fn running(&self, label: &str) -> Result<Vec<String>, StepError>;
    /// Makes a container by this line (`podman create …`), and starts nothing. Pulls its image where
    /// that is not there. Effect.
    async fn create(&self, line: &CommandLine) -> Result<(), StepError>;
    /// Effect.
    async fn start(&self, name: &str) -> Result<(), StepError>;
    /// Everything that it wrote, standard error too, by lines.
    async fn log(&self, name: &str) -> Result<Vec<String>, StepError>;
    /// Refused by podman where it runs. What is not there is no error. Effect.
    async fn remove(&self, name: &str) -> Result<(), StepError>;
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shown {
    status: String,
    #[serde(default)]
    exit_code: i64,
    #[serde(default)]
    started_at: String,
}

/// Reads `podman container inspect --format '{{json .State}}'`.
///
/// # Errors
/// Something else.
pub fn parse_standing(json: &str) -> Result<ContainerStanding, StepError> {
    let unknown = |what: String| {
        StepError::new(
            FailureKind::Protocol,
            "podman does not tell how a container stands",
        )
        .because(what)
    };
    let shown: Shown = serde_json::from_str(json.trim())
        .map_err(|error| unknown(format!("{error}: `{}`", json.trim())))?;
    // Go's zero time.
    let never_started = shown.started_at.is_empty() || shown.started_at.starts_with("0001-");
    Ok(match shown.status.as_str() {
        "created" | "configured" | "initialized" if never_started => ContainerStanding::Created,
        // It ran, and the machine was started anew meanwhile: podman forgets how it ended.
        "created" | "configured" | "initialized" => ContainerStanding::Ended { exit: -1 },
        "running" | "paused" | "stopping" => ContainerStanding::Runs,
        "exited" | "stopped" | "removing" => ContainerStanding::Ended {
            exit: shown.exit_code,
        },
        other => return Err(unknown(format!("its status is `{other}`"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_ran_once_is_never_taken_for_a_new_one() {
        let state = |status: &str, exit: i64, started: &str| {
            let json =
                format!(r#"{{"Status":"{status}","ExitCode":{exit},"StartedAt":"{started}"}}"#);
            parse_standing(&json).unwrap()
        };
        let (never, once) = ("0001-01-01T00:00:00Z", "2026-11-26T13:24:46.6+01:00");
        assert_eq!(state("created", 0, never), ContainerStanding::Created);
        assert_eq!(state("initialized", 0, never), ContainerStanding::Created);
        assert_eq!(state("running", 0, once), ContainerStanding::Runs);
        assert_eq!(
            state("exited", 3, once),
            ContainerStanding::Ended { exit: 3 }
        );
        // As an older podman shows it after the machine was started anew.
        let gone = ContainerStanding::Ended { exit: -1 };
        assert_eq!(state("configured", 0, once), gone);
        assert!(parse_standing("[]").is_err());
        assert!(parse_standing(r#"{"Status":"odd"}"#).is_err());
    }
}
