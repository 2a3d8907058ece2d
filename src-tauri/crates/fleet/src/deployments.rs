//! Deployments: what would happen, and making it happen.

use std::collections::HashMap;

use slipway_core::{
    dpu::Dpu,
    ids::{DpuId, JobId},
    iso::Iso,
    job::{DeploymentPlan, Job, JobSpec, JobStore, Subject, deployment::Beside, planned_steps},
    kickstart::check_hostname,
    trust::PinKind,
};

use crate::{
    AppError, ChangeTag, Fleet,
    batches::Planned,
    isos::{check_file, warnings, why_not_deployable},
    views::{CardPlan, DeployRequest, ImageLabel, PlanView},
};

/// What is to be done with a card otherwise than with any card of the inventory.
pub(crate) struct OwnTerms {
    /// What it is to be called.
    pub name: String,
    pub beside: Beside,
}

/// By card; those that are not there are called as in the inventory.
pub(crate) type CardTerms = HashMap<DpuId, OwnTerms>;

/// What is done beside the installation where nobody said anything else.
fn usual() -> Beside {
    Beside {
        imc_boot: true,
        ..Beside::default()
    }
}

impl Fleet {
    /// The plan, with everything that can be found wrong without touching a card.
    ///
    /// # Errors
    /// An ISO or a card that does not exist, or the database. What is wrong with the plan is in it.
    pub async fn plan_deploy(&self, request: &DeployRequest) -> Result<PlanView, AppError> {
        self.plan_deploy_as(request, &CardTerms::new()).await
    }

    pub(crate) async fn plan_deploy_as(
        &self,
        request: &DeployRequest,
        terms: &CardTerms,
    ) -> Result<PlanView, AppError> {
        let iso = self.store().iso(&request.iso).await?;
        let mut warnings = warnings(&iso);
        let mut common = Vec::new();
        if let Some(why) = why_not_deployable(&iso) {
            common.push(why);
        }
        if let Err(error) = check_file(&iso).await {
            common.push(format!("{} ({})", error.message, error.causes.join(", ")));
        }
        if let Some(release) = &request.allow_release {
            warnings.push(format!(
                "firmware {release} is not known to work and is allowed on purpose"
            ));
        }
        let mut cards = Vec::new();
        for id in &request.dpus {
            let dpu = self.store().dpu(id).await?;
            let hostname = hostname(&dpu, terms, request.domain.as_deref());
            cards.push(
                self.card_plan(
                    &dpu,
                    &iso,
                    request,
                    (hostname, beside_of(&dpu, terms, request)),
                    &common,
                )
                .await?,
            );
        }
        if cards.is_empty() {
            warnings.push("no card was chosen".into());
        }
        let title = format!("Deploy {} to {}", iso.name, counted(cards.len()));
        Ok(PlanView {
            title,
            cards,
            warnings,
        })
    }

    /// Why a card whose IMC is silent can't be deployed to. A Redfish that nobody has met yet is what
    /// the deployment itself sets up.
    pub(crate) async fn silence_in_the_way(
        &self,
        dpu: &Dpu,
        beside: &Beside,
    ) -> Result<Option<String>, AppError> {
        let Some(silence) = self.store().facts(&dpu.id).await?.imc_silent else {
            return Ok(None);
        };
        let peer = dpu.imc_redfish.to_string();
        let pin = self.store().pin(PinKind::TlsCertificate, &peer).await?;
        let sets_it_up = beside.imc_boot && pin.is_none();
        Ok((!sets_it_up).then(|| format!("the IMC does not answer: {}", silence.reason)))
    }

    async fn card_plan(
        &self,
        dpu: &Dpu,
        iso: &Iso,
        request: &DeployRequest,
        (hostname, beside): (String, Beside),
        common: &[String],
    ) -> Result<CardPlan, AppError> {
        let mut problems = common.to_vec();
        let mut warnings = Vec::new();
        let facts = self.store().facts(&dpu.id).await?;
        let jobs = self.active_job(&dpu.id).await?;
        if let Some(job) = jobs {
            problems.push(format!("{} runs on this card", job.kind_name()));
        }
        problems.extend(self.silence_in_the_way(dpu, &beside).await?);
        if let Err(error) = check_hostname(&hostname) {
            problems.push(error.to_string());
        }
        let booted = facts
            .bootc
            .as_ref()
            .and_then(|status| status.booted.as_ref());
        let from = booted.and_then(|entry| {
            Some(ImageLabel {
                version: entry.version.clone(),
                digest: entry.digest.clone()?,
            })
        });
        let to = iso.facts.image_digest.clone().map(|digest| ImageLabel {
            version: iso.facts.image_version.clone(),
            digest,
        });
        match (&from, &to) {
            (Some(from), Some(to)) if from.digest == to.digest => {
                warnings.push("the card runs this very image; it is installed anew, everything on its disk is lost".into());
            }
            (Some(_), _) => warnings.push("everything on the card's disk is lost".into()),
            (None, _) => {}
        }
        let steps = match plan_for(
            hostname.clone(),
            beside,
            iso,
            request,
            &self.inner.keys.fleet_key_public,
        ) {
            Ok(plan) => planned_steps(&JobSpec::Deployment(plan), dpu),
            Err(error) => {
                if !problems.contains(&error.message) {
                    problems.push(error.message);
                }
                vec![]
            }
        };
        Ok(CardPlan {
            dpu: dpu.id.clone(),
            name: dpu.name.clone(),
            hostname: Some(hostname),
            from,
            to,
            steps,
            warnings,
            problems,
        })
    }

    /// Submits one deployment per card. All or none: the plan is checked for every card first.
    ///
    /// # Errors
    /// A plan with problems, named by card.
    pub async fn deploy(&self, request: &DeployRequest) -> Result<Vec<JobId>, AppError> {
        let planned = self.deploy_specs(request, &CardTerms::new()).await?;
        let iso = self.store().iso(&request.iso).await?;
        let mut ids = Vec::new();
        for (dpu, spec) in planned {
            let text = format!("deploy {} to {}", iso.name, dpu.name);
            ids.push(self.submit(&dpu, spec, &text).await?);
        }
        Ok(ids)
    }

    /// What each card's job is to do, where nothing is wrong with any of them.
    pub(crate) async fn deploy_specs(
        &self,
        request: &DeployRequest,
        terms: &CardTerms,
    ) -> Result<Vec<Planned>, AppError> {
        self.plan_deploy_as(request, terms)
            .await?
            .refuse_problems()?;
        let iso = self.store().iso(&request.iso).await?;
        let mut planned = Vec::new();
        for id in &request.dpus {
            let dpu = self.store().dpu(id).await?;
            let plan = plan_for(
                hostname(&dpu, terms, request.domain.as_deref()),
                beside_of(&dpu, terms, request),
                &iso,
                request,
                &self.inner.keys.fleet_key_public,
            )?;
            planned.push((dpu, JobSpec::Deployment(plan)));
        }
        Ok(planned)
    }

    pub(crate) async fn submit(
        &self,
        dpu: &Dpu,
        spec: JobSpec,
        text: &str,
    ) -> Result<JobId, AppError> {
        self.submit_for(Job::new(dpu.id.clone(), spec, self.now()), text)
            .await
    }

    pub(crate) async fn submit_for(&self, job: Job, text: &str) -> Result<JobId, AppError> {
        self.store().submit(&job, text).await?;
        self.submitted(&job).await;
        Ok(job.id)
    }

    /// Tells of a new job, and wakes whoever runs it.
    pub(crate) async fn submitted(&self, job: &Job) {
        self.changed(ChangeTag::Job, Some(job.id.to_string()));
        self.subject_changed(&job.subject).await;
        self.inner.wake.notify_one();
    }

    /// A job of it began, moved or was looked at.
    pub(crate) async fn subject_changed(&self, subject: &Subject) {
        match subject {
            Subject::Card(dpu) => {
                self.refresh_headline(dpu).await;
                self.changed(ChangeTag::Dpu, Some(dpu.to_string()));
            }
            Subject::Iso(_) | Subject::Image(_) | Subject::Host(_) | Subject::Cluster(_) => {}
        }
    }
}

impl PlanView {
    /// # Errors
    /// A plan without cards; one with problems, each named by card.
    pub fn refuse_problems(&self) -> Result<(), AppError> {
        if self.cards.is_empty() {
            return Err(AppError::invalid("no card was chosen"));
        }
        let problems: Vec<String> = self
            .cards
            .iter()
            .flat_map(|card| {
                card.problems
                    .iter()
                    .map(move |problem| format!("{}: {problem}", card.name))
            })
            .collect();
        if problems.is_empty() {
            return Ok(());
        }
        let mut error = AppError::refused("this can't be done yet; nothing was started");
        error.causes = problems;
        Err(error.hint("mend what is named, or leave those cards out"))
    }
}

pub(crate) fn counted(cards: usize) -> String {
    if cards == 1 {
        "1 card".into()
    } else {
        format!("{cards} cards")
    }
}

pub(crate) fn hostname(dpu: &Dpu, terms: &CardTerms, domain: Option<&str>) -> String {
    let name = terms.get(&dpu.id).map_or(&dpu.name, |own| &own.name);
    match domain
        .map(|domain| domain.trim().trim_start_matches('.'))
        .filter(|domain| !domain.is_empty())
    {
        Some(domain) => format!("{name}.{domain}"),
        None => name.clone(),
    }
}

fn beside_of(dpu: &Dpu, terms: &CardTerms, request: &DeployRequest) -> Beside {
    let own = terms.get(&dpu.id);
    let beside = own.map_or_else(usual, |own| own.beside.clone());
    Beside {
        imc_certificate: request.imc_certificate && beside.imc_boot,
        ..beside
    }
}

fn plan_for(
    hostname: String,
    beside: Beside,
    iso: &Iso,
    request: &DeployRequest,
    fleet_key: &str,
) -> Result<DeploymentPlan, AppError> {
    let (Some(area), Some(digest)) = (iso.facts.area, iso.facts.image_digest.clone()) else {
        let why = why_not_deployable(iso).unwrap_or_else(|| "it is not deployable".into());
        return Err(AppError::refused(why));
    };
    let mut authorized_keys = vec![fleet_key.to_owned()];
    authorized_keys.extend(
        request
            .authorized_keys
            .iter()
            .map(|key| key.trim().to_owned())
            .filter(|key| !key.is_empty()),
    );
    for key in &authorized_keys {
        slipway_core::kickstart::check_public_key(key)
            .map_err(|error| AppError::from_chain(crate::ErrorCode::Invalid, &error))?;
    }
    Ok(DeploymentPlan {
        iso: iso.id.clone(),
        iso_name: iso.name.clone(),
        iso_path: iso.path.clone(),
        iso_sha256: iso.facts.sha256.clone(),
        iso_size: iso.facts.size,
        area,
        digest,
        version: iso.facts.image_version.clone(),
        origin: iso
            .facts
            .image_reference
            .clone()
            .filter(|reference| !reference.is_local_only()),
        hostname,
        authorized_keys,
        allow_release: request.allow_release.clone(),
        beside,
    })
}
