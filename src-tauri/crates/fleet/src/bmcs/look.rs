//! Looking at a Redfish service: in short at intervals, all of it now and then and on demand.

use std::sync::Arc;

use slipway_core::{
    address::Address,
    bmc::{BmcFacts, KnownBmc, LookPolicy, marks_of_card, marks_of_host},
    dpu::{ImcIdentity, Silence},
    failure::StepError,
    ids::BmcId,
    inventory::{BmcKind, Health},
    ports::{Bmc, BmcError, Controller, Crawl},
    trust::PinKind,
};
use slipway_redfish::{Accepted, RedfishClient};
use slipway_store::MarkSide;

use crate::{AppError, ChangeTag, Fleet, access::local, trust::VOUCHED, views::BmcView};

const LOOKS: &str = "desk.looks";

impl Fleet {
    /// How often BMCs are looked at.
    ///
    /// # Errors
    /// The database.
    pub async fn look_policy(&self) -> Result<LookPolicy, AppError> {
        let kept = self.store().setting::<LookPolicy>(LOOKS).await?;
        Ok(kept.unwrap_or(self.inner.config.looks))
    }

    /// # Errors
    /// A policy that would never look; the database.
    pub async fn set_look_policy(&self, policy: LookPolicy) -> Result<(), AppError> {
        if policy.every_seconds < 5 || policy.crawl_seconds < policy.every_seconds {
            return Err(AppError::invalid(
                "look every 5 seconds at most, and read all of it no more often than that",
            ));
        }
        self.store().set_setting(LOOKS, &policy).await?;
        self.changed(ChangeTag::Bmc, None);
        Ok(())
    }

    /// Reads all of a BMC now, whatever its next look is. This is also how a person says "try
    /// again" after a refusal.
    ///
    /// # Errors
    /// What the BMC answered instead, after it was kept as a fact about it.
    pub async fn refresh_bmc(&self, id: &BmcId) -> Result<BmcView, AppError> {
        let bmc = self.store().bmc(id).await?.bmc;
        self.crawl(&bmc).await?;
        self.bmc(id).await
    }

    /// One look that is due: in short, or all of it where that is due too. What was met is kept.
    pub(crate) async fn look_at_bmc(&self, bmc: &KnownBmc, facts: &BmcFacts) {
        let all = match self.look_policy().await {
            Ok(policy) => policy.crawl_is_due(facts, self.now()),
            Err(_) => false,
        };
        let looked = if all {
            self.crawl(bmc).await
        } else if bmc.dpu.is_some() {
            // The look at the card is the short look at its IMC.
            Ok(())
        } else {
            self.glance(bmc).await
        };
        if let Err(error) = looked {
            tracing::debug!(bmc = %bmc.name, %error, "a look at a BMC");
        }
    }

    /// All of it.
    async fn crawl(&self, bmc: &KnownBmc) -> Result<(), AppError> {
        let read = match self.bmc_client(bmc).await {
            Ok(client) => {
                let read = client.crawl().await;
                self.keep_certificate(&bmc.address, &client).await;
                read.map_err(Met::Service)
            }
            Err(error) => Err(Met::Ours(error)),
        };
        match read {
            Ok(crawl) => Ok(self.keep_crawl(bmc, crawl).await?),
            Err(met) => Err(self.keep_trouble(&bmc.id, met).await.into()),
        }
    }

    /// The service root, the manager and the system: some three requests.
    async fn glance(&self, bmc: &KnownBmc) -> Result<(), AppError> {
        let read = match self.bmc_client(bmc).await {
            Ok(client) => {
                let read = client.identify().await;
                self.keep_certificate(&bmc.address, &client).await;
                read.map_err(Met::Service)
            }
            Err(error) => Err(Met::Ours(error)),
        };
        match read {
            Ok(identity) => {
                self.keep_glance(&bmc.id, &identity).await;
                Ok(())
            }
            Err(met) => Err(self.keep_trouble(&bmc.id, met).await.into()),
        }
    }

    /// Keeps what a short look told.
    pub(crate) async fn keep_glance(&self, id: &BmcId, told: &ImcIdentity) {
        self.answered(id, |facts| {
            facts.firmware = told.firmware.clone().or(facts.firmware.take());
            facts.power = told.power.clone().or(facts.power.take());
            if told.health != facts.health.health {
                // Its reasons are of the last crawl and may be gone.
                facts.health = Health {
                    health: told.health.clone(),
                    ..Health::default()
                };
            }
        })
        .await;
    }

    /// Keeps a crawl: inventory, raw JSON, what lists show, and which host or cards belong to it.
    pub(crate) async fn keep_crawl(&self, bmc: &KnownBmc, crawl: Crawl) -> Result<(), AppError> {
        let Crawl { inventory, raw } = crawl;
        let now = self.now();
        let (side, marks) = match &bmc.dpu {
            Some(_) => (MarkSide::Card, marks_of_card(&inventory)),
            None => (MarkSide::Host, marks_of_host(&inventory)),
        };
        self.store()
            .save_crawl(&bmc.id, &inventory, &raw, (side, &marks), now)
            .await?;
        let known = bmc.dpu.is_some() || inventory.kind == BmcKind::Unknown;
        if !known && inventory.kind != bmc.kind {
            let changed = KnownBmc {
                kind: inventory.kind.clone(),
                ..bmc.clone()
            };
            self.store().update_bmc(&changed).await?;
        }
        self.answered(&bmc.id, |facts| {
            facts.summarize(&inventory);
            facts.read_at = Some(now);
        })
        .await;
        self.find_pairs(bmc).await
    }

    async fn answered(&self, id: &BmcId, learn: impl FnOnce(&mut BmcFacts) + Send) {
        let now = self.now();
        let policy = self.look_policy().await.unwrap_or_default();
        self.change_bmc_facts(id, |facts| {
            learn(facts);
            facts.seen = Some(now);
            facts.silent = None;
            facts.trouble = None;
            facts.failures = 0;
            facts.next_look = Some(policy.next_look(now, 0, random()));
        })
        .await;
    }

    /// Keeps what a look met in place of an answer, and says it.
    pub(crate) async fn keep_trouble(&self, id: &BmcId, met: Met) -> StepError {
        let error = match met {
            Met::Service(error) => {
                self.note_certificate(&error).await;
                StepError::from(error)
            }
            Met::Ours(error) => error,
        };
        let now = self.now();
        let policy = self.look_policy().await.unwrap_or_default();
        self.change_bmc_facts(id, |facts| {
            let since = facts.silent.as_ref().map_or(now, |silence| silence.since);
            facts.silent = Some(Silence {
                since,
                reason: error.message.clone(),
            });
            facts.trouble = Some(error.kind);
            facts.failures = facts.failures.saturating_add(1);
            facts.next_look = Some(policy.next_look(now, facts.failures, random()));
        })
        .await;
        error
    }

    pub(crate) async fn change_bmc_facts(
        &self,
        id: &BmcId,
        change: impl FnOnce(&mut BmcFacts) + Send,
    ) {
        match self.store().change_bmc_facts(id, change).await {
            Ok(_) => self.changed(ChangeTag::Bmc, Some(id.to_string())),
            Err(error) => tracing::warn!(%id, %error, "what was seen of a BMC could not be kept"),
        }
    }

    /// The next look is now, and a refusal of before is forgotten: a person changed something.
    pub(crate) async fn look_soon(&self, id: &BmcId) -> Result<(), AppError> {
        self.inner.links.set_refused(id.as_str(), false);
        self.store()
            .change_bmc_facts(id, |facts| {
                facts.next_look = None;
                facts.trouble = None;
                facts.failures = 0;
            })
            .await?;
        self.inner.look.notify_one();
        Ok(())
    }

    /// The client of a BMC: one for each address, login and pin.
    pub(crate) async fn bmc_client(&self, bmc: &KnownBmc) -> Result<Arc<RedfishClient>, StepError> {
        let peer = bmc.address.to_string();
        let pin = self.store().pin(PinKind::TlsCertificate, &peer).await;
        let pin = pin.map_err(local)?.map(|pin| pin.fingerprint);
        match (&bmc.dpu, &bmc.credential) {
            (Some(dpu), _) => {
                let dpu = self.store().dpu(dpu).await.map_err(local)?;
                let login = self.login(&dpu.imc_credential).await?;
                self.imc_link(&dpu, &login, pin).await
            }
            (None, Some(credential)) => {
                let login = self.login(credential).await?;
                let target = self
                    .redfish_target(&bmc.address, &login.user, login.password().clone(), pin)
                    .await?;
                Ok(self.redfish_link(bmc.id.as_str(), target))
            }
            (None, None) => Err(StepError::new(
                slipway_core::failure::FailureKind::Local,
                format!("{} has no login", bmc.name),
            )),
        }
    }

    /// The service showed a certificate that was accepted: its pin was seen, or is now another one
    /// that the site's CA vouches for.
    pub(crate) async fn keep_certificate(&self, address: &Address, client: &RedfishClient) {
        let peer = address.to_string();
        match client.accepted_certificate() {
            Some(Accepted::ByPin(_)) => self.touch(PinKind::TlsCertificate, &peer).await,
            Some(Accepted::BySiteCa(seen)) => {
                let kept = self
                    .accept(PinKind::TlsCertificate, peer, seen, VOUCHED)
                    .await;
                if let Err(error) = kept {
                    tracing::warn!(%address, %error, "a certificate could not be pinned");
                }
            }
            None => {}
        }
    }
}

/// What a look met in place of an answer.
pub(crate) enum Met {
    Service(BmcError),
    Ours(StepError),
}

/// For jitter only.
pub(crate) fn random() -> u32 {
    let bytes = *uuid::Uuid::new_v4().as_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
