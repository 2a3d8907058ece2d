//! What `slipctl import` and `plan` print of a cluster.yaml.

use std::io::IsTerminal;

use serde::Serialize;
use slipway_core::cluster::{
    self, Cluster, ClusterOutline, Import, Look, Migration, MissingValue, Problem, ProblemSeverity,
    Standing, render_problem,
};
use slipway_fleet::{ClusterPlan, ClusterRequest};

use crate::output::Output;

/// What `--json` answers.
#[derive(Serialize)]
pub struct Report<'a> {
    file: &'a str,
    problems: &'a [Problem],
    migrations: &'a [Migration],
    missing: &'a [MissingValue],
    /// What was read.
    clusters: Vec<ClusterOutline>,
    /// How it stands to this desk; missing where there is none.
    plan: Option<&'a ClusterPlan>,
}

pub fn report<'a>(
    import: &'a Import,
    request: &ClusterRequest,
    plan: Option<&'a ClusterPlan>,
) -> Report<'a> {
    let clusters = match plan {
        Some(plan) => plan.clusters.clone(),
        None => cluster::outline(&import.file, &request.choices(), |_, _| None),
    };
    Report {
        file: import.source.name(),
        problems: &import.problems,
        migrations: &import.migrations,
        missing: &import.missing,
        clusters,
        plan,
    }
}

pub fn show_import(import: &Import, output: Output) {
    let look = if std::io::stdout().is_terminal() {
        Look::Coloured
    } else {
        Look::Plain
    };
    for problem in &import.problems {
        output.line(render_problem(problem, &import.source, look));
        output.line("");
    }
    if !import.migrations.is_empty() {
        output.line("Understood, and written otherwise today:");
        for step in &import.migrations {
            let place = step.place;
            output.line(format!(
                "  {}:{}  {}: {} → {}",
                place.line, place.column, step.of, step.from, step.to
            ));
        }
        output.line("");
    }
    for cluster in &import.file.clusters {
        match cluster {
            Cluster::OutOfScope {
                name, kind, nodes, ..
            } => {
                let nodes = counted(*nodes, "node");
                output.line(format!("{name}: {kind}, {nodes}: out of scope"));
            }
            Cluster::Iso(cluster) => {
                let iso = cluster
                    .iso
                    .as_ref()
                    .map_or("no ISO".into(), ToString::to_string);
                let cards = counted(cluster.cards.len(), "card");
                output.line(format!("{}: {cards}, {iso}", cluster.name));
            }
        }
    }
    let count = |severity| {
        let all = import.problems.iter();
        all.filter(|problem| problem.severity == severity).count()
    };
    output.line(format!(
        "{}: {}, {}",
        import.source.name(),
        counted(count(ProblemSeverity::Error), "error"),
        counted(count(ProblemSeverity::Warning), "warning")
    ));
}

fn counted(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

pub fn show_plan(plan: &ClusterPlan, output: Output) {
    output.line(&plan.title);
    for problem in &plan.problems {
        output.line(format!("  problem: {problem}"));
    }
    for warning in &plan.warnings {
        output.line(format!("  warning: {warning}"));
    }
    show_steps(&plan.clusters, output);
}

pub fn show_steps(clusters: &[ClusterOutline], output: Output) {
    for cluster in clusters {
        for card in &cluster.cards {
            let imc = card.imc.as_deref().unwrap_or("no IMC");
            output.line(format!("{} of {} ({imc})", card.name, cluster.name));
            for (number, step) in card.steps.iter().enumerate() {
                let mark = match (step.standing, &step.untried) {
                    (Standing::Planned, None) => "",
                    (Standing::Planned, Some(_)) => " [not yet run on real hardware: accepted]",
                    (Standing::NotYet, _) => " [not yet run on real hardware: refused]",
                    (Standing::LeftOut, _) => " [left out]",
                };
                let planned = &step.step;
                output.line(format!(
                    "  {:>2}. {}{mark}: {}",
                    number + 1,
                    planned.name,
                    planned.effect
                ));
                if let Some(untried) = &step.untried
                    && step.standing != Standing::LeftOut
                {
                    output.line(format!("      at stake: {}", untried.stakes));
                }
                for command in &planned.commands {
                    output.line(format!("      $ {command}"));
                }
            }
        }
    }
}
