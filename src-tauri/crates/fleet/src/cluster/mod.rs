//! A cluster file against this desk: which of its cards and ISOs are known, what would happen, and
//! making it happen.

mod build;
mod confirmed;
mod deploy;
mod file;
mod find;
mod pair;
mod plan;
mod save;
mod settings;
mod tool;
mod window;
mod window_network;

use std::{collections::BTreeSet, path::PathBuf};

use serde::Serialize;
use slipway_core::{
    cluster::{CardKind, Choices, ClusterOutline},
    ids::{DpuId, IsoId},
    image::ImageReference,
    network::DhcpServer,
    secret::Password,
};
use specta::Type;
use url::Url;

pub(crate) use find::{Chosen, Found, IsoState};
pub(crate) use plan::why_unknown;

pub use confirmed::{ClusterBegun, ConfirmedCluster};
pub(crate) use file::write_new;
pub use file::{
    ClusterTexts, WrongVariables, firmware_image, is_there, p4_components, read_operator_registry,
    read_pull_secret, write_today, wrong_file,
};
pub(crate) use tool::ClusterDesk;

use crate::{AppError, views::CardPlan};

/// What is to be done with a file.
#[derive(Debug, Clone, Default)]
pub struct ClusterRequest {
    /// Names of cards, in the file or in the inventory; none means all of the file.
    pub cards: Vec<String>,
    /// Clusters and cards just as the file names them, instead of `cards`.
    pub exactly: Option<BTreeSet<(String, String)>>,
    /// Steps that are left out.
    pub skip_steps: Vec<String>,
    /// The ISO, instead of what the file says: name, id, or the first digits of its SHA-256.
    pub iso: Option<String>,
    /// Where relative paths in the file begin.
    pub folder: PathBuf,
    pub domain: Option<String>,
    pub authorized_keys: Vec<String>,
    pub allow_release: Option<String>,
    /// The IMC's Redfish gets a certificate of this desk's CA, also in place of another one.
    pub imc_certificate: bool,
    /// Steps that are to be done although they were never run on real hardware.
    pub accept_untried: Vec<String>,
    /// For MicroShift; else the image has its own.
    pub pull_secret: Option<Password>,
    /// The registry of the DPU operator's cluster, and its authority's certificate, PEM.
    pub operator_registry: Option<(String, String)>,
    /// The image of marvell-tools, for Marvell cards.
    pub marvell_tools: Option<String>,
    /// The image of the tool that flashes cards, by its digest.
    pub firmware_image: Option<ImageReference>,
    /// Where the P4 components are, and their SHA-256.
    pub p4_components: Option<(Url, String)>,
    /// Where kubeconfigs go; else beside the file.
    pub kubeconfigs: Option<PathBuf>,
}

impl ClusterRequest {
    /// What was decided about the file's own steps, as far as no data folder is known.
    #[must_use]
    pub fn choices(&self) -> Choices {
        let kubeconfigs = self.kubeconfigs.as_ref().unwrap_or(&self.folder);
        Choices {
            skipped: self.skip_steps.clone(),
            accepted: self.accept_untried.clone(),
            pull_secret: self.pull_secret.is_some(),
            kubeconfigs: kubeconfigs.display().to_string(),
            operator_registry: self.operator_registry.clone(),
            marvell_tools: self.marvell_tools.clone(),
            firmware_image: self.firmware_image.clone(),
            p4_components: self.p4_components.clone(),
            networks: "DATA/network".into(),
            dhcp_server: DhcpServer::default(),
        }
    }
}

/// What would happen, and what stands against it.
#[derive(Debug, Clone, Serialize, Type)]
pub struct ClusterPlan {
    pub title: String,
    pub clusters: Vec<ClusterOutline>,
    /// Where the ISO of each cluster with chosen cards is.
    pub isos: Vec<ClusterIso>,
    /// The chosen cards, in the order of the file.
    pub cards: Vec<ClusterCard>,
    pub warnings: Vec<String>,
    /// Why nothing can be deployed; empty: it can.
    pub problems: Vec<String>,
}

/// A cluster's ISO.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct ClusterIso {
    pub cluster: String,
    pub iso: IsoWhere,
}

/// Where an ISO that a file names is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum IsoWhere {
    InLibrary {
        id: IsoId,
        name: String,
    },
    /// A file that a deployment imports first.
    ToImport {
        path: String,
    },
    /// The file's own section makes it, in a job that a deployment waits for.
    ToBuild {
        name: String,
    },
    Missing {
        why: String,
    },
}

/// A card of the file, and what this desk knows of it.
#[derive(Debug, Clone, Serialize, Type)]
pub struct ClusterCard {
    pub cluster: String,
    /// In the file, and then its host name.
    pub name: String,
    pub kind: CardKind,
    /// `host` or `host:port` of the IMC, as the file has it.
    pub imc: Option<String>,
    /// The server that it is in, as the file has it.
    pub host: Option<String>,
    pub standing: ClusterStanding,
    /// In the inventory; `None`: it is not there yet.
    pub dpu: Option<DpuId>,
    pub dpu_name: Option<String>,
    /// The installation's plan; `None` where the card or the ISO is not known.
    pub plan: Option<CardPlan>,
}

/// How a card of a file stands to the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case", tag = "standing")]
pub enum ClusterStanding {
    Known,
    /// It can be added.
    Unknown,
    /// The inventory has a card of this name with another IMC.
    OtherImc {
        imc: String,
    },
    /// Of another maker: no card of the inventory is meant by it.
    NotAnIpu,
}

impl ClusterPlan {
    /// # Errors
    /// What stands against it, all of it.
    pub fn refuse_problems(&self) -> Result<(), AppError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let mut error = AppError::refused("this can't be deployed yet; nothing was started");
        error.causes.clone_from(&self.problems);
        Err(error.hint(
            "mend what is named, leave steps out (`--skip-steps`), or name the cards (`--cards`)",
        ))
    }
}
