//! A database full of cards without a lab, for `cargo xtask bench`.

use slipway_core::{
    address::Address,
    bootc::{Greenboot, parse_status},
    credential::{CredentialKind, CredentialScope, ImcSshLogin},
    dpu::{AccRoute, Dpu, DpuFacts, ImcIdentity, headline},
    ids::{CredentialId, DpuId},
};
use slipway_store::CredentialProfile;

use crate::{AppError, ErrorCode, Fleet};

/// A recorded status, so that rows are as heavy as real ones.
const STATUS: &str = include_str!("../../core/fixtures/booted_and_rollback.json");

impl Fleet {
    /// Adds this many cards that look as cards do. They answer nowhere.
    ///
    /// # Errors
    /// The database; cards of those names are there already.
    pub async fn fill_for_bench(&self, cards: u32) -> Result<(), AppError> {
        let credential = CredentialId::new();
        let now = self.now();
        self.store()
            .add_credential(&CredentialProfile {
                id: credential.clone(),
                name: "bench".into(),
                user_name: "root".into(),
                kind: CredentialKind::Password,
                shared: false,
                scope: CredentialScope::default(),
                created_at: now,
            })
            .await?;
        let status =
            parse_status(STATUS).map_err(|e| AppError::from_chain(ErrorCode::Other, &e))?;
        let address = |port| {
            Address::new("127.0.0.1", port).map_err(|e| AppError::from_chain(ErrorCode::Other, &e))
        };
        for number in 1..=cards {
            let host = Address::new(&format!("imc-{number}.bench.invalid"), 8443)
                .map_err(|e| AppError::from_chain(ErrorCode::Other, &e))?;
            let dpu = Dpu {
                id: DpuId::new(),
                name: format!("dpu-{number:05}"),
                imc_redfish: host,
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
            };
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
