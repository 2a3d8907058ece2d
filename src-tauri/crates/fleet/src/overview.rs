//! What a manager opens once a week: one sentence, counts, and who needs somebody.

use slipway_core::{
    dpu::{HeadlineState, JobOutcome},
    job::{JobFilter, JobStore},
};

use crate::{
    AppError, Fleet,
    cards::{needs_somebody, row_view},
    deployments::counted,
    views::{Attention, ImageUse, Overview, StateCount},
};

impl Fleet {
    /// The whole fleet on one page.
    ///
    /// # Errors
    /// The database.
    pub async fn overview(&self) -> Result<Overview, AppError> {
        let by_state: Vec<StateCount> = self
            .store()
            .headline_counts()
            .await?
            .into_iter()
            .map(|(state, count)| StateCount { state, count })
            .collect();
        let sum = |wanted: &dyn Fn(HeadlineState) -> bool| -> u32 {
            by_state
                .iter()
                .filter(|c| wanted(c.state))
                .map(|c| c.count)
                .sum()
        };
        let total = sum(&|_| true);
        let current = sum(&|state| state == HeadlineState::Current);
        let need_you = sum(&needs_somebody);
        let query = slipway_store::DpuQuery {
            states: by_state
                .iter()
                .map(|c| c.state)
                .filter(|state| needs_somebody(*state))
                .collect(),
            sort: slipway_store::DpuSort::State,
            limit: 20,
            ..slipway_store::DpuQuery::default()
        };
        let attention = if query.states.is_empty() {
            vec![]
        } else {
            let page = self.store().dpus_page(&query).await?;
            page.rows
                .into_iter()
                .map(|row| {
                    let job = row.last_job.as_ref().map(|job| job.id.clone());
                    let shown = row_view(row.dpu, &row.facts, row.last_job.as_ref());
                    Attention {
                        dpu: shown.id,
                        name: shown.name,
                        next_action: next_action(shown.headline.state).to_owned(),
                        job: job.filter(|_| shown.headline.state == HeadlineState::Failed),
                        headline: shown.headline,
                    }
                })
                .collect()
        };
        let images = self
            .store()
            .images_in_use()
            .await?
            .into_iter()
            .map(|used| ImageUse {
                digest: used.digest,
                version: used.version,
                count: used.cards,
            })
            .collect();
        let names = self.store().dpu_names().await?;
        let jobs = self
            .store()
            .jobs(&JobFilter {
                limit: 50,
                ..JobFilter::default()
            })
            .await?;
        let row = |job| self.job_row(job, &names);
        let running = |job: &&slipway_core::job::Job| job.state.outcome() == JobOutcome::Running;
        Ok(Overview {
            total,
            current,
            need_you,
            sentence: sentence(total, current, need_you),
            by_state,
            attention,
            images,
            running: jobs.iter().filter(running).map(row).collect(),
            recent: jobs
                .iter()
                .filter(|job| !running(job))
                .take(5)
                .map(row)
                .collect(),
        })
    }
}

fn sentence(total: u32, current: u32, need_you: u32) -> String {
    let needs = match need_you {
        0 => "none needs you".to_owned(),
        1 => "1 needs you".to_owned(),
        n => format!("{n} need you"),
    };
    match total {
        0 => "No cards yet".to_owned(),
        _ => format!("{current} of {} current, {needs}", counted(total as usize)),
    }
}

fn next_action(state: HeadlineState) -> &'static str {
    match state {
        HeadlineState::Failed => "Read why its job failed",
        HeadlineState::Unreachable => "Check its power, cable and address",
        HeadlineState::RolledBack => "Find out why the newer image failed",
        HeadlineState::Degraded => "Look at its health checks",
        HeadlineState::Drifted => "Bring it back to the wanted image",
        HeadlineState::Staged => "Reboot it",
        HeadlineState::UpdateAvailable => "Upgrade it",
        HeadlineState::NotImageMode => "Deploy an image",
        HeadlineState::Unknown => "Look at it",
        HeadlineState::Working | HeadlineState::Current => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_counts_as_people_do() {
        assert_eq!(
            sentence(220, 214, 3),
            "214 of 220 cards current, 3 need you"
        );
        assert_eq!(sentence(1, 0, 1), "0 of 1 card current, 1 needs you");
        assert_eq!(sentence(0, 0, 0), "No cards yet");
    }
}
