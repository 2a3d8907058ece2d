//! Discovery: asks every address of a list what it is, and adds the chosen ones.
//!
//! It lives in this process's memory: nothing of it is stored but the pins that a person accepted
//! and what is added in the end. No credential is sent before a certificate was accepted, each
//! address is asked once by one profile, and a profile that is refused too often is not tried on
//! the others ([`gate`]).

mod add;
mod gate;
mod probe;
mod row;
mod run;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use slipway_core::{
    discovery::{AddressList, LineProblem},
    ids::{CredentialId, DiscoveryId},
    time::Timestamp,
};
use tokio_util::sync::CancellationToken;

use crate::{AppError, views::DiscoveryStage};
use gate::Gate;
use row::Row;

/// The discoveries of this process.
#[derive(Default)]
pub(crate) struct Discoveries {
    all: Mutex<HashMap<DiscoveryId, Arc<Discovery>>>,
}

/// Finished ones that are kept: a page that was left can be opened again.
const KEPT: usize = 8;

impl Discoveries {
    fn keep(&self, discovery: Arc<Discovery>) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ended: Vec<(Timestamp, DiscoveryId)> = all
            .values()
            .filter(|old| old.stage() != DiscoveryStage::Running)
            .map(|old| (old.started_at, old.id.clone()))
            .collect();
        ended.sort();
        for (_, id) in ended.iter().rev().skip(KEPT - 1) {
            all.remove(id);
        }
        all.insert(discovery.id.clone(), discovery);
    }

    fn get(&self, id: &DiscoveryId) -> Result<Arc<Discovery>, AppError> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(id).cloned().ok_or_else(|| {
            AppError::not_found("this discovery is over").hint("start it again with the same list")
        })
    }
}

/// One list and how far it is.
struct Discovery {
    pub id: DiscoveryId,
    pub started_at: Timestamp,
    pub problems: Vec<LineProblem>,
    pub profiles: Vec<CredentialId>,
    pub trust_on_first_use: bool,
    pub gate: Gate,
    pub stop: CancellationToken,
    rows: Mutex<Vec<Row>>,
    /// Runs that are under way: the first, and those after a person's word.
    running: std::sync::atomic::AtomicUsize,
}

impl Discovery {
    fn new(
        list: AddressList,
        profiles: Vec<CredentialId>,
        trust_on_first_use: bool,
        most_refusals: u32,
        now: Timestamp,
    ) -> Self {
        let rows = list.candidates.into_iter().map(Row::new).collect();
        Self {
            id: DiscoveryId::new(),
            started_at: now,
            problems: list.problems,
            profiles,
            trust_on_first_use,
            gate: Gate::new(most_refusals),
            stop: CancellationToken::new(),
            rows: Mutex::new(rows),
            running: std::sync::atomic::AtomicUsize::new(0),
        }
    }

    fn rows(&self) -> std::sync::MutexGuard<'_, Vec<Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn row(&self, index: u32) -> Result<Row, AppError> {
        let rows = self.rows();
        let row = usize::try_from(index).ok().and_then(|at| rows.get(at));
        row.cloned()
            .ok_or_else(|| AppError::not_found(format!("the list has no row {index}")))
    }

    fn change(&self, index: u32, change: impl FnOnce(&mut Row)) {
        if let Ok(at) = usize::try_from(index)
            && let Some(row) = self.rows().get_mut(at)
        {
            change(row);
        }
    }

    fn stage(&self) -> DiscoveryStage {
        let running = self.running.load(std::sync::atomic::Ordering::Acquire);
        if running > 0 {
            DiscoveryStage::Running
        } else if self.stop.is_cancelled() {
            DiscoveryStage::Cancelled
        } else {
            DiscoveryStage::Done
        }
    }
}
