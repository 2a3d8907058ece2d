//! The one thing that the doctor offers and that has an effect; only when a person asks for it.

use slipway_core::{ids::DpuId, job::deployment};

use crate::{AppError, Fleet};

impl Fleet {
    /// Sets the IMC's clock where it is off and installs our CA's certificate where it is missing,
    /// as a deployment does first: what the doctor offers as a fix. Answers with what was done.
    ///
    /// # Errors
    /// Refused while a job holds the card; what the IMC said.
    pub async fn prepare_imc(&self, id: &DpuId) -> Result<Vec<String>, AppError> {
        let dpu = self.store().dpu(id).await?;
        if let Some(job) = self.active_job(id).await? {
            return Err(
                AppError::refused(format!("{} holds {}", job.kind_name(), dpu.name))
                    .hint("wait for it, or cancel it"),
            );
        }
        let policy = self.policy_for(&dpu).clone();
        let card = self.open_card(dpu).await?;
        Ok(deployment::prepare(&card, self.now(), &policy).await?)
    }
}
