//! Upgrade, switch, rollback: what would happen, and making it happen.

use slipway_core::{
    bootc::BootEntry,
    ids::JobId,
    job::{BootChange, BootChangePlan, JobSpec, planned_steps},
};

use crate::{
    AppError, Fleet,
    cards::actions,
    views::{BootChangeRequest, CardPlan, DpuAction, ImageLabel, PlanView},
};

impl Fleet {
    /// What an upgrade, switch or rollback of a card would do.
    ///
    /// # Errors
    /// A card that does not exist, or the database. What is wrong with the plan is in it.
    pub async fn plan_boot_change(
        &self,
        request: &BootChangeRequest,
    ) -> Result<PlanView, AppError> {
        let dpu = self.store().dpu(&request.dpu).await?;
        let facts = self.store().facts(&dpu.id).await?;
        let active = self.active_job(&dpu.id).await?;
        let action = match &request.change {
            BootChange::Upgrade => DpuAction::Upgrade,
            BootChange::Switch(_) => DpuAction::Switch,
            BootChange::Rollback => DpuAction::Rollback,
        };
        let problems: Vec<String> = actions(&facts, active.as_ref())
            .into_iter()
            .filter(|view| view.action == action)
            .filter_map(|view| view.why_not)
            .collect();
        let status = facts.bootc.as_ref();
        let mut warnings = Vec::new();
        if request.change == BootChange::Rollback
            && let Some(staged) = status.and_then(|s| s.staged.as_ref())
        {
            let name = staged
                .version
                .clone()
                .unwrap_or_else(|| "the staged image".into());
            warnings.push(format!("{name} is staged; the rollback discards it"));
        }
        let to = match &request.change {
            BootChange::Upgrade => facts.available.as_ref().map(|a| ImageLabel {
                version: a.version.clone(),
                digest: a.digest.clone(),
            }),
            BootChange::Rollback => label(status.and_then(|s| s.rollback.as_ref())),
            BootChange::Switch(reference) => {
                match status.and_then(|s| s.booted.as_ref()?.architecture.clone()) {
                    Some(architecture) => {
                        self.switch_target(reference, &architecture, &mut warnings)
                            .await
                    }
                    None => None,
                }
            }
        };
        let spec = JobSpec::BootChange(BootChangePlan {
            change: request.change.clone(),
            expected_booted: request.expected_booted.clone(),
        });
        let card = CardPlan {
            dpu: dpu.id.clone(),
            name: dpu.name.clone(),
            hostname: None,
            from: label(status.and_then(|s| s.booted.as_ref())),
            to,
            steps: planned_steps(&spec, &dpu),
            warnings,
            problems,
        };
        let title = format!("{} {}", request.change.name(), dpu.name);
        Ok(PlanView {
            title,
            cards: vec![card],
            warnings: vec![],
        })
    }

    async fn switch_target(
        &self,
        reference: &slipway_core::image::ImageReference,
        architecture: &str,
        warnings: &mut Vec<String>,
    ) -> Option<ImageLabel> {
        use slipway_core::ports::Registry;
        match self.registry().await.resolve(reference, architecture).await {
            Ok(image) => Some(ImageLabel {
                version: image.version,
                digest: image.digest,
            }),
            Err(error) => {
                warnings.push(format!("{error}; the card may still reach it"));
                None
            }
        }
    }

    /// Submits the job.
    ///
    /// # Errors
    /// Refused with the plan's problems.
    pub async fn start_boot_change(&self, request: &BootChangeRequest) -> Result<JobId, AppError> {
        let plan = self.plan_boot_change(request).await?;
        if let Some(card) = plan.cards.first()
            && let Some(problem) = card.problems.first()
        {
            return Err(AppError::refused(format!("{}: {problem}", card.name))
                .hint("mend what is named, then look at the card again"));
        }
        let dpu = self.store().dpu(&request.dpu).await?;
        let spec = JobSpec::BootChange(BootChangePlan {
            change: request.change.clone(),
            expected_booted: request.expected_booted.clone(),
        });
        self.submit(&dpu, spec, &plan.title).await
    }
}

fn label(entry: Option<&BootEntry>) -> Option<ImageLabel> {
    let entry = entry?;
    Some(ImageLabel {
        version: entry.version.clone(),
        digest: entry.digest.clone()?,
    })
}
