//! Without a lab, for `cargo xtask bench`: a database full of cards, and a queue full of jobs.

use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _};
use slipway_core::{
    address::Address,
    bootc::{Greenboot, parse_status},
    credential::{CredentialKind, CredentialScope, ImcSshLogin},
    dpu::{AccRoute, Dpu, DpuFacts, ImcIdentity, headline},
    ids::{CredentialId, DpuId, IsoId},
    iso::KickstartArea,
    job::{DeploymentPlan, Job, JobSpec, JobStore, deployment::Beside},
    secret::Password,
    time::{ByteCount, Timestamp},
};
use slipway_store::CredentialProfile;

use crate::{AppError, ErrorCode, Fleet, logins::credential_key};

/// A recorded status, so that rows are as heavy as real ones.
const STATUS: &str = include_str!("../../core/fixtures/booted_and_rollback.json");

impl Fleet {
    /// Adds this many cards that look as cards do. They answer nowhere.
    ///
    /// # Errors
    /// The database; cards of those names are there already.
    pub async fn fill_for_bench(&self, cards: u32) -> Result<(), AppError> {
        let credential = self.bench_credential().await?;
        let now = self.now();
        let status =
            parse_status(STATUS).map_err(|e| AppError::from_chain(ErrorCode::Other, &e))?;
        for number in 1..=cards {
            let host = Address::new(&format!("imc-{number}.bench.invalid"), 8443)
                .map_err(|e| AppError::from_chain(ErrorCode::Other, &e))?;
            let dpu = bench_card(number, host, &credential, now)?;
            let facts = DpuFacts {
                bootc: Some(status.clone()),
                greenboot: Some(if number % 50 == 0 {
                    Greenboot::Pending
                } else {
                    Greenboot::Green
                }),
                acc_seen: Some(now),
                imc_seen: Some(now),
                ..DpuFacts::default()
            };
            self.store().add_dpu(&dpu).await?;
            self.store()
                .save_facts(&dpu.id, &facts, &headline(&facts, None))
                .await?;
        }
        Ok(())
    }
}

fn bench_card(
    number: u32,
    imc: Address,
    credential: &CredentialId,
    now: Timestamp,
) -> Result<Dpu, AppError> {
    let address = |port| {
        Address::new("127.0.0.1", port).map_err(|e| AppError::from_chain(ErrorCode::Other, &e))
    };
    Ok(Dpu {
        id: DpuId::new(),
        name: format!("dpu-{number:05}"),
        imc_redfish: imc,
        imc_ssh: address(22)?,
        acc: AccRoute::ThroughImc(address(22)?),
        imc_credential: credential.clone(),
        imc_ssh_login: ImcSshLogin::AsRedfish,
        acc_credential: None,
        host: Some(format!("host-{:04}", number / 2)),
        labels: vec![format!("rack-{}", number % 40)],
        identity: ImcIdentity {
            firmware_release: Some("2.0.0".into()),
            ..ImcIdentity::default()
        },
        added_at: now,
    })
}

/// What the engine may claim at a time, as the runner does.
const CLAIM: u32 = 64;

impl Fleet {
    async fn bench_credential(&self) -> Result<CredentialId, AppError> {
        let credential = CredentialProfile {
            id: CredentialId::new(),
            name: "bench".into(),
            user_name: "root".into(),
            kind: CredentialKind::Password,
            shared: false,
            scope: CredentialScope::default(),
            created_at: self.now(),
        };
        self.store().add_credential(&credential).await?;
        Ok(credential.id)
    }

    /// Fills the queue with this many deployments and gives each its first transition, which asks
    /// nothing of a card: claim, open the card, step, save, tell. As the runner does it, so many at
    /// once; answers with each one's share of the time that all took.
    ///
    /// # Errors
    /// The database; cards of those names are there already.
    pub async fn bench_queue(&self, jobs: u32) -> Result<Vec<Duration>, AppError> {
        let other = |error: &(dyn std::error::Error + 'static)| {
            AppError::from_chain(ErrorCode::Other, error)
        };
        let credential = self.bench_credential().await?;
        let secret = Password::new("password-of-no-card");
        let key = credential_key(&credential);
        self.inner.secrets.put(&key, &secret).await?;
        let digest = format!("sha256:{}", "a".repeat(64));
        for number in 1..=jobs {
            // Loopback, so that no name is looked up.
            let port = u16::try_from(10_000 + number).unwrap_or(u16::MAX);
            let imc = Address::new("127.0.0.1", port).map_err(|e| other(&e))?;
            let dpu = bench_card(number, imc, &credential, self.now())?;
            self.store().add_dpu(&dpu).await?;
            let spec = JobSpec::Deployment(DeploymentPlan {
                iso: IsoId::new(),
                iso_name: "bench.iso".into(),
                iso_path: "/nowhere/bench.iso".into(),
                iso_sha256: "0".repeat(64),
                iso_size: ByteCount(1 << 31),
                area: KickstartArea {
                    offset: ByteCount(0),
                    length: ByteCount(1 << 16),
                },
                digest: digest.parse().map_err(|e| other(&e))?,
                version: None,
                origin: None,
                hostname: dpu.name.clone(),
                authorized_keys: vec![],
                allow_release: None,
                beside: Beside::default(),
            });
            let job = Job::new(dpu.id, spec, self.now());
            self.store().submit(&job, "bench").await?;
        }
        let engine = self.engine(true);
        let at_once = self.inner.config.concurrency;
        let mut spent = Vec::new();
        while spent.len() < jobs as usize {
            let began = Instant::now();
            let mut due = engine.due(CLAIM).await?;
            // The oldest wake comes first: those that are still in the queue.
            due.retain(|job| job.version == 0);
            let count = due.len();
            if count == 0 {
                break;
            }
            futures::stream::iter(due)
                .map(|job| engine.advance(job))
                .buffer_unordered(at_once)
                .try_collect::<Vec<_>>()
                .await?;
            let share = began.elapsed() / u32::try_from(count).unwrap_or(1);
            spent.resize(spent.len() + count, share);
        }
        Ok(spent)
    }
}
