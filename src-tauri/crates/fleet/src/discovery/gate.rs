//! Keeps a wrong password from being tried on many machines: behind many BMCs stands one
//! directory, and it locks the account.
//!
//! Until a profile was let in somewhere, no more of its logins are under way than may still be
//! refused. Each login that succeeds lets two more go at the same time. After the last allowed
//! refusal no login of that profile begins; those under way end.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use slipway_core::ids::CredentialId;
use tokio::sync::Notify;

#[derive(Default)]
struct Tally {
    under_way: u32,
    refused: u32,
    accepted: u32,
}

/// One discovery's profiles.
pub(super) struct Gate {
    most_refusals: u32,
    tallies: Mutex<HashMap<CredentialId, Tally>>,
    moved: Notify,
}

/// How a login ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Accepted,
    Refused,
    /// No answer to the question.
    Otherwise,
}

enum Turn {
    Go,
    Wait,
    Closed,
}

impl Gate {
    pub fn new(most_refusals: u32) -> Self {
        Self {
            most_refusals: most_refusals.max(1),
            tallies: Mutex::default(),
            moved: Notify::new(),
        }
    }

    /// Waits for the turn of one login; `false`: the profile was refused too often.
    pub async fn enter(&self, profile: &CredentialId) -> bool {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            // Registered before the look, so that no move in between is missed.
            moved.as_mut().enable();
            match self.turn(profile) {
                Turn::Go => return true,
                Turn::Closed => return false,
                Turn::Wait => moved.await,
            }
        }
    }

    fn turn(&self, profile: &CredentialId) -> Turn {
        let mut all = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = all.entry(profile.clone()).or_default();
        if tally.refused >= self.most_refusals {
            return Turn::Closed;
        }
        let earned = tally.accepted.saturating_mul(2);
        if tally.under_way + tally.refused < self.most_refusals.saturating_add(earned) {
            tally.under_way += 1;
            return Turn::Go;
        }
        Turn::Wait
    }

    pub fn leave(&self, profile: &CredentialId, ended: Ended) {
        let mut all = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = all.entry(profile.clone()).or_default();
        tally.under_way = tally.under_way.saturating_sub(1);
        match ended {
            Ended::Accepted => tally.accepted += 1,
            Ended::Refused => tally.refused += 1,
            Ended::Otherwise => {}
        }
        drop(all);
        self.moved.notify_waiters();
    }

    /// A person wants to try a profile again.
    pub fn reopen(&self, profile: &CredentialId) {
        let mut all = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(profile);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;

    async fn enters(gate: &Gate, profile: &CredentialId) -> Option<bool> {
        tokio::time::timeout(Duration::from_millis(20), gate.enter(profile))
            .await
            .ok()
    }

    #[tokio::test]
    async fn a_wrong_password_is_not_tried_on_more_than_three() {
        let (gate, profile) = (Gate::new(3), CredentialId::new());
        for _ in 0..3 {
            assert_eq!(enters(&gate, &profile).await, Some(true));
        }
        assert_eq!(enters(&gate, &profile).await, None, "the fourth waits");
        for _ in 0..3 {
            gate.leave(&profile, Ended::Refused);
        }
        assert_eq!(enters(&gate, &profile).await, Some(false));
        assert_eq!(enters(&gate, &CredentialId::new()).await, Some(true));
        gate.reopen(&profile);
        assert_eq!(enters(&gate, &profile).await, Some(true));
    }

    #[tokio::test]
    async fn a_right_password_opens_the_gate() {
        let (gate, profile) = (Gate::new(1), CredentialId::new());
        assert_eq!(enters(&gate, &profile).await, Some(true));
        assert_eq!(enters(&gate, &profile).await, None);
        gate.leave(&profile, Ended::Accepted);
        for _ in 0..3 {
            assert_eq!(enters(&gate, &profile).await, Some(true));
        }
        assert_eq!(enters(&gate, &profile).await, None);
    }

    #[tokio::test]
    async fn who_waits_goes_when_another_has_left() {
        let (gate, profile) = (Arc::new(Gate::new(1)), CredentialId::new());
        assert!(gate.enter(&profile).await);
        let waiting = tokio::spawn({
            let (gate, profile) = (gate.clone(), profile.clone());
            async move { gate.enter(&profile).await }
        });
        gate.leave(&profile, Ended::Otherwise);
        assert!(waiting.await.expect("it ends"));
    }
}
