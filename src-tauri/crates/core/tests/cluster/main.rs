//! `cluster.yaml`: files of every era and every trap, as people read what comes of them.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

mod any_text;
mod fixtures;
mod samples;
mod yaml11;

use std::{fmt::Write as _, fs, path::Path};

use slipway_core::cluster::{
    Choices, Import, Look, Standing, Surroundings, Values, import, outline, render_problem,
};

/// Every password and key in the fixtures begins so.
const SENTINEL: &str = "sentinel";

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/fixtures")
}

fn values() -> Values {
    let text = fs::read_to_string(folder().join("values.vars")).unwrap();
    Values::parse("values.vars", &text).unwrap()
}

fn read(name: &str, values: &Values) -> Import {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    import(name, &text, values, &Surroundings::default())
}

/// Problems, migrations and the plan, as `slipctl` shows them.
fn shown(import: &Import) -> String {
    let mut text = String::new();
    for problem in &import.problems {
        let _ = writeln!(
            text,
            "{}\n",
            render_problem(problem, &import.source, Look::Plain)
        );
    }
    for migration in &import.migrations {
        let _ = writeln!(
            text,
            "{}:{} {}: {} -> {}",
            migration.place.line,
            migration.place.column,
            migration.of,
            migration.from,
            migration.to
        );
    }
    for cluster in outline(&import.file, &Choices::default(), |_, _| None) {
        let iso = cluster.iso.as_deref().unwrap_or("-");
        let _ = writeln!(
            text,
            "{} ({}), {} nodes, ISO {iso}",
            cluster.name, cluster.kind, cluster.nodes
        );
        for card in &cluster.cards {
            let imc = card.imc.as_deref().unwrap_or("-");
            let _ = writeln!(text, "  {} ({:?}), IMC {imc}", card.name, card.kind);
            let own = card
                .steps
                .iter()
                .filter(|step| step.standing != Standing::Planned);
            let _ = writeln!(text, "    {} steps", card.steps.len());
            for step in own {
                let _ = writeln!(
                    text,
                    "    not yet: {}: {}",
                    step.step.name, step.step.effect
                );
                for command in &step.step.commands {
                    let _ = writeln!(text, "      $ {command}");
                }
            }
        }
    }
    text
}
