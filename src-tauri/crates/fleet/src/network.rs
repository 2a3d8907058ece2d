//! This machine's ports to the cards of a file, set up by hand: as a deployment does it, and for
//! longer than one.

use serde::Serialize;
use slipway_core::{
    cluster::{self, Choices, ISO_BUILDER, Import, local_network},
    failure::StepError,
    ids::JobId,
    job::JobStore as _,
    network::{LocalNetwork, planned},
    ports::LocalNetworks as _,
};
use slipway_media::{PortHolder, PortReport, Ports};
use specta::Type;

use crate::{
    AppError, Fleet,
    cluster::{Chosen, ClusterRequest},
    views::{PortHolderView, PortView},
};

/// What would be done for one card of a file.
#[derive(Debug, Clone, Serialize, Type)]
pub struct NetworkCard {
    pub cluster: String,
    pub card: String,
    pub port: String,
    /// In words.
    pub effect: String,
    pub commands: Vec<String>,
    /// What was seen; empty where it can't be done.
    pub seen: Vec<String>,
    /// Why it can't be done.
    pub problem: Option<AppError>,
    #[serde(skip)]
    wanted: Option<LocalNetwork>,
}

/// Why a port is not taken back.
fn needs(card: &str, port: &str) -> String {
    format!("the deployment of {card} needs {port}")
}

/// Whose network it is that was set up by hand.
fn by_hand(card: &str) -> String {
    format!("by hand for {card}")
}

impl Fleet {
    /// What was decided about a file's own steps, and where this desk keeps things.
    pub(crate) fn choices(&self, request: &ClusterRequest) -> Choices {
        let mut choices = Choices {
            networks: self.inner.ports.folder().display().to_string(),
            dhcp_server: Ports::server(),
            ..request.choices()
        };
        if request.iso.is_some() {
            // It was named, and is not made.
            choices.skipped.push(ISO_BUILDER.into());
        }
        choices
    }

    /// What stands against the networks that a deployment of these cards would set up. A warning and
    /// no problem: another process, with other rights, may be the one that runs it.
    pub(crate) async fn against_networks(
        &self,
        part: &Chosen<'_>,
        request: &ClusterRequest,
    ) -> Vec<String> {
        let choices = self.choices(request);
        let mut all: Vec<String> = Vec::new();
        for (card, _) in &part.cards {
            let Some(wanted) = cluster::beside(part.cluster, card, &choices).network else {
                continue;
            };
            if let Err(error) = self.inner.ports.check(&wanted).await {
                let causes = error.causes.join("; ");
                let hint = error.hint.unwrap_or_default();
                let told = format!("{}: {} ({causes}): {hint}", wanted.port, error.message);
                if !all.contains(&told) {
                    all.push(told);
                }
            }
        }
        all
    }

    /// The local network of each chosen card that the file asks one for. Changes nothing.
    ///
    /// # Errors
    /// A card that was named and does not exist; a file that asks for none; the database.
    pub async fn plan_network(
        &self,
        import: &Import,
        request: &ClusterRequest,
    ) -> Result<Vec<NetworkCard>, AppError> {
        let choices = self.choices(request);
        let mut all = Vec::new();
        for part in self.cluster_parts(import, request).await? {
            for (card, _) in &part.cards {
                let Some(asked) = local_network(part.cluster, card, &choices) else {
                    continue;
                };
                let port = part.cluster.network_api_port.clone();
                let mut row = NetworkCard {
                    cluster: part.cluster.name.clone(),
                    card: card.name.clone(),
                    port: port.unwrap_or_default(),
                    effect: String::new(),
                    commands: vec![],
                    seen: vec![],
                    problem: None,
                    wanted: None,
                };
                match asked {
                    Ok(wanted) => {
                        (row.effect, row.commands) = planned(&wanted);
                        match self.inner.ports.check(&wanted).await {
                            Ok(seen) => row.seen = seen,
                            Err(error) => row.problem = Some(error.into()),
                        }
                        row.wanted = Some(wanted);
                    }
                    Err(why) => row.problem = Some(AppError::invalid(why)),
                }
                all.push(row);
            }
        }
        if all.is_empty() {
            return Err(AppError::refused("this file asks for no local network")
                .hint("it takes `network_api_port` of the cluster, and `ip` and `mac` of a card"));
        }
        Ok(all)
    }

    /// Sets up what [`Self::plan_network`] showed; answers with what was done. It stays until
    /// [`Self::network_down`].
    ///
    /// # Errors
    /// What keeps any of it from being set up; then nothing was done.
    pub async fn network_up(&self, plan: &[NetworkCard]) -> Result<Vec<String>, AppError> {
        if let Some(row) = plan.iter().find(|row| row.problem.is_some()) {
            let mut error = AppError::refused(format!("{} can't be set up", row.port));
            if let Some(problem) = &row.problem {
                error.causes.push(problem.message.clone());
                error.causes.extend(problem.causes.iter().cloned());
                error.hint.clone_from(&problem.hint);
            }
            return Err(error);
        }
        let mut done = Vec::new();
        for row in plan {
            let Some(wanted) = row.wanted.clone() else {
                continue;
            };
            let (ports, holder) = (self.inner.ports.clone(), by_hand(&row.card));
            done.extend(blocking(move || ports.set_up_for(&holder, &wanted)).await?);
        }
        Ok(done)
    }

    /// Takes all of a port back, whoever set it up.
    ///
    /// # Errors
    /// Refused while a job needs it; what could not be taken back.
    pub async fn network_down(&self, port: &str) -> Result<Vec<String>, AppError> {
        let all = self.networks().await?;
        let Some(report) = all.iter().find(|report| report.port == port) else {
            return Err(
                AppError::not_found(format!("Slipway has set up no network on {port}"))
                    .hint("`slipctl network status` shows those that it has"),
            );
        };
        for holder in &report.holders {
            if let (Some(id), true) = self.job_of(holder).await {
                let error = AppError::refused(needs(&holder.card, port));
                return Err(error.hint(format!("wait for job {id}, or cancel it")));
            }
        }
        let (ports, port) = (self.inner.ports.clone(), port.to_owned());
        Ok(blocking(move || ports.take_back_all(&port)).await?)
    }

    /// The job that a port is set up for, and whether it runs.
    async fn job_of(&self, holder: &PortHolder) -> (Option<JobId>, bool) {
        let Ok(id) = holder.holder.parse::<JobId>() else {
            return (None, false);
        };
        let job = self.store().job(&id).await;
        (Some(id), job.is_ok_and(|job| !job.state.is_terminal()))
    }

    /// [`Self::networks`], with the jobs that they are for, and what keeps each from being taken back.
    ///
    /// # Errors
    /// As there.
    pub async fn network_ports(&self) -> Result<Vec<PortView>, AppError> {
        let mut all = Vec::new();
        for report in self.networks().await? {
            let mut holders = Vec::new();
            for holder in report.holders {
                let (job, running) = self.job_of(&holder).await;
                holders.push(PortHolderView {
                    card: holder.card,
                    ip: holder.ip,
                    macs: holder.macs,
                    job,
                    running,
                });
            }
            let needed = holders.iter().find(|holder| holder.running);
            all.push(PortView {
                why_not_down: needed.map(|holder| needs(&holder.card, &report.port)),
                port: report.port,
                addresses: report.addresses,
                whole: report.whole,
                missing: report.missing,
                server: report.pid,
                holders,
                given: report.given,
            });
        }
        Ok(all)
    }

    /// Every port that Slipway has set up, and how it stands.
    ///
    /// # Errors
    /// What is kept about a port can't be read.
    pub async fn networks(&self) -> Result<Vec<PortReport>, AppError> {
        let ports = self.inner.ports.clone();
        Ok(blocking(move || ports.report()).await?)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StepError> + Send + 'static,
) -> Result<T, StepError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(crate::access::local(error)))
}
