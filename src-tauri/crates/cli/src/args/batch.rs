//! The options of many cards at once, and `batch`.

use clap::{Args, Subcommand};
use slipway_core::batch::{AT_ONCE, BatchRules, STOP_AFTER, Waves};

use super::Go;

/// How to go about several cards.
#[derive(Args)]
pub struct Many {
    /// Several cards: this many at the same time, at most
    #[arg(long, value_name = "N", default_value_t = AT_ONCE)]
    pub at_once: u32,
    /// Several cards: the sizes of the first waves, as `1,4,rest`; each waits for the one before
    #[arg(long, value_name = "SIZES", default_value_t = Waves::default(), hide_default_value = true)]
    pub waves: Waves,
    /// Several cards: start no more once this many have failed
    #[arg(long, value_name = "N", default_value_t = STOP_AFTER)]
    pub stop_after: u32,
}

impl Many {
    pub fn rules(&self) -> BatchRules {
        BatchRules {
            at_once: self.at_once,
            waves: self.waves.clone(),
            stop_after: self.stop_after,
        }
    }
}

#[derive(Args)]
pub struct ChangeManyArgs {
    #[arg(required = true)]
    pub cards: Vec<String>,
    #[command(flatten)]
    pub many: Many,
    #[command(flatten)]
    pub go: Go,
}

#[derive(Subcommand)]
pub enum BatchCommand {
    List,
    /// Who, how far, and why
    Show {
        batch: String,
    },
    /// Start no more cards; what runs goes on
    Pause {
        batch: String,
    },
    /// Go on, also after it stopped; failures count from here
    Resume(BatchArgs),
    /// Stop what runs, and tell what is left behind
    Cancel(BatchArgs),
    /// Give every card that did not succeed a new job
    Retry(BatchArgs),
}

#[derive(Args)]
pub struct BatchArgs {
    pub batch: String,
    /// Ask, and don't wait: a running Slipway does it
    #[arg(long)]
    pub no_wait: bool,
}
