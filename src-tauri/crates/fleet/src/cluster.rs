//! A cluster file against this desk: which of its cards and ISOs are known, what would happen, and
//! making it happen.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde::Serialize;
use slipway_core::{
    address::Address,
    cluster::{
        Card, CardKind, Cluster, ClusterOutline, Import, IsoCluster, IsoSource, ProblemCode,
        Standing, Surroundings, Values, outline,
    },
    dpu::IMC_REDFISH_PORT,
    ids::{DpuId, IsoId, JobId},
    iso::{Iso, published_name},
    job::PlannedStep,
};
use specta::Type;

use crate::{
    AppError, Fleet,
    deployments::{OtherNames, counted},
    views::{CardPlan, DeployRequest, DpuQuery, DpuRow},
};

/// What is to be done with a file.
#[derive(Debug, Clone, Default)]
pub struct ClusterRequest {
    /// Names of cards, in the file or in the inventory; none means all of the file.
    pub cards: Vec<String>,
    /// Steps that are left out.
    pub skip_steps: Vec<String>,
    /// The ISO, instead of what the file says: name, id, or the first digits of its SHA-256.
    pub iso: Option<String>,
    /// Where relative paths in the file begin.
    pub folder: PathBuf,
    pub domain: Option<String>,
    pub authorized_keys: Vec<String>,
    pub allow_release: Option<String>,
}

/// What would happen, and what stands against it.
#[derive(Debug, Clone, Serialize, Type)]
pub struct ClusterPlan {
    pub title: String,
    pub clusters: Vec<ClusterOutline>,
    /// The chosen cards, in the order of the file.
    pub cards: Vec<ClusterCard>,
    pub warnings: Vec<String>,
    /// Why nothing can be deployed; empty: it can.
    pub problems: Vec<String>,
}

/// A card of the file, and what this desk knows of it.
#[derive(Debug, Clone, Serialize, Type)]
pub struct ClusterCard {
    pub cluster: String,
    /// In the file, and then its host name.
    pub name: String,
    /// In the inventory; `None`: it is not there yet.
    pub dpu: Option<DpuId>,
    pub dpu_name: Option<String>,
    /// The installation's plan; `None` where the card or the ISO is not known.
    pub plan: Option<CardPlan>,
}

/// Where a cluster's ISO is.
#[derive(Debug, Clone)]
pub enum IsoState {
    InLibrary(Box<Iso>),
    /// A file that can be imported.
    ToImport(PathBuf),
    /// Neither, and what to do.
    Missing(String),
}

/// One cluster with its chosen cards.
pub(crate) struct Batch<'a> {
    cluster: &'a IsoCluster,
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
    /// What importing should know of this desk.
    ///
    /// # Errors
    /// The database.
    pub async fn cluster_surroundings(&self) -> Result<Surroundings, AppError> {
        let rows = self.all_rows().await?;
        let known_imcs = rows.into_iter().map(|row| row.imc).collect();
        Ok(Surroundings { known_imcs })
    }

    /// The values of a file's templates out of cards: the first one named is worker 0. A name that
    /// the inventory lacks gives none.
    ///
    /// # Errors
    /// The database.
    pub async fn cluster_values(&self, cards: &[String]) -> Result<Values, AppError> {
        let mut values = Values::default();
        for (worker, name) in (0_u32..).zip(cards) {
            let Some(dpu) = self.store().dpu_by_name(name).await? else {
                continue;
            };
            values.set("bmc_hostname", Some(worker), dpu.imc_redfish.to_string());
            match &dpu.host {
                Some(host) => values.set("worker_name", Some(worker), host),
                None => {
                    let number = slipway_core::cluster::number_in(&dpu.name);
                    if let Some(number) = number {
                        values.set("worker_number", Some(worker), number);
                    }
                }
            }
        }
        Ok(values)
    }

    /// Adds to an import what only this desk can tell.
    ///
    /// # Errors
    /// The database.
    pub async fn check_cluster(
        &self,
        import: &mut Import,
        request: &ClusterRequest,
    ) -> Result<(), AppError> {
        let mut found = Vec::new();
        for (cluster, spans) in import.file.clusters.iter().zip(&import.spans) {
            let Cluster::Iso(cluster) = cluster else {
                continue;
            };
            if let IsoState::Missing(what) = self.iso_of(cluster, request).await? {
                let message = what;
                found.push((
                    ProblemCode::Iso,
                    spans.iso,
                    message,
                    "see `slipctl iso list`",
                ));
            }
        }
        for (code, span, message, fix) in found {
            import.warn(code, span, message, fix.to_owned());
        }
        Ok(())
    }

    /// The plan of a file. Touches nothing.
    ///
    /// # Errors
    /// A card that was named and does not exist; the database.
    pub async fn plan_cluster(
        &self,
        import: &Import,
        request: &ClusterRequest,
    ) -> Result<ClusterPlan, AppError> {
        let batches = self.batches(import, request).await?;
        let mut cards = Vec::new();
        let (mut warnings, mut problems) = (Vec::new(), Vec::new());
        problems.extend(import.blocking(&request.skip_steps).map(|problem| {
            let place = problem
                .place
                .map(|place| format!(":{}:{}", place.line, place.column));
            format!(
                "{}{}: {}",
                problem.file,
                place.unwrap_or_default(),
                problem.message
            )
        }));
        for batch in &batches {
            match &batch.iso {
                IsoState::InLibrary(_) => {}
                IsoState::ToImport(path) => {
                    warnings.push(format!(
                        "{} is imported into the library first",
                        path.display()
                    ));
                }
                IsoState::Missing(what) => problems.push(what.clone()),
            }
            let plans = self.plans_of(batch, request).await?;
            for (card, found) in &batch.cards {
                problems.extend(why_unknown(card, found));
                let (dpu, dpu_name) = match found {
                    Found::Known(id, name) => (Some(id.clone()), Some(name.clone())),
                    Found::Unknown | Found::Contradiction(_) => (None, None),
                };
                let plan = plans.iter().find(|plan| Some(&plan.dpu) == dpu.as_ref());
                if let Some(plan) = plan {
                    let of = |text: &String| format!("{}: {text}", card.name);
                    problems.extend(plan.problems.iter().map(of));
                    warnings.extend(plan.warnings.iter().map(of));
                }
                cards.push(ClusterCard {
                    cluster: batch.cluster.name.clone(),
                    name: card.name.clone(),
                    dpu,
                    dpu_name,
                    plan: plan.cloned(),
                });
            }
        }
        let steps = |cluster: &IsoCluster, card: &Card| -> Option<Vec<PlannedStep>> {
            let of =
                |known: &&ClusterCard| known.cluster == cluster.name && known.name == card.name;
            let plan = cards.iter().find(of)?.plan.as_ref()?;
            (!plan.steps.is_empty()).then(|| plan.steps.clone())
        };
        let mut clusters = outline(&import.file, &request.skip_steps, steps);
        let chosen: BTreeSet<(&str, &str)> = cards
            .iter()
            .map(|card| (card.cluster.as_str(), card.name.as_str()))
            .collect();
        for cluster in &mut clusters {
            let name = cluster.name.clone();
            cluster
                .cards
                .retain(|card| chosen.contains(&(name.as_str(), card.name.as_str())));
            if !cluster.in_scope {
                let what = format!("{name} is of kind {}: nothing is done for it", cluster.kind);
                warnings.push(what);
            }
        }
        problems.extend(not_yet(&clusters));
        if cards.is_empty() {
            problems.push("there is no card to deploy".into());
        }
        Ok(ClusterPlan {
            title: format!(
                "Deploy {} of {}",
                counted(cards.len()),
                import.source.name()
            ),
            clusters,
            cards,
            warnings,
            problems,
        })
    }

    /// The ISO files that a deployment would import first.
    ///
    /// # Errors
    /// The database.
    pub async fn cluster_imports(
        &self,
        import: &Import,
        request: &ClusterRequest,
    ) -> Result<BTreeSet<PathBuf>, AppError> {
        let batches = self.batches(import, request).await?;
        let paths = batches.into_iter().filter_map(|batch| match batch.iso {
            IsoState::ToImport(path) => Some(path),
            IsoState::InLibrary(_) | IsoState::Missing(_) => None,
        });
        Ok(paths.collect())
    }

    /// Submits one deployment per chosen card; all or none.
    ///
    /// # Errors
    /// A plan with problems, each named.
    pub async fn deploy_cluster(
        &self,
        import: &Import,
        request: &ClusterRequest,
    ) -> Result<Vec<JobId>, AppError> {
        let plan = self.plan_cluster(import, request).await?;
        plan.refuse_problems()?;
        let mut jobs = Vec::new();
        for batch in self.batches(import, request).await? {
            let IsoState::InLibrary(iso) = &batch.iso else {
                let name = &batch.cluster.name;
                return Err(
                    AppError::refused(format!("the ISO of {name} is not in the library"))
                        .hint("import it: `slipctl iso import`"),
                );
            };
            if let Some((request, names)) = batch.request(&iso.id, request) {
                jobs.extend(self.deploy_as(&request, &names).await?);
            }
        }
        Ok(jobs)
    }

    async fn plans_of(
        &self,
        batch: &Batch<'_>,
        request: &ClusterRequest,
    ) -> Result<Vec<CardPlan>, AppError> {
        let IsoState::InLibrary(iso) = &batch.iso else {
            return Ok(vec![]);
        };
        let Some((request, names)) = batch.request(&iso.id, request) else {
            return Ok(vec![]);
        };
        Ok(self.plan_deploy_as(&request, &names).await?.cards)
    }

    async fn all_rows(&self) -> Result<Vec<DpuRow>, AppError> {
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

    pub(crate) async fn batches<'a>(
        &self,
        import: &'a Import,
        request: &ClusterRequest,
    ) -> Result<Vec<Batch<'a>>, AppError> {
        let rows = self.all_rows().await?;
        let mut wanted: BTreeSet<&str> = request.cards.iter().map(String::as_str).collect();
        let all = wanted.is_empty();
        let mut batches = Vec::new();
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
                if all || wanted.remove(card.name.as_str()) || known {
                    cards.push((card, found));
                }
            }
            if !cards.is_empty() {
                let iso = self.iso_of(cluster, request).await?;
                batches.push(Batch {
                    cluster,
                    iso,
                    cards,
                });
            }
        }
        match wanted.first() {
            None => Ok(batches),
            Some(name) => Err(AppError::not_found(format!(
                "there is no card `{name}` in {}",
                import.source.name()
            ))
            .hint("name cards as the file or the inventory does")),
        }
    }

    async fn iso_of(
        &self,
        cluster: &IsoCluster,
        request: &ClusterRequest,
    ) -> Result<IsoState, AppError> {
        if let Some(text) = &request.iso {
            return Ok(IsoState::InLibrary(Box::new(self.find_iso(text).await?)));
        }
        let Some(source) = &cluster.iso else {
            let what = format!("{} names no ISO", cluster.name);
            return Ok(IsoState::Missing(what));
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
        Ok(IsoState::Missing(match source {
            IsoSource::Url(url) => format!(
                "the library has no ISO {}; fetch {url}, then `slipctl iso import FILE`, or name another with --iso",
                source.file_name().unwrap_or_default()
            ),
            IsoSource::Path(path) => format!(
                "there is no file {path}, and the library has none of that name; name another with --iso"
            ),
            IsoSource::NewestRhel => {
                "`rhel:` is found by Marvell's tools, which Slipway can't run yet".to_owned()
            }
        }))
    }
}

impl Batch<'_> {
    /// For the cards that are known; `None` where none is.
    fn request(
        &self,
        iso: &IsoId,
        request: &ClusterRequest,
    ) -> Option<(DeployRequest, OtherNames)> {
        let mut names = OtherNames::new();
        let mut dpus = Vec::new();
        for (card, found) in &self.cards {
            if let (CardKind::Dpu, Found::Known(id, _)) = (card.kind, found) {
                names.insert(id.clone(), card.name.clone());
                dpus.push(id.clone());
            }
        }
        let request = DeployRequest {
            dpus,
            iso: iso.clone(),
            domain: request.domain.clone(),
            authorized_keys: request.authorized_keys.clone(),
            allow_release: request.allow_release.clone(),
        };
        (!request.dpus.is_empty()).then_some((request, names))
    }
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
            "mend what is named, leave steps out with --skip-steps, or name the cards with --cards",
        ))
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

pub(crate) fn why_unknown(card: &Card, found: &Found) -> Option<String> {
    match (card.kind, found) {
        (CardKind::Marvell | CardKind::BlueField, _) | (_, Found::Known(..)) => None,
        (CardKind::Dpu, Found::Unknown) => Some(format!(
            "{} is not in the inventory: add it (`slipctl import FILE --add`, or `slipctl bmc add`)",
            card.name
        )),
        (CardKind::Dpu, Found::Contradiction(imc)) => Some(format!(
            "the inventory's {} has another IMC, {imc}: mend the file or the inventory",
            card.name
        )),
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

fn not_yet(clusters: &[ClusterOutline]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let cards = clusters.iter().flat_map(|cluster| &cluster.cards);
    for (card, step) in cards.flat_map(|card| card.not_yet().map(move |step| (card, step))) {
        debug_assert_eq!(step.standing, Standing::NotYet);
        let name = &step.step.name;
        all.push(match &step.skip {
            Some(skip) => format!(
                "{}: the step {name} can't be done yet (never run on real hardware); leave it out with --skip-steps {skip}",
                card.name
            ),
            None => format!("{}: {name}: Slipway can't do that yet", card.name),
        });
    }
    all
}
