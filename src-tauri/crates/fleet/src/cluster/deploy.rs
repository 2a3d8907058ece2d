//! Deploying a cluster file: its ISOs into the library, then one deployment per card.

use std::{collections::BTreeSet, path::PathBuf};

use slipway_core::{
    batch::BatchRules,
    cluster::{Card, Import, StepKind, beside, marvell},
    job::{
        Begun, Job, JobSpec, Subject,
        deployment::{PostSecret, PostStep},
    },
};

use super::{
    ClusterRequest, Found,
    find::{Chosen, IsoState},
};
use crate::{AppError, Fleet};

impl Fleet {
    /// The ISO files that a deployment would import first.
    ///
    /// # Errors
    /// The database.
    pub async fn cluster_imports(
        &self,
        import: &Import,
        request: &ClusterRequest,
    ) -> Result<BTreeSet<PathBuf>, AppError> {
        let parts = self.cluster_parts(import, request).await?;
        let paths = parts.into_iter().filter_map(|part| match part.iso {
            IsoState::ToImport(path) => Some(path),
            IsoState::InLibrary(_) | IsoState::ToBuild(_) | IsoState::Missing { .. } => None,
        });
        Ok(paths.collect())
    }

    /// Submits a deployment of the chosen card, or one batch of the chosen cards; all or none. Under
    /// this id, where it was chosen before.
    ///
    /// # Errors
    /// A plan with problems, each named; rules that can't be meant.
    pub(super) async fn deploy_cluster(
        &self,
        import: &Import,
        request: &ClusterRequest,
        rules: &BatchRules,
        under: Option<&Begun>,
    ) -> Result<Begun, AppError> {
        let plan = self.plan_cluster(import, request).await?;
        plan.refuse_problems()?;
        let mut planned = Vec::new();
        for part in self.cluster_parts(import, request).await? {
            if let Some(card) = part.marvells().next() {
                let alone = plan.cards.len() == 1;
                return self
                    .deploy_marvell(&part, card, request, alone, under)
                    .await;
            }
            let IsoState::InLibrary(iso) = &part.iso else {
                let name = &part.cluster.name;
                if let IsoState::ToBuild(to_build) = &part.iso {
                    return Err(AppError::refused(format!(
                        "{} of {name} is not built yet",
                        to_build.name
                    ))
                    .hint("something of it was changed meanwhile: deploy the file again, and it is built first"));
                }
                return Err(
                    AppError::refused(format!("the ISO of {name} is not in the library"))
                        .hint("import it: `slipctl iso import`"),
                );
            };
            if let Some((of_part, terms)) = part.request(&iso.id, request, &self.choices(request)) {
                planned.extend(self.deploy_specs(&of_part, &terms).await?);
                self.keep_post_secrets(&part, request).await?;
            }
        }
        let begun = self.begin(plan.title, planned, rules, under).await?;
        for told in self.pair_cluster(import, request).await? {
            tracing::info!(file = import.source.name(), "{told}");
        }
        Ok(begun)
    }

    /// A job about its host; a batch has only cards of the inventory.
    async fn deploy_marvell(
        &self,
        part: &Chosen<'_>,
        card: &Card,
        request: &ClusterRequest,
        alone: bool,
        under: Option<&Begun>,
    ) -> Result<Begun, AppError> {
        if !alone {
            return Err(AppError::refused("a Marvell is deployed by itself")
                .hint("name one card with --cards"));
        }
        let mut keys = vec![self.inner.keys.fleet_key_public.clone()];
        keys.extend(request.authorized_keys.iter().cloned());
        let plan = marvell(part.cluster, card, &self.choices(request), &keys);
        let plan = plan.map_err(|why| AppError::refused(format!("{}: {why}", card.name)))?;
        let text = format!("deploy {} to {} from {}", plan.iso, plan.name, plan.host);
        let subject = Subject::Host(plan.host.clone());
        let mut job = Job::new(subject, JobSpec::Marvell(plan), self.now());
        if let Some(Begun::Job(id)) = under {
            job.id = id.clone();
        }
        Ok(Begun::Job(self.submit_for(job, &text).await?))
    }

    /// What the post steps of these cards need: into the secret store, never into a job.
    async fn keep_post_secrets(
        &self,
        part: &Chosen<'_>,
        request: &ClusterRequest,
    ) -> Result<(), AppError> {
        let choices = self.choices(request);
        let keys = part.cluster.after.iter().find_map(|step| match &step.what {
            StepKind::RhSubscription(subscription) => subscription.activation_key.clone(),
            StepKind::DpuFirmware { .. }
            | StepKind::IsoBuilder(_)
            | StepKind::Microshift
            | StepKind::DpuOperatorDpu
            | StepKind::OutOfScope(_) => None,
        });
        for (card, found) in &part.cards {
            let Found::Known(dpu, _) = found else {
                continue;
            };
            let steps = beside(part.cluster, card, &choices).after;
            for which in steps.iter().filter_map(PostStep::secret) {
                let secret = match which {
                    PostSecret::ActivationKey => keys.as_ref(),
                    PostSecret::PullSecret => request.pull_secret.as_ref(),
                };
                if let Some(secret) = secret {
                    self.keep_post_secret(dpu, which, secret).await?;
                }
            }
        }
        Ok(())
    }
}
