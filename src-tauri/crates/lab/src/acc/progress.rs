//! What `--progress-fd` writes, line by line as recorded.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// What an update pulls, as the recorded upgrade did.
const PULL_BYTES: u64 = 20_975_265;
const CACHED_BYTES: u64 = 248_696_511;

/// Everything that `--progress-fd` wrote by then: pulling, importing, staging, as recorded.
pub(super) fn progress_lines(digest: &str, part: u64) -> String {
    let mut text = String::from("{\"type\":\"Start\",\"version\":\"0.1.0\"}\n");
    let mut line = |value: Value| {
        let _ = writeln!(text, "{value}");
    };
    let layer = &digest["sha256:".len()..][..21];
    for step in 0..=20_u64 {
        if part < step * 30 {
            return text;
        }
        // bootc's own count passes the total by one.
        let bytes = PULL_BYTES * step / 20 + 1;
        line(json!({
            "bytes": bytes, "bytesCached": CACHED_BYTES, "bytesTotal": PULL_BYTES,
            "description": format!("Pulling Image: {digest}"), "id": digest,
            "steps": u64::from(step == 20), "stepsCached": 2, "stepsTotal": 1,
            "subtasks": [{
                "bytes": bytes, "bytesCached": 0, "bytesTotal": PULL_BYTES,
                "description": format!("layer: {layer}"), "id": layer, "subtask": "layer",
            }],
            "task": "pulling", "type": "ProgressBytes",
        }));
    }
    let importing = |steps: u64| {
        json!({
            "description": "Importing Image", "id": digest,
            "steps": steps, "stepsCached": 0, "stepsTotal": 1,
            "subtasks": [{
                "completed": steps == 1, "description": "Importing Image",
                "id": "importing", "subtask": "importing",
            }],
            "task": "importing", "type": "ProgressSteps",
        })
    };
    let staging = |steps: u64| {
        let all = [
            ("Merging Image", "fetching", "merging"),
            ("Deploying Image", "deploying", "deploying"),
            ("Pulling Bound Images", "bound_images", "bound_images"),
            ("Removing old images", "cleanup", "cleanup"),
        ];
        let subtasks: Vec<Value> = (0_u64..)
            .zip(all)
            .take_while(|(at, _)| *at <= steps)
            .map(|(at, (description, id, subtask))| {
                json!({
                    "completed": at < steps || steps == 3,
                    "description": description, "id": id, "subtask": subtask,
                })
            })
            .collect();
        json!({
            "description": "Deploying Image", "id": digest,
            "steps": steps, "stepsCached": 0, "stepsTotal": 3,
            "subtasks": subtasks, "task": "staging", "type": "ProgressSteps",
        })
    };
    let later = [
        (620, importing(0)),
        (700, importing(1)),
        (720, staging(0)),
        (800, staging(1)),
        (920, staging(2)),
        (990, staging(3)),
    ];
    for (from, value) in later {
        if part >= from {
            line(value);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use slipway_core::bootc::{ProgressTask, latest_progress};

    #[test]
    fn progress_goes_through_the_recorded_tasks() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let task = |part| latest_progress(&progress_lines(&digest, part)).unwrap();
        assert_eq!(task(0).task, ProgressTask::Pulling);
        assert_eq!(task(630).task, ProgressTask::Importing);
        let end = task(1000);
        assert_eq!((end.task, end.steps), (ProgressTask::Staging, (3, 3)));
        let half = task(300).bytes.unwrap();
        assert!(half.0 < half.1 && half.0.0 > 0);
    }
}
