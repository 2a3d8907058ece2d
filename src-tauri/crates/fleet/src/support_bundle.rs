//! What somebody who helps needs to see of a job: one file, without secrets.
//!
//! A file of JSON, not an archive: whoever sends it can read it first.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};
use slipway_core::{
    ids::{BmcId, JobId},
    job::{Job, JobStore, Subject},
    redact::Redaction,
    secret::Password,
};
use slipway_store::CredentialProfile;

use crate::{
    AppError, ErrorCode, Fleet, access::deployment_key, cluster::write_new, logins::credential_key,
    views::SupportBundle,
};

/// Of the form below; grows when a reader would have to look elsewhere.
const FORMAT: u32 = 1;

impl Fleet {
    /// Writes everything that is known about a job and its card into a new file: the plan, the
    /// history, the card as last seen, its BMC's last crawl. Secrets that this desk knows, and what
    /// looks like one, are taken out.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`]; the secret store is locked: without it nobody could know what to
    /// take out; the file is there already, or can't be written.
    pub async fn write_support_bundle(
        &self,
        id: &JobId,
        path: &Path,
    ) -> Result<SupportBundle, AppError> {
        let job = self.store().job(id).await?;
        let mut redaction = self.redaction_of(&job).await?;
        let document = redaction.value(self.all_about(&job).await?);
        let text = format!("{document:#}\n");
        let (to, bytes) = (path.to_owned(), text.len() as u64);
        let text = Password::new(text);
        let written = tokio::task::spawn_blocking(move || write_new(&text, &to));
        written
            .await
            .map_err(|error| AppError::from_chain(ErrorCode::Other, &error))??;
        Ok(SupportBundle {
            path: path.display().to_string(),
            size: slipway_core::time::ByteCount(bytes),
            removed: redaction.removed(),
        })
    }

    async fn all_about(&self, job: &Job) -> Result<Value, AppError> {
        let mut document = json!({
            "slipway": {
                "format": FORMAT,
                "version": env!("CARGO_PKG_VERSION"),
                "made_at": self.now(),
                "os": std::env::consts::OS,
                "architecture": std::env::consts::ARCH,
            },
            "job": json(&self.job(&job.id).await?)?,
            "spec": json(&job.spec)?,
            "state": json(&job.state)?,
            "facts": json(&job.facts)?,
        });
        if let Subject::Card(dpu) = &job.subject
            && let Ok(card) = self.dpu(dpu).await
        {
            document["card"] = json(&card)?;
            document["other_jobs"] = json(&self.jobs(Some(dpu), false).await?)?;
            if let Some((resources, read_at)) = self.store().raw(&BmcId::from(dpu)).await? {
                let resources: serde_json::Map<String, Value> = resources
                    .into_iter()
                    .map(|resource| (resource.path, resource.body))
                    .collect();
                document["redfish"] = json!({ "read_at": read_at, "resources": resources });
            }
        }
        Ok(document)
    }

    /// Every secret of this desk that may have come near the job.
    async fn redaction_of(&self, job: &Job) -> Result<Redaction, AppError> {
        let mut redaction = Redaction::default();
        let secrets = &self.inner.secrets;
        let with_secret = |profile: &CredentialProfile| profile.kind.has_secret();
        for profile in self
            .store()
            .credentials()
            .await?
            .iter()
            .filter(|p| with_secret(p))
        {
            match secrets.get(&credential_key(&profile.id)).await {
                Ok(secret) => redaction.know(&secret),
                // It was removed behind our back: there is nothing to know.
                Err(slipway_core::ports::SecretsError::Missing(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // The way to the ISO and the card's host key, as they are kept while it runs.
        if let Ok(kept) = secrets.get(&deployment_key(&job.id)).await
            && let Ok(Value::Object(members)) = serde_json::from_str(kept.expose())
        {
            for name in ["token", "private"] {
                if let Some(text) = members.get(name).and_then(Value::as_str) {
                    redaction.know(&Password::new(text));
                }
            }
        }
        if let Some(prepared) = &job.facts.prepared {
            redaction.know(&Password::new(prepared.token.as_str()));
        }
        Ok(redaction)
    }
}

fn json<T: Serialize>(value: &T) -> Result<Value, AppError> {
    serde_json::to_value(value).map_err(|error| AppError::from_chain(ErrorCode::Other, &error))
}
