//! The JSON lines of `--progress-fd` (bootc 1.1.4 and later; `progress-v0-*.schema.json`).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use specta::Type;

use crate::time::ByteCount;

/// What bootc does, in the order in which it does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ProgressTask {
    Pulling,
    Importing,
    Staging,
    Other,
}

/// The newest line, in our words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Progress {
    pub task: ProgressTask,
    /// bootc's own words: "Pulling Image: sha256:…".
    pub description: String,
    /// Bytes of this pull; `total` leaves out what the card already has, and may be 0.
    pub bytes: Option<(ByteCount, ByteCount)>,
    pub steps: (u32, u32),
}

/// The last complete line that says something. Half lines (we read while bootc writes) and lines
/// of a later release are passed over.
#[must_use]
pub fn latest_progress(lines: &str) -> Option<Progress> {
    lines.lines().rev().find_map(|line| {
        let event: Value = serde_json::from_str(line).ok()?;
        let number = |key: &str| event[key].as_u64();
        let bytes = match event["type"].as_str()? {
            "ProgressBytes" => {
                let total = number("bytesTotal")?;
                // `bytes` may pass `bytesTotal` by one.
                Some((ByteCount(number("bytes")?.min(total)), ByteCount(total)))
            }
            "ProgressSteps" => None,
            _ => return None,
        };
        let small = |key: &str| u32::try_from(number(key).unwrap_or(0)).unwrap_or(u32::MAX);
        Some(Progress {
            task: match event["task"].as_str()? {
                "pulling" => ProgressTask::Pulling,
                "importing" => ProgressTask::Importing,
                "staging" => ProgressTask::Staging,
                _ => ProgressTask::Other,
            },
            description: event["description"].as_str().unwrap_or_default().to_owned(),
            bytes,
            steps: (small("steps"), small("stepsTotal")),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDED: &str = include_str!("../../fixtures/upgrade_progress.jsonl");

    #[test]
    fn a_recorded_upgrade_ends_with_all_staging_steps() {
        let last = latest_progress(RECORDED).unwrap();
        assert_eq!(
            (last.task, last.steps, last.bytes),
            (ProgressTask::Staging, (3, 3), None)
        );
    }

    #[test]
    fn a_line_cut_in_the_middle_is_passed_over() {
        let lines: Vec<&str> = RECORDED.lines().collect();
        let read = format!("{}\n{}\n{}", lines[0], lines[2], &lines[3][..40]);
        let progress = latest_progress(&read).unwrap();
        assert_eq!(progress.task, ProgressTask::Pulling);
        assert_eq!(
            progress.bytes,
            Some((ByteCount(49_153), ByteCount(20_975_265)))
        );
        assert_eq!(latest_progress("{\"type\":\"Start\"}\n"), None);
    }
}
