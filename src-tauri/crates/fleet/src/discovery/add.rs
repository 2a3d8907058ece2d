//! From a row to a card or another BMC.

use slipway_core::{
    ids::{BmcId, DiscoveryId},
    inventory::BmcKind,
};

use super::row::{Row, kind_of};
use crate::{
    AppError, ChangeTag, Fleet,
    views::{AddBmc, AddDiscovered, AddDpu, AddedRow, DiscoveryAnswer, NewLogin, ProbeTrust},
};

impl Fleet {
    /// Adds the chosen rows, one after the other; one that can't be added does not stop the rest.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`] for the discovery; of rows the error is in the answer.
    pub async fn add_discovered(
        &self,
        id: &DiscoveryId,
        chosen: Vec<AddDiscovered>,
    ) -> Result<Vec<AddedRow>, AppError> {
        let discovery = self.inner.discoveries.get(id)?;
        let mut added = Vec::new();
        for choice in chosen {
            let done = match discovery.row(choice.row) {
                Ok(row) => self.add_row(&row, &choice).await,
                Err(error) => Err(error),
            };
            if let Ok(bmc) = &done {
                let bmc = bmc.clone();
                discovery.change(choice.row, |row| row.known = Some(bmc));
            }
            added.push(AddedRow {
                row: choice.row,
                name: choice.name,
                bmc: done.as_ref().ok().cloned(),
                error: done.err(),
            });
        }
        self.changed(ChangeTag::Discovery, Some(id.to_string()));
        self.changed(ChangeTag::Bmc, None);
        Ok(added)
    }

    async fn add_row(&self, row: &Row, choice: &AddDiscovered) -> Result<BmcId, AppError> {
        if let Some(why) = row.view(choice.row).why_not_add {
            return Err(AppError::refused(format!("not added: {why}")));
        }
        let (Some(redfish), Some(profile)) = (&row.redfish, &row.profile) else {
            return Err(AppError::refused("not added: nothing was logged in to"));
        };
        let seen = match (&row.certificate, &row.answer) {
            (Some(ProbeTrust::Pinned { seen }), _) => Some(seen),
            // There is nobody who could show one.
            (_, DiscoveryAnswer::ImcWithoutRedfish { .. }) => None,
            _ => {
                return Err(AppError::refused(
                    "not added: its certificate is not accepted",
                ));
            }
        };
        let login = self.row_login(row, profile).await?;
        if kind_of(&row.answer) != BmcKind::IntelImc
            && let Some(seen) = seen
        {
            return self
                .add_bmc(AddBmc {
                    name: choice.name.clone(),
                    address: redfish.to_string(),
                    login,
                    labels: choice.labels.clone(),
                    certificate: seen.clone(),
                })
                .await;
        }
        let host_key = match &row.host_key {
            Some(ProbeTrust::Pinned { seen }) => Some(seen.clone()),
            Some(
                ProbeTrust::New { .. } | ProbeTrust::Changed { .. } | ProbeTrust::Silent { .. },
            )
            | None => None,
        };
        // Nothing answered there yet: it will at the address that was given, or at an IMC's port.
        let imc = match seen {
            Some(_) => redfish.to_string(),
            None => row.candidate.address.clone(),
        };
        let dpu = self
            .add_dpu(AddDpu {
                name: choice.name.clone(),
                imc,
                imc_ssh: row.ssh.as_ref().map(ToString::to_string),
                acc: row.candidate.acc.clone(),
                host: row.candidate.host.clone(),
                login,
                ssh_login: None,
                acc_login: None,
                labels: choice.labels.clone(),
                certificate: seen.cloned(),
                host_key,
            })
            .await?;
        // A list that names the host's BMC has said in which server the card is.
        if let Some(host) = &row.candidate.host
            && let Some(bmc) = self.store().bmc_named(host).await?
            && bmc.dpu.is_none()
        {
            self.pair(&dpu, Some(&bmc.id)).await?;
        }
        let bmc = BmcId::from(&dpu);
        self.look_soon(&bmc).await?;
        Ok(bmc)
    }

    /// The profile; or, where the line has a user of its own, that user by the profile's password.
    async fn row_login(
        &self,
        row: &Row,
        profile: &slipway_core::ids::CredentialId,
    ) -> Result<NewLogin, AppError> {
        let login = self.login(profile).await?;
        Ok(match &row.candidate.user {
            Some(user) if *user != login.user => NewLogin::Own {
                user: user.clone(),
                password: login.password().expose().to_owned(),
            },
            Some(_) | None => NewLogin::Profile {
                profile: profile.clone(),
            },
        })
    }
}
