//! The other end of the control API: for `slipctl lab`, and for an sshd that stands in front of a
//! simulated card.

use std::{path::Path, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Fault, LabInventory, shell::ShellOutput};

/// Why a running lab could not be spoken to.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("reading lab.json")]
    File(#[source] std::io::Error),
    #[error("lab.json is not a lab's inventory")]
    Inventory(#[source] serde_json::Error),
    #[error("the lab does not answer; is it still running?")]
    Silent(#[source] reqwest::Error),
    #[error("the lab says: {0}")]
    Refused(String),
    #[error("the lab's answer is not base64")]
    NotBase64(#[source] base64::DecodeError),
}

/// A lab that runs in another process.
pub struct LabControl {
    inventory: LabInventory,
    client: reqwest::Client,
}

/// Plain HTTP to loopback: it trusts no certificate at all.
fn client() -> Result<reqwest::Client, reqwest::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has suites for TLS 1.2 and 1.3")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()
}

#[derive(Deserialize)]
struct Ran {
    exit: u32,
    stdout_base64: String,
    stderr_base64: String,
}

impl LabControl {
    /// The lab whose folder this is.
    ///
    /// # Errors
    /// There is no `lab.json`, or it is none. Nothing is connected yet.
    pub fn of(dir: &Path) -> Result<Self, ControlError> {
        let text = std::fs::read_to_string(dir.join("lab.json")).map_err(ControlError::File)?;
        let inventory = serde_json::from_str(&text).map_err(ControlError::Inventory)?;
        let client = client().map_err(ControlError::Silent)?;
        Ok(Self { inventory, client })
    }

    #[must_use]
    pub fn inventory(&self) -> &LabInventory {
        &self.inventory
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, ControlError> {
        let request = request.bearer_auth(&self.inventory.control_token);
        let answer = request.send().await.map_err(ControlError::Silent)?;
        let ok = answer.status().is_success();
        let body: Value = answer.json().await.unwrap_or(Value::Null);
        if ok {
            return Ok(body);
        }
        Err(ControlError::Refused(
            body["error"].as_str().unwrap_or("no").to_owned(),
        ))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.inventory.control)
    }

    /// # Errors
    /// [`ControlError`].
    pub async fn inject(&self, card: usize, fault: Fault, times: u32) -> Result<(), ControlError> {
        let body = json!({ "fault": fault.name(), "times": times });
        let url = self.url(&format!("cards/{card}/faults"));
        self.send(self.client.post(url).json(&body)).await.map(drop)
    }

    /// # Errors
    /// [`ControlError`].
    pub async fn clear_faults(&self, card: usize) -> Result<(), ControlError> {
        let url = self.url(&format!("cards/{card}/faults"));
        self.send(self.client.delete(url)).await.map(drop)
    }

    /// # Errors
    /// [`ControlError`].
    pub async fn promote(&self, version: &str) -> Result<(), ControlError> {
        let request = self
            .client
            .post(self.url("registry/promote"))
            .json(&json!({ "version": version }));
        self.send(request).await.map(drop)
    }

    /// Runs a shell command on a card's IMC.
    ///
    /// # Errors
    /// [`ControlError`]; a command that fails is an answer.
    pub async fn run_on_imc(
        &self,
        card: usize,
        command: &str,
        stdin: &[u8],
    ) -> Result<ShellOutput, ControlError> {
        self.run(&format!("cards/{card}/imc/exec"), command, stdin)
            .await
    }

    /// Runs a shell command on a card's ACC.
    ///
    /// # Errors
    /// [`ControlError`]; a command that fails is an answer.
    pub async fn run_on_acc(
        &self,
        card: usize,
        command: &str,
        stdin: &[u8],
    ) -> Result<ShellOutput, ControlError> {
        self.run(&format!("cards/{card}/acc/exec"), command, stdin)
            .await
    }

    async fn run(
        &self,
        path: &str,
        command: &str,
        stdin: &[u8],
    ) -> Result<ShellOutput, ControlError> {
        let body = json!({ "command": command, "stdin_base64": STANDARD.encode(stdin) });
        let answer = self
            .send(self.client.post(self.url(path)).json(&body))
            .await?;
        let ran: Ran = serde_json::from_value(answer).map_err(ControlError::Inventory)?;
        let bytes = |text: &str| STANDARD.decode(text).map_err(ControlError::NotBase64);
        Ok(ShellOutput {
            exit: ran.exit,
            stdout: bytes(&ran.stdout_base64)?,
            stderr: bytes(&ran.stderr_base64)?,
        })
    }
}
