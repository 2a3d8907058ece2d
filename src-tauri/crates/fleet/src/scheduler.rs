//! The looks at intervals: every BMC has its own next look, spread by jitter, and a failing one is
//! asked less and less. What only a person can mend is not asked again until they did.

use futures::StreamExt;
use slipway_core::{bmc::BmcFacts, time::Timestamp};
use slipway_store::BmcRow;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use crate::{AppError, ChangeTag, Fleet};

/// The longest pause between two looks at the queue.
const PAUSE: Duration = Duration::from_secs(1);
/// BMCs taken from the queue at a time.
const WAVE: u32 = 256;

impl Fleet {
    /// Looks at all cards and BMCs as their next looks come, until cancelled.
    pub async fn keep_looking(&self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                looked = self.look_at_due() => match looked {
                    Ok(0) => {}
                    // There may be more than a wave.
                    Ok(_) => continue,
                    Err(error) => tracing::warn!(%error, "looking at cards and BMCs"),
                },
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.inner.look.notified() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Looks at every BMC whose time has come, a bounded number at a time; answers with how many
    /// there were. Cards are looked at as a whole: IMC, ACC and registry.
    ///
    /// # Errors
    /// The database.
    pub async fn look_at_due(&self) -> Result<u32, AppError> {
        let due = self.store().bmcs_due(self.now(), WAVE).await?;
        let count = u32::try_from(due.len()).unwrap_or(WAVE);
        futures::stream::iter(due)
            .for_each_concurrent(self.inner.config.concurrency, |row| self.look_when_due(row))
            .await;
        Ok(count)
    }

    async fn look_when_due(&self, row: BmcRow) {
        let BmcRow { bmc, facts } = row;
        if facts.waits_for_a_person() || self.inner.links.is_refused(bmc.id.as_str()) {
            // It costs nothing to come by again; nothing is sent.
            self.postpone(&bmc.id, &facts, self.now()).await;
            return;
        }
        self.look_at_bmc(&bmc, &facts).await;
        if let Some(dpu) = &bmc.dpu {
            // In short, with its ACC and its registry.
            if let Err(error) = self.refresh_dpu(dpu).await {
                tracing::warn!(card = %bmc.name, %error, "a card could not be looked at");
            }
            self.changed(ChangeTag::Dpu, Some(dpu.to_string()));
        }
    }

    async fn postpone(&self, id: &slipway_core::ids::BmcId, facts: &BmcFacts, now: Timestamp) {
        let policy = self.look_policy().await.unwrap_or_default();
        let next = policy.next_look(now, facts.failures, crate::bmcs::random());
        self.change_bmc_facts(id, |facts| facts.next_look = Some(next))
            .await;
    }
}
