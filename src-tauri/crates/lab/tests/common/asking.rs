//! Asking an IMC by Redfish, for the tests that do more than replay requests.

use serde_json::Value;

use crate::common::{Imc, until};

impl Imc {
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.authorised("GET", path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    pub async fn send(&self, method: &str, path: &str, body: &Value) -> reqwest::Response {
        let request = self.authorised(method, path).json(body);
        request.send().await.unwrap()
    }

    /// Inserts; answers with the Task's path.
    pub async fn insert(&self, url: &str) -> String {
        let body = serde_json::json!({"Image": url, "TransferMethod": "Upload"});
        let path = "/redfish/v1/Systems/1/VirtualMedia/1/Actions/VirtualMedia.InsertMedia";
        let answer = self.send("POST", path, &body).await;
        assert_eq!(answer.status(), 202);
        let task: Value = answer.json().await.unwrap();
        task["@odata.id"].as_str().unwrap().to_owned()
    }

    /// The Task once it has ended.
    pub async fn ended(&self, task: &str) -> Value {
        until("the Task's end", || async {
            let task = self.get(task).await;
            (task["TaskState"] != "Running" && task["TaskState"] != "New").then_some(task)
        })
        .await
    }
}
