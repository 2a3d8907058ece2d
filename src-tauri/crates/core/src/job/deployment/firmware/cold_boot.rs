//! The cold boot of the server that the card is in, which takes the card along. Only of the one that
//! the plan names, and only after a flash.
//!
//! Where its BMC offers both, it is switched off and on: each can be looked at, and so neither is
//! done twice. Else it is cycled by one order, and the IMC's uptime tells whether that came.

use serde::{Deserialize, Serialize};

use crate::{
    address::Address,
    failure::{FailureKind, StepError},
    job::{
        StepContext, StepOutcome, WaitReason,
        deployment::{DeploymentPlan, Outcome, State, install::imc_uptime},
    },
    ports::{BmcError, Controller, Stage},
    time::Timestamp,
};

const OFF: &str = "ForceOff";
const CYCLE: &str = "PowerCycle";

/// A cold boot under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColdBoot {
    /// The system's path at its BMC.
    pub system: String,
    /// By what it is switched on; `None`: it is cycled.
    pub on: Option<String>,
    /// The IMC's uptime is compared with this.
    pub began: Timestamp,
    pub power: Power,
}

/// Each is saved before its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "since")]
pub enum Power {
    Cycling(Timestamp),
    SwitchingOff(Timestamp),
    GoingOff,
    /// Off it stays for a moment first.
    SwitchingOn(Timestamp),
    ComingOn,
}

/// The system's path, and by what it is switched on.
type Way = (String, Option<String>);

/// What the BMC offers, and that in words. Looks only.
pub(super) async fn decide(
    bmc: &dyn Controller,
    address: &Address,
) -> Result<(Way, String), StepError> {
    let refused = |message: String| {
        StepError::new(FailureKind::Precondition, message)
            .hint("take `bmc_host` out of the file, and cold-boot the host by hand after the flash")
    };
    let inventory = bmc.crawl().await?.inventory;
    let [system] = inventory.systems.as_slice() else {
        let count = inventory.systems.len();
        return Err(refused(format!(
            "{address} shows {count} systems, and not the one that the card is in"
        )));
    };
    let types = system.reset_types.clone().unwrap_or_default();
    let offers = |wanted: &str| types.iter().any(|offered| offered == wanted);
    let on = ["On", "ForceOn"].into_iter().find(|on| offers(on));
    let readable = bmc.power(&system.path).await?;
    match (on, &readable) {
        (Some(on), Some(power)) if offers(OFF) => Ok((
            (system.path.clone(), Some(on.to_owned())),
            format!("{OFF} and {on}; its power is {power}"),
        )),
        _ if offers(CYCLE) => Ok(((system.path.clone(), None), CYCLE.to_owned())),
        _ => Err(refused(format!(
            "{address} offers no cold boot, only {}",
            types.join(", ")
        ))),
    }
}

pub(in crate::job::deployment) async fn cold_boot(
    plan: &DeploymentPlan,
    boot: Option<&ColdBoot>,
    cx: &mut StepContext<'_>,
) -> Outcome {
    let Some(address) = plan.beside.flash.as_ref().and_then(|f| f.host_bmc.clone()) else {
        return Ok(StepOutcome::Fail(
            StepError::new(
                FailureKind::Firmware,
                "the card is flashed, and what was flashed counts only after a cold boot of its host",
            )
            .because("the plan names no `bmc_host` of it: the host is not touched")
            .hint("cold-boot the host by hand, then retry from this step: nothing is flashed again"),
        ));
    };
    let bmc = cx.card.host_bmc(&address).await?;
    let Some(boot) = boot else {
        return begin(bmc.as_ref(), &address, cx).await;
    };
    Step {
        bmc: bmc.as_ref(),
        address: &address,
        boot,
    }
    .step(cx)
    .await
}

async fn begin(bmc: &dyn Controller, address: &Address, cx: &mut StepContext<'_>) -> Outcome {
    let others = cx.card.others_in_server(address).await?;
    if let Some((_, what)) = others.first() {
        return Ok(cx.wait(WaitReason::Settles {
            what: format!("a cold boot of the host would cut off {what}, which is waited for"),
        }));
    }
    let ((system, on), _) = decide(bmc, address).await?;
    let power = match on {
        Some(_) => {
            cx.facts.flash.host_off = true;
            Power::SwitchingOff(cx.now)
        }
        None => Power::Cycling(cx.now),
    };
    Ok(StepOutcome::Advance(State::ColdBootingHost {
        boot: Some(ColdBoot {
            system,
            on,
            began: cx.now,
            power,
        }),
    }))
}

struct Step<'a> {
    bmc: &'a dyn Controller,
    address: &'a Address,
    boot: &'a ColdBoot,
}

impl Step<'_> {
    fn to(&self, power: Power) -> StepOutcome<State> {
        StepOutcome::Advance(State::ColdBootingHost {
            boot: Some(ColdBoot {
                power,
                ..self.boot.clone()
            }),
        })
    }

    async fn is(&self, wanted: &str) -> Result<bool, StepError> {
        let power = self.bmc.power(&self.boot.system).await?;
        Ok(power.as_deref() == Some(wanted))
    }

    /// A lost answer is no refusal: what it led to is looked at.
    async fn order(&self, reset_type: &str, cx: &StepContext<'_>) -> Result<(), StepError> {
        let address = self.address;
        match self.bmc.reset(&self.boot.system, reset_type).await {
            Ok(()) => cx.note(format!("asked {address} for {reset_type} of the host")),
            Err(BmcError::Unreachable {
                stage: Stage::Http,
                reason,
                ..
            }) => cx.note(format!(
                "asked {address} for {reset_type} of the host; no answer ({reason})"
            )),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn wait(&self, what: &str, cx: &StepContext<'_>) -> StepOutcome<State> {
        cx.wait(WaitReason::Settles { what: what.into() })
    }

    async fn step(&self, cx: &mut StepContext<'_>) -> Outcome {
        match self.boot.power {
            Power::Cycling(asked) => self.cycle(asked, cx).await,
            Power::SwitchingOff(asked) => {
                if self.is("Off").await? {
                    cx.note("the host is switched off");
                    return Ok(self.to(Power::SwitchingOn(cx.now)));
                }
                if cx.uncertain {
                    return Ok(self.not_yet(asked, Power::SwitchingOff(cx.now), cx));
                }
                self.order(OFF, cx).await?;
                Ok(self.to(Power::GoingOff))
            }
            Power::GoingOff => {
                if self.is("Off").await? {
                    cx.note("the host is switched off");
                    return Ok(self.to(Power::SwitchingOn(cx.now)));
                }
                Ok(self.wait("the host is being switched off", cx))
            }
            Power::SwitchingOn(since) => {
                if self.is("On").await? {
                    return Ok(self.booted(cx));
                }
                if cx.now < since.plus(cx.policy.effect_grace()) {
                    return Ok(self.wait("the host stays off for a moment", cx));
                }
                if cx.uncertain {
                    return Ok(self.to(Power::SwitchingOn(cx.now)));
                }
                let on = self.boot.on.as_deref().unwrap_or("On");
                self.order(on, cx).await?;
                Ok(self.to(Power::ComingOn))
            }
            Power::ComingOn => {
                if self.is("On").await? {
                    return Ok(self.booted(cx));
                }
                Ok(self.wait("the host is being switched on", cx))
            }
        }
    }

    /// Asked for before we were killed or the answer was lost: it is given time to show. The new wish
    /// goes to disk first; the old one's age must not count as time for it to show.
    fn not_yet(&self, asked: Timestamp, again: Power, cx: &StepContext<'_>) -> StepOutcome<State> {
        if cx.now < asked.plus(cx.policy.effect_grace()) {
            return cx.wait(WaitReason::EffectToShow {
                what: "the cold boot".into(),
            });
        }
        self.to(again)
    }

    fn booted(&self, cx: &mut StepContext<'_>) -> StepOutcome<State> {
        cx.note("the host is switched on again");
        let since = self.boot.began;
        cx.facts.flash.host_off = false;
        cx.facts.flash.cold_booted_at = Some(since);
        StepOutcome::Advance(State::AwaitingFirmware { since })
    }

    async fn cycle(&self, asked: Timestamp, cx: &mut StepContext<'_>) -> Outcome {
        if cx.uncertain {
            match imc_uptime(cx).await {
                Ok(uptime) if uptime < cx.now.since(asked) => {
                    cx.note("the IMC has restarted since the cold boot was asked for");
                }
                Ok(_) => return Ok(self.not_yet(asked, Power::Cycling(cx.now), cx)),
                // Restarting, or away for another reason: its uptime will tell.
                Err(error) if error.transient => return Ok(cx.wait(WaitReason::ImcRestarts)),
                Err(error) => return Err(error),
            }
        } else {
            self.order(CYCLE, cx).await?;
        }
        cx.facts.flash.cold_booted_at = Some(asked);
        Ok(StepOutcome::Advance(State::AwaitingFirmware {
            since: asked,
        }))
    }
}
