//! Batches: many cards at once. What a batch does next is decided in core; here it is carried out,
//! by whoever runs the jobs.

use serde::{Deserialize, Serialize};
use slipway_core::{
    batch::{Batch, BatchAction, BatchRules, decide},
    dpu::Dpu,
    ids::{BatchId, DpuId, JobId},
    job::{BootChangePlan, Job, JobSpec, JobStore},
};
use slipway_store::{CardStart, NewBatchCard};
use specta::Type;

use crate::{
    AppError, ChangeTag, ErrorCode, Fleet,
    deployments::{CardTerms, counted},
    views::{BatchChange, BatchRequest, BatchWhat, BootChangeRequest, PlanView},
};

/// A card, and what its job is to do.
pub(crate) type Planned = (Dpu, JobSpec);

/// What was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Begun {
    Job(JobId),
    Batch(BatchId),
}

/// How often a person's wish is tried again where the batch moved meanwhile.
const TRIES: u32 = 10;

impl Fleet {
    /// The plan, with everything that can be found wrong without touching a card.
    ///
    /// # Errors
    /// An ISO or a card that does not exist, or the database. What is wrong with the plan is in it.
    pub async fn plan_batch(&self, what: &BatchWhat) -> Result<PlanView, AppError> {
        match what {
            BatchWhat::Deploy(request) => self.plan_deploy(request).await,
            BatchWhat::Change(request) => {
                let mut cards = Vec::new();
                for request in boot_changes(request) {
                    cards.extend(self.plan_boot_change(&request).await?.cards);
                }
                let mut warnings = Vec::new();
                if cards.is_empty() {
                    warnings.push("no card was chosen".to_owned());
                }
                let title = format!("{} {}", request.change.name(), counted(cards.len()));
                Ok(PlanView {
                    title,
                    cards,
                    warnings,
                })
            }
        }
    }

    /// Starts a batch. All or none: the plan is checked for every card first.
    ///
    /// # Errors
    /// Rules that can't be meant; a plan with problems, named by card.
    pub async fn start_batch(&self, request: &BatchRequest) -> Result<BatchId, AppError> {
        let (name, planned) = self.specs(&request.what).await?;
        self.add_batch(name, planned, request.rules.clone()).await
    }

    /// As [`Self::start_batch`]; a single card gets its job at once, without a batch around it.
    ///
    /// # Errors
    /// As [`Self::start_batch`].
    pub async fn start_cards(&self, request: &BatchRequest) -> Result<Begun, AppError> {
        let (name, planned) = self.specs(&request.what).await?;
        self.begin(name, planned, &request.rules).await
    }

    async fn specs(&self, what: &BatchWhat) -> Result<(String, Vec<Planned>), AppError> {
        match what {
            BatchWhat::Deploy(deploy) => {
                let planned = self.deploy_specs(deploy, &CardTerms::new()).await?;
                let iso = self.store().iso(&deploy.iso).await?;
                let name = format!("Deploy {} to {}", iso.name, counted(planned.len()));
                Ok((name, planned))
            }
            BatchWhat::Change(change) => {
                let plan = self.plan_batch(what).await?;
                plan.refuse_problems()?;
                let mut planned = Vec::new();
                for request in boot_changes(change) {
                    let dpu = self.store().dpu(&request.dpu).await?;
                    let plan = BootChangePlan {
                        change: request.change,
                        expected_booted: request.expected_booted,
                    };
                    planned.push((dpu, JobSpec::BootChange(plan)));
                }
                Ok((plan.title, planned))
            }
        }
    }

    /// One card is a job, several are a batch.
    pub(crate) async fn begin(
        &self,
        name: String,
        mut planned: Vec<Planned>,
        rules: &BatchRules,
    ) -> Result<Begun, AppError> {
        if planned.len() > 1 {
            let batch = self.add_batch(name, planned, rules.clone()).await?;
            return Ok(Begun::Batch(batch));
        }
        match planned.pop() {
            Some((dpu, spec)) => {
                let text = match &spec {
                    JobSpec::Deployment(plan) => {
                        format!("deploy {} to {}", plan.iso_name, dpu.name)
                    }
                    JobSpec::BootChange(plan) => format!("{} {}", plan.change.name(), dpu.name),
                    JobSpec::IsoBuild(_) | JobSpec::ImageBuild(_) | JobSpec::Marvell(_) => name,
                };
                Ok(Begun::Job(self.submit(&dpu, spec, &text).await?))
            }
            None => Err(AppError::invalid("no card was chosen")),
        }
    }

    async fn add_batch(
        &self,
        name: String,
        planned: Vec<Planned>,
        rules: BatchRules,
    ) -> Result<BatchId, AppError> {
        rules
            .check()
            .map_err(|error| AppError::from_chain(ErrorCode::Invalid, &error))?;
        for (position, (dpu, _)) in planned.iter().enumerate() {
            if planned[..position]
                .iter()
                .any(|(other, _)| other.id == dpu.id)
            {
                return Err(AppError::invalid(format!("{} is named twice", dpu.name)));
            }
        }
        let batch = Batch::new(name, rules, self.now());
        let cards: Vec<NewBatchCard> = planned
            .into_iter()
            .map(|(dpu, spec)| NewBatchCard { dpu: dpu.id, spec })
            .collect();
        self.store().add_batch(&batch, &cards).await?;
        self.batch_changed(&batch.id);
        Ok(batch.id)
    }

    fn batch_changed(&self, id: &BatchId) {
        self.changed(ChangeTag::Batch, Some(id.to_string()));
        self.look_at_batches();
        self.inner.wake.notify_one();
    }

    /// Something happened that a batch may wait for.
    pub(crate) fn look_at_batches(&self) {
        let due = &self.inner.batches_due;
        due.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Start no more cards; what runs goes on.
    ///
    /// # Errors
    /// Refused with the reason.
    pub async fn pause_batch(&self, id: &BatchId) -> Result<(), AppError> {
        self.ask_batch(id, BatchAction::Pause).await
    }

    /// Go on, also after it stopped because of failures; they are counted anew from here.
    ///
    /// # Errors
    /// Refused with the reason.
    pub async fn resume_batch(&self, id: &BatchId) -> Result<(), AppError> {
        self.ask_batch(id, BatchAction::Resume).await
    }

    /// Asks the jobs of a batch to stop, and starts nothing more. What a job left behind is in the
    /// batch's view when the job has ended.
    ///
    /// # Errors
    /// Refused with the reason.
    pub async fn cancel_batch(&self, id: &BatchId) -> Result<(), AppError> {
        self.ask_batch(id, BatchAction::Cancel).await?;
        // Starts nothing, so any process may: the jobs are asked now.
        let batch = self.store().batch(id).await?;
        self.move_batch(batch).await
    }

    /// Gives every card that did not succeed a new job, when its turn comes.
    ///
    /// # Errors
    /// Refused with the reason.
    pub async fn retry_batch(&self, id: &BatchId) -> Result<(), AppError> {
        self.ask_batch(id, BatchAction::Retry).await
    }

    async fn ask_batch(&self, id: &BatchId, action: BatchAction) -> Result<(), AppError> {
        for _ in 0..TRIES {
            let mut batch = self.store().batch(id).await?;
            let cards = self.store().batch_cards(id).await?;
            if let Some(why) = action.why_not(&batch, &cards) {
                let verb = match action {
                    BatchAction::Pause => "paused",
                    BatchAction::Resume => "resumed",
                    BatchAction::Cancel => "cancelled",
                    BatchAction::Retry => "tried again",
                };
                let message = format!("this batch can't be {verb}: {why}");
                return Err(AppError::refused(message)
                    .hint(format!("see `slipctl batch show {}`", id.short())));
            }
            let now = self.now();
            let (state, moved) = action.leads_to(&batch, &cards, now);
            if !batch.become_state(state, now) {
                return Err(illegal(&batch));
            }
            if self.store().save_batch(&batch, &moved).await?.is_some() {
                self.batch_changed(id);
                return Ok(());
            }
        }
        Err(AppError::new(
            ErrorCode::Other,
            "the batch moves faster than it can be asked; try again",
        ))
    }

    /// Moves every batch that is not over: to be called by whoever runs the jobs.
    pub(crate) async fn move_batches(&self) -> Result<(), AppError> {
        for batch in self.store().active_batches().await? {
            let id = batch.id.clone();
            // One that can't be read (another version wrote it) must not keep the others, and the
            // jobs, from running. A database that is broken is found by the next question.
            if let Err(error) = self.move_batch(batch).await {
                let causes = error.causes.join(": ");
                tracing::error!(batch = %id, %error, causes, "a batch could not be moved");
            }
        }
        Ok(())
    }

    /// Looks at the jobs of a batch, and does what follows. After a kill at any point the next call
    /// goes on from what is written.
    async fn move_batch(&self, mut batch: Batch) -> Result<(), AppError> {
        let cards = self.store().batch_cards(&batch.id).await?;
        let decision = decide(&batch, &cards, self.now());
        if decision.changes() {
            if let Some(state) = decision.state.clone()
                && !batch.become_state(state, self.now())
            {
                return Err(illegal(&batch));
            }
            match self.store().save_batch(&batch, &decision.moved).await? {
                Some(version) => batch.version = version,
                // Somebody paused or cancelled it meanwhile: it comes up again as it is stored.
                None => return Ok(()),
            }
            self.changed(ChangeTag::Batch, Some(batch.id.to_string()));
        }
        for job in &decision.cancel {
            self.store().request_cancel(job, self.now()).await?;
            self.changed(ChangeTag::Job, Some(job.to_string()));
            self.inner.wake.notify_one();
        }
        for dpu in &decision.start {
            let again = cards
                .iter()
                .any(|card| card.dpu == *dpu && !card.earlier.is_empty());
            if !self.start_card(&mut batch, dpu, again).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// False where the batch was moved by somebody else meanwhile.
    async fn start_card(
        &self,
        batch: &mut Batch,
        id: &DpuId,
        again: bool,
    ) -> Result<bool, AppError> {
        let mut spec = self.store().batch_spec(&batch.id, id).await?;
        if let JobSpec::BootChange(plan) = &mut spec
            && again
        {
            // What was booted when the first one was planned may not be what is booted now.
            plan.expected_booted = None;
        }
        let job = Job::new(id.clone(), spec, self.now());
        let text = format!("batch {}: {}", batch.id.short(), batch.name);
        match self.store().start_batch_card(batch, &job, &text).await? {
            CardStart::Started { version } => {
                batch.version = version;
                self.changed(ChangeTag::Batch, Some(batch.id.to_string()));
                self.submitted(&job).await;
                Ok(true)
            }
            // It waits its turn; the batch's view names the job.
            CardStart::Busy(_) => Ok(true),
            CardStart::Stale => Ok(false),
        }
    }

    /// The jobs of a batch so far.
    ///
    /// # Errors
    /// The database.
    pub async fn batch_job_ids(&self, id: &BatchId) -> Result<Vec<JobId>, AppError> {
        let cards = self.store().batch_cards(id).await?;
        Ok(cards
            .into_iter()
            .filter_map(|card| card.state.job().cloned())
            .collect())
    }
}

fn boot_changes(request: &BatchChange) -> impl Iterator<Item = BootChangeRequest> {
    request.cards.iter().map(|card| BootChangeRequest {
        dpu: card.dpu.clone(),
        change: request.change.clone(),
        expected_booted: card.expected_booted.clone(),
    })
}

fn illegal(batch: &Batch) -> AppError {
    let state = batch.state.name();
    tracing::error!(batch = %batch.id, state, "a batch was to make a move that its table forbids");
    AppError::new(
        ErrorCode::Other,
        format!("a bug: a batch that is `{state}` can't go there"),
    )
}
