//! Looking at cards: what the IMC, the ACC and the registry say now.

use futures::StreamExt;
use slipway_core::{
    bootc::{Greenboot, parse_greenboot, parse_status, status_command},
    command::CommandLine,
    dpu::{AccRoute, AvailableImage, Dpu, DpuFacts, ImcIdentity, JobOutcome, Silence, headline},
    failure::{FailureKind, StepError},
    ids::{BmcId, DpuId},
    job::{CardAccess, JobFilter, JobStore, Subject},
    ports::{Registry, RemoteError},
    trust::PinKind,
};

use crate::{
    AppError, ChangeTag, Fleet, access::OpenCard, bmcs::Met, cards::dpu_job, views::DpuView,
};

/// What one look at an ACC told.
struct AccLook {
    status: slipway_core::bootc::BootcStatus,
    greenboot: Greenboot,
    boot_id: String,
    hostname: String,
}

impl Fleet {
    /// Changes what is known of a card, and its headline with it, in one transaction.
    pub(crate) async fn update_facts(
        &self,
        dpu: &DpuId,
        change: impl FnOnce(&mut DpuFacts) + Send,
    ) {
        let changed = self.store().change_facts(dpu, |facts, job| {
            change(facts);
            headline(facts, job.map(dpu_job).as_ref()).state
        });
        if let Err(error) = changed.await {
            tracing::warn!(%dpu, %error, "what was seen of a card could not be kept");
        }
    }

    pub(crate) async fn refresh_headline(&self, dpu: &DpuId) {
        self.update_facts(dpu, |_| {}).await;
    }

    async fn last_job(&self, dpu: &DpuId) -> Result<Option<slipway_core::dpu::DpuJob>, AppError> {
        let filter = JobFilter {
            subject: Some(Subject::Card(dpu.clone())),
            active_only: false,
            limit: 1,
        };
        Ok(self.store().jobs(&filter).await?.first().map(dpu_job))
    }

    /// Asks a card's IMC, its ACC and its registry, now.
    ///
    /// # Errors
    /// Only our own side's; a card that does not answer is a fact about the card.
    pub async fn refresh_dpu(&self, id: &DpuId) -> Result<DpuView, AppError> {
        let dpu = self.store().dpu(id).await?;
        match self.open_card(dpu.clone()).await {
            Ok(card) => self.look(&card).await,
            Err(error) => {
                let now = self.now();
                let error = self.keep_trouble(&BmcId::from(id), Met::Ours(error)).await;
                self.update_facts(id, |facts| silence(&mut facts.imc_silent, &error, now))
                    .await;
            }
        }
        self.changed(ChangeTag::Dpu, Some(id.to_string()));
        self.dpu(id).await
    }

    /// Looks at every card, a bounded number at a time. A card that refused our password waits for
    /// a person: [`Self::refresh_dpu`], or another password.
    ///
    /// # Errors
    /// The database.
    pub async fn refresh_fleet(&self) -> Result<(), AppError> {
        let ids: Vec<DpuId> = self.store().dpu_names().await?.into_keys().collect();
        futures::stream::iter(ids)
            .for_each_concurrent(self.inner.config.concurrency, |id| async move {
                if self.inner.links.is_refused(id.as_str()) {
                    return;
                }
                if let Err(error) = self.refresh_dpu(&id).await {
                    tracing::warn!(%id, %error, "a card could not be looked at");
                }
            })
            .await;
        Ok(())
    }

    async fn look(&self, card: &OpenCard) {
        let now = self.now();
        let busy = matches!(self.last_job(&card.dpu.id).await, Ok(Some(job)) if job.outcome == JobOutcome::Running);
        let imc = BmcId::from(&card.dpu.id);
        let identity = match card.imc().identify().await {
            Ok(identity) => {
                self.keep_identity(&card.dpu, &identity).await;
                self.keep_certificate(&card.dpu.imc_redfish, &card.imc)
                    .await;
                self.keep_glance(&imc, &identity).await;
                Ok(identity)
            }
            Err(error) => Err(self.keep_trouble(&imc, Met::Service(error)).await),
        };
        // While a job runs, its steps look at the ACC; `bootc status` would wait for the lock.
        let acc = if busy {
            None
        } else {
            Some(self.look_at_acc(card).await)
        };
        let available = match &acc {
            Some(Ok(look)) => self.look_at_registry(look).await,
            Some(Err(_)) | None => None,
        };
        let refused = |error: &StepError| error.kind == FailureKind::Authentication;
        let refused = identity.as_ref().err().is_some_and(refused)
            || acc
                .as_ref()
                .is_some_and(|acc| acc.as_ref().err().is_some_and(refused));
        self.inner.links.set_refused(card.dpu.id.as_str(), refused);
        self.update_facts(&card.dpu.id, |facts| {
            match identity {
                Ok(_) => {
                    facts.imc_seen = Some(now);
                    facts.imc_silent = None;
                }
                Err(error) => silence(&mut facts.imc_silent, &error, now),
            }
            match acc {
                None => {}
                Some(Ok(look)) => {
                    facts.bootc = Some(look.status);
                    facts.greenboot = Some(look.greenboot);
                    facts.boot_id = Some(look.boot_id);
                    facts.hostname = Some(look.hostname);
                    facts.acc_seen = Some(now);
                    facts.acc_silent = None;
                }
                Some(Err(error)) => silence(&mut facts.acc_silent, &error, now),
            }
            if available.is_some() {
                facts.available = available;
            }
        })
        .await;
    }

    async fn keep_identity(&self, dpu: &Dpu, identity: &ImcIdentity) {
        if dpu.identity != *identity {
            let changed = Dpu {
                identity: identity.clone(),
                ..dpu.clone()
            };
            if let Err(error) = self.store().update_dpu(&changed).await {
                tracing::warn!(dpu = %dpu.name, %error, "the card's identity could not be kept");
            }
        }
    }

    /// Reads an ACC. Its host key is pinned when it is met for the first time; later ones only by
    /// a deployment or a person.
    async fn look_at_acc(&self, card: &OpenCard) -> Result<AccLook, StepError> {
        match self.read_acc(card).await {
            Err(RemoteOrStep::Remote(RemoteError::HostKeyUnknown { seen, .. })) => {
                let now = self.now();
                let pin = slipway_core::trust::Pin {
                    kind: PinKind::SshHostKey,
                    peer: card.acc_peer(),
                    fingerprint: seen,
                    accepted_because: "first use".into(),
                    first_seen: now,
                    last_seen: now,
                };
                self.store()
                    .put_pin(&pin)
                    .await
                    .map_err(crate::access::local)?;
                self.changed(ChangeTag::Pin, None);
                let card = self.open_card(card.dpu.clone()).await?;
                self.read_acc(&card).await.map_err(RemoteOrStep::step)
            }
            Err(RemoteOrStep::Remote(error)) => {
                self.note_host_key(&error).await;
                Err(error.into())
            }
            other => other.map_err(RemoteOrStep::step),
        }
    }

    async fn read_acc(&self, card: &OpenCard) -> Result<AccLook, RemoteOrStep> {
        let acc = card.acc();
        let deadline = self.inner.config.policy.command();
        let run = |argv: &'static [&'static str]| async move {
            acc.run(&CommandLine::new(argv.iter().copied()), None, deadline)
                .await
        };
        let boot_id = run(&["cat", "/proc/sys/kernel/random/boot_id"])
            .await?
            .text();
        let hostname = run(&["cat", "/etc/hostname"]).await?.text();
        let grubenv = run(&["grub2-editenv", "/boot/grub2/grubenv", "list"]).await?;
        let greenboot = if grubenv.ok() {
            parse_greenboot(&grubenv.text())
        } else {
            Greenboot::NotInstalled
        };
        let status = acc.run(&status_command(), None, deadline).await?;
        let status = match status.exit {
            0 => parse_status(&status.text())
                .map_err(|error| StepError::new(FailureKind::Protocol, error.to_string()))?,
            // There is no bootc on this system.
            127 => slipway_core::bootc::BootcStatus::not_image_mode(),
            exit => {
                return Err(StepError::new(
                    FailureKind::Bootc,
                    format!("`bootc status` failed: {}", status.reason()),
                )
                .because(format!("exit {exit}"))
                .into());
            }
        };
        self.touch(PinKind::SshHostKey, &card.acc_peer()).await;
        if matches!(card.dpu.acc, AccRoute::ThroughImc(_)) {
            self.touch(PinKind::SshHostKey, &card.dpu.imc_ssh.to_string())
                .await;
        }
        Ok(AccLook {
            status,
            greenboot,
            boot_id,
            hostname,
        })
    }

    async fn look_at_registry(&self, look: &AccLook) -> Option<AvailableImage> {
        let reference = look.status.spec_image.as_deref()?.parse().ok()?;
        let architecture = look.status.booted.as_ref()?.architecture.clone()?;
        match self
            .registry()
            .await
            .resolve(&reference, &architecture)
            .await
        {
            Ok(image) => Some(AvailableImage {
                reference,
                digest: image.digest,
                version: image.version,
                checked_at: self.now(),
            }),
            Err(error) => {
                tracing::debug!(%error, "the registry could not be asked");
                None
            }
        }
    }
}

/// The same silence goes on; another reason keeps its beginning.
fn silence(fact: &mut Option<Silence>, error: &StepError, now: slipway_core::time::Timestamp) {
    let since = fact.as_ref().map_or(now, |silence| silence.since);
    *fact = Some(Silence {
        since,
        reason: error.message.clone(),
    });
}

enum RemoteOrStep {
    Remote(RemoteError),
    Step(StepError),
}

impl RemoteOrStep {
    fn step(self) -> StepError {
        match self {
            Self::Remote(error) => error.into(),
            Self::Step(error) => error,
        }
    }
}

impl From<RemoteError> for RemoteOrStep {
    fn from(error: RemoteError) -> Self {
        Self::Remote(error)
    }
}

impl From<StepError> for RemoteOrStep {
    fn from(error: StepError) -> Self {
        Self::Step(error)
    }
}
