//! The preflight: asks a card, its IMC, this desk and what stands beside the card everything that a
//! deployment could stumble over, at once and without any effect.
//!
//! Judging is `slipway_core::doctor`'s. Here it is asked: each question with a deadline of its own,
//! those that don't depend on each other side by side. Dropping the future ends all of it, and takes
//! down what was served for it.

mod beside;
mod fix;
mod imc;
mod probe;

use futures::StreamExt;
use serde::Serialize;
use slipway_core::{
    bootc::{parse_status, status_command},
    cluster::{CardKind, Import},
    doctor::{Asked, BootedSeen, CardFacts, Facts, IsoAsked, JobSeen, Tally, examine},
    dpu::Dpu,
    failure::StepError,
    ids::{DpuId, IsoId},
    iso::Iso,
    job::{CardAccess, Policy},
};
use specta::Type;

use self::beside::Beside;
use crate::{
    AppError, Fleet,
    cluster::{ClusterRequest, Found, IsoState, why_unknown},
    isos::check_file,
    lab::LAB_LABEL,
    views::DoctorReport,
};

/// The doctor's round over several cards.
#[derive(Debug, Clone, Serialize, Type)]
pub struct DoctorRun {
    pub cards: Vec<DoctorReport>,
    /// Cards of a cluster.yaml that could not be asked, and why.
    pub not_asked: Vec<String>,
}

impl Fleet {
    /// Looks at everything that a deployment of this ISO to this card needs, or of any ISO. Nothing
    /// is changed, neither on the card nor of what is kept of it.
    ///
    /// # Errors
    /// A card or an ISO that does not exist; the database. What is wrong with the card is in the
    /// report.
    pub async fn doctor(&self, dpu: &DpuId, iso: Option<&IsoId>) -> Result<DoctorReport, AppError> {
        let iso = match iso {
            Some(id) => in_library(self.store().iso(id).await?).await,
            None => IsoAsked::None,
        };
        self.doctor_for(dpu, iso, &Beside::default()).await
    }

    /// [`Self::doctor`] for several cards, some at a time.
    ///
    /// # Errors
    /// As [`Self::doctor`].
    pub async fn doctor_all(
        &self,
        dpus: &[DpuId],
        iso: Option<&IsoId>,
    ) -> Result<DoctorRun, AppError> {
        let reports = futures::stream::iter(dpus)
            .map(|dpu| self.doctor(dpu, iso))
            .buffered(self.inner.config.concurrency)
            .collect::<Vec<_>>()
            .await;
        Ok(DoctorRun {
            cards: reports.into_iter().collect::<Result<_, _>>()?,
            not_asked: vec![],
        })
    }

    /// [`Self::doctor`] for the cards of a cluster file that are in the inventory, with the ISO, the
    /// host's BMC and the DPU host that the file names.
    ///
    /// # Errors
    /// A card that was named and does not exist; the database.
    pub async fn doctor_cluster(
        &self,
        import: &Import,
        request: &ClusterRequest,
    ) -> Result<DoctorRun, AppError> {
        let choices = self.choices(request);
        let mut asked = Vec::new();
        let mut not_asked = Vec::new();
        for part in self.cluster_parts(import, request).await? {
            let iso = match part.iso {
                IsoState::InLibrary(iso) => in_library(*iso).await,
                IsoState::ToImport(path) => IsoAsked::ToImport(path.display().to_string()),
                IsoState::ToBuild(to_build) if to_build.problems.is_empty() => {
                    IsoAsked::ToBuild(to_build.name)
                }
                missing @ (IsoState::ToBuild(_) | IsoState::Missing { .. }) => {
                    IsoAsked::Missing(missing.problem().unwrap_or_default())
                }
            };
            for (card, found) in part.cards {
                match (card.kind, &found) {
                    (CardKind::Dpu, Found::Known(id, _)) => {
                        let beside = Beside::of(part.cluster, card, &choices);
                        asked.push((id.clone(), iso.clone(), beside));
                    }
                    (CardKind::Dpu, Found::Unknown | Found::Contradiction(_)) => {
                        not_asked.extend(why_unknown(card, &found.standing(card)));
                    }
                    (kind @ (CardKind::Marvell | CardKind::BlueField), _) => {
                        not_asked.push(format!(
                            "{} is of kind {}: the doctor knows Intel IPUs only",
                            card.name,
                            kind.written()
                        ));
                    }
                }
            }
        }
        let reports = futures::stream::iter(asked)
            .map(|(id, iso, beside)| async move { self.doctor_for(&id, iso, &beside).await })
            .buffered(self.inner.config.concurrency)
            .collect::<Vec<_>>()
            .await;
        Ok(DoctorRun {
            cards: reports.into_iter().collect::<Result<_, _>>()?,
            not_asked,
        })
    }

    async fn doctor_for(
        &self,
        id: &DpuId,
        iso: IsoAsked,
        beside: &Beside,
    ) -> Result<DoctorReport, AppError> {
        let dpu = self.store().dpu(id).await?;
        let policy = self.policy_for(&dpu);
        let name = match &iso {
            IsoAsked::InLibrary { iso, .. } => Some(iso.name.clone()),
            IsoAsked::ToImport(file) | IsoAsked::ToBuild(file) => Some(file.clone()),
            IsoAsked::None | IsoAsked::Missing(_) => None,
        };
        let (imc, target) = futures::join!(
            self.ask_imc(&dpu, policy),
            self.ask_around(&dpu, beside, policy)
        );
        let (imc, redfish, shell, media) = imc?;
        let facts = Facts {
            card: dpu.name.clone(),
            now: self.now(),
            imc,
            redfish,
            shell,
            media,
            iso,
            target: target?,
        };
        let checks = examine(&facts);
        Ok(DoctorReport {
            dpu: dpu.id,
            name: dpu.name,
            iso: name,
            at: facts.now,
            tally: Tally::of(&checks),
            checks,
        })
    }

    pub(crate) fn policy_for(&self, dpu: &Dpu) -> &Policy {
        let config = &self.inner.config;
        if dpu.labels.iter().any(|label| label == LAB_LABEL) {
            &config.lab_policy
        } else {
            &config.policy
        }
    }

    /// What this desk knows of the card, what runs on it, and the machines beside it.
    async fn ask_around(
        &self,
        dpu: &Dpu,
        beside: &Beside,
        policy: &Policy,
    ) -> Result<CardFacts, AppError> {
        let job = self.active_job(&dpu.id).await?;
        let busy = job.is_some();
        let (booted, host_bmc, dpu_host, network, flash) = futures::join!(
            self.ask_booted(dpu, busy, policy),
            self.ask_host_bmc(dpu, beside, policy),
            self.ask_dpu_host(beside, policy),
            self.ask_network(beside),
            self.ask_flash(dpu, beside, policy),
        );
        Ok(CardFacts {
            job: job.map(|job| JobSeen {
                kind: job.kind_name().to_owned(),
                step: job.state.name().to_owned(),
                id: job.id,
            }),
            booted: booted?,
            host_bmc: host_bmc?,
            dpu_host: dpu_host?,
            network,
            flash,
        })
    }

    /// What runs now, where the ACC tells; else what was seen last. While a job runs the ACC is not
    /// asked: `bootc status` would wait for the job's lock.
    async fn ask_booted(
        &self,
        dpu: &Dpu,
        busy: bool,
        policy: &Policy,
    ) -> Result<Option<BootedSeen>, AppError> {
        if !busy && let Some(seen) = self.booted_now(dpu, policy).await {
            return Ok(Some(seen));
        }
        let facts = self.store().facts(&dpu.id).await?;
        Ok(facts
            .bootc
            .zip(facts.acc_seen)
            .map(|(status, seen)| BootedSeen {
                digest: status
                    .booted
                    .as_ref()
                    .and_then(|entry| entry.digest.clone()),
                version: status.booted.and_then(|entry| entry.version),
                seen,
                asked_now: false,
            }))
    }

    async fn booted_now(&self, dpu: &Dpu, policy: &Policy) -> Option<BootedSeen> {
        let card = self.open_card(dpu.clone()).await.ok()?;
        let status = status_command();
        let told = card.acc().run(&status, None, policy.command()).await;
        let told = told.ok().filter(|told| told.ok())?;
        let booted = parse_status(&told.text()).ok()?.booted;
        Some(BootedSeen {
            digest: booted.as_ref().and_then(|entry| entry.digest.clone()),
            version: booted.and_then(|entry| entry.version),
            seen: self.now(),
            asked_now: true,
        })
    }
}

async fn in_library(iso: Iso) -> IsoAsked {
    let file = check_file(&iso).await.map_err(|error| {
        let mut failed = StepError::new(slipway_core::failure::FailureKind::Local, error.message);
        failed.causes = error.causes;
        failed.hint = error.hint;
        failed
    });
    IsoAsked::InLibrary {
        iso: Box::new(iso),
        file: Asked::from(file),
    }
}
