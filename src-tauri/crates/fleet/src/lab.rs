//! Joining a lab: adding the cards that its `lab.json` describes.
//!
//! The file is the contract with the lab, which may run in another process; this crate does not
//! know the lab itself.

use std::path::{Path, PathBuf};

use futures::StreamExt;
use serde::Deserialize;
use slipway_core::{
    ids::DpuId,
    job::Subject,
    trust::{Fingerprint, PinKind},
};

use crate::{
    AppError, ErrorCode, Fleet,
    cards::{LAB_SETTING, Silent},
    views::{AddDpu, NewLogin},
};

/// The label of simulated cards.
pub const LAB_LABEL: &str = "lab";

/// The part of `lab.json` that a desk needs.
#[derive(Deserialize)]
pub struct LabFile {
    pub cards: Vec<LabCard>,
    /// An installer ISO that the lab's cards take.
    pub demo_iso: PathBuf,
}

/// One simulated card. Its passwords open nothing but the lab.
#[derive(Deserialize)]
pub struct LabCard {
    pub name: String,
    pub host: String,
    pub imc_redfish: String,
    pub imc_ssh: String,
    pub imc_user: String,
    pub imc_password: String,
    pub acc_user: String,
    pub acc_password: String,
    pub imc_tls_fingerprint: Fingerprint,
    pub imc_host_key_fingerprint: Fingerprint,
    /// The DPU host's SSH, of labs that have one.
    #[serde(default)]
    pub host_ssh: Option<String>,
    #[serde(default)]
    pub host_key_fingerprint: Option<Fingerprint>,
}

impl LabFile {
    /// Reads `lab.json` in the lab's folder.
    ///
    /// # Errors
    /// There is none, or it is not one.
    pub fn read(dir: &Path) -> Result<Self, AppError> {
        let path = dir.join("lab.json");
        let text = std::fs::read_to_string(&path).map_err(|error| {
            AppError::not_found(format!("there is no running lab in {}", dir.display()))
                .because(format!("{}: {error}", path.display()))
                .hint("start a lab first: `slipctl lab start --dir …`")
        })?;
        serde_json::from_str(&text)
            .map_err(|error| AppError::from_chain(ErrorCode::Invalid, &error))
    }
}

impl Fleet {
    /// Adds the lab's cards that are not here yet, and its ISO. Answers with how many were added.
    ///
    /// # Errors
    /// No lab in that folder; the database or the secret store.
    pub async fn join_lab(&self, dir: &Path) -> Result<u32, AppError> {
        let lab = LabFile::read(dir)?;
        let mut added = 0;
        let hosts = lab.cards.iter().filter_map(|card| {
            let address = card.host_ssh.as_ref()?;
            Some((address.clone(), card.host.clone()))
        });
        self.keep_lab_hosts(hosts).await?;
        let mut adding = futures::stream::iter(lab.cards)
            .map(|card| async move {
                if self.store().dpu_by_name(&card.name).await?.is_some() {
                    return Ok(false);
                }
                if let (Some(host), Some(key)) = (&card.host_ssh, &card.host_key_fingerprint) {
                    self.accept_shown(PinKind::SshHostKey, host.clone(), key.clone())
                        .await?;
                }
                self.add(described(card), Silent::MayBe).await.map(|_| true)
            })
            .buffer_unordered(8);
        while let Some(result) = adding.next().await {
            added += u32::from(result?);
        }
        drop(adding);
        self.store().set_setting(LAB_SETTING, &true).await?;
        let known = self.store().isos().await?;
        let path = lab.demo_iso.display().to_string();
        if !known.iter().any(|iso| iso.path == path) {
            match self.import_iso(&lab.demo_iso, None, |_| {}).await {
                Ok(_) => {}
                // The same ISO from an earlier lab.
                Err(error) if error.code == ErrorCode::Precondition => {
                    tracing::info!(%error, "the lab's ISO is known already");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(added)
    }
}

impl Fleet {
    /// What is made on this desk needs a real disk's patience, lab or not.
    pub(crate) async fn is_of_the_lab(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Card(dpu) => self.is_lab_card(dpu).await,
            Subject::Iso(_) | Subject::Image(_) | Subject::Host(_) | Subject::Cluster(_) => false,
        }
    }

    async fn is_lab_card(&self, dpu: &DpuId) -> bool {
        self.store()
            .dpu(dpu)
            .await
            .is_ok_and(|dpu| dpu.labels.iter().any(|label| label == LAB_LABEL))
    }
}

fn described(card: LabCard) -> AddDpu {
    AddDpu {
        name: card.name,
        imc: card.imc_redfish,
        imc_ssh: Some(card.imc_ssh),
        acc: None,
        host: Some(card.host),
        login: NewLogin::Own {
            user: card.imc_user,
            password: card.imc_password,
        },
        ssh_login: None,
        acc_login: Some(NewLogin::Own {
            user: card.acc_user,
            password: card.acc_password,
        }),
        labels: vec![LAB_LABEL.into()],
        certificate: Some(card.imc_tls_fingerprint),
        host_key: Some(card.imc_host_key_fingerprint),
    }
}
