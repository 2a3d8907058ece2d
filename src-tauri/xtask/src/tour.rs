//! `cargo xtask demo --headless`: the whole main job from the command line, each command shown
//! before it runs.

use crate::binaries::{self, Profile};
use crate::demo::Rack;
use crate::packages::Purpose;
use crate::project::Project;
use crate::session::{Display, Session};
use crate::setup::setup;
use crate::{Result, steps::Steps};
use std::path::Path;
use std::time::Duration;

/// The card that the tour works on: in the lab's mixed rack, one with nothing on it yet.
const CARD: &str = "dpu-04";

/// The word by which xtask starts itself inside a session that has a keyring.
pub const INSIDE: &str = "tour-inside-session";

pub fn tour(project: &mut Project, profile: Profile) -> Result {
    let mut steps = Steps::new();
    steps.run("setup: what is missing", || {
        setup(project, &[Purpose::Build, Purpose::Demo])
    })?;
    run(project, profile)
}

/// The tour, where everything is there but `slipctl`.
pub fn run(project: &Project, profile: Profile) -> Result {
    let slipctl = binaries::slipctl(project, profile)?;
    let itself = project
        .ours(&std::env::current_exe()?)?
        .arg(INSIDE)
        .arg(slipctl);
    let limit = Duration::from_secs(20 * 60);
    Session::new()?
        .wrap(project, Display::None, itself)?
        .limit(limit)
        .run_unannounced()
}

/// The commands, one after the other.
pub fn inside(project: &Project, slipctl: &str) -> Result {
    let mut steps = Steps::new();
    let slipctl = Path::new(slipctl);
    let rack = Rack::start(project, slipctl)?;
    let lab = rack
        .lab
        .to_str()
        .ok_or("the lab's path is not UTF-8")?
        .to_owned();
    let iso = rack.iso()?;
    let name = Path::new(&iso).file_name().and_then(|name| name.to_str());
    let name = name.ok_or("the ISO has no name")?.to_owned();

    let legs: [(&str, Vec<Vec<&str>>); 6] = [
        (
            "an ISO",
            vec![vec!["iso", "import", &iso], vec!["iso", "list"]],
        ),
        (
            "the cards, with their pins and credentials",
            vec![
                vec!["lab", "add", "--dir", &lab],
                vec!["bmc", "list"],
                vec!["bmc", "show", CARD],
            ],
        ),
        (
            "a card is deployed from it",
            vec![
                vec!["deploy", CARD, "--iso", &name, "--yes"],
                vec!["status", CARD],
            ],
        ),
        (
            "it is upgraded",
            vec![vec!["upgrade", CARD, "--yes"], vec!["status", CARD]],
        ),
        (
            "and rolled back",
            vec![vec!["rollback", CARD, "--yes"], vec!["status", CARD]],
        ),
        (
            "the rack, and what was done",
            vec![vec!["status"], vec!["job", "list"]],
        ),
    ];
    for (heading, commands) in legs {
        steps.run(heading, || {
            for words in &commands {
                let tool = project.ours(slipctl)?.arg("--data-dir").arg(&rack.data);
                println!("\n$ slipctl {}", words.join(" "));
                tool.args(words)
                    .limit(Duration::from_secs(10 * 60))
                    .run_unannounced()?;
            }
            Ok(())
        })?;
    }
    steps.report();
    println!("\nThe same in a window: cargo xtask demo");
    Ok(())
}
