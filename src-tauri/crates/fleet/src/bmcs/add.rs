//! Adding and removing Redfish services that are no card's IMC.

use slipway_core::{
    bmc::KnownBmc, ids::BmcId, inventory::BmcKind, ports::Controller, trust::PinKind,
};

use crate::{AppError, ChangeTag, ErrorCode, Fleet, cards::parse, views::AddBmc};

const HTTPS_PORT: u16 = 443;

impl Fleet {
    /// Adds a server's BMC, a BlueField's, or another Redfish service, after it has let us in.
    ///
    /// # Errors
    /// A name or address that is taken, an IMC (that is a card), a service that does not answer,
    /// refuses, or shows another certificate than the one that was accepted.
    pub async fn add_bmc(&self, new: AddBmc) -> Result<BmcId, AppError> {
        let address = parse(&new.address, HTTPS_PORT)?;
        let name = new.name.trim().to_owned();
        if name.is_empty() {
            return Err(AppError::new(ErrorCode::Invalid, "a BMC needs a name"));
        }
        let login = self.chosen(new.login).await?.for_redfish()?;
        let target = self
            .redfish_target(
                &address,
                &login.user,
                login.password().clone(),
                Some(new.certificate.clone()),
            )
            .await?;
        let client = slipway_redfish::RedfishClient::new(target);
        let crawl = client.crawl().await?;
        if crawl.inventory.kind == BmcKind::IntelImc {
            return Err(
                AppError::refused("this is an Intel IPU's IMC: add it as a card")
                    .hint("`slipctl bmc add` and the wizard do, with the address of its SSH"),
            );
        }
        let credential = login.keep(self, &name, "BMC").await?;
        let bmc = KnownBmc {
            id: BmcId::new(),
            name,
            address,
            kind: crawl.inventory.kind.clone(),
            dpu: None,
            credential: Some(credential),
            labels: new.labels,
            added_at: self.now(),
        };
        if let Err(error) = self.store().add_bmc(&bmc).await {
            self.forget_own(bmc.credential.iter()).await;
            return Err(error.into());
        }
        let peer = bmc.address.to_string();
        self.accept_shown(PinKind::TlsCertificate, peer, new.certificate)
            .await?;
        self.keep_crawl(&bmc, crawl).await?;
        self.changed(ChangeTag::Bmc, Some(bmc.id.to_string()));
        Ok(bmc.id)
    }

    /// Forgets a BMC that is no card's IMC, its own credential and its pin.
    ///
    /// # Errors
    /// Refused for a card's IMC: that goes with its card.
    pub async fn remove_bmc(&self, id: &BmcId) -> Result<(), AppError> {
        let bmc = self.store().bmc(id).await?.bmc;
        if bmc.dpu.is_some() {
            return Err(AppError::refused(format!("{} is a card's IMC", bmc.name))
                .hint("remove the card: its IMC goes with it"));
        }
        self.store().remove_bmc(id).await?;
        self.forget_own(bmc.credential.iter()).await;
        let peer = bmc.address.to_string();
        self.store()
            .remove_pin(PinKind::TlsCertificate, &peer)
            .await?;
        self.inner.links.forget(id.as_str());
        self.changed(ChangeTag::Bmc, Some(id.to_string()));
        self.changed(ChangeTag::Pin, None);
        Ok(())
    }
}
