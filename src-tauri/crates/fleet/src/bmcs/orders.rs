//! Doing something to a Redfish service: refused with its reason, done once, read back.

use std::time::{Duration, Instant};

use slipway_core::{
    bmc::{BmcFacts, KnownBmc},
    failure::FailureKind,
    ids::BmcId,
    ports::{Bmc, BmcError, BootOverride, BootOverrideEnabled, Controller, TaskState, TaskUri},
};
use slipway_redfish::RedfishClient;
use url::Url;

use super::{actions::actions, power};
use crate::{
    AppError, ChangeTag, ErrorCode, Fleet,
    views::{BmcAction, BmcActionView, BmcOrder, BmcOutcome, BmcProgress},
};

/// Between two looks at a task. Its service answers two requests at a time.
const ASK: Duration = Duration::from_secs(1);

impl Fleet {
    /// Carries out an order and tells how far it is. Effects are tried once.
    ///
    /// # Errors
    /// Refused, with the reason, where the service does not offer it or a job runs on the card (or
    /// on a card of this server); the service's own refusal, in its words.
    pub async fn act_on_bmc(
        &self,
        id: &BmcId,
        order: BmcOrder,
        tell: impl Fn(BmcProgress) + Send + Sync,
    ) -> Result<BmcOutcome, AppError> {
        let row = self.store().bmc(id).await?;
        let why_not = self.why_not_act(&row.bmc, &row.facts).await?;
        if self.store().inventory(id).await?.is_none() && why_not.is_none() {
            self.refresh_bmc(id).await?;
        }
        let stored = self.store().inventory(id).await?;
        let inventory = stored.as_ref().map(|(inventory, _)| inventory);
        refuse(
            &actions(&row.bmc.kind, inventory, why_not.as_deref()),
            &order,
        )?;
        let client = self.bmc_client(&row.bmc).await?;
        tracing::info!(bmc = %row.bmc.name, order = kind(&order), "an order to a BMC");
        let done = carry_out(&client, &order, self.inner.config.task_deadline, &tell).await;
        if let Err(Acted::Service(error)) = &done {
            self.note_certificate(error).await;
        }
        let vanishes = matches!(&order, BmcOrder::Reset { target, .. }
            if inventory.is_some_and(|i| i.managers.iter().any(|m| m.path == *target)));
        if vanishes {
            // It is away for minutes: the look at intervals meets it again.
            self.look_soon(id).await?;
        } else if done.is_ok()
            && let Err(error) = self.refresh_bmc(id).await
        {
            tracing::warn!(bmc = %row.bmc.name, %error, "the look after an order");
        }
        self.changed(ChangeTag::Bmc, Some(id.to_string()));
        done.map_err(AppError::from)
    }

    /// Why nothing may be done to it now.
    pub(crate) async fn why_not_act(
        &self,
        bmc: &KnownBmc,
        facts: &BmcFacts,
    ) -> Result<Option<String>, AppError> {
        if let Some(dpu) = &bmc.dpu
            && let Some(job) = self.active_job(dpu).await?
        {
            return Ok(Some(format!("{} runs on this card", job.kind_name())));
        }
        for pairing in self.store().pairings().await? {
            if pairing.host == bmc.id
                && let Some(job) = self.active_job(&pairing.dpu).await?
            {
                let card = self.store().dpu(&pairing.dpu).await?.name;
                return Ok(Some(format!(
                    "{} runs on {card}, which is in this server",
                    job.kind_name()
                )));
            }
        }
        Ok((facts.waits_for_a_person())
            .then(|| facts.silent.as_ref().map(|s| s.reason.clone()))
            .flatten())
    }
}

fn kind(order: &BmcOrder) -> &'static str {
    match order {
        BmcOrder::Insert { .. } => "insert",
        BmcOrder::Eject { .. } => "eject",
        BmcOrder::SetBoot { .. } => "set_boot",
        BmcOrder::Reset { .. } => "reset",
    }
}

/// Refuses what the service does not offer.
fn refuse(offered: &[BmcActionView], order: &BmcOrder) -> Result<(), AppError> {
    let (action, target) = match order {
        BmcOrder::Insert { slot, .. } => (BmcAction::Insert, slot),
        BmcOrder::Eject { slot } => (BmcAction::Eject, slot),
        BmcOrder::SetBoot { system, .. } => (BmcAction::SetBoot, system),
        BmcOrder::Reset { target, .. } => (BmcAction::Reset, target),
    };
    let of_action = || offered.iter().filter(|view| view.action == action);
    let view = of_action()
        .find(|view| view.target == *target)
        .or_else(|| of_action().find(|view| view.target.is_empty()));
    let Some(view) = view else {
        let known: Vec<&str> = of_action().map(|view| view.target.as_str()).collect();
        return Err(
            AppError::not_found(format!("there is no `{target}` to do this to"))
                .because(format!("there are: {}", known.join(", "))),
        );
    };
    if let Some(why) = &view.why_not {
        return Err(AppError::refused(format!("not now: {why}")));
    }
    let unknown = |what: &str, asked: &str| {
        AppError::invalid(format!("{} offers no {what} `{asked}`", view.target_name))
            .because(format!("it offers: {}", view.choices.join(", ")))
    };
    let offers = |asked: &String| view.choices.is_empty() || view.choices.contains(asked);
    match order {
        BmcOrder::SetBoot {
            target, enabled, ..
        } if *enabled != BootOverrideEnabled::Disabled && !offers(target) => {
            Err(unknown("boot target", target))
        }
        BmcOrder::Reset { reset_type, .. } if !offers(reset_type) => {
            Err(unknown("reset type", reset_type))
        }
        BmcOrder::Insert { .. }
        | BmcOrder::Eject { .. }
        | BmcOrder::SetBoot { .. }
        | BmcOrder::Reset { .. } => Ok(()),
    }
}

/// Why an order was not carried out.
pub(super) enum Acted {
    Service(BmcError),
    App(AppError),
}

impl From<BmcError> for Acted {
    fn from(error: BmcError) -> Self {
        Self::Service(error)
    }
}

impl From<Acted> for AppError {
    fn from(acted: Acted) -> Self {
        match acted {
            Acted::Service(error) => error.into(),
            Acted::App(error) => error,
        }
    }
}

async fn carry_out(
    client: &RedfishClient,
    order: &BmcOrder,
    deadline: Duration,
    tell: &(impl Fn(BmcProgress) + Send + Sync),
) -> Result<BmcOutcome, Acted> {
    let outcome = |sentence: String| BmcOutcome {
        sentence,
        slot: None,
        boot: None,
    };
    match order {
        BmcOrder::Insert { slot, image } => {
            let image = image_url(image).map_err(Acted::App)?;
            let task = client.insert_into(slot, &image).await?;
            wait_for(client, &task, deadline, tell).await?;
            let read = client.slot(slot).await?;
            if !read.inserted {
                return Err(Acted::App(
                    AppError::new(ErrorCode::Other, "the slot is empty after the insert")
                        .because("the task says that it was completed")
                        .hint("look at the BMC's log; then try again"),
                ));
            }
            let name = read.image.clone().unwrap_or_else(|| "a medium".to_owned());
            Ok(BmcOutcome {
                slot: Some(read),
                ..outcome(format!("{name} is inserted"))
            })
        }
        BmcOrder::Eject { slot } => {
            let read = client.eject_from(slot).await?;
            if read.inserted {
                return Err(Acted::App(
                    AppError::new(ErrorCode::Other, "the slot still holds its medium")
                        .because("the eject was accepted, and the slot was read again"),
                ));
            }
            Ok(BmcOutcome {
                slot: Some(read),
                ..outcome("the slot is empty".to_owned())
            })
        }
        BmcOrder::SetBoot {
            system,
            enabled,
            target,
        } => {
            let wanted = BootOverride {
                enabled: *enabled,
                target: target.clone(),
            };
            let read = client.set_boot(system, &wanted).await?;
            let says = format!("{:?} {}", read.enabled, read.target);
            let sentence = if read == wanted {
                format!("the next boot: {says}")
            } else {
                format!("asked for {enabled:?} {target}; the service says {says}")
            };
            Ok(BmcOutcome {
                boot: Some(read),
                ..outcome(sentence)
            })
        }
        BmcOrder::Reset { target, reset_type } => {
            client.reset(target, reset_type).await?;
            let read = power::after(client, target, reset_type, tell).await?;
            Ok(outcome(format!("{reset_type} was accepted{read}")))
        }
    }
}

fn image_url(text: &str) -> Result<Url, AppError> {
    let url: Url = text.trim().parse().map_err(|error: url::ParseError| {
        AppError::invalid(format!("`{text}` is not a URL")).because(error.to_string())
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AppError::invalid("a URL with a password in it is refused")
            .hint("it would be shown by the BMC to everybody; serve the file without a login"));
    }
    Ok(url)
}

/// Waits for a task to end well. It may outlive a few questions that get no answer.
async fn wait_for(
    client: &RedfishClient,
    task: &TaskUri,
    deadline: Duration,
    tell: &(impl Fn(BmcProgress) + Send + Sync),
) -> Result<(), Acted> {
    let began = Instant::now();
    let mut unanswered = 0;
    loop {
        match client.task(task).await {
            Ok(told) => {
                match told.state {
                    TaskState::Completed => return Ok(()),
                    TaskState::Failed(reason) => {
                        return Err(Acted::App(
                        AppError::new(ErrorCode::Other, "the BMC could not insert the medium")
                            .because(reason)
                            .hint("check that the BMC can reach the URL, and trusts its certificate"),
                    ));
                    }
                    TaskState::Running => unanswered = 0,
                }
            }
            Err(BmcError::Unreachable { .. }) if unanswered < 5 => unanswered += 1,
            Err(error) => return Err(error.into()),
        }
        let seconds = u32::try_from(began.elapsed().as_secs()).unwrap_or(u32::MAX);
        if began.elapsed() >= deadline {
            return Err(Acted::App(
                AppError::new(
                    FailureKind::Deadline.into(),
                    format!("the BMC still fetches the medium after {seconds} s"),
                )
                .because(format!("its task is {}", task.0))
                .hint("it may still end well: look again later"),
            ));
        }
        tell(BmcProgress {
            sentence: format!("the BMC fetches the medium, {seconds} s"),
            seconds,
        });
        tokio::time::sleep(ASK).await;
    }
}
