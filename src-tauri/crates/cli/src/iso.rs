//! `slipctl iso`.

use std::{io::IsTerminal, path::Path, process::ExitCode};

use indicatif::{ProgressBar, ProgressStyle};
use slipway_core::{
    ids::JobId,
    image_builder::BuilderType,
    iso::IsoVerdict,
    job::iso_build::{IsoBase, IsoImage},
    time::ByteCount,
};
use slipway_fleet::{
    AppError, BuilderIsoRequest, Fleet, OwnKickstart,
    views::{ImportProgress, IsoBuildRequest, IsoPlanView, IsoView, PublishRequest},
};

use crate::{
    args::{BuildArgs, Builder, IsoCommand},
    exit::Failed,
    iso_transfer,
    lab::interrupted,
    open::Desk,
    output::Output,
    wait::wait_for,
};

pub async fn run(command: IsoCommand, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    match command {
        IsoCommand::Import { path, name } if slipway_fleet::is_bundle(&path) => {
            iso_transfer::import_bundle(&path, name.as_deref(), &fleet, output).await?;
        }
        IsoCommand::Import { path, name } => {
            iso_transfer::import(&path, name.as_deref(), &fleet, output).await?;
        }
        IsoCommand::Bundle { iso, folder } => {
            iso_transfer::bundle(&iso, &folder, &fleet, output).await?;
        }
        IsoCommand::Forget { job } => {
            let job = job
                .parse()
                .map_err(|e| Failed::unusable(&e, "`slipctl job list` shows all"))?;
            fleet.forget_build(&job).await?;
            output.show(&serde_json::json!({ "forgotten": job }), || {
                output.line(format!("the kickstart of job {} is forgotten", job.short()));
            });
        }
        IsoCommand::List => {
            let isos = fleet.isos().await?;
            output.show(&isos, || {
                let rows = isos
                    .iter()
                    .map(|view| {
                        let facts = &view.iso.facts;
                        vec![
                            view.iso.name.clone(),
                            facts.image_version.clone().unwrap_or_else(|| "–".into()),
                            facts
                                .image_digest
                                .as_ref()
                                .map_or("–".into(), |d| d.short().to_owned()),
                            facts.size.to_string(),
                            facts.sha256[..12].to_owned(),
                            view.why_not_deployable
                                .clone()
                                .unwrap_or_else(|| "deployable".into()),
                        ]
                    })
                    .collect();
                output.table(&["ISO", "Version", "Image", "Size", "SHA-256", ""], rows);
            });
        }
        IsoCommand::Build(args) => return build(*args, &fleet, output).await,
        IsoCommand::Verify { path } => return verify(&path, &fleet, output).await,
        IsoCommand::Serve {
            iso,
            address,
            http,
            expires,
        } => {
            let iso = fleet.find_iso(&iso).await?;
            let request = PublishRequest {
                iso: iso.id,
                address: address.map(|address| address.to_string()),
                http,
                expires_in_s: expires.map(|minutes| minutes.saturating_mul(60)),
            };
            serve(&request, &fleet, output).await?;
        }
        IsoCommand::Unpublish { what } => {
            let ids = served(&what, &fleet).await?;
            for id in &ids {
                fleet.unpublish_iso(id).await?;
            }
            output.show(&serde_json::json!({ "taken_down": ids }), || {
                output.line(format!("taken down: {}", ids.join(", ")));
            });
        }
        IsoCommand::Addresses => {
            let addresses = fleet.media_addresses();
            output.show(&addresses, || {
                let rows = addresses
                    .iter()
                    .map(|one| vec![one.address.clone(), one.interface.clone()])
                    .collect();
                output.table(&["Address", "Interface"], rows);
            });
        }
        IsoCommand::Ca => output.line(fleet.ca_certificate_pem().trim_end()),
        IsoCommand::ReservedMemory => output.line(fleet.reserved_memory_file().trim_end()),
        IsoCommand::Remove { iso } => {
            let iso = fleet.find_iso(&iso).await?;
            fleet.remove_iso(&iso.id).await?;
            output.show(&serde_json::json!({ "removed": iso.name }), || {
                output.line(format!("{} was taken out; {} stays", iso.name, iso.path));
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn build(args: BuildArgs, fleet: &Fleet, output: Output) -> Result<ExitCode, Failed> {
    let mut kargs = args.kargs.clone();
    if args.ipu {
        kargs.extend(fleet.studio_defaults().ipu_kargs);
    }
    if let Some(iso_type) = args.image_builder {
        return by_image_builder(&args, iso_type, kargs, fleet, output).await;
    }
    let request = IsoBuildRequest {
        name: args.name.clone(),
        output: args.output.as_ref().map(|path| path.display().to_string()),
        overwrite: args.overwrite,
        base: base(&args)?,
        image: image(&args.image)?,
        reference: args
            .form
            .reference
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| Failed::unusable(&error, "write registry/repository:tag"))?,
        architecture: args.arch.clone(),
        kargs,
        removed_kargs: args.remove_kargs.clone(),
        kickstart: args.form.source()?,
        auth_file: args
            .authfile
            .as_ref()
            .map(|path| path.display().to_string()),
    };
    let plan = fleet.plan_iso_build(&request).await?;
    if args.go.plan {
        output.show(&plan, || show_plan(&plan, output));
        return Ok(ExitCode::from(if plan.problems.is_empty() { 0 } else { 4 }));
    }
    for warning in &plan.warnings {
        output.note(format!("warning: {warning}"));
    }
    let job = fleet.build_iso(&request).await?;
    submitted(job, args.go.no_wait, fleet, output).await
}

async fn submitted(
    job: JobId,
    no_wait: bool,
    fleet: &Fleet,
    output: Output,
) -> Result<ExitCode, Failed> {
    if no_wait {
        output.show(&serde_json::json!({ "job": job }), || {
            output.line(job.as_str());
        });
        return Ok(ExitCode::SUCCESS);
    }
    wait_for(fleet, vec![job], output).await
}

async fn by_image_builder(
    args: &BuildArgs,
    iso_type: Builder,
    kargs: Vec<String>,
    fleet: &Fleet,
    output: Output,
) -> Result<ExitCode, Failed> {
    let IsoImage::Registry { reference } = image(&args.image)? else {
        return Err(Failed::invalid(
            "image builder takes an image from a registry only: write docker://REFERENCE",
        ));
    };
    let shown = |path: &std::path::PathBuf| path.display().to_string();
    let request = BuilderIsoRequest {
        name: args.name.clone(),
        output: args.output.as_ref().map(shown),
        overwrite: args.overwrite,
        iso_type: match iso_type {
            Builder::AnacondaIso => BuilderType::AnacondaIso,
            Builder::BootcInstaller => BuilderType::BootcInstaller,
        },
        installer: args
            .installer
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| Failed::unusable(&error, "write registry/repository:tag"))?,
        builder: args.builder_image.clone(),
        image: reference,
        architecture: args
            .arch
            .parse()
            .map_err(|error| Failed::unusable(&error, "aarch64 or x86_64"))?,
        kargs,
        kickstart: args
            .form
            .kickstart
            .as_ref()
            .map(|path| OwnKickstart::File { path: shown(path) }),
        auth_file: args.authfile.as_ref().map(shown),
    };
    let plan = fleet.plan_builder_iso(&request).await?;
    if args.go.plan {
        output.show(&plan, || show_plan(&plan, output));
        return Ok(ExitCode::from(if plan.problems.is_empty() { 0 } else { 4 }));
    }
    for warning in &plan.warnings {
        output.note(format!("warning: {warning}"));
    }
    let job = fleet.build_builder_iso(&request).await?;
    submitted(job, args.go.no_wait, fleet, output).await
}

fn show_plan(plan: &IsoPlanView, output: Output) {
    output.line(&plan.title);
    for step in &plan.steps {
        output.line(format!("  {:<20} {}", step.name, step.effect));
        for command in &step.commands {
            output.line(format!("  {:<20} $ {command}", ""));
        }
    }
    if let Some(builder) = &plan.builder {
        output.line("config.toml:");
        for line in builder.config_toml.lines() {
            output.line(format!("  {line}"));
        }
    }
    for warning in &plan.warnings {
        output.line(format!("warning: {warning}"));
    }
    for problem in &plan.problems {
        output.line(format!("problem: {problem}"));
    }
}

fn base(args: &BuildArgs) -> Result<IsoBase, Failed> {
    let base = args.base.clone().unwrap_or_default();
    if !base.contains("://") {
        return Ok(IsoBase::File { path: base });
    }
    let sha256 = args.base_sha256.clone().ok_or_else(|| {
        Failed::invalid("a base ISO from a URL needs its checksum: give --base-sha256")
    })?;
    Ok(IsoBase::Url {
        url: base
            .parse()
            .map_err(|error| Failed::unusable(&error, "write https://…"))?,
        sha256,
    })
}

/// As skopeo names it.
fn image(text: &str) -> Result<IsoImage, Failed> {
    let reference = |text: &str| {
        text.parse()
            .map_err(|error| Failed::unusable(&error, "write registry/repository:tag"))
    };
    if let Some(path) = text.strip_prefix("oci:") {
        return Ok(IsoImage::OciDir { path: path.into() });
    }
    if let Some(path) = text.strip_prefix("oci-archive:") {
        return Ok(IsoImage::OciArchive { path: path.into() });
    }
    if let Some(text) = text.strip_prefix("docker://") {
        return Ok(IsoImage::Registry {
            reference: reference(text)?,
        });
    }
    if let Some(text) = text.strip_prefix("containers-storage:") {
        return Ok(IsoImage::LocalStorage {
            reference: reference(text)?,
        });
    }
    Err(Failed::invalid(format!(
        "`{text}` names no image: write oci:DIR, oci-archive:FILE, docker://REFERENCE or containers-storage:REFERENCE"
    )))
}

async fn verify(path: &Path, fleet: &Fleet, output: Output) -> Result<ExitCode, Failed> {
    let bar = bytes_bar(output, "reading");
    let view = fleet.verify_iso(path, tell(&bar)).await;
    bar.finish_and_clear();
    let view = view?;
    output.show(&view, || {
        for check in &view.checks {
            let word = match check.verdict {
                IsoVerdict::Good => "good",
                IsoVerdict::Bad => "BAD",
                IsoVerdict::Absent => "none",
            };
            output.line(format!("{word:<5} {:<20} {}", check.name, check.evidence));
        }
        output.line(format!("sha256 {}", view.facts.sha256));
        if let Some(why) = &view.why_not_deployable {
            output.line(format!("can't be deployed to a card: {why}"));
        }
    });
    Ok(ExitCode::from(u8::from(!view.good)))
}

fn tell(bar: &ProgressBar) -> impl FnMut(ImportProgress) + Send + 'static {
    let bar = bar.clone();
    move |progress| {
        bar.set_length(progress.total.0);
        bar.set_position(progress.read.0);
    }
}

/// What is served under this number, or of this ISO.
async fn served(what: &str, fleet: &Fleet) -> Result<Vec<String>, Failed> {
    let views = fleet.isos().await?;
    let plain = |view: &IsoView| {
        let publications = view.publications.iter().filter(|p| !p.id.is_empty());
        publications.map(|p| p.id.clone()).collect::<Vec<_>>()
    };
    if views
        .iter()
        .any(|view| plain(view).iter().any(|id| id == what))
    {
        return Ok(vec![what.to_owned()]);
    }
    let iso = fleet.find_iso(what).await?;
    let ids: Vec<String> = views
        .iter()
        .filter(|view| view.iso.id == iso.id)
        .flat_map(plain)
        .collect();
    if ids.is_empty() {
        return Err(AppError::not_found(format!("{} is not served", iso.name))
            .hint("`slipctl iso list` shows what is served")
            .into());
    }
    Ok(ids)
}

async fn serve(request: &PublishRequest, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    let interrupted = interrupted();
    tokio::pin!(interrupted);
    let publication = fleet.publish_iso(request).await?;
    output.show(&publication, || {
        output.line(&publication.url);
        output.note(format!(
            "Ctrl-C takes it down; from elsewhere `slipctl iso unpublish {}`",
            publication.id
        ));
    });
    let mut look = tokio::time::interval(std::time::Duration::from_secs(1));
    let bar = bytes_bar(output, "sent");
    loop {
        tokio::select! {
            () = &mut interrupted => break,
            _ = look.tick() => {
                let isos = fleet.isos().await?;
                let mut all = isos.iter().flat_map(|view| &view.publications);
                let Some(ours) = all.find(|one| one.id == publication.id) else {
                    output.note("it was taken down");
                    bar.finish_and_clear();
                    return Ok(());
                };
                let readers = ours.readers.iter();
                let (sent, total) = readers.fold((0, 0), |(s, t), r| (s + r.sent.0, t + r.total.0));
                bar.set_length(total);
                bar.set_position(sent);
            }
        }
    }
    bar.finish_and_clear();
    fleet.unpublish_iso(&publication.id).await?;
    Ok(())
}

/// A bar on a terminal, nothing elsewhere.
pub fn bytes_bar(output: Output, what: &'static str) -> ProgressBar {
    if output.json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(
        "{prefix} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    );
    let bar = ProgressBar::new(ByteCount::default().0).with_prefix(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
