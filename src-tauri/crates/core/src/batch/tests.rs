//! The decision, case by case, and what holds whatever happens.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn rules(at_once: u32, waves: &[u32], stop_after: u32) -> BatchRules {
    BatchRules {
        at_once,
        waves: Waves(waves.to_vec()),
        stop_after,
    }
}

/// A batch as the store would keep it: what is decided is written, and asked for again.
struct Rig {
    batch: Batch,
    cards: Vec<BatchCard>,
    /// Every submission, in order.
    submitted: Vec<DpuId>,
}

impl Rig {
    fn new(cards: usize, rules: BatchRules) -> Self {
        let cards = (0..cards)
            .map(|position| BatchCard {
                dpu: DpuId::new(),
                wave: rules.waves.wave_of(position),
                state: BatchCardState::Waiting,
                earlier: vec![],
                seen: Seen::default(),
            })
            .collect();
        Self {
            batch: Batch::new("Deploy".into(), rules, at(0)),
            cards,
            submitted: vec![],
        }
    }

    fn look(&mut self) -> Decision {
        let decision = decide(&self.batch, &self.cards, at(1));
        for moved in &decision.moved {
            let card = self.cards.iter_mut().find(|card| card.dpu == moved.dpu);
            *card.unwrap() = moved.clone();
        }
        if let Some(state) = &decision.state {
            assert!(self.batch.become_state(state.clone(), at(1)), "{state:?}");
        }
        for dpu in &decision.start {
            let card = self.cards.iter_mut().find(|card| card.dpu == *dpu).unwrap();
            assert_eq!(card.state, BatchCardState::Waiting);
            let job = JobId::new();
            card.state = BatchCardState::Running { job };
            card.seen.outcome = Some(JobOutcome::Running);
            self.submitted.push(dpu.clone());
        }
        decision
    }

    fn ask(&mut self, action: BatchAction) {
        assert_eq!(action.why_not(&self.batch, &self.cards), None, "{action:?}");
        let (state, moved) = action.leads_to(&self.batch, &self.cards, at(2));
        assert!(self.batch.become_state(state, at(2)));
        for moved in moved {
            let card = self.cards.iter_mut().find(|card| card.dpu == moved.dpu);
            *card.unwrap() = moved;
        }
    }

    fn running(&self) -> Vec<usize> {
        let runs = |card: &BatchCard| matches!(card.state, BatchCardState::Running { .. });
        (0..self.cards.len())
            .filter(|at| runs(&self.cards[*at]))
            .collect()
    }

    fn end(&mut self, card: usize, outcome: JobOutcome) {
        self.cards[card].seen.outcome = Some(outcome);
    }

    /// Everything that runs ends like this.
    fn end_all(&mut self, outcome: JobOutcome) {
        for card in self.running() {
            self.end(card, outcome);
        }
    }

    fn started(&mut self) -> Vec<usize> {
        let decision = self.look();
        let position = |dpu: &DpuId| self.cards.iter().position(|card| card.dpu == *dpu);
        decision.start.iter().filter_map(position).collect()
    }

    fn tally(&self) -> Tally {
        Tally::of(self.cards.iter().map(|card| &card.state))
    }
}

#[test]
fn a_canary_then_four_then_the_rest() {
    let mut rig = Rig::new(8, rules(8, &[1, 4], 2));
    assert_eq!(rig.started(), [0]);
    assert_eq!(rig.started(), [0; 0], "the canary has not ended");
    rig.end_all(JobOutcome::Succeeded);
    assert_eq!(rig.started(), [1, 2, 3, 4]);
    rig.end(1, JobOutcome::Succeeded);
    assert_eq!(rig.started(), [0; 0], "a wave ends whole");
    rig.end_all(JobOutcome::Succeeded);
    assert_eq!(rig.started(), [5, 6, 7]);
    rig.end_all(JobOutcome::Succeeded);
    rig.look();
    assert_eq!(rig.batch.state, BatchState::Ended);
    assert_eq!(rig.batch.ended_at, Some(at(1)));
    assert_eq!(rig.look(), Decision::default(), "and nothing more comes");
}

#[test]
fn a_free_place_is_taken_at_once() {
    let mut rig = Rig::new(4, rules(2, &[], 2));
    assert_eq!(rig.started(), [0, 1]);
    rig.end(0, JobOutcome::Succeeded);
    assert_eq!(rig.started(), [2]);
    assert_eq!(rig.started(), [0; 0]);
}

#[test]
fn a_busy_card_waits_its_turn_and_the_others_do_not_wait_for_it() {
    let mut rig = Rig::new(3, rules(2, &[], 2));
    rig.cards[0].seen.other_job = Some(JobId::new());
    assert_eq!(rig.started(), [1, 2]);
    rig.end_all(JobOutcome::Succeeded);
    assert_eq!(rig.started(), [0; 0]);
    assert_eq!(rig.batch.state, BatchState::Running { forgiven: 0 });
    rig.cards[0].seen.other_job = None;
    assert_eq!(rig.started(), [0]);
}

#[test]
fn two_failures_stop_it_and_a_person_lets_it_go_on() {
    let mut rig = Rig::new(6, rules(1, &[], 2));
    rig.look();
    rig.end_all(JobOutcome::Failed);
    assert_eq!(rig.started(), [1], "one failure is not two");
    rig.end_all(JobOutcome::Failed);
    assert_eq!(rig.started(), [0; 0]);
    let because = StopReason::Failures { count: 2 };
    assert_eq!(
        rig.batch.state,
        BatchState::Stopped {
            because,
            since: at(1)
        }
    );
    rig.ask(BatchAction::Resume);
    assert_eq!(rig.started(), [2], "these two were forgiven");
    rig.end_all(JobOutcome::Failed);
    assert_eq!(rig.started(), [3]);
    rig.end_all(JobOutcome::Failed);
    rig.look();
    assert_eq!(rig.batch.state.name(), "Stopped", "and two more stop it");
}

#[test]
fn a_canary_that_fails_stops_it_though_one_failure_is_allowed() {
    let mut rig = Rig::new(4, rules(4, &[1], 2));
    rig.look();
    rig.end_all(JobOutcome::Failed);
    assert_eq!(rig.started(), [0; 0]);
    let BatchState::Stopped { because, .. } = rig.batch.state else {
        panic!("{:?}", rig.batch.state)
    };
    assert_eq!(because, StopReason::WholeWave { wave: 0 });
    assert_eq!(because.text(), "no card of wave 1 succeeded");
    rig.ask(BatchAction::Resume);
    assert_eq!(rig.started(), [1, 2, 3]);
    rig.end(1, JobOutcome::Failed);
    assert_eq!(rig.started(), [0; 0]);
    assert_eq!(
        rig.batch.state.name(),
        "Running",
        "the canary is judged once"
    );
}

#[test]
fn failures_of_the_last_cards_end_it() {
    let mut rig = Rig::new(2, rules(2, &[], 2));
    rig.look();
    rig.end_all(JobOutcome::Failed);
    rig.look();
    assert_eq!(rig.batch.state, BatchState::Ended, "nothing is held back");
}

#[test]
fn a_job_that_a_person_cancelled_is_no_failure() {
    let mut rig = Rig::new(3, rules(1, &[1], 1));
    rig.look();
    rig.end_all(JobOutcome::Cancelled);
    assert_eq!(rig.started(), [1]);
}

#[test]
fn what_failed_is_tried_again_with_new_jobs() {
    let mut rig = Rig::new(3, rules(3, &[], 2));
    rig.look();
    rig.end(0, JobOutcome::Succeeded);
    rig.end(1, JobOutcome::Failed);
    rig.end(2, JobOutcome::Cancelled);
    rig.look();
    assert_eq!(rig.batch.state, BatchState::Ended);
    let first = rig.cards[1].state.job().cloned();
    rig.ask(BatchAction::Retry);
    assert_eq!(rig.batch.ended_at, None);
    assert_eq!(rig.started(), [1, 2]);
    assert_eq!(rig.cards[1].earlier, first.into_iter().collect::<Vec<_>>());
    rig.end_all(JobOutcome::Succeeded);
    rig.look();
    assert_eq!(rig.tally().succeeded, 3);
    let why = BatchAction::Retry.why_not(&rig.batch, &rig.cards);
    assert_eq!(why.as_deref(), Some("no card of it has failed"));
}

#[test]
fn a_pause_starts_nothing_and_lets_run_what_runs() {
    let mut rig = Rig::new(3, rules(1, &[], 2));
    rig.look();
    rig.ask(BatchAction::Pause);
    rig.end_all(JobOutcome::Succeeded);
    assert_eq!(rig.started(), [0; 0]);
    assert_eq!(rig.tally().succeeded, 1, "its end is still written");
    rig.ask(BatchAction::Resume);
    assert_eq!(rig.started(), [1]);
}

#[test]
fn a_cancel_stops_what_runs_and_names_what_never_started() {
    let mut rig = Rig::new(3, rules(1, &[], 2));
    rig.look();
    rig.ask(BatchAction::Cancel);
    let decision = rig.look();
    let job = rig.cards[0].state.job().unwrap().clone();
    assert_eq!(decision.cancel, [job]);
    rig.cards[0].seen.cancel_requested = true;
    assert_eq!(rig.look(), Decision::default(), "it is asked once");
    rig.end_all(JobOutcome::Cancelled);
    rig.look();
    assert_eq!(rig.batch.state, BatchState::Cancelled);
    assert_eq!(rig.tally().text(), "1 cancelled, 2 not started");
    for action in [BatchAction::Pause, BatchAction::Resume, BatchAction::Cancel] {
        let why = action.why_not(&rig.batch, &rig.cards);
        assert_eq!(why.as_deref(), Some("it is over"));
    }
}

#[test]
fn a_removed_card_is_named_and_the_batch_goes_on() {
    let mut rig = Rig::new(2, rules(1, &[], 1));
    rig.cards[0].seen.in_inventory = false;
    assert_eq!(rig.started(), [1]);
    let because = NotStarted::CardRemoved;
    assert_eq!(rig.cards[0].state, BatchCardState::NotStarted { because });
}

#[test]
fn waves_are_read_as_people_write_them() {
    for (text, sizes) in [
        ("1,4,rest", vec![1, 4]),
        ("1, 4", vec![1, 4]),
        ("rest", vec![]),
    ] {
        assert_eq!(text.parse(), Ok(Waves(sizes)), "{text}");
    }
    assert_eq!(Waves(vec![1, 4]).to_string(), "1,4,rest");
    assert_eq!("1,0".parse::<Waves>(), Err(InvalidRules::EmptyWave));
    for text in ["", "a", "rest,1", "1,,2", "-1"] {
        let read = text.parse::<Waves>();
        assert_eq!(read, Err(InvalidRules::NotWaves(text.into())));
    }
    assert_eq!(rules(0, &[], 1).check(), Err(InvalidRules::NoneAtOnce));
    assert_eq!(rules(1, &[], 0).check(), Err(InvalidRules::StopsAtNothing));
    assert_eq!(rules(1, &[2, 0], 1).check(), Err(InvalidRules::EmptyWave));
    assert_eq!(BatchRules::default().check(), Ok(()));
    let text = rules(8, &[1, 4], 2).text();
    assert_eq!(
        text,
        "8 at once; waves: 1, 4, the rest; stops after 2 failures"
    );
}

/// One thing that happens between two looks.
#[derive(Debug, Clone)]
enum Happens {
    Ends(prop::sample::Index, JobOutcome),
    BusyOrFree(prop::sample::Index),
    Removed(prop::sample::Index),
    Asked(BatchAction),
}

fn happens() -> impl Strategy<Value = Happens> {
    let outcome = prop_oneof![
        3 => Just(JobOutcome::Succeeded),
        2 => Just(JobOutcome::Failed),
        1 => Just(JobOutcome::Cancelled),
    ];
    prop_oneof![
        12 => (any::<prop::sample::Index>(), outcome).prop_map(|(at, how)| Happens::Ends(at, how)),
        2 => any::<prop::sample::Index>().prop_map(Happens::BusyOrFree),
        1 => any::<prop::sample::Index>().prop_map(Happens::Removed),
        2 => prop::sample::select(BatchAction::ALL.to_vec()).prop_map(Happens::Asked),
    ]
}

proptest! {
    /// Never more than the cap, never a card twice without a retry, never a wave before its turn,
    /// never a start once so many failed, and always an end.
    #[test]
    fn whatever_happens_the_rules_are_kept(
        cards in 1..24_usize,
        at_once in 1..6_u32,
        waves in prop::collection::vec(1..5_u32, 0..4),
        stop_after in 1..4_u32,
        story in prop::collection::vec(happens(), 0..80),
    ) {
        let mut rig = Rig::new(cards, rules(at_once, &waves, stop_after));
        let mut forgiven = 0;
        for event in story {
            match event {
                Happens::Ends(at, outcome) => {
                    let running = rig.running();
                    if !running.is_empty() {
                        rig.end(*at.get(&running), outcome);
                    }
                }
                Happens::BusyOrFree(at) => {
                    let seen = &mut rig.cards[at.index(cards)].seen;
                    let job = JobId::new();
                    seen.other_job = seen.other_job.take().map_or(Some(job), |_| None);
                }
                Happens::Removed(at) => rig.cards[at.index(cards)].seen.in_inventory = false,
                Happens::Asked(action) => {
                    if action.why_not(&rig.batch, &rig.cards).is_none() {
                        rig.ask(action);
                        match action {
                            BatchAction::Resume | BatchAction::Retry => forgiven = rig.tally().failed,
                            BatchAction::Pause | BatchAction::Cancel => {}
                        }
                    }
                }
            }
            let decision = rig.look();
            let tally = rig.tally();
            prop_assert!(tally.running <= at_once);
            prop_assert_eq!(tally.cards() as usize, cards);
            if !decision.start.is_empty() {
                prop_assert_eq!(rig.batch.state.name(), "Running");
                prop_assert!(tally.failed.saturating_sub(forgiven) < stop_after);
                let open: BTreeSet<u32> = rig.cards.iter()
                    .filter(|card| !card.state.is_done()).map(|card| card.wave).collect();
                for dpu in &decision.start {
                    let card = rig.cards.iter().find(|card| card.dpu == *dpu).unwrap();
                    prop_assert_eq!(Some(&card.wave), open.first());
                    prop_assert!(card.seen.other_job.is_none() && card.seen.in_inventory);
                }
            }
            prop_assert_eq!(rig.look().start, Vec::<DpuId>::new(), "asked twice, it starts nothing");
        }
        for card in &rig.cards {
            let tries = rig.submitted.iter().filter(|dpu| **dpu == card.dpu).count();
            let told = card.earlier.len() + usize::from(card.state.job().is_some());
            prop_assert_eq!(tries, told, "every job that was submitted is told");
        }
        // And from anywhere it comes to an end.
        for card in &mut rig.cards {
            card.seen.other_job = None;
        }
        for _ in 0..4 * cards + 4 {
            rig.end_all(JobOutcome::Succeeded);
            rig.look();
            if BatchAction::Resume.why_not(&rig.batch, &rig.cards).is_none() {
                rig.ask(BatchAction::Resume);
            }
        }
        prop_assert!(rig.batch.state.is_terminal(), "{:?} {:?}", rig.batch.state, rig.tally());
    }
}
