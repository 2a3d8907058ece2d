//! Cards as they are listed and shown.

use slipway_core::{
    bmc::BmcFacts,
    dpu::{AccRoute, Dpu, DpuFacts, DpuJob, HeadlineState, JobOutcome, headline},
    ids::{BmcId, DpuId},
    job::{Job, JobFilter, JobStore, Subject, step_position},
};

use super::actions::{actions, deploy_again};
use crate::{
    AppError, Fleet,
    views::{DpuPage, DpuQuery, DpuRow, DpuView, PinView, StateCount},
};

impl Fleet {
    /// One page of the fleet.
    ///
    /// # Errors
    /// The database.
    pub async fn dpus(&self, query: &DpuQuery) -> Result<DpuPage, AppError> {
        let page = self.store().dpus_page(&store_query(query)).await?;
        Ok(DpuPage {
            rows: page
                .rows
                .into_iter()
                .map(|row| row_view(row.dpu, &row.facts, row.last_job.as_ref()))
                .collect(),
            total: page.total,
            counts: page
                .counts
                .into_iter()
                .map(|(state, count)| StateCount { state, count })
                .collect(),
        })
    }

    /// By id or by name: what people type.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`].
    pub async fn find_dpu(&self, text: &str) -> Result<Dpu, AppError> {
        if let Ok(id) = text.parse::<DpuId>()
            && let Ok(dpu) = self.store().dpu(&id).await
        {
            return Ok(dpu);
        }
        self.store().dpu_by_name(text).await?.ok_or_else(|| {
            AppError::not_found(format!("there is no card `{text}`"))
                .hint("`slipctl bmc list` shows all cards")
        })
    }

    /// Everything about one card, as last seen.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`], the database.
    pub async fn dpu(&self, id: &DpuId) -> Result<DpuView, AppError> {
        let dpu = self.store().dpu(id).await?;
        let facts = self.store().facts(id).await?;
        let jobs = self
            .store()
            .jobs(&JobFilter {
                subject: Some(Subject::Card(id.clone())),
                ..JobFilter::default()
            })
            .await?;
        let last = jobs.first();
        let pins: Vec<PinView> = (self.pins().await?.into_iter())
            .filter(|pin| is_peer_of(&dpu, &pin.peer))
            .collect();
        let logins = self.card_logins(&dpu).await?;
        let pairing = self.pairing_view(id).await?;
        let imc: BmcFacts = self.store().bmc(&BmcId::from(id)).await?.facts;
        let mut actions = actions(&facts, last);
        let deployed = (jobs.iter())
            .find_map(|job| Some((job.id.clone(), deploy_again(&job.spec, &actions)?)));
        let (last_deployment, again) = deployed.unzip();
        actions.extend(again);
        let names = std::iter::once((dpu.id.clone(), dpu.name.clone())).collect();
        let rows = jobs.iter().map(|job| self.job_row(job, &names)).collect();
        Ok(DpuView {
            row: row_view(dpu.clone(), &facts, last),
            identity: dpu.identity,
            imc_ssh: dpu.imc_ssh,
            acc: dpu.acc,
            bootc: facts.bootc,
            greenboot: facts.greenboot,
            hostname: facts.hostname,
            boot_id: facts.boot_id,
            acc_seen: facts.acc_seen,
            acc_silent: facts.acc_silent,
            imc_seen: facts.imc_seen,
            imc_silent: facts.imc_silent,
            wanted: facts.wanted,
            actions,
            pins,
            logins,
            pairing,
            inventory_read_at: imc.read_at,
            jobs: rows,
            last_deployment,
            added_at: dpu.added_at,
        })
    }
}

/// Whether a pin's peer is this card's IMC or ACC.
pub(crate) fn is_peer_of(dpu: &Dpu, peer: &str) -> bool {
    peer == dpu.imc_redfish.to_string()
        || peer == dpu.imc_ssh.to_string()
        || peer.starts_with(&format!("{}/", dpu.imc_ssh))
        || matches!(&dpu.acc, AccRoute::Direct(acc) if peer == acc.to_string())
}

fn store_query(query: &DpuQuery) -> slipway_store::DpuQuery {
    use crate::views::DpuSort as From;
    use slipway_store::DpuSort as To;
    slipway_store::DpuQuery {
        search: query.search.clone().filter(|text| !text.trim().is_empty()),
        states: query.states.clone(),
        sort: match query.sort {
            From::Name => To::Name,
            From::State => To::State,
            From::Host => To::Host,
            From::Version => To::Version,
            From::LastSeen => To::LastSeen,
        },
        descending: query.descending,
        offset: query.offset,
        limit: if query.limit == 0 {
            100
        } else {
            query.limit.min(500)
        },
    }
}

/// The last job as the headline needs it.
pub(crate) fn dpu_job(job: &Job) -> DpuJob {
    let (step_number, step_count) = step_position(job);
    let step = job
        .state
        .failure()
        .map_or_else(|| job.state.name().to_owned(), |f| f.step.clone());
    DpuJob {
        id: job.id.clone(),
        kind: job.kind_name().to_owned(),
        step,
        step_number,
        step_count,
        outcome: job.state.outcome(),
        seen: job.seen,
    }
}

pub(crate) fn row_view(dpu: Dpu, facts: &DpuFacts, last: Option<&Job>) -> DpuRow {
    let last_job = last.map(dpu_job);
    let booted = facts
        .bootc
        .as_ref()
        .and_then(|status| status.booted.as_ref());
    let running = last_job
        .as_ref()
        .filter(|job| job.outcome == JobOutcome::Running);
    DpuRow {
        headline: headline(facts, last_job.as_ref()),
        image: booted
            .and_then(|entry| entry.reference.as_deref())
            .and_then(|reference| reference.rsplit('/').next())
            .map(str::to_owned),
        version: booted.and_then(|entry| entry.version.clone()),
        digest: booted.and_then(|entry| entry.digest.clone()),
        available: facts.available.clone(),
        last_seen: facts.acc_seen.max(facts.imc_seen),
        job: running.map(|job| job.id.clone()),
        firmware: dpu
            .identity
            .firmware_release
            .clone()
            .or(dpu.identity.firmware.clone()),
        id: dpu.id,
        name: dpu.name,
        host: dpu.host,
        imc: dpu.imc_redfish,
        labels: dpu.labels,
    }
}

/// The words of the table in the order in which they need somebody.
pub(crate) fn needs_somebody(state: HeadlineState) -> bool {
    match state {
        HeadlineState::Failed
        | HeadlineState::Unreachable
        | HeadlineState::RolledBack
        | HeadlineState::Degraded
        | HeadlineState::Drifted => true,
        HeadlineState::Working
        | HeadlineState::Staged
        | HeadlineState::UpdateAvailable
        | HeadlineState::NotImageMode
        | HeadlineState::Unknown
        | HeadlineState::Current => false,
    }
}
