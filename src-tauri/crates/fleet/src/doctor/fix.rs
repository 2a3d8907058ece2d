//! What the doctor offers and that has an effect on the IMC; only when a person asks for it.

use slipway_core::{
    dpu::Dpu,
    ids::DpuId,
    job::deployment::{self, Certificate, Undone},
};

use crate::{AppError, Fleet};

impl Fleet {
    /// Brings the IMC into order as a deployment does first: clock, our CA's certificate, what Redfish
    /// lacks, Redfish at every boot, boot options. What the doctor offers as a fix. Answers with what
    /// was done.
    ///
    /// # Errors
    /// Refused while a job holds the card; what the IMC said.
    pub async fn prepare_imc(
        &self,
        id: &DpuId,
        certificate: Certificate,
    ) -> Result<Vec<String>, AppError> {
        let dpu = self.store().dpu(id).await?;
        self.refuse_held(&dpu).await?;
        let policy = self.policy_for(&dpu).clone();
        let card = self.open_card(dpu).await?;
        Ok(deployment::prepare(&card, certificate, self.now(), &policy).await?)
    }

    /// Installs the file without which firmware 1.8 holds no ISO of more than 2 GB, with a copy of
    /// what was there; [`Self::undo_preparation`] takes it back. Answers with what was done.
    ///
    /// # Errors
    /// Refused on any other firmware, and while a job holds the card; what the IMC said.
    pub async fn install_reserved_memory(&self, id: &DpuId) -> Result<Vec<String>, AppError> {
        let dpu = self.store().dpu(id).await?;
        self.refuse_held(&dpu).await?;
        let policy = self.policy_for(&dpu).clone();
        let card = self.open_card(dpu).await?;
        let done = deployment::reserve_memory(&card, self.now(), &policy).await?;
        Ok(done.into_iter().collect())
    }

    /// Takes back what this or another desk wrote on the IMC, as far as nobody changed it since.
    ///
    /// # Errors
    /// Refused while a job holds the card; what the IMC said.
    pub async fn undo_preparation(&self, id: &DpuId) -> Result<Undone, AppError> {
        let dpu = self.store().dpu(id).await?;
        self.refuse_held(&dpu).await?;
        let policy = self.policy_for(&dpu).clone();
        let card = self.open_card(dpu).await?;
        Ok(deployment::undo(&card, self.now(), &policy).await?)
    }

    async fn refuse_held(&self, dpu: &Dpu) -> Result<(), AppError> {
        match self.active_job(&dpu.id).await? {
            None => Ok(()),
            Some(job) => Err(
                AppError::refused(format!("{} holds {}", job.kind_name(), dpu.name))
                    .hint("wait for it, or cancel it"),
            ),
        }
    }
}
