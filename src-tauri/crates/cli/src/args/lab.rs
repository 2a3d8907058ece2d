//! `slipctl lab`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

#[derive(Subcommand)]
pub enum LabCommand {
    /// Run the lab until interrupted
    Start {
        #[arg(long, default_value_t = 24)]
        cards: usize,
        /// The lab's own folder; `lab.json` appears there when it is ready
        #[arg(long)]
        dir: PathBuf,
        #[arg(long, value_enum, default_value_t = Mix::Mixed)]
        fleet: Mix,
        #[arg(long, value_enum, default_value_t = Speed::Demo)]
        speed: Speed,
        /// Start with fresh cards instead of those of the last run
        #[arg(long)]
        forget: bool,
        /// Cap each IMC's download of an ISO
        #[arg(long, value_name = "BYTES_PER_SECOND")]
        read_rate: Option<u64>,
    },
    /// Add a running lab's cards and its ISO
    Add {
        #[arg(long)]
        dir: PathBuf,
    },
    /// Make a simulated card misbehave
    Fault {
        #[arg(long)]
        dir: PathBuf,
        /// The card's number, from 1
        card: usize,
        /// By name; `list` shows all, `none` clears them
        fault: String,
        #[arg(long, default_value_t = 1)]
        times: u32,
    },
    /// Let the lab's registry tag another version as `stable`
    Promote {
        #[arg(long)]
        dir: PathBuf,
        version: String,
    },
    /// Run one command on a simulated card: `$SSH_ORIGINAL_COMMAND`, for sshd's ForceCommand
    #[command(hide = true)]
    Exec {
        #[arg(long)]
        dir: PathBuf,
        #[arg(long)]
        card: usize,
        #[arg(long, value_enum)]
        on: Machine,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Mix {
    Fresh,
    Installed,
    Mixed,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Speed {
    Instant,
    Demo,
    Realistic,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Machine {
    Imc,
    Acc,
}
