//! How a Redfish Task stands. No I/O.
//!
//! Only `TaskState` counts: Intel's server says `TaskStatus` and `Severity` "OK" of a task that
//! failed (recorded 2026-11-23), and the reason is in its messages.

use slipway_core::ports::{RedfishTask, TaskState, TaskUri};

use crate::{
    answer::Answer,
    resource::{self, MediaSlot, Task},
};

/// What an answer at a task's address says; `None` where it says nothing about a task.
///
/// The address may be of a Task, of a task monitor (202 while it runs, then the status of what it
/// did), or, where a service names neither, of the virtual media slot that is to be filled.
pub(crate) fn judge(asked: &str, answer: &Answer) -> Option<RedfishTask> {
    let at = |path: &str, state| RedfishTask {
        uri: TaskUri(path.to_owned()),
        state,
        started: None,
    };
    if !answer.is_success() {
        // The monitor of a failed operation answers as the operation would have. One that is gone
        // (404, 410) or refuses us (401, 403) says nothing about it.
        let of_us = matches!(answer.status, 401 | 403 | 404 | 410) || answer.is_redirect();
        let error = answer.error().filter(|_| is_monitor(asked) && !of_us)?;
        return Some(at(asked, TaskState::Failed(error.message)));
    }
    let Some(object) = answer.object() else {
        return match answer.status {
            202 => Some(at(asked, TaskState::Running)),
            204 => Some(at(asked, TaskState::Completed)),
            _ => None,
        };
    };
    let of_type = object.get("@odata.type").and_then(|t| t.as_str());
    if of_type.is_some_and(|t| t.contains("#VirtualMedia.")) {
        let slot: MediaSlot = resource::read(object);
        let state = match slot.inserted {
            Some(true) => TaskState::Completed,
            Some(false) | None => TaskState::Running,
        };
        return Some(at(asked, state));
    }
    let task: Task = resource::read(object);
    match (&task.task_state, is_monitor(asked)) {
        (Some(_), _) => Some(stands(asked, task)),
        (None, true) if answer.status == 202 => Some(at(asked, TaskState::Running)),
        (None, true) => Some(at(asked, TaskState::Completed)),
        (None, false) => None,
    }
}

/// A Task as its own body tells. States that are unknown, or new, go on.
pub(crate) fn stands(asked: &str, task: Task) -> RedfishTask {
    let state = match task.task_state.as_deref().unwrap_or_default() {
        "Completed" => TaskState::Completed,
        failed @ ("Exception" | "Killed" | "Cancelled") => {
            let mut reasons: Vec<&String> = Vec::new();
            for message in &task.messages {
                let said = message.message.as_ref().or(message.message_id.as_ref());
                reasons.extend(said.filter(|s| !reasons.contains(s)));
            }
            let reasons: Vec<&str> = reasons.into_iter().map(String::as_str).collect();
            TaskState::Failed(match reasons.is_empty() {
                false => reasons.join("; "),
                true => format!("{failed}, and no message says why"),
            })
        }
        _ => TaskState::Running,
    };
    RedfishTask {
        uri: TaskUri(task.link.path().unwrap_or_else(|| asked.to_owned())),
        state,
        started: task.start_time,
    }
}

/// `/redfish/v1/TaskService/TaskMonitors/1`, `/redfish/v1/TaskService/Tasks/1/Monitor`: the
/// standard leaves the address open, and the services agree on the word.
fn is_monitor(path: &str) -> bool {
    path.to_lowercase().contains("monitor")
}

/// Puts tasks in the order in which they came: services number them, and where they don't, the
/// time of their start is left.
pub(crate) fn oldest_first(tasks: &mut [RedfishTask]) {
    let number = |task: &RedfishTask| -> Option<u64> {
        let last = task.uri.0.trim_end_matches('/').rsplit('/').next()?;
        last.parse().ok()
    };
    if tasks.iter().all(|t| number(t).is_some()) {
        tasks.sort_by_key(number);
    } else {
        tasks.sort_by(|a, b| a.started.cmp(&b.started));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            body: body.as_bytes().to_vec(),
            ..Answer::default()
        }
    }

    fn state(asked: &str, status: u16, body: &str) -> Option<TaskState> {
        judge(asked, &answer(status, body)).map(|t| t.state)
    }

    const TASK: &str = "/redfish/v1/TaskService/Tasks/1";
    const MONITOR: &str = "/redfish/v1/TaskService/TaskMonitors/1";

    #[test]
    fn an_imcs_task_fails_while_its_status_says_ok() {
        let body = include_str!("../tests/fixtures/imc/task_exception.json");
        assert!(body.contains(r#""TaskStatus": "OK""#));
        let failed = TaskState::Failed(
            "Virtual Media insert failed: Data transfer failed: Unsupported protocol".into(),
        );
        assert_eq!(state(TASK, 200, body), Some(failed));
        let body = include_str!("../tests/fixtures/imc/task_running.json");
        assert_eq!(state(TASK, 200, body), Some(TaskState::Running));
        let body = include_str!("../tests/fixtures/imc/task_completed.json");
        let task = judge(TASK, &answer(200, body)).unwrap();
        assert_eq!(task.state, TaskState::Completed);
        assert_eq!(task.uri.0, "/redfish/v1/TaskService/Tasks/3");
        assert_eq!(task.started.as_deref(), Some("2026-11-23T02:23:25+00:00"));
    }

    #[test]
    fn monitors_tell_by_their_status() {
        assert_eq!(state(MONITOR, 202, ""), Some(TaskState::Running));
        assert_eq!(state(MONITOR, 204, ""), Some(TaskState::Completed));
        let body = include_str!("../tests/fixtures/imc/monitor_failed.json");
        assert!(matches!(
            state(MONITOR, 400, body),
            Some(TaskState::Failed(_))
        ));
        for status in [401, 404, 410] {
            assert_eq!(state(MONITOR, status, body), None, "{status}");
        }
        // The same answer at a Task's own address is about the request, not the task.
        assert_eq!(state(TASK, 400, body), None);
        assert_eq!(state(TASK, 200, "{}"), None);
    }

    #[test]
    fn unknown_states_go_on_and_silent_failures_are_told() {
        let of = |s: &str| {
            state(
                TASK,
                200,
                &format!(r#"{{"TaskState":"{s}","Messages":null}}"#),
            )
        };
        assert_eq!(of("Hibernating"), Some(TaskState::Running));
        assert_eq!(of("Cancelling"), Some(TaskState::Running));
        let why = "Killed, and no message says why";
        assert_eq!(of("Killed"), Some(TaskState::Failed(why.into())));
    }

    #[test]
    fn newest_last() {
        let task = |uri: &str, started: &str| RedfishTask {
            uri: TaskUri(uri.into()),
            state: TaskState::Running,
            started: Some(started.into()),
        };
        let mut tasks = [task("/T/10", "a"), task("/T/9", "b")];
        oldest_first(&mut tasks);
        assert_eq!(tasks[1].uri.0, "/T/10");
        let mut tasks = [task("/T/JID_1", "2026-02"), task("/T/JID_2", "2026-01")];
        oldest_first(&mut tasks);
        assert_eq!(tasks[1].uri.0, "/T/JID_1");
    }
}
