//! `slipctl import` and `plan`, and `slipctl deploy` with a cluster.yaml.

use std::{
    fs,
    io::{IsTerminal, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde::Serialize;
use slipway_core::cluster::{
    self, Cluster, ClusterOutline, Import, Look, Migration, MissingValue, Problem, Severity,
    Source, Standing, Surroundings, Values, render_problem,
};
use slipway_fleet::{AppError, ClusterPlan, ClusterRequest, Fleet};

use crate::{
    args::{ClusterArgs, DeployArgs, ImportArgs, PlanArgs},
    change::{public_keys, submitted},
    cluster_add::add,
    exit::Failed,
    iso::bytes_bar,
    open::Desk,
    output::Output,
};

/// The file can't be meant as it is.
const WRONG_FILE: u8 = 2;

/// The one cluster.yaml among what was named; a mixture of files and cards can't be meant.
pub fn file_among(named: &[String]) -> Result<Option<PathBuf>, Failed> {
    let is_file = |name: &String| name.ends_with(".yaml") || name.ends_with(".yml");
    match named {
        [one] if is_file(one) => Ok(Some(one.into())),
        named if named.iter().any(is_file) => Err(Failed::invalid(
            "give one cluster.yaml, or cards; the file's cards are chosen with --cards",
        )),
        _ => Ok(None),
    }
}

/// What `--json` answers.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a str,
    problems: &'a [Problem],
    migrations: &'a [Migration],
    missing: &'a [MissingValue],
    /// What was read.
    clusters: Vec<ClusterOutline>,
    /// How it stands to this desk; missing where there is none.
    plan: Option<&'a ClusterPlan>,
}

pub async fn import(args: ImportArgs, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    if let Some(path) = args.write.as_deref().filter(|path| path.exists()) {
        return Err(is_there(path));
    }
    let fleet = if args.add {
        Some(desk.fleet().await?)
    } else {
        inventory(desk, output).await
    };
    let request = request(&args.file, &args.cluster);
    let import = read(&args.file, &args.cluster, &request, fleet.as_ref(), output).await?;
    let plan = match &fleet {
        Some(fleet) if args.add => Some(fleet.plan_cluster(&import, &request).await?),
        Some(_) | None => None,
    };
    output.show(&report(&import, &request, plan.as_ref()), || {
        show_import(&import, output);
    });
    if import.is_blocked(&request.skip_steps) {
        if args.write.is_some() || args.add {
            output.note("nothing was written or added: mend the errors first");
        }
        return Ok(ExitCode::from(WRONG_FILE));
    }
    if let Some(path) = &args.write {
        write(&import, path, output)?;
    }
    match (&fleet, &plan) {
        (Some(fleet), Some(plan)) => add(fleet, &import, plan, &args, output).await,
        _ => Ok(ExitCode::SUCCESS),
    }
}

pub async fn plan(args: PlanArgs, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = inventory(desk, output).await;
    let mut request = request(&args.file, &args.cluster);
    request.iso = args.iso;
    request.domain = args.domain;
    let import = read(&args.file, &args.cluster, &request, fleet.as_ref(), output).await?;
    let plan = match &fleet {
        Some(fleet) => Some(fleet.plan_cluster(&import, &request).await?),
        None => None,
    };
    output.show(&report(&import, &request, plan.as_ref()), || {
        show_import(&import, output);
        match &plan {
            Some(plan) => show_plan(plan, output),
            None => {
                let clusters = cluster::outline(&import.file, &request.skip_steps, |_, _| None);
                show_steps(&clusters, output);
            }
        }
    });
    if import.is_blocked(&request.skip_steps) {
        return Ok(ExitCode::from(WRONG_FILE));
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn deploy(
    file: &Path,
    args: DeployArgs,
    desk: &Desk,
    output: Output,
) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    let mut request = request(file, &args.cluster);
    request.iso = args.iso;
    request.domain = args.domain;
    request.authorized_keys = public_keys(args.keys.as_deref())?;
    request.allow_release = args.allow_firmware;
    let import = read(file, &args.cluster, &request, Some(&fleet), output).await?;
    let mut plan = fleet.plan_cluster(&import, &request).await?;
    if args.go.plan {
        output.show(&report(&import, &request, Some(&plan)), || {
            show_import(&import, output);
            show_plan(&plan, output);
        });
        return Ok(ExitCode::SUCCESS);
    }
    refuse_errors(&import, &request, output)?;
    plan.refuse_problems()?;
    let files = fleet.cluster_imports(&import, &request).await?;
    for path in &files {
        import_iso(&fleet, path, output).await?;
    }
    if !files.is_empty() {
        plan = fleet.plan_cluster(&import, &request).await?;
        plan.refuse_problems()?;
    }
    if !args.go.yes {
        show_plan(&plan, output);
        if !output.confirm(&format!("{}?", plan.title))? {
            output.note("nothing was done");
            return Ok(ExitCode::SUCCESS);
        }
    }
    let jobs = fleet.deploy_cluster(&import, &request).await?;
    submitted(&fleet, jobs, &args.go, output).await
}

/// A question about a file is answered without an inventory too.
async fn inventory(desk: &Desk, output: Output) -> Option<Fleet> {
    match desk.fleet_if_there().await {
        Ok(fleet) => fleet,
        Err(failed) => {
            let why = &failed.error.message;
            output.note(format!("the inventory is left out of account: {why}"));
            None
        }
    }
}

pub fn request(file: &Path, args: &ClusterArgs) -> ClusterRequest {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    ClusterRequest {
        cards: args.only.clone(),
        skip_steps: args.skip_steps.clone(),
        folder: absolute.parent().map(Path::to_owned).unwrap_or_default(),
        ..ClusterRequest::default()
    }
}

pub async fn read(
    file: &Path,
    args: &ClusterArgs,
    request: &ClusterRequest,
    fleet: Option<&Fleet>,
    output: Output,
) -> Result<Import, Failed> {
    let name = file.display().to_string();
    let text = read_text(file)?;
    let mut values = match &args.vars {
        Some(path) => variables(path, output)?,
        None => Values::default(),
    };
    let mut around = Surroundings::default();
    if let Some(fleet) = fleet {
        values.fill_from(&fleet.cluster_values(&args.only).await?);
        around = fleet.cluster_surroundings().await?;
    }
    let mut import = cluster::import(&name, &text, &values, &around);
    if !import.missing.is_empty() && !output.json && std::io::stdin().is_terminal() {
        ask(&import.missing, &mut values, output)?;
        import = cluster::import(&name, &text, &values, &around);
    }
    if let Some(fleet) = fleet {
        fleet.check_cluster(&mut import, request).await?;
    }
    Ok(import)
}

fn read_text(path: &Path) -> Result<String, Failed> {
    let bytes = fs::read(path).map_err(|error| {
        let mut failed = Failed::local(format!("reading {}", path.display()), &error);
        if error.kind() == std::io::ErrorKind::NotFound {
            failed = AppError::not_found(format!("there is no file {}", path.display()))
                .hint("give the path of a cluster.yaml")
                .into();
        }
        failed
    })?;
    String::from_utf8(bytes)
        .map_err(|error| Failed::unusable(&error, "save the file as UTF-8 text"))
}

fn variables(path: &Path, output: Output) -> Result<Values, Failed> {
    let text = read_text(path)?;
    let name = path.display().to_string();
    Values::parse(&name, &text).map_err(|problems| {
        let source = Source::new(&name, &text);
        for problem in &problems {
            output.note(format!(
                "{}\n",
                render_problem(problem, &source, Look::Plain)
            ));
        }
        wrong(&name, problems.iter())
    })
}

/// Every error as a cause.
fn wrong<'a>(name: &str, problems: impl Iterator<Item = &'a Problem>) -> Failed {
    let causes: Vec<String> = problems
        .map(|problem| {
            let place = problem
                .place
                .map(|place| format!(":{}:{}", place.line, place.column));
            let place = place.unwrap_or_default();
            format!(
                "{}{place}: {} ({})",
                problem.file, problem.message, problem.fix
            )
        })
        .collect();
    let count = counted(causes.len(), "error");
    let mut error = AppError::invalid(format!("{name} has {count}; nothing was started"));
    error.causes = causes;
    error
        .hint("mend what is named; `slipctl import FILE` shows it with its lines")
        .into()
}

pub fn refuse_errors(
    import: &Import,
    request: &ClusterRequest,
    output: Output,
) -> Result<(), Failed> {
    if !import.is_blocked(&request.skip_steps) {
        return Ok(());
    }
    for problem in import.blocking(&request.skip_steps) {
        output.note(format!(
            "{}\n",
            render_problem(problem, &import.source, Look::Plain)
        ));
    }
    Err(wrong(
        import.source.name(),
        import.blocking(&request.skip_steps),
    ))
}

/// Asks for what the templates want and nobody has. Not for keys: they would be seen.
fn ask(missing: &[MissingValue], values: &mut Values, output: Output) -> Result<(), Failed> {
    for value in missing.iter().filter(|value| !value.is_secret()) {
        let meaning = value.meaning().map_or(String::new(), |m| format!(", {m}"));
        let answer = output.ask(&format!("{value}{meaning}:"))?;
        if !answer.is_empty() {
            values.set(&value.function, value.worker, answer);
        }
    }
    Ok(())
}

fn report<'a>(
    import: &'a Import,
    request: &ClusterRequest,
    plan: Option<&'a ClusterPlan>,
) -> Report<'a> {
    let clusters = match plan {
        Some(plan) => plan.clusters.clone(),
        None => cluster::outline(&import.file, &request.skip_steps, |_, _| None),
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

fn show_import(import: &Import, output: Output) {
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
        counted(count(Severity::Error), "error"),
        counted(count(Severity::Warning), "warning")
    ));
}

fn counted(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

fn show_plan(plan: &ClusterPlan, output: Output) {
    output.line(&plan.title);
    for problem in &plan.problems {
        output.line(format!("  problem: {problem}"));
    }
    for warning in &plan.warnings {
        output.line(format!("  warning: {warning}"));
    }
    show_steps(&plan.clusters, output);
}

fn show_steps(clusters: &[ClusterOutline], output: Output) {
    for cluster in clusters {
        for card in &cluster.cards {
            let imc = card.imc.as_deref().unwrap_or("no IMC");
            output.line(format!("{} of {} ({imc})", card.name, cluster.name));
            for (number, step) in card.steps.iter().enumerate() {
                let mark = match step.standing {
                    Standing::Planned => "",
                    Standing::NotYet => " [not yet run on real hardware: refused]",
                    Standing::LeftOut => " [left out]",
                };
                let planned = &step.step;
                output.line(format!(
                    "  {:>2}. {}{mark}: {}",
                    number + 1,
                    planned.name,
                    planned.effect
                ));
                for command in &planned.commands {
                    output.line(format!("      $ {command}"));
                }
            }
        }
    }
}

/// The file holds passwords: only its owner reads it, and nothing is overwritten.
fn write(import: &Import, path: &Path, output: Output) -> Result<(), Failed> {
    let text = cluster::write(&import.file);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.expose().as_bytes()));
    if let Err(error) = written {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            return Err(is_there(path));
        }
        let failed = Failed::local(format!("writing {}", path.display()), &error);
        return Err(failed);
    }
    output.note(format!(
        "{} is the file in today's form. Comments are lost, templates are filled in; passwords and keys are in it, and only you can read it",
        path.display()
    ));
    Ok(())
}

fn is_there(path: &Path) -> Failed {
    AppError::refused(format!("{} is there already", path.display()))
        .hint("give another name; nothing is overwritten")
        .into()
}

async fn import_iso(fleet: &Fleet, path: &Path, output: Output) -> Result<(), Failed> {
    let bar = bytes_bar(output, "reading");
    let tell = bar.clone();
    let iso = fleet
        .import_iso(path, None, move |progress| {
            tell.set_length(progress.total.0);
            tell.set_position(progress.read.0);
        })
        .await;
    bar.finish_and_clear();
    let iso = iso?;
    output.note(format!("{} is in the library now", iso.name));
    Ok(())
}
