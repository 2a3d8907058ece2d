//! A deployment that was made without a file, written as a cluster file.

use std::path::Path;

use slipway_core::{
    cluster::{Card, CardKind, Cluster, ClusterFile, IsoCluster, IsoSource, Login, write},
    dpu::Dpu,
    iso::Iso,
    secret::Password,
};

use super::file::write_new;
use crate::{
    AppError, Fleet,
    deployments::{CardTerms, hostname},
    views::DeployRequest,
};

impl Fleet {
    /// Writes what a deployment is made of: the ISO and the cards by their IMCs. No password is in
    /// it (the inventory has the logins), and nothing that the deployment would not touch, such as
    /// the host.
    ///
    /// # Errors
    /// An ISO or a card that does not exist; no cards; a path where something is already.
    pub async fn save_cluster(&self, request: &DeployRequest, path: &Path) -> Result<(), AppError> {
        let iso = self.store().iso(&request.iso).await?;
        let mut cards = Vec::new();
        for id in &request.dpus {
            let dpu = self.store().dpu(id).await?;
            let name = hostname(&dpu, &CardTerms::new(), request.domain.as_deref());
            cards.push(card(&dpu, name));
        }
        if cards.is_empty() {
            return Err(AppError::invalid("no card was chosen"));
        }
        write_new(&write(&file(&iso, cards)), path)
    }
}

fn file(iso: &Iso, cards: Vec<Card>) -> ClusterFile {
    let name = iso.name.strip_suffix(".iso").unwrap_or(&iso.name);
    let cluster = IsoCluster {
        name: name.to_owned(),
        iso: Some(IsoSource::Path(iso.path.clone())),
        network_api_port: None,
        cards,
        before: vec![],
        after: vec![],
        others: vec![],
    };
    ClusterFile {
        clusters: vec![Cluster::Iso(Box::new(cluster))],
    }
}

fn card(dpu: &Dpu, name: String) -> Card {
    Card {
        name,
        kind: CardKind::Dpu,
        node: Some("localhost".into()),
        imc: Some(Login {
            address: dpu.imc_redfish.to_string(),
            user: "root".into(),
            password: Password::new(""),
            default_password: true,
        }),
        host_bmc: None,
        dpu_host: None,
        ip: None,
        macs: vec![],
        others: vec![],
    }
}
