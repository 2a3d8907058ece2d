//! A cluster file that was read, shown and confirmed: deployed at once where its ISOs are there, else
//! by a job that makes them first and goes on by itself.

use serde::{Deserialize, Serialize};
use slipway_core::{
    batch::BatchRules,
    cluster::{Import, Values},
    ids::JobId,
    job::{Begun, ClusterDeployPlan, Job, JobSpec, Subject, cluster_deploy::ClusterDeployChoices},
    ports::SecretsError,
    secret::Password,
};

use super::{ClusterPlan, ClusterRequest, ClusterTexts};
use crate::{AppError, ErrorCode, Fleet};

/// A file as a person confirmed it.
pub struct ConfirmedCluster<'a> {
    pub texts: &'a ClusterTexts,
    /// All that were given to its templates. There may be an activation key among them.
    pub values: &'a Values,
    pub import: &'a Import,
    pub request: &'a ClusterRequest,
    /// Several cards are one batch.
    pub rules: &'a BatchRules,
}

/// What a deployment of a file was begun as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterBegun {
    AtOnce(Begun),
    /// The job that makes the ISOs first.
    AfterBuilds(JobId),
}

impl From<ClusterBegun> for Begun {
    fn from(begun: ClusterBegun) -> Self {
        match begun {
            ClusterBegun::AtOnce(begun) => begun,
            ClusterBegun::AfterBuilds(job) => Self::Job(job),
        }
    }
}

/// What resuming needs and a database must not hold.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ClusterSecret {
    values: Vec<(String, Option<u32>, String)>,
    pull_secret: Option<String>,
}

impl ClusterSecret {
    fn of(values: &Values, request: &ClusterRequest) -> Self {
        let values = values.all();
        let pull_secret = request.pull_secret.as_ref();
        Self {
            values: values
                .map(|(name, worker, value)| (name.to_owned(), worker, value.to_owned()))
                .collect(),
            pull_secret: pull_secret.map(|secret| secret.expose().to_owned()),
        }
    }

    pub(super) fn values(&self) -> Values {
        let mut values = Values::default();
        for (name, worker, value) in &self.values {
            values.set(name, *worker, value);
        }
        values
    }

    pub(super) fn pull_secret(&self) -> Option<Password> {
        self.pull_secret.as_deref().map(Password::new)
    }
}

fn secret_key(job: &JobId) -> String {
    format!("cluster/{job}")
}

impl Fleet {
    /// Submits a deployment of the chosen card, or one batch of the chosen cards; all or none. Where
    /// the file's own sections make its ISOs, and one is not there as it would be made now, submits
    /// the job that builds first. The same again finds that job as long as it runs.
    ///
    /// # Errors
    /// A plan with problems, each named; rules that can't be meant; another deployment of this file
    /// that waits for its ISO.
    pub async fn deploy_confirmed_cluster(
        &self,
        confirmed: &ConfirmedCluster<'_>,
    ) -> Result<ClusterBegun, AppError> {
        let ConfirmedCluster {
            import,
            request,
            rules,
            ..
        } = confirmed;
        let cards = self.plan_cluster(import, request).await?;
        cards.refuse_problems()?;
        rules
            .check()
            .map_err(|error| AppError::from_chain(ErrorCode::Invalid, &error))?;
        let mut plan = plan_of(confirmed, cards);
        let subject = Subject::Cluster(plan.file.clone());
        let secret = ClusterSecret::of(confirmed.values, request);
        if let Some(active) = self.active_job_of(&subject).await? {
            if self.is_the_same_deployment(&active, &plan, &secret).await {
                return Ok(ClusterBegun::AfterBuilds(active.id));
            }
            return Err(AppError::refused(format!(
                "{} is being deployed otherwise, by job {}",
                import.source.name(),
                active.id.short()
            ))
            .hint("wait for that job or cancel it"));
        }
        plan.isos = self.isos_to_build(import, request).await?;
        if plan.isos.is_empty() {
            let begun = self.deploy_cluster(import, request, rules, None).await?;
            return Ok(ClusterBegun::AtOnce(begun));
        }
        let text = format!("build {}, then {}", plan.isos.join(", "), plan.title);
        let job = Job::new(subject, JobSpec::ClusterDeploy(plan), self.now());
        self.keep_cluster_secret(&job.id, &secret).await?;
        let id = job.id.clone();
        match self.submit_for(job, &text).await {
            Ok(job) => Ok(ClusterBegun::AfterBuilds(job)),
            Err(error) => {
                self.forget_cluster_secret(&id).await?;
                Err(error)
            }
        }
    }

    async fn is_the_same_deployment(
        &self,
        job: &Job,
        plan: &ClusterDeployPlan,
        secret: &ClusterSecret,
    ) -> bool {
        let JobSpec::ClusterDeploy(of) = &job.spec else {
            return false;
        };
        // Its words depend on how the file was named, its ISOs on what is made already.
        let same = ClusterDeployPlan {
            title: plan.title.clone(),
            isos: plan.isos.clone(),
            ..of.clone()
        };
        let kept = self.cluster_secret(&job.id).await;
        same == *plan && kept.is_ok_and(|kept| kept == *secret)
    }

    pub(super) async fn cluster_secret(&self, job: &JobId) -> Result<ClusterSecret, SecretsError> {
        let key = secret_key(job);
        let kept = self.inner.secrets.get(&key).await?;
        serde_json::from_str(kept.expose()).map_err(|_| SecretsError::Missing(key))
    }

    async fn keep_cluster_secret(
        &self,
        job: &JobId,
        secret: &ClusterSecret,
    ) -> Result<(), AppError> {
        let text = serde_json::to_string(secret)
            .map_err(|error| AppError::from_chain(ErrorCode::Other, &error))?;
        let key = secret_key(job);
        self.inner.secrets.put(&key, &Password::new(text)).await?;
        Ok(())
    }

    pub(super) async fn forget_cluster_secret(&self, job: &JobId) -> Result<(), SecretsError> {
        self.inner.secrets.delete(&secret_key(job)).await
    }
}

fn plan_of(confirmed: &ConfirmedCluster<'_>, cards: ClusterPlan) -> ClusterDeployPlan {
    let texts = confirmed.texts;
    let ClusterRequest {
        // What they come to are the plan's cards.
        cards: _,
        exactly: _,
        // With another ISO than the file's nothing is built.
        iso: _,
        folder: _,
        skip_steps,
        domain,
        authorized_keys,
        allow_release,
        imc_certificate,
        accept_untried,
        pull_secret,
        operator_registry,
        marvell_tools,
        firmware_image,
        p4_components,
        kubeconfigs,
    } = confirmed.request;
    let chosen = cards.cards.into_iter();
    ClusterDeployPlan {
        file: texts.path().display().to_string(),
        variables: texts
            .variables_path()
            .map(|path| path.display().to_string()),
        seen: texts.seen(),
        title: cards.title,
        isos: Vec::new(),
        cards: chosen.map(|card| (card.cluster, card.name)).collect(),
        rules: confirmed.rules.clone(),
        choices: ClusterDeployChoices {
            skip_steps: skip_steps.clone(),
            accept_untried: accept_untried.clone(),
            domain: domain.clone(),
            authorized_keys: authorized_keys.clone(),
            allow_release: allow_release.clone(),
            imc_certificate: *imc_certificate,
            pull_secret: pull_secret.is_some(),
            operator_registry: operator_registry.clone(),
            marvell_tools: marvell_tools.clone(),
            firmware_image: firmware_image.clone(),
            p4_components: p4_components.clone(),
            kubeconfigs: kubeconfigs.as_ref().map(|path| path.display().to_string()),
        },
    }
}
