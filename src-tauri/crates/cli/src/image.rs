//! `slipctl image`.

use std::{collections::BTreeMap, io::Read as _, path::PathBuf, process::ExitCode};

use slipway_core::{
    containerfile::{Binding, BoundContainer, LintReport, LintSeverity, LintTarget, Template},
    image::ImageReference,
    image_build::{BuildArg, BuildFolder, BuildSecret, ImageSource, PrerequisiteState},
    time::ByteCount,
};
use slipway_fleet::{
    Fleet,
    image_views::{ImageBuildRequest, LoginSource, RegistryLogin, RegistrySettings},
};

use crate::{
    args::{ImageBuildArgs, ImageCommand, PushArgs, TemplateArgs},
    exit::Failed,
    open::{self, Desk},
    output::Output,
    registry_trust,
    wait::wait_for,
};

/// The lint found something that should not be shipped.
const FOUND: u8 = 1;

pub async fn run(command: ImageCommand, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    match command {
        ImageCommand::Build(args) => return build(*args, &fleet, output).await,
        ImageCommand::Push(args) => return push(args, &fleet, output).await,
        ImageCommand::Lint { what, file, other } => {
            let target = target(other);
            let path = PathBuf::from(&what);
            let is_folder = path.is_dir() && !path.join("index.json").is_file();
            let report = if is_folder {
                let folder = std::path::absolute(&path)
                    .map_err(|error| Failed::local("the folder has no whole path", &error))?;
                fleet
                    .lint_containerfile(&folder, file.as_deref(), target)
                    .await?
            } else {
                fleet.lint_image(&what, target).await?
            };
            output.show(&report, || show_report(&report, output));
            if report.count(LintSeverity::Error) > 0 {
                return Ok(ExitCode::from(FOUND));
            }
        }
        ImageCommand::Log { job } => {
            let job = job
                .parse()
                .map_err(|e| Failed::unusable(&e, "`slipctl job list` shows all"))?;
            let mut at = ByteCount(0);
            loop {
                let part = fleet.image_build_log(&job, at).await?;
                if part.text.is_empty() {
                    break;
                }
                at = part.next;
                for line in part.text.lines() {
                    if output.json {
                        output.json_line(&serde_json::json!({ "log": line }));
                    } else {
                        output.line(line);
                    }
                }
            }
        }
        ImageCommand::Check { arch } => {
            let arch = arch
                .parse()
                .map_err(|e| Failed::unusable(&e, "aarch64 or x86_64"))?;
            let lines = fleet.image_prerequisites(arch).await;
            output.show(&lines, || {
                for line in &lines {
                    let mark = match line.state {
                        PrerequisiteState::Met => "ok      ",
                        PrerequisiteState::Missing => "missing ",
                        PrerequisiteState::Warning => "warning ",
                        PrerequisiteState::NotNeeded => "–       ",
                    };
                    output.line(format!("{mark}{}: {}", line.title, line.found));
                    if let Some(fix) = &line.fix {
                        output.line(format!("          {}", fix.text));
                        if let Some(command) = &fix.command {
                            output.line(format!("          $ {command}"));
                        }
                    }
                }
            });
            if lines
                .iter()
                .any(|line| line.state == PrerequisiteState::Missing)
            {
                return Ok(ExitCode::from(FOUND));
            }
        }
        ImageCommand::List => {
            let images = fleet.local_images().await?;
            output.show(&images, || {
                let rows = images
                    .iter()
                    .map(|image| {
                        vec![
                            image.names.first().cloned().unwrap_or_else(|| "–".into()),
                            image.version.clone().unwrap_or_else(|| "–".into()),
                            image
                                .digest
                                .as_ref()
                                .map_or("–".into(), |d| d.short().to_owned()),
                            image.size.to_string(),
                            if image.is_bootc { "bootc" } else { "" }.into(),
                        ]
                    })
                    .collect();
                output.table(&["Image", "Version", "Digest", "Size", ""], rows);
            });
        }
        ImageCommand::Inspect { image } => {
            let image = fleet.inspect_image(&image).await?;
            output.show(&image, || {
                output.line(format!("{}  {}", image.names.join(", "), image.size));
                output.line(format!("  id {}", image.id));
                if let Some(digest) = &image.digest {
                    output.line(format!("  {digest}"));
                }
                for (name, value) in &image.labels {
                    output.line(format!("  {name}={value}"));
                }
            });
        }
        ImageCommand::Tag { image, reference } => {
            let reference = parsed(&reference)?;
            fleet.tag_image(&image, &reference).await?;
            output.show(&serde_json::json!({ "tagged": reference }), || {
                output.line(format!("{image} is {reference} too"));
            });
        }
        ImageCommand::Tags { reference, after } => tags(&reference, after, &fleet, output).await?,
        ImageCommand::Digests { reference } => {
            let view = fleet.image_tag(&parsed(&reference)?).await?;
            output.show(&view, || {
                output.line(format!("{}  {}", view.reference, view.digest));
                let rows = view
                    .images
                    .iter()
                    .map(|image| {
                        vec![
                            image.architecture.clone(),
                            image.version.clone().unwrap_or_else(|| "–".into()),
                            image.digest.to_string(),
                            image.size.map_or("–".into(), |size| size.to_string()),
                        ]
                    })
                    .collect();
                output.table(&["Architecture", "Version", "Digest", "Size"], rows);
            });
        }
        ImageCommand::Template(args) => template(args, &fleet, output).await?,
        ImageCommand::Login {
            registry,
            user,
            password_fd,
        } => {
            let password = match password_fd {
                Some(descriptor) => open::read_descriptor(descriptor)?.expose().to_owned(),
                None => from_stdin()?,
            };
            let login = RegistryLogin {
                registry: registry.clone(),
                user,
                password,
            };
            fleet.registry_login(login).await?;
            output.show(&serde_json::json!({ "login": registry }), || {
                output.line(format!("{registry} takes the login; it is kept"));
            });
        }
        ImageCommand::Logout { registry } => {
            fleet.registry_logout(&registry).await?;
            output.show(&serde_json::json!({ "logout": registry }), || {
                output.line(format!("the login for {registry} is forgotten"));
            });
        }
        ImageCommand::Trust { registry, accept } => {
            registry_trust::trust(&registry, accept.as_deref(), &fleet, output).await?;
        }
        ImageCommand::Distrust { registry } => {
            registry_trust::distrust(&registry, &fleet, output)?;
        }
        ImageCommand::Registries {
            auth_file,
            certs_dir,
        } => {
            if auth_file.is_some() || certs_dir.is_some() {
                let whole = |path: PathBuf| {
                    std::path::absolute(path)
                        .map(|path| path.display().to_string())
                        .map_err(|error| Failed::local("there is no whole path", &error))
                };
                let now = fleet.registry_settings().await?.settings;
                let settings = RegistrySettings {
                    auth_file: auth_file.map(whole).transpose()?.or(now.auth_file),
                    certs_dir: certs_dir.map(whole).transpose()?.or(now.certs_dir),
                };
                fleet.set_registry_settings(&settings).await?;
            }
            let view = fleet.registry_settings().await?;
            output.show(&view, || {
                let rows = view
                    .logins
                    .iter()
                    .map(|login| {
                        let from = match &login.source {
                            LoginSource::Slipway => "Slipway".to_owned(),
                            LoginSource::AuthFile { path } => path.clone(),
                            LoginSource::Helper { helper, .. } => {
                                format!("helper {helper}, which Slipway does not call")
                            }
                        };
                        vec![
                            login.registry.clone(),
                            login.user.clone().unwrap_or_default(),
                            from,
                        ]
                    })
                    .collect();
                output.table(&["Registry", "User", "From"], rows);
                for one in &view.accepted {
                    let shown = &one.certificate.fingerprint;
                    output.line(format!("accepted: {}  {shown}", one.registry));
                }
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn target(other: bool) -> LintTarget {
    if other {
        LintTarget::Other
    } else {
        LintTarget::Ipu
    }
}

fn parsed(text: &str) -> Result<ImageReference, Failed> {
    text.parse()
        .map_err(|error| Failed::unusable(&error, "write it as registry/repository:tag"))
}

fn from_stdin() -> Result<String, Failed> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failed::local("the password could not be read", &error))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

fn show_report(report: &LintReport, output: Output) {
    for finding in &report.findings {
        let severity = match finding.severity {
            LintSeverity::Error => "error",
            LintSeverity::Warning => "warning",
            LintSeverity::Info => "note",
        };
        let mut place = Vec::new();
        place.extend(finding.line.map(|line| format!("line {line}")));
        place.extend(finding.layer.map(|layer| format!("layer {layer}")));
        place.extend(finding.file.clone());
        let place = if place.is_empty() {
            String::new()
        } else {
            format!("{}: ", place.join(", "))
        };
        output.line(format!("{severity}: {place}{}", finding.reason));
        output.line(format!("  fix: {}", finding.fix));
    }
    for bound in &report.bound_images {
        let how = match bound.binding {
            Binding::Logical => "logically",
            Binding::Physical => "physically",
        };
        output.line(format!("bound {how}: {} ({})", bound.image, bound.by));
    }
    for place in &report.not_looked_at {
        output.line(format!("not looked at: {place}"));
    }
    let (errors, warnings) = (
        report.count(LintSeverity::Error),
        report.count(LintSeverity::Warning),
    );
    output.line(format!("{errors} errors, {warnings} warnings"));
}

async fn tags(
    reference: &str,
    after: Option<String>,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let reference = parsed(reference)?;
    let mut after = after;
    let mut all = Vec::new();
    loop {
        let page = fleet.image_tags(&reference, after.as_deref()).await?;
        all.extend(page.tags);
        match page.next {
            // A registry that sends us in a circle is not followed.
            Some(next) if Some(&next) != after.as_ref() => after = Some(next),
            Some(_) | None => break,
        }
    }
    let shown = serde_json::json!({ "repository": reference.without_tag(), "tags": all });
    output.show(&shown, || {
        for tag in &all {
            output.line(tag);
        }
    });
    Ok(())
}

async fn template(args: TemplateArgs, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    let mut template = Template {
        rhc: !args.no_rhc,
        greenboot: !args.no_greenboot,
        entitled: !args.not_entitled,
        ..Template::default()
    };
    if let Some(base) = &args.base {
        template.base = parsed(base)?;
    }
    if let Some(version) = args.version {
        template.version = version;
    }
    if args.no_microshift {
        template.microshift = None;
    } else if let Some(release) = args.microshift {
        template.microshift = Some(release);
    }
    for bound in &args.bind {
        let (name, image) = pair(bound, "--bind NAME=IMAGE")?;
        template.containers.push(BoundContainer {
            name,
            image: parsed(&image)?,
        });
    }
    let written = fleet.write_image_template(&template, &args.folder).await?;
    output.show(&written, || {
        for file in &written.files {
            output.line(format!("{}/{file}", written.folder));
        }
    });
    Ok(())
}

fn pair(text: &str, how: &str) -> Result<(String, String), Failed> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(Failed::invalid(format!("`{text}`: write {how}"))),
    }
}

async fn build(args: ImageBuildArgs, fleet: &Fleet, output: Output) -> Result<ExitCode, Failed> {
    let folder = std::path::absolute(&args.folder)
        .map_err(|error| Failed::local("the folder has no whole path", &error))?;
    let mut secrets = Vec::new();
    if args.entitlement {
        for file in fleet.entitlement().await {
            secrets.extend(file.path.map(|path| BuildSecret { id: file.id, path }));
        }
    }
    for secret in &args.secrets {
        let (id, path) = pair(secret, "--secret ID=FILE")?;
        let path = std::path::absolute(path)
            .map_err(|error| Failed::local("the secret's file has no whole path", &error))?;
        secrets.retain(|other: &BuildSecret| other.id != id);
        secrets.push(BuildSecret {
            id,
            path: path.display().to_string(),
        });
    }
    let mut named = BTreeMap::new();
    for arg in &args.args {
        let (name, value) = pair(arg, "--build-arg NAME=VALUE")?;
        named.insert(name, value);
    }
    let request = ImageBuildRequest {
        source: ImageSource::Folder(BuildFolder {
            folder: folder.display().to_string(),
            containerfile: args.file,
            args: named
                .into_iter()
                .map(|(name, value)| BuildArg { name, value })
                .collect(),
            secrets,
            selinux_unconfined: args.selinux_unconfined,
            pull_newer: args.pull_newer,
        }),
        architecture: args
            .arch
            .parse()
            .map_err(|e| Failed::unusable(&e, "aarch64 or x86_64"))?,
        reference: args.reference,
        push: args.push,
        auth_file: args.auth_file.map(|path| path.display().to_string()),
        target: target(args.other),
    };
    go(&request, args.plan, fleet, output).await
}

async fn push(args: PushArgs, fleet: &Fleet, output: Output) -> Result<ExitCode, Failed> {
    let from = parsed(&args.image)?;
    let image = fleet.inspect_image(&args.image).await?;
    let architecture = image.architecture.unwrap_or_default();
    let request = ImageBuildRequest {
        architecture: architecture
            .parse()
            .map_err(|e| Failed::unusable(&e, "only images of aarch64 and x86_64 are pushed"))?,
        reference: args.to.unwrap_or_else(|| args.image.clone()),
        source: ImageSource::Local { reference: from },
        push: true,
        auth_file: args.auth_file.map(|path| path.display().to_string()),
        target: LintTarget::Other,
    };
    go(&request, args.plan, fleet, output).await
}

async fn go(
    request: &ImageBuildRequest,
    only_plan: bool,
    fleet: &Fleet,
    output: Output,
) -> Result<ExitCode, Failed> {
    if only_plan {
        let plan = fleet.plan_image_build(request).await?;
        output.show(&plan, || {
            output.line(&plan.title);
            for command in &plan.commands {
                output.line(format!("$ {command}"));
            }
            for warning in &plan.warnings {
                output.line(format!("warning: {warning}"));
            }
            for problem in &plan.problems {
                output.line(format!("problem: {problem}"));
            }
            if let Some(report) = &plan.lint {
                show_report(report, output);
            }
        });
        return Ok(ExitCode::SUCCESS);
    }
    let job = fleet.build_image(request).await?;
    wait_for(fleet, vec![job], output).await
}
