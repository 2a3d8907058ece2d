//! Starting, watching, going on with and stopping a discovery.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use futures::StreamExt;
use slipway_core::{
    discovery::{AddressList, parse_list},
    ids::DiscoveryId,
    inventory::BmcKind,
    trust::PinKind,
};

use super::{Discovery, row::Row};
use crate::{
    AppError, ChangeTag, Fleet,
    views::{
        DiscoveryAnswer, DiscoveryRequest, DiscoveryView, ProbeTrust, RetryDiscovered,
        TrustDiscovered,
    },
};

const MOST_REFUSALS: u32 = 3;

/// Addresses that are asked at once. Most of a subnet's do not answer, and each of these keeps its
/// place for the ten seconds of its time-out.
const AT_ONCE: usize = 128;

impl Fleet {
    /// What a list says, without asking any address.
    #[must_use]
    pub fn preview_discovery(&self, text: &str) -> AddressList {
        parse_list(text)
    }

    /// Starts asking every address of a list, in the background of this process.
    ///
    /// # Errors
    /// A list without an address; a profile that is not there.
    pub async fn start_discovery(
        &self,
        request: DiscoveryRequest,
    ) -> Result<DiscoveryId, AppError> {
        let list = parse_list(&request.text);
        if list.candidates.is_empty() {
            let mut error = AppError::invalid("there is no address in the list");
            for problem in list.problems.iter().take(5) {
                error = error.because(format!("line {}: {}", problem.line, problem.reason));
            }
            return Err(error);
        }
        for profile in &request.profiles {
            self.store().credential(profile).await?;
        }
        for name in list.candidates.iter().filter_map(|c| c.profile.as_deref()) {
            self.find_credential(name).await?;
        }
        let all: Vec<u32> = (0..u32::try_from(list.candidates.len()).unwrap_or(0)).collect();
        let discovery = Arc::new(Discovery::new(
            list,
            request.profiles,
            request.trust_on_first_use,
            request.most_refusals.unwrap_or(MOST_REFUSALS),
            self.now(),
        ));
        let id = discovery.id.clone();
        self.inner.discoveries.keep(discovery.clone());
        self.go_on(&discovery, all);
        Ok(id)
    }

    /// Asks these rows in the background, a bounded number at a time.
    fn go_on(&self, discovery: &Arc<Discovery>, rows: Vec<u32>) {
        for index in &rows {
            discovery.change(*index, |row| {
                row.answered(DiscoveryAnswer::Waiting, "being asked");
            });
        }
        discovery.running.fetch_add(1, Ordering::AcqRel);
        let (fleet, discovery) = (self.clone(), discovery.clone());
        tokio::spawn(async move {
            let id = discovery.id.to_string();
            let asking = futures::stream::iter(rows).for_each_concurrent(AT_ONCE, |index| {
                let (fleet, discovery, id) = (&fleet, &discovery, &id);
                async move {
                    fleet.ask(discovery, index).await;
                    fleet.changed(ChangeTag::Discovery, Some(id.clone()));
                }
            });
            tokio::select! {
                () = discovery.stop.cancelled() => {}
                () = asking => {}
            }
            discovery.running.fetch_sub(1, Ordering::AcqRel);
            fleet.changed(ChangeTag::Discovery, Some(id));
        });
    }

    /// How far a discovery is, and every row.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`]: it was of another process, or is long over.
    pub fn discovery(&self, id: &DiscoveryId) -> Result<DiscoveryView, AppError> {
        let discovery = self.inner.discoveries.get(id)?;
        let stage = discovery.stage();
        let rows = discovery.rows();
        let done = rows.iter().filter(|row| row.is_done()).count();
        Ok(DiscoveryView {
            id: discovery.id.clone(),
            stage,
            done: u32::try_from(done).unwrap_or(u32::MAX),
            total: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            sentence: sentence(&rows, done),
            rows: (0_u32..)
                .zip(rows.iter())
                .map(|(index, row)| row.view(index))
                .collect(),
            problems: discovery.problems.clone(),
            started_at: discovery.started_at,
        })
    }

    /// Stops asking. What was found stays, and can be added.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`].
    pub fn cancel_discovery(&self, id: &DiscoveryId) -> Result<(), AppError> {
        let discovery = self.inner.discoveries.get(id)?;
        discovery.stop.cancel();
        for row in discovery.rows().iter_mut().filter(|row| !row.is_done()) {
            row.sentence = "not asked: the discovery was stopped".to_owned();
        }
        self.changed(ChangeTag::Discovery, Some(id.to_string()));
        Ok(())
    }

    /// A person has compared what rows show and accepts it: both the certificate and, where one
    /// was shown, the SSH host key. A changed one is accepted too: the old one was shown beside it.
    ///
    /// # Errors
    /// The database.
    pub async fn trust_discovered(&self, trust: TrustDiscovered) -> Result<(), AppError> {
        let discovery = self.inner.discoveries.get(&trust.id)?;
        let because = "accepted in a discovery";
        for index in &trust.rows {
            let row = discovery.row(*index)?;
            for (kind, peer, shown) in [
                (PinKind::TlsCertificate, &row.redfish, &row.certificate),
                (PinKind::SshHostKey, &row.ssh, &row.host_key),
            ] {
                if let (
                    Some(peer),
                    Some(ProbeTrust::New { seen } | ProbeTrust::Changed { seen, .. }),
                ) = (peer, shown)
                {
                    self.accept(kind, peer.to_string(), seen.clone(), because)
                        .await?;
                }
            }
        }
        self.go_on(&discovery, trust.rows);
        Ok(())
    }

    /// Goes on with rows by another profile (or the same, after it was corrected).
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`].
    pub async fn retry_discovered(&self, retry: RetryDiscovered) -> Result<(), AppError> {
        let discovery = self.inner.discoveries.get(&retry.id)?;
        self.store().credential(&retry.profile).await?;
        discovery.gate.reopen(&retry.profile);
        for index in &retry.rows {
            discovery.row(*index)?;
            discovery.change(*index, |row| row.profile = Some(retry.profile.clone()));
        }
        self.go_on(&discovery, retry.rows);
        Ok(())
    }
}

/// "41 of 120 asked: 30 Intel IPUs, 2 servers; 4 wait for your trust".
fn sentence(rows: &[Row], done: usize) -> String {
    let mut found: BTreeMap<&str, u32> = BTreeMap::new();
    let mut waits: BTreeMap<&str, u32> = BTreeMap::new();
    for row in rows {
        match &row.answer {
            DiscoveryAnswer::Found { kind } => {
                let word = match kind {
                    BmcKind::IntelImc => "Intel IPU",
                    BmcKind::Server { .. } => "server",
                    BmcKind::BlueField { .. } => "BlueField",
                    BmcKind::Unknown => "other Redfish service",
                };
                *found.entry(word).or_default() += 1;
            }
            DiscoveryAnswer::UntrustedCertificate | DiscoveryAnswer::ChangedCertificate => {
                *waits.entry("for your trust").or_default() += 1;
            }
            DiscoveryAnswer::WrongCredentials { .. }
            | DiscoveryAnswer::NeedsCredential { .. }
            | DiscoveryAnswer::HeldBack { .. } => {
                *waits.entry("for a credential").or_default() += 1;
            }
            DiscoveryAnswer::Waiting
            | DiscoveryAnswer::ImcWithoutRedfish { .. }
            | DiscoveryAnswer::NoRedfish
            | DiscoveryAnswer::Unreachable { .. } => {}
        }
    }
    let mut text = format!("{done} of {} asked", rows.len());
    let list = |all: &BTreeMap<&str, u32>, word: fn(&str, u32) -> String| {
        let parts: Vec<String> = all.iter().map(|(what, count)| word(what, *count)).collect();
        parts.join(", ")
    };
    if !found.is_empty() {
        text += ": ";
        text += &list(&found, |what, count| {
            let plural = if count == 1 { "" } else { "s" };
            format!("{count} {what}{plural}")
        });
    }
    if !waits.is_empty() {
        text += "; ";
        text += &list(&waits, |what, count| {
            let verb = if count == 1 { "waits" } else { "wait" };
            format!("{count} {verb} {what}")
        });
    }
    text
}
