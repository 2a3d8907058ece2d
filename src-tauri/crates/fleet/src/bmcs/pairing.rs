//! Which card is in which server: said by a person, else found by serial numbers and MACs, else said
//! by a cluster file (`cluster/pair.rs`).

use slipway_core::{
    bmc::{KnownBmc, PairedBy, Pairing, host_of},
    ids::{BmcId, DpuId},
};
use slipway_store::MarkSide;

use crate::{AppError, ChangeTag, Fleet};

impl Fleet {
    /// A person says in which server a card is; `None`: in none that is known. What a person said
    /// stays whatever is found later.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`]; refused where the host is a card's IMC.
    pub async fn pair(&self, dpu: &DpuId, host: Option<&BmcId>) -> Result<(), AppError> {
        match host {
            Some(host) => {
                let bmc = self.store().bmc(host).await?.bmc;
                if bmc.dpu.is_some() {
                    return Err(AppError::refused(format!("{} is a card's IMC", bmc.name))
                        .hint("a card is in a server: give the server's BMC"));
                }
                let said = Pairing {
                    dpu: dpu.clone(),
                    host: host.clone(),
                    by: PairedBy::Hand,
                    since: self.now(),
                };
                self.store().pair(&said).await?;
            }
            None => {
                self.store().unpair(dpu).await?;
            }
        }
        self.pairing_changed(dpu);
        Ok(())
    }

    pub(crate) fn pairing_changed(&self, dpu: &DpuId) {
        self.changed(ChangeTag::Dpu, Some(dpu.to_string()));
        self.changed(ChangeTag::Bmc, None);
    }

    /// After a crawl: looks whether a card and a host share a serial number or a MAC.
    pub(crate) async fn find_pairs(&self, bmc: &KnownBmc) -> Result<(), AppError> {
        match &bmc.dpu {
            Some(dpu) => self.find_host(dpu).await,
            None => {
                let cards = self.store().sharing_marks(&bmc.id, MarkSide::Host).await?;
                let mut met = None;
                for (imc, _) in cards {
                    // Sorted by BMC: each card once.
                    if met.as_ref() == Some(&imc) {
                        continue;
                    }
                    if let Some(dpu) = self.store().bmc(&imc).await?.bmc.dpu {
                        self.find_host(&dpu).await?;
                    }
                    met = Some(imc);
                }
                Ok(())
            }
        }
    }

    async fn find_host(&self, dpu: &DpuId) -> Result<(), AppError> {
        let kept = self.store().pairing(dpu).await?;
        if kept.as_ref().is_some_and(|p| p.by == PairedBy::Hand) {
            return Ok(());
        }
        let shared = self
            .store()
            .sharing_marks(&BmcId::from(dpu), MarkSide::Card)
            .await?;
        match host_of(&shared) {
            Some((host, by)) => {
                if kept.is_some_and(|kept| kept.host == *host && kept.by == by) {
                    return Ok(());
                }
                let found = Pairing {
                    dpu: dpu.clone(),
                    host: host.clone(),
                    by,
                    since: self.now(),
                };
                self.store().pair(&found).await?;
                self.pairing_changed(dpu);
            }
            // The card was moved: what was found is not so any more.
            None if kept.is_some_and(|kept| kept.by.is_found()) => {
                self.store().unpair(dpu).await?;
                self.pairing_changed(dpu);
            }
            None => {}
        }
        Ok(())
    }
}
