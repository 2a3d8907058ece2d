//! `slipctl import` and `plan`, and `slipctl deploy` with a cluster.yaml.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
};

use slipway_core::{
    cluster::{self, Import, Look, MissingValue, Problem, Surroundings, Values, render_problem},
    dpu::JobOutcome,
    ids::JobId,
};
use slipway_fleet::{
    Begun, ClusterBegun, ClusterRequest, ClusterTexts, ConfirmedCluster, Fleet, firmware_image,
    is_there, p4_components, read_operator_registry, read_pull_secret, write_today, wrong_file,
};

use crate::{
    args::{ClusterArgs, DeployArgs, Go, ImportArgs, PlanArgs},
    change::{check, public_keys, submitted},
    cluster_add::add,
    cluster_show::{report, show_import, show_plan, show_steps},
    exit::Failed,
    iso_transfer,
    open::Desk,
    output::Output,
    wait::wait_for,
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

pub async fn import(args: ImportArgs, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    if let Some(path) = args.write.as_deref().filter(|path| path.exists()) {
        return Err(is_there(path).into());
    }
    let fleet = if args.add {
        Some(desk.fleet().await?)
    } else {
        inventory(desk, output).await
    };
    let request = request(&args.file, &args.cluster).await?;
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
    let mut request = request(&args.file, &args.cluster).await?;
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
                let clusters = cluster::outline(&import.file, &request.choices(), |_, _| None);
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
    check(&args.many.rules())?;
    let fleet = desk.fleet().await?;
    let mut request = request(file, &args.cluster).await?;
    request.iso = args.iso;
    request.domain = args.domain;
    request.authorized_keys = public_keys(args.keys.as_deref())?;
    request.allow_release = args.allow_firmware;
    request.imc_certificate = args.imc_certificate;
    let opened = open(file, &args.cluster, &request, Some(&fleet), output).await?;
    let import = &opened.import;
    let mut plan = fleet.plan_cluster(import, &request).await?;
    if args.go.plan {
        output.show(&report(import, &request, Some(&plan)), || {
            show_import(import, output);
            show_plan(&plan, output);
        });
        return Ok(ExitCode::SUCCESS);
    }
    refuse_errors(import, &request, output)?;
    plan.refuse_problems()?;
    let files = fleet.cluster_imports(import, &request).await?;
    for path in &files {
        import_iso(&fleet, path, output).await?;
    }
    if !files.is_empty() {
        plan = fleet.plan_cluster(import, &request).await?;
        plan.refuse_problems()?;
    }
    if !args.go.yes {
        show_plan(&plan, output);
        if !output.confirm(&format!("{}?", plan.title))? {
            output.note("nothing was done");
            return Ok(ExitCode::SUCCESS);
        }
    }
    let since = fleet.latest_event().await?;
    let confirmed = ConfirmedCluster {
        texts: &opened.texts,
        values: &opened.values,
        import,
        request: &request,
        rules: &args.many.rules(),
    };
    match fleet.deploy_confirmed_cluster(&confirmed).await? {
        ClusterBegun::AtOnce(begun) => submitted(&fleet, begun, since, &args.go, output).await,
        ClusterBegun::AfterBuilds(job) => after_builds(&fleet, job, &args.go, output).await,
    }
}

/// Follows the job that makes the file's own ISOs, and then what it began.
async fn after_builds(
    fleet: &Fleet,
    job: JobId,
    go: &Go,
    output: Output,
) -> Result<ExitCode, Failed> {
    if go.no_wait {
        return submitted(fleet, Begun::Job(job), 0, go, output).await;
    }
    output.note("the ISO is built first");
    let since = fleet.latest_event().await?;
    let code = wait_for(fleet, vec![job.clone()], output).await?;
    let view = fleet.job(&job).await?;
    match (view.begun, view.row.outcome) {
        (Some(begun), _) => submitted(fleet, begun, since, go, output).await,
        (None, JobOutcome::Running) => Ok(code),
        (None, JobOutcome::Succeeded | JobOutcome::Failed | JobOutcome::Cancelled) => {
            output.note("nothing was deployed; the same command goes on from here");
            Ok(code)
        }
    }
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

pub async fn request(file: &Path, args: &ClusterArgs) -> Result<ClusterRequest, Failed> {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let pull_secret = match &args.pull_secret {
        Some(path) => Some(read_pull_secret(path).await?),
        None => None,
    };
    let whole = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    Ok(ClusterRequest {
        cards: args.only.clone(),
        skip_steps: args.skip_steps.clone(),
        accept_untried: args.accept_untried.clone(),
        pull_secret,
        kubeconfigs: args.kubeconfigs.as_ref().map(whole),
        operator_registry: operator_registry(args).await?,
        marvell_tools: args.marvell_tools.clone(),
        firmware_image: match &args.firmware_image {
            Some(text) => Some(firmware_image(text)?),
            None => None,
        },
        p4_components: match (&args.p4_components, &args.p4_sha256) {
            (Some(url), Some(sha256)) => Some(p4_components(url, sha256)?),
            // Both or neither: clap sees to that.
            (None, _) | (_, None) => None,
        },
        folder: absolute.parent().map(Path::to_owned).unwrap_or_default(),
        ..ClusterRequest::default()
    })
}

/// Both or neither: clap sees to that.
async fn operator_registry(args: &ClusterArgs) -> Result<Option<(String, String)>, Failed> {
    let (Some(registry), Some(path)) = (&args.operator_registry, &args.operator_registry_ca) else {
        return Ok(None);
    };
    Ok(Some(read_operator_registry(registry, path).await?))
}

/// A file as it was read, and with what.
struct Opened {
    texts: ClusterTexts,
    values: Values,
    import: Import,
}

pub async fn read(
    file: &Path,
    args: &ClusterArgs,
    request: &ClusterRequest,
    fleet: Option<&Fleet>,
    output: Output,
) -> Result<Import, Failed> {
    let opened = open(file, args, request, fleet, output).await?;
    Ok(opened.import)
}

async fn open(
    file: &Path,
    args: &ClusterArgs,
    request: &ClusterRequest,
    fleet: Option<&Fleet>,
    output: Output,
) -> Result<Opened, Failed> {
    let texts = ClusterTexts::read(file, args.vars.as_deref()).await?;
    let mut values = match texts.variables() {
        Ok(values) => values,
        Err(wrong) => {
            for problem in &wrong.problems {
                let shown = render_problem(problem, &wrong.source, Look::Plain);
                output.note(format!("{shown}\n"));
            }
            return Err(wrong_lines(wrong.source.name(), wrong.problems.iter()));
        }
    };
    let mut around = Surroundings::default();
    if let Some(fleet) = fleet {
        values.fill_from(&fleet.cluster_values(&args.only).await?);
        around = fleet.cluster_surroundings().await?;
    }
    let mut import = texts.import(&values, &around);
    if !import.missing.is_empty() && !output.json && std::io::stdin().is_terminal() {
        ask(&import.missing, &mut values, output)?;
        import = texts.import(&values, &around);
    }
    if let Some(fleet) = fleet {
        fleet.check_cluster(&mut import, request).await?;
    }
    Ok(Opened {
        texts,
        values,
        import,
    })
}

fn wrong_lines<'a>(name: &str, problems: impl Iterator<Item = &'a Problem>) -> Failed {
    wrong_file(name, problems)
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
    Err(wrong_lines(
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

fn write(import: &Import, path: &Path, output: Output) -> Result<(), Failed> {
    write_today(import, path)?;
    output.note(format!(
        "{} is the file in today's form. Comments are lost, templates are filled in; passwords and keys are in it, and only you can read it",
        path.display()
    ));
    Ok(())
}

async fn import_iso(fleet: &Fleet, path: &Path, output: Output) -> Result<(), Failed> {
    let iso = iso_transfer::read(path, None, fleet, output).await?;
    output.note(format!("{} is in the library now", iso.name));
    Ok(())
}
