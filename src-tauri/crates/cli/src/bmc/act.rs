//! `slipctl bmc insert|eject|boot|reset`.

use slipway_core::{bmc::KnownBmc, ports::BootOverrideEnabled};
use slipway_fleet::{
    AppError, Fleet,
    views::{BmcAction, BmcActionView, BmcOrder},
};

use crate::{args::BootFor, exit::Failed, output::Output};

pub async fn insert(
    card: &str,
    image: String,
    slot: Option<String>,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let bmc = fleet.find_bmc(card).await?;
    let target = target(&bmc, BmcAction::Insert, slot, |_| true, fleet).await?;
    let order = BmcOrder::Insert {
        slot: target.target,
        image,
    };
    act(&bmc, order, fleet, output).await
}

pub async fn eject(
    card: &str,
    slot: Option<String>,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let bmc = fleet.find_bmc(card).await?;
    let target = target(&bmc, BmcAction::Eject, slot, |_| true, fleet).await?;
    let order = BmcOrder::Eject {
        slot: target.target,
    };
    act(&bmc, order, fleet, output).await
}

pub async fn boot(
    card: &str,
    boot_target: String,
    enabled: BootFor,
    system: Option<String>,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let bmc = fleet.find_bmc(card).await?;
    let target = target(&bmc, BmcAction::SetBoot, system, |_| true, fleet).await?;
    let order = BmcOrder::SetBoot {
        system: target.target,
        enabled: match enabled {
            BootFor::Once => BootOverrideEnabled::Once,
            BootFor::Continuous => BootOverrideEnabled::Continuous,
            BootFor::Disabled => BootOverrideEnabled::Disabled,
        },
        target: boot_target,
    };
    act(&bmc, order, fleet, output).await
}

/// What is to be reset.
pub struct ResetOf {
    pub manager: bool,
    pub target: Option<String>,
}

pub async fn reset(
    card: &str,
    reset_type: String,
    of: ResetOf,
    yes: bool,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let bmc = fleet.find_bmc(card).await?;
    let wanted = |view: &BmcActionView| of.manager == view.label.contains("manager");
    let target = target(&bmc, BmcAction::Reset, of.target.clone(), wanted, fleet).await?;
    if target.why_not.is_none() && !yes {
        let effect = target.interrupts.as_deref().unwrap_or("it is interrupted");
        let question = format!(
            "{reset_type} of {} ({}): {effect}. Do it?",
            bmc.name, target.target_name
        );
        if !output.confirm(&question)? {
            return Ok(());
        }
    }
    let order = BmcOrder::Reset {
        target: target.target,
        reset_type,
    };
    act(&bmc, order, fleet, output).await
}

/// The one resource that is meant: the one that was named, or the only one that may be.
async fn target(
    bmc: &KnownBmc,
    action: BmcAction,
    named: Option<String>,
    wanted: impl Fn(&BmcActionView) -> bool,
    fleet: &Fleet,
) -> Result<BmcActionView, Failed> {
    let mut view = fleet.bmc(&bmc.id).await?;
    if view.inventory.is_none() {
        view = fleet.refresh_bmc(&bmc.id).await?;
    }
    let mut all: Vec<BmcActionView> = view
        .actions
        .into_iter()
        .filter(|offered| offered.action == action)
        .collect();
    if let Some(named) = named {
        let known: Vec<String> = all.iter().map(|offered| offered.target.clone()).collect();
        let found = all.into_iter().find(|offered| offered.target == named);
        return found.ok_or_else(|| {
            AppError::not_found(format!("{} has no `{named}` for this", bmc.name))
                .because(format!("there are: {}", known.join(", ")))
                .into()
        });
    }
    all.retain(|offered| offered.target.is_empty() || wanted(offered));
    let may: Vec<&BmcActionView> = all.iter().filter(|a| a.why_not.is_none()).collect();
    match (may.as_slice(), all.as_slice()) {
        ([one], _) => Ok((*one).clone()),
        ([], [first, ..]) => Ok(first.clone()),
        ([], []) => {
            Err(AppError::refused(format!("{} offers nothing to do this to", bmc.name)).into())
        }
        ([_, _, ..], _) => {
            let mut error = AppError::invalid(format!("{} has several: name one", bmc.name));
            for offered in may {
                error = error.because(format!("{} ({})", offered.target, offered.target_name));
            }
            Err(error
                .hint("give its path: --slot, --system or --target")
                .into())
        }
    }
}

async fn act(bmc: &KnownBmc, order: BmcOrder, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    let told = std::sync::Mutex::new(0_u32);
    let tell = |progress: slipway_fleet::views::BmcProgress| {
        // Every ten seconds is enough for a log.
        if let Ok(mut last) = told.lock()
            && (progress.seconds == 0 || progress.seconds >= *last + 10)
        {
            *last = progress.seconds;
            output.note(progress.sentence);
        }
    };
    let outcome = fleet.act_on_bmc(&bmc.id, order, tell).await?;
    output.show(&outcome, || {
        output.line(format!("{}: {}", bmc.name, outcome.sentence));
    });
    Ok(())
}
