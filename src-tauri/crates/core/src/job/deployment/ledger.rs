//! What Slipway wrote on an IMC, written down on the IMC itself before it is written, so that it
//! can be undone by any desk and after any crash.
//!
//! The first copy of a file that somebody else had there is kept, never one of ours.

use serde::{Deserialize, Serialize};

use super::prepare::sha256;
use crate::{
    command::CommandLine,
    failure::{FailureKind, StepError},
    ids::JobId,
    job::{
        StepContext,
        boot_change::{read_file, run},
    },
    ports::CommandOutput,
};

/// On the IMC's persistent partition.
pub(super) const FOLDER: &str = "/work/slipway";
const LEDGER: &str = "/work/slipway/undo.json";
/// Only ever seen where a write was cut off.
const UNFINISHED: &str = ".slipway-new";

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    #[serde(default)]
    pub files: Vec<WrittenFile>,
    #[serde(default)]
    pub options: Vec<SetOption>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WrittenFile {
    pub path: String,
    /// The job that wrote it first.
    pub job: String,
    /// Whether there was one before, of which a copy is kept.
    pub existed: bool,
    /// Of what was written.
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SetOption {
    pub name: String,
    pub job: String,
    pub before: String,
    pub after: String,
}

/// Where the copy of a file is kept.
pub(super) fn backup_of(path: &str) -> String {
    format!("{FOLDER}/backup{path}")
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |(folder, _)| folder)
}

impl Ledger {
    pub async fn read(cx: &StepContext<'_>) -> Result<Self, StepError> {
        let Some(text) = read_file(cx.card.imc_shell(), LEDGER, cx).await? else {
            return Ok(Self::default());
        };
        serde_json::from_str(&text).map_err(|error| {
            StepError::new(
                FailureKind::Precondition,
                "what was written on the IMC before can't be read",
            )
            .because(format!("{LEDGER}: {error}"))
            .hint(format!(
                "look at {FOLDER} on the IMC: it holds the copies of what was there before"
            ))
        })
    }

    /// Everything that this job wrote, in words.
    pub fn written_by(&self, job: &JobId) -> Vec<String> {
        let files = self.files.iter().filter(|file| file.job == job.as_str());
        let options = self.options.iter().filter(|set| set.job == job.as_str());
        files
            .map(|file| file.path.clone())
            .chain(options.map(|set| format!("cfg_boot_options {}", set.name)))
            .collect()
    }

    pub async fn save(&self, cx: &StepContext<'_>) -> Result<(), StepError> {
        let text = serde_json::to_string_pretty(self).map_err(|error| {
            StepError::new(
                FailureKind::Local,
                "what is to be undone can't be written down",
            )
            .because(error.to_string())
        })?;
        make_folder(FOLDER, cx).await?;
        put(LEDGER, &text, None, cx).await
    }

    /// What was written there last.
    pub fn sha256_of(&self, path: &str) -> Option<&str> {
        let written = self.files.iter().find(|file| file.path == path);
        written.map(|file| file.sha256.as_str())
    }

    /// Writes down that a file is going to have this content, after a copy of what is there.
    pub async fn note(
        &mut self,
        path: &str,
        exists: bool,
        sha256: String,
        cx: &StepContext<'_>,
    ) -> Result<(), StepError> {
        match self.files.iter_mut().find(|file| file.path == path) {
            Some(known) => known.sha256 = sha256,
            None => {
                if exists {
                    let copy = backup_of(path);
                    make_folder(folder_of(&copy), cx).await?;
                    let out = run(cx.card.imc_shell(), cx, &["cp", "-p", path, &copy]).await?;
                    done(&out, &format!("{path} can't be copied to {copy}"))?;
                }
                self.files.push(WrittenFile {
                    path: path.to_owned(),
                    job: cx.job.to_string(),
                    existed: exists,
                    sha256,
                });
            }
        }
        self.save(cx).await
    }

    /// Writes a file as a whole, after its copy and its line in the ledger. `mode` is for a new one;
    /// one that is there keeps its own. Read back by its sum: what is written may be a key.
    pub async fn write(
        &mut self,
        path: &str,
        exists: bool,
        wanted: &str,
        mode: &str,
        cx: &StepContext<'_>,
    ) -> Result<(), StepError> {
        let sha = sha256(wanted.as_bytes());
        self.note(path, exists, sha.clone(), cx).await?;
        make_folder(folder_of(path), cx).await?;
        put(path, wanted, Some((exists, mode)), cx).await?;
        if sum(path, cx).await? == Some(sha) {
            return Ok(());
        }
        Err(refused(&format!("{path} does not show what was written")))
    }
}

/// The SHA-256 of a file on the IMC, in hexadecimal digits; `None`: there is none.
pub(super) async fn sum(path: &str, cx: &StepContext<'_>) -> Result<Option<String>, StepError> {
    let out = run(cx.card.imc_shell(), cx, &["sha256sum", path]).await?;
    if !out.ok() && out.reason().contains("No such file") {
        return Ok(None);
    }
    // Nothing else may pass for a file that is not there: it would be written anew.
    done(&out, &format!("{path} can't be read on the IMC"))?;
    match out.text().split_whitespace().next() {
        Some(sum) if sum.len() == 64 => Ok(Some(sum.to_owned())),
        Some(_) | None => {
            Err(refused(&format!("the IMC does not tell the sum of {path}")).because(out.text()))
        }
    }
}

/// For root alone, where it is not there yet: copies and keys lie in some of them.
async fn make_folder(folder: &str, cx: &StepContext<'_>) -> Result<(), StepError> {
    let out = run(
        cx.card.imc_shell(),
        cx,
        &["mkdir", "-p", "-m", "700", folder],
    )
    .await?;
    done(&out, &format!("{folder} can't be made on the IMC"))
}

/// Beside it first, then by a rename: never half a file. `keeps`: whether an old one's mode is
/// taken over, and the mode of a new one.
async fn put(
    path: &str,
    text: &str,
    keeps: Option<(bool, &str)>,
    cx: &StepContext<'_>,
) -> Result<(), StepError> {
    let shell = cx.card.imc_shell();
    let new = format!("{path}{UNFINISHED}");
    let put = async {
        if let Some((true, _)) = keeps {
            let out = run(shell, cx, &["cp", "-p", path, &new]).await?;
            done(&out, &format!("{path} can't be written on the IMC"))?;
        }
        let tee = CommandLine::new(["tee", &new]);
        let out = shell
            .run(&tee, Some(text.as_bytes()), cx.policy.command())
            .await?;
        done(&out, &format!("{path} can't be written on the IMC"))?;
        if let Some((false, mode)) = keeps {
            let out = run(shell, cx, &["chmod", mode, &new]).await?;
            done(&out, &format!("{path} can't be written on the IMC"))?;
        }
        let out = run(shell, cx, &["mv", "-f", &new, path]).await?;
        done(&out, &format!("{path} can't be written on the IMC"))
    };
    let result: Result<(), StepError> = put.await;
    if let Err(error) = &result
        && !error.transient
    {
        // Half a file helps nobody; where it can't be removed, the reason is the same.
        let _ = run(shell, cx, &["rm", "-f", &new]).await;
    }
    result
}

pub(super) fn refused(what: &str) -> StepError {
    StepError::new(FailureKind::Refused, what)
        .hint("look at the IMC's disk and at who the SSH user is")
}

pub(super) fn done(out: &CommandOutput, otherwise: &str) -> Result<(), StepError> {
    if out.ok() {
        return Ok(());
    }
    Err(refused(otherwise).because(out.reason()))
}
