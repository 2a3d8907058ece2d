//! The plan of a cluster file, and what this desk adds to what the file says.

use std::collections::BTreeSet;

use slipway_core::{
    cluster::{
        Card, CardKind, Cluster, ClusterOutline, Import, IsoCluster, ProblemCode, Standing,
        Surroundings, Values, beside, marvell, outline,
    },
    job::PlannedStep,
};

use super::{
    ClusterCard, ClusterPlan, ClusterRequest, ClusterStanding,
    find::{Chosen, Found, IsoState},
};
use crate::{AppError, Fleet, deployments::counted, views::CardPlan};

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
            if cluster
                .cards
                .iter()
                .all(|card| card.kind == CardKind::Marvell)
            {
                continue;
            }
            if let IsoState::Missing { why, next } = self.iso_of(cluster, request).await? {
                let next = next.unwrap_or_else(|| "see `slipctl iso list`".into());
                found.push((ProblemCode::Iso, spans.iso, why, next));
            }
        }
        for (code, span, message, fix) in found {
            import.warn(code, span, message, fix);
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
        let parts = self.cluster_parts(import, request).await?;
        let (mut cards, mut isos) = (Vec::new(), Vec::new());
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
        for part in &parts {
            problems.extend(self.against_marvells(part, request));
            self.around_flashes(part, request, &mut problems, &mut warnings)
                .await;
            warnings.extend(self.against_networks(part, request).await);
            if !part.needs_library() {
                warnings.push(format!(
                    "{}: the cards' hosts find the ISO by themselves",
                    part.cluster.name
                ));
            } else {
                isos.push(part.iso.shown(&part.cluster.name));
            }
            match &part.iso {
                _ if !part.needs_library() => {}
                IsoState::InLibrary(_) => {}
                IsoState::ToImport(path) => {
                    warnings.push(format!(
                        "{} is imported into the library first",
                        path.display()
                    ));
                }
                IsoState::ToBuild(to_build) if to_build.problems.is_empty() => {
                    warnings.push(format!(
                        "{} is built first, of what iso_builder of {} says",
                        to_build.name, part.cluster.name
                    ));
                }
                IsoState::ToBuild(_) | IsoState::Missing { .. } => {
                    problems.extend(part.iso.problem());
                }
            }
            let plans = self.plans_of(part, request).await?;
            for (card, found) in &part.cards {
                let standing = found.standing(card);
                problems.extend(why_unknown(card, &standing));
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
                    cluster: part.cluster.name.clone(),
                    name: card.name.clone(),
                    kind: card.kind,
                    imc: card.imc.as_ref().map(|imc| imc.address.clone()),
                    host: card.dpu_host.clone(),
                    standing,
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
        let mut clusters = outline(&import.file, &self.choices(request), steps);
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
            isos,
            cards,
            warnings,
            problems,
        })
    }

    /// What stands against the installation of the chosen Marvells.
    fn against_marvells(&self, part: &Chosen<'_>, request: &ClusterRequest) -> Vec<String> {
        let choices = self.choices(request);
        let wrong = part.marvells().filter_map(|card| {
            let plan = marvell(part.cluster, card, &choices, &[]);
            plan.err().map(|why| format!("{}: {why}", card.name))
        });
        wrong.collect()
    }

    /// What stands against the cold boot after a flash, and what is left to a person.
    async fn around_flashes(
        &self,
        part: &Chosen<'_>,
        request: &ClusterRequest,
        problems: &mut Vec<String>,
        warnings: &mut Vec<String>,
    ) {
        let choices = self.choices(request);
        for (card, _) in &part.cards {
            let flash = match card.kind {
                CardKind::Dpu => beside(part.cluster, card, &choices).flash,
                CardKind::Marvell | CardKind::BlueField => None,
            };
            let Some(flash) = flash else {
                continue;
            };
            let name = &card.name;
            let Some(address) = &flash.host_bmc else {
                warnings.push(format!(
                    "{name}: the file has no bmc_host: after a flash a person cold-boots the host by hand, and the job is gone on with by a retry"
                ));
                continue;
            };
            if let Err(error) = self.server_bmc(address).await {
                let next = error.hint.unwrap_or_default();
                problems.push(format!("{name}: {}: {next}", error.message));
            }
        }
    }

    async fn plans_of(
        &self,
        part: &Chosen<'_>,
        request: &ClusterRequest,
    ) -> Result<Vec<CardPlan>, AppError> {
        let IsoState::InLibrary(iso) = &part.iso else {
            return Ok(vec![]);
        };
        let Some((request, terms)) = part.request(&iso.id, request, &self.choices(request)) else {
            return Ok(vec![]);
        };
        Ok(self.plan_deploy_as(&request, &terms).await?.cards)
    }
}

pub(crate) fn why_unknown(card: &Card, standing: &ClusterStanding) -> Option<String> {
    match standing {
        ClusterStanding::Known | ClusterStanding::NotAnIpu => None,
        ClusterStanding::Unknown => Some(format!(
            "{} is not in the inventory: add it (`slipctl import FILE --add`, or `slipctl bmc add`)",
            card.name
        )),
        ClusterStanding::OtherImc { imc } => Some(format!(
            "the inventory's {} has another IMC, {imc}: mend the file or the inventory",
            card.name
        )),
    }
}

fn not_yet(clusters: &[ClusterOutline]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let cards = clusters.iter().flat_map(|cluster| &cluster.cards);
    for (card, step) in cards.flat_map(|card| card.not_yet().map(move |step| (card, step))) {
        debug_assert_eq!(step.standing, Standing::NotYet);
        let name = &step.step.name;
        let untried = step.untried.as_ref().map(|untried| &untried.name);
        all.push(match (untried, &step.skip) {
            (Some(word), None) => format!(
                "{}: {name} was never run on real hardware; do it all the same (`--accept-untried {word}`)",
                card.name
            ),
            (Some(word), Some(skip)) => format!(
                "{}: the step {name} was never run on real hardware; do it all the same (`--accept-untried {word}`), or leave it out (`--skip-steps {skip}`)",
                card.name
            ),
            (None, Some(skip)) => format!(
                "{}: the step {name} can't be done yet; leave it out (`--skip-steps {skip}`)",
                card.name
            ),
            (None, None) => format!("{}: {name}: Slipway can't do that yet", card.name),
        });
    }
    all
}
