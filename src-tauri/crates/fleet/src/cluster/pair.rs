//! In which servers a cluster file says that its cards are.

use slipway_core::{
    address::Address,
    bmc::{KnownBmc, PairedBy, Pairing},
    cluster::{Card, Import},
    ids::DpuId,
};

use super::{ClusterRequest, find::Found};
use crate::{AppError, Fleet};

const HTTPS_PORT: u16 = 443;

impl Fleet {
    /// Keeps for each chosen card that this desk knows in which server the file says it is, by
    /// `bmc_host` or by `dpu_host`. What a person said stays, and so does what serial numbers or
    /// MACs tell; both are named where the file says something else. Answers with a sentence for
    /// each card that something was said of.
    ///
    /// # Errors
    /// A card that was named and does not exist; the database.
    pub async fn pair_cluster(
        &self,
        import: &Import,
        request: &ClusterRequest,
    ) -> Result<Vec<String>, AppError> {
        let mut told = Vec::new();
        for part in self.cluster_parts(import, request).await? {
            for (card, found) in &part.cards {
                if let Found::Known(dpu, name) = found
                    && let Some(sentence) = self.pair_as_said(card, dpu, name).await?
                {
                    told.push(sentence);
                }
            }
        }
        Ok(told)
    }

    async fn pair_as_said(
        &self,
        card: &Card,
        dpu: &DpuId,
        name: &str,
    ) -> Result<Option<String>, AppError> {
        let said = card.host_bmc.as_ref().map(|bmc| bmc.address.as_str());
        let Some(said) = said.or(card.dpu_host.as_deref()) else {
            return Ok(None);
        };
        let Some(host) = self.said_host(card).await? else {
            let next = match &card.host_bmc {
                Some(bmc) => format!("add it (`slipctl bmc add {}`)", bmc.address),
                None => "add its BMC under this name".to_owned(),
            };
            return Ok(Some(format!(
                "{name}: its server {said} is not in Slipway; {next}, and import the file again"
            )));
        };
        let kept = self.store().pairing(dpu).await?;
        if let Some(kept) = &kept
            && kept.by != PairedBy::ClusterYaml
        {
            if kept.host == host.id {
                return Ok(None);
            }
            let other = self.store().bmc(&kept.host).await?.bmc.name;
            let because = crate::bmcs::because(&kept.by);
            return Ok(Some(format!(
                "{name} stays in {other} ({because}), though the file says {}",
                host.name
            )));
        }
        if kept.is_some_and(|kept| kept.host == host.id) {
            return Ok(None);
        }
        let pairing = Pairing {
            dpu: dpu.clone(),
            host: host.id,
            by: PairedBy::ClusterYaml,
            since: self.now(),
        };
        self.store().pair(&pairing).await?;
        self.pairing_changed(dpu);
        Ok(Some(format!(
            "{name} is in {}, as the file says",
            host.name
        )))
    }

    /// The server's BMC of this desk that the file means: by its address, else by a name.
    async fn said_host(&self, card: &Card) -> Result<Option<KnownBmc>, AppError> {
        let mut names = Vec::new();
        if let Some(bmc) = &card.host_bmc {
            let address = Address::parse_or(&bmc.address, HTTPS_PORT);
            names.extend(address.ok().map(|address| address.to_string()));
            names.push(bmc.address.clone());
        }
        names.extend(card.dpu_host.clone());
        for name in names {
            let known = self.store().bmc_named(&name).await?;
            if let Some(known) = known.filter(|bmc| bmc.dpu.is_none()) {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }
}
