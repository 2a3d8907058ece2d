//! BMCs as they are listed and shown.

use std::collections::HashMap;

use slipway_core::{
    bmc::{BmcFacts, KnownBmc, LookPolicy, PairedBy, Pairing},
    failure::FailureKind,
    ids::{BmcId, DpuId},
    inventory::BmcKind,
    time::Timestamp,
};

use super::actions::actions;
use crate::{
    AppError, Fleet,
    cards::is_peer_of,
    views::{BmcPage, BmcQuery, BmcRow, BmcState, BmcView, PairedCard, PairingView, PinView},
};

impl Fleet {
    /// One page of the BMCs.
    ///
    /// # Errors
    /// The database.
    pub async fn bmcs(&self, query: &BmcQuery) -> Result<BmcPage, AppError> {
        let wanted = slipway_store::BmcQuery {
            search: query.search.clone(),
            with_imcs: query.with_imcs,
            offset: query.offset,
            limit: match query.limit {
                0 => 100,
                limit => limit.min(500),
            },
        };
        let (rows, total) = self.store().bmcs(&wanted).await?;
        let names = self.store().dpu_names().await?;
        let mut cards: HashMap<BmcId, Vec<Pairing>> = HashMap::new();
        for pairing in self.store().pairings().await? {
            cards.entry(pairing.host.clone()).or_default().push(pairing);
        }
        let policy = self.look_policy().await?;
        let rows = rows
            .into_iter()
            .map(|row| {
                let paired = cards.remove(&row.bmc.id).unwrap_or_default();
                let paired = paired_cards(paired, &names);
                row_view(row.bmc, row.facts, paired, &policy, self.now())
            })
            .collect();
        Ok(BmcPage { rows, total })
    }

    /// By id, by name or by address: what people type. A card's name means its IMC.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`].
    pub async fn find_bmc(&self, text: &str) -> Result<KnownBmc, AppError> {
        if let Ok(id) = text.parse::<BmcId>()
            && let Ok(row) = self.store().bmc(&id).await
        {
            return Ok(row.bmc);
        }
        self.store().bmc_named(text).await?.ok_or_else(|| {
            AppError::not_found(format!("there is no card or BMC `{text}`"))
                .hint("`slipctl bmc list --all` shows all of them")
        })
    }

    /// Everything about one BMC, as last seen.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`], the database.
    pub async fn bmc(&self, id: &BmcId) -> Result<BmcView, AppError> {
        let slipway_store::BmcRow { bmc, facts } = self.store().bmc(id).await?;
        let stored = self.store().inventory(id).await?;
        let names = self.store().dpu_names().await?;
        let paired = (self.store().pairings().await?.into_iter())
            .filter(|pairing| pairing.host == *id)
            .collect();
        let policy = self.look_policy().await?;
        let dpu = match &bmc.dpu {
            Some(dpu) => Some(self.store().dpu(dpu).await?),
            None => None,
        };
        let pins: Vec<PinView> = (self.pins().await?.into_iter())
            .filter(|pin| match &dpu {
                Some(dpu) => is_peer_of(dpu, &pin.peer),
                None => pin.peer == bmc.address.to_string(),
            })
            .collect();
        let login = match (&dpu, &bmc.credential) {
            (Some(dpu), _) => Some(self.login_view(&dpu.imc_credential).await?),
            (None, Some(credential)) => Some(self.login_view(credential).await?),
            (None, None) => None,
        };
        let (inventory, read_at) = match stored {
            Some((inventory, read_at)) => (Some(inventory), Some(read_at)),
            None => (None, None),
        };
        let why_not = self.why_not_act(&bmc, &facts).await?;
        Ok(BmcView {
            actions: actions(&bmc.kind, inventory.as_ref(), why_not.as_deref()),
            inventory,
            read_at,
            stale: policy.is_stale(&facts, self.now()),
            silent: facts.silent.clone(),
            failures: facts.failures,
            next_look: facts.next_look.filter(|_| !facts.waits_for_a_person()),
            pins,
            login: login.as_ref().map(|l| l.text.clone()).unwrap_or_default(),
            profile: login.and_then(|login| login.profile),
            pairing: match &bmc.dpu {
                Some(dpu) => self.pairing_view(dpu).await?,
                None => None,
            },
            added_at: bmc.added_at,
            why_not_remove: (bmc.dpu.as_ref())
                .map(|_| "it is a card's IMC: remove the card".to_owned()),
            row: row_view(
                bmc,
                facts,
                paired_cards(paired, &names),
                &policy,
                self.now(),
            ),
        })
    }

    /// The server that a card is in, as people read it.
    pub(crate) async fn pairing_view(&self, dpu: &DpuId) -> Result<Option<PairingView>, AppError> {
        let Some(pairing) = self.store().pairing(dpu).await? else {
            return Ok(None);
        };
        Ok(Some(PairingView {
            host_name: self.store().bmc(&pairing.host).await?.bmc.name,
            because: because(&pairing.by),
            host: pairing.host,
            by: pairing.by,
            since: pairing.since,
        }))
    }
}

pub(crate) fn because(by: &PairedBy) -> String {
    match by {
        PairedBy::SerialNumber { serial_number } => {
            format!("the host lists a device with the card's serial number {serial_number}")
        }
        PairedBy::Mac { mac } => format!("the host lists an adapter with the card's MAC {mac}"),
        PairedBy::Hand => "somebody said so".to_owned(),
        PairedBy::ClusterYaml => "a cluster.yaml says so".to_owned(),
    }
}

fn paired_cards(all: Vec<Pairing>, names: &HashMap<DpuId, String>) -> Vec<PairedCard> {
    let mut cards: Vec<PairedCard> = all
        .into_iter()
        .filter_map(|pairing| {
            Some(PairedCard {
                name: names.get(&pairing.dpu)?.clone(),
                dpu: pairing.dpu,
                by: pairing.by,
            })
        })
        .collect();
    cards.sort_by(|a, b| a.name.cmp(&b.name));
    cards
}

/// What people call it.
pub(crate) fn kind_text(kind: &BmcKind) -> String {
    let both = |a: &Option<String>, b: &Option<String>| {
        let words: Vec<&str> = [a, b].into_iter().filter_map(|w| w.as_deref()).collect();
        words.join(" ")
    };
    match kind {
        BmcKind::IntelImc => "Intel IPU's IMC".to_owned(),
        BmcKind::Server { vendor, product } => match both(vendor, product) {
            words if words.is_empty() => "Server's BMC".to_owned(),
            words => words,
        },
        BmcKind::BlueField { product } => match product {
            Some(product) => format!("BlueField BMC ({product})"),
            None => "BlueField BMC".to_owned(),
        },
        BmcKind::Unknown => "Redfish service".to_owned(),
    }
}

fn row_view(
    bmc: KnownBmc,
    facts: BmcFacts,
    cards: Vec<PairedCard>,
    policy: &LookPolicy,
    now: Timestamp,
) -> BmcRow {
    let (state, reason) = state(&facts, policy, now);
    BmcRow {
        kind_text: kind_text(&bmc.kind),
        id: bmc.id,
        name: bmc.name,
        address: bmc.address,
        kind: bmc.kind,
        state,
        reason,
        dpu: bmc.dpu,
        cards,
        health: facts.health,
        firmware: facts.firmware,
        model: facts.model,
        serial_number: facts.serial_number,
        power: facts.power,
        seen: facts.seen,
        labels: bmc.labels,
    }
}

/// The worst that can be said of it, and why.
fn state(facts: &BmcFacts, policy: &LookPolicy, now: Timestamp) -> (BmcState, String) {
    if let Some(silent) = &facts.silent {
        let state = match facts.trouble {
            Some(FailureKind::TrustChanged | FailureKind::TrustUnknown) => BmcState::Untrusted,
            Some(FailureKind::Authentication) => BmcState::Refused,
            Some(_) | None => BmcState::Unreachable,
        };
        return (state, silent.reason.clone());
    }
    if facts.seen.is_none() {
        return (BmcState::Unknown, "never asked".to_owned());
    }
    if policy.is_stale(facts, now) {
        return (BmcState::Stale, "nobody has looked for a while".to_owned());
    }
    let word = (facts.health.rollup.as_deref()).or(facts.health.health.as_deref());
    match word {
        Some("OK") | None => (BmcState::Healthy, "it answers".to_owned()),
        Some(word) => {
            let reason = match facts.health.reasons.first() {
                Some(reason) => format!("{word}: {reason}"),
                None => word.to_owned(),
            };
            (BmcState::Degraded, reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use slipway_core::{dpu::Silence, inventory::Health};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn the_worst_is_said_first() {
        let policy = LookPolicy::default();
        let mut facts = BmcFacts::default();
        let word = |facts: &BmcFacts, now| state(facts, &policy, at(now)).0;
        assert_eq!(word(&facts, 0), BmcState::Unknown);
        facts.seen = Some(at(0));
        assert_eq!(word(&facts, 1), BmcState::Healthy);
        facts.health = Health {
            rollup: Some("Critical".into()),
            reasons: vec!["PSU 2 failed".into()],
            ..Health::default()
        };
        assert_eq!(state(&facts, &policy, at(1)).1, "Critical: PSU 2 failed");
        assert_eq!(word(&facts, 100_000), BmcState::Stale);
        facts.silent = Some(Silence {
            since: at(1),
            reason: "no TCP connection".into(),
        });
        assert_eq!(word(&facts, 1), BmcState::Unreachable);
        facts.trouble = Some(FailureKind::Authentication);
        assert_eq!(word(&facts, 1), BmcState::Refused);
        facts.trouble = Some(FailureKind::TrustChanged);
        assert_eq!(word(&facts, 1), BmcState::Untrusted);
    }

    #[test]
    fn a_kind_is_called_by_what_it_says_of_itself() {
        let text = |vendor: Option<&str>, product: Option<&str>| {
            kind_text(&BmcKind::Server {
                vendor: vendor.map(str::to_owned),
                product: product.map(str::to_owned),
            })
        };
        assert_eq!(text(Some("Dell Inc."), Some("iDRAC")), "Dell Inc. iDRAC");
        assert_eq!(text(None, Some("iDRAC")), "iDRAC");
        assert_eq!(text(None, None), "Server's BMC");
    }
}
