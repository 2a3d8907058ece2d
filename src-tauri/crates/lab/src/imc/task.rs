//! Redfish Tasks of one IMC. They live in memory and are gone after a reset.

use serde_json::{Value, json};

/// How a Task stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskProgress {
    /// Accepted, not begun: what the 202 shows where the server was quick.
    New,
    Running,
    Completed,
    /// With the reason, as in "Data transfer failed: Unsupported protocol".
    Exception(String),
}

#[derive(Debug, Clone)]
pub struct Task {
    /// From 1.
    pub id: u64,
    pub progress: TaskProgress,
    pub started: jiff::Timestamp,
    pub ended: Option<jiff::Timestamp>,
}

/// What an IMC has done since it came up.
#[derive(Debug, Default)]
pub struct Tasks {
    all: Vec<Task>,
}

/// `2026-11-23T02:23:20+00:00`: an IMC writes the offset out.
#[must_use]
pub fn redfish_time(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

impl Tasks {
    /// Starts one, and tells how it shows in the 202: the recording has both, `New` (without a
    /// start time) and `Running`, by chance; here every second one is `New`.
    pub fn start(&mut self, now: jiff::Timestamp) -> Task {
        let mut task = Task {
            id: self.all.len() as u64 + 1,
            progress: TaskProgress::Running,
            started: now,
            ended: None,
        };
        self.all.push(task.clone());
        if task.id.is_multiple_of(2) {
            task.progress = TaskProgress::New;
        }
        task
    }

    /// Ends a task. Of a task that a reset has wiped, nothing.
    pub fn end(&mut self, id: u64, progress: TaskProgress, now: jiff::Timestamp) {
        if let Some(task) = self.all.iter_mut().find(|t| t.id == id) {
            task.progress = progress;
            task.ended = Some(now);
        }
    }

    #[must_use]
    pub fn get(&self, id: u64) -> Option<&Task> {
        self.all.iter().find(|t| t.id == id)
    }

    /// The ids, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = u64> {
        self.all.iter().map(|t| t.id)
    }

    #[must_use]
    pub fn running(&self) -> bool {
        let runs = |t: &Task| matches!(t.progress, TaskProgress::New | TaskProgress::Running);
        self.all.iter().any(runs)
    }
}

impl Task {
    /// The resource. `TaskStatus` and `Severity` say "OK" whatever happened: so it was recorded.
    #[must_use]
    pub fn body(&self) -> Value {
        let message = |text: String, id: &str| {
            json!([{
                "@odata.type": "#Message.v1_3_0.Message",
                "Message": text,
                "MessageArgs": [],
                "MessageId": id,
                "RelatedProperties": [],
                "Resolution": "None",
                "Severity": "OK",
            }])
        };
        let (state, messages) = match &self.progress {
            TaskProgress::New => ("New", json!([])),
            TaskProgress::Running => ("Running", json!([])),
            TaskProgress::Completed => (
                "Completed",
                message(
                    "Virtual Media inserted successfully.".into(),
                    "Base.1.18.Success",
                ),
            ),
            TaskProgress::Exception(reason) => (
                "Exception",
                message(
                    format!("Virtual Media insert failed: {reason}"),
                    "Base.1.18.GeneralError",
                ),
            ),
        };
        let mut body = json!({
            "@odata.context": "/redfish/v1/$metadata#Task.Task",
            "@odata.id": format!("/redfish/v1/TaskService/Tasks/{}", self.id),
            "@odata.type": "#Task.v1_7_4.Task",
            "Description": "Task description",
        });
        if let Some(ended) = self.ended {
            body["EndTime"] = redfish_time(ended).into();
        }
        body["Id"] = self.id.to_string().into();
        body["Messages"] = messages;
        body["Name"] = "Task".into();
        if self.progress != TaskProgress::New {
            body["StartTime"] = redfish_time(self.started).into();
        }
        body["TaskState"] = state.into();
        body["TaskStatus"] = "OK".into();
        body
    }
}
