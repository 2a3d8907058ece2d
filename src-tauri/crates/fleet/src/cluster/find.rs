//! Which cards and ISOs of this desk a cluster file means.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use slipway_core::{
    address::Address,
    cluster::{Card, CardKind, Choices, Cluster, Import, IsoCluster, IsoSource, beside},
    dpu::IMC_REDFISH_PORT,
    ids::{DpuId, IsoId},
    iso::{Iso, published_name},
};

use super::{ClusterIso, ClusterRequest, ClusterStanding, IsoWhere, build::ToBuild};
use crate::{
    AppError, Fleet,
    deployments::{CardTerms, OwnTerms},
    views::{DeployRequest, DpuQuery, DpuRow},
};

/// Where a cluster's ISO is.
pub(crate) enum IsoState {
    InLibrary(Box<Iso>),
    /// A file that can be imported.
    ToImport(PathBuf),
    /// The file's own section makes it.
    ToBuild(Box<ToBuild>),
    /// Neither: why, and what to do with `slipctl`.
    Missing {
        why: String,
        next: Option<String>,
    },
}

impl IsoState {
    /// Why nothing can be deployed from it, and what to do with `slipctl`.
    pub(crate) fn problem(&self) -> Option<String> {
        match self {
            Self::InLibrary(_) | Self::ToImport(_) => None,
            Self::ToBuild(to_build) if to_build.problems.is_empty() => None,
            Self::ToBuild(to_build) => Some(format!(
                "{} can't be built: {}",
                to_build.name,
                to_build.problems.join("; ")
            )),
            Self::Missing { why, next } => Some(match next {
                Some(next) => format!("{why}; {next}"),
                None => why.clone(),
            }),
        }
    }

    pub(crate) fn shown(&self, cluster: &str) -> ClusterIso {
        let iso = match self {
            Self::InLibrary(iso) => IsoWhere::InLibrary {
                id: iso.id.clone(),
                name: iso.name.clone(),
            },
            Self::ToImport(path) => IsoWhere::ToImport {
                path: path.display().to_string(),
            },
            Self::ToBuild(to_build) if to_build.problems.is_empty() => IsoWhere::ToBuild {
                name: to_build.name.clone(),
            },
            Self::ToBuild(_) => IsoWhere::Missing {
                why: self.problem().unwrap_or_default(),
            },
            Self::Missing { why, .. } => IsoWhere::Missing { why: why.clone() },
        };
        ClusterIso {
            cluster: cluster.to_owned(),
            iso,
        }
    }
}

/// One cluster with its chosen cards.
pub(crate) struct Chosen<'a> {
    pub cluster: &'a IsoCluster,
    pub iso: IsoState,
    pub cards: Vec<(&'a Card, Found)>,
}

pub(crate) enum Found {
    Known(DpuId, String),
    Unknown,
    /// Another card has this name.
    Contradiction(String),
}

impl Fleet {
    pub(crate) async fn all_rows(&self) -> Result<Vec<DpuRow>, AppError> {
        let mut rows: Vec<DpuRow> = Vec::new();
        loop {
            let page = self
                .dpus(&DpuQuery {
                    offset: u32::try_from(rows.len()).unwrap_or(u32::MAX),
                    limit: 500,
                    ..DpuQuery::default()
                })
                .await?;
            let last = page.rows.is_empty();
            rows.extend(page.rows);
            if last || rows.len() >= page.total as usize {
                return Ok(rows);
            }
        }
    }

    pub(crate) async fn cluster_parts<'a>(
        &self,
        import: &'a Import,
        request: &ClusterRequest,
    ) -> Result<Vec<Chosen<'a>>, AppError> {
        let rows = self.all_rows().await?;
        let mut wanted: BTreeSet<&str> = request.cards.iter().map(String::as_str).collect();
        let all = wanted.is_empty() && request.exactly.is_none();
        let named = |cluster: &IsoCluster, card: &Card| {
            let name = (cluster.name.clone(), card.name.clone());
            request
                .exactly
                .as_ref()
                .is_some_and(|all| all.contains(&name))
        };
        let mut parts = Vec::new();
        for cluster in &import.file.clusters {
            let Cluster::Iso(cluster) = cluster else {
                continue;
            };
            let mut cards = Vec::new();
            for card in &cluster.cards {
                let found = find(card, &rows);
                let known = match &found {
                    Found::Known(_, name) => wanted.remove(name.as_str()),
                    Found::Unknown | Found::Contradiction(_) => false,
                };
                if all || named(cluster, card) || wanted.remove(card.name.as_str()) || known {
                    cards.push((card, found));
                }
            }
            if !cards.is_empty() {
                let iso = self.iso_of(cluster, request).await?;
                parts.push(Chosen {
                    cluster,
                    iso,
                    cards,
                });
            }
        }
        match wanted.first() {
            None => Ok(parts),
            Some(name) => Err(AppError::not_found(format!(
                "there is no card `{name}` in {}",
                import.source.name()
            ))
            .hint("name cards as the file or the inventory does")),
        }
    }

    pub(crate) async fn iso_of(
        &self,
        cluster: &IsoCluster,
        request: &ClusterRequest,
    ) -> Result<IsoState, AppError> {
        if let Some(text) = &request.iso {
            return Ok(IsoState::InLibrary(Box::new(self.find_iso(text).await?)));
        }
        if let Some(built) = self.built_iso(cluster, request).await? {
            return Ok(built);
        }
        let Some(source) = &cluster.iso else {
            return Ok(IsoState::Missing {
                why: format!("{} names no ISO", cluster.name),
                next: None,
            });
        };
        let path = match source {
            IsoSource::Path(path) => Some(request.folder.join(path)),
            IsoSource::Url(_) | IsoSource::NewestRhel => None,
        };
        let isos = self.store().isos().await?;
        let known = isos
            .into_iter()
            .find(|iso| is_this(iso, source, path.as_deref()));
        if let Some(iso) = known {
            return Ok(IsoState::InLibrary(Box::new(iso)));
        }
        if let Some(path) = path
            && tokio::fs::metadata(&path)
                .await
                .is_ok_and(|file| file.is_file())
        {
            return Ok(IsoState::ToImport(path));
        }
        Ok(match source {
            IsoSource::Url(url) => IsoState::Missing {
                why: format!(
                    "the library has no ISO {}",
                    source.file_name().unwrap_or_default()
                ),
                next: Some(format!(
                    "fetch {url}, then `slipctl iso import FILE`, or name another with --iso"
                )),
            },
            IsoSource::Path(path) => IsoState::Missing {
                why: format!("there is no file {path}, and the library has none of that name"),
                next: Some("name another with --iso".into()),
            },
            IsoSource::NewestRhel => IsoState::Missing {
                why: "`rhel:` is found by Marvell's tools, which Slipway can't run yet".into(),
                next: None,
            },
        })
    }
}

impl Chosen<'_> {
    pub(crate) fn marvells(&self) -> impl Iterator<Item = &Card> {
        let cards = self.cards.iter().map(|(card, _)| *card);
        cards.filter(|card| card.kind == CardKind::Marvell)
    }

    /// Whether the ISO must be in the library: a Marvell's host finds its own.
    pub(crate) fn needs_library(&self) -> bool {
        self.marvells().count() < self.cards.len()
    }

    /// For the cards that are known; `None` where none is.
    pub(crate) fn request(
        &self,
        iso: &IsoId,
        request: &ClusterRequest,
        choices: &Choices,
    ) -> Option<(DeployRequest, CardTerms)> {
        let mut terms = CardTerms::new();
        let mut dpus = Vec::new();
        for (card, found) in &self.cards {
            if let (CardKind::Dpu, Found::Known(id, _)) = (card.kind, found) {
                let own = OwnTerms {
                    name: card.name.clone(),
                    beside: beside(self.cluster, card, choices),
                };
                terms.insert(id.clone(), own);
                dpus.push(id.clone());
            }
        }
        let request = DeployRequest {
            dpus,
            iso: iso.clone(),
            domain: request.domain.clone(),
            authorized_keys: request.authorized_keys.clone(),
            allow_release: request.allow_release.clone(),
            imc_certificate: request.imc_certificate,
        };
        (!request.dpus.is_empty()).then_some((request, terms))
    }
}

impl Found {
    pub(crate) fn standing(&self, card: &Card) -> ClusterStanding {
        match (card.kind, self) {
            (CardKind::Marvell | CardKind::BlueField, _) => ClusterStanding::NotAnIpu,
            (CardKind::Dpu, Self::Known(..)) => ClusterStanding::Known,
            (CardKind::Dpu, Self::Unknown) => ClusterStanding::Unknown,
            (CardKind::Dpu, Self::Contradiction(imc)) => {
                ClusterStanding::OtherImc { imc: imc.clone() }
            }
        }
    }
}

/// The card of the inventory with this IMC; by name where the file tells no IMC.
fn find(card: &Card, rows: &[DpuRow]) -> Found {
    let known = |row: &DpuRow| Found::Known(row.id.clone(), row.name.clone());
    let named = rows.iter().find(|row| row.name == card.name);
    let Some(imc) = &card.imc else {
        return named.map_or(Found::Unknown, known);
    };
    let exact = Address::parse_or(&imc.address, IMC_REDFISH_PORT).ok();
    if let Some(row) = rows.iter().find(|row| Some(&row.imc) == exact.as_ref()) {
        return known(row);
    }
    match named {
        Some(row) => Found::Contradiction(row.imc.to_string()),
        None => Found::Unknown,
    }
}

/// By its path, by the name under which it is kept or was published, or by the file's name.
fn is_this(iso: &Iso, source: &IsoSource, path: Option<&Path>) -> bool {
    if path.is_some_and(|path| Path::new(&iso.path) == path) {
        return true;
    }
    let Some(name) = source.file_name() else {
        return false;
    };
    let file = Path::new(&iso.path).file_name();
    iso.name == name
        || file.is_some_and(|file| file == name)
        || published_name(&iso.name, &iso.facts.sha256, None) == name
}
