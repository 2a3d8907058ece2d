//! `slipctl image`.

mod build;
mod registry;

use std::{path::PathBuf, process::ExitCode};

use slipway_core::{
    containerfile::{Binding, LintReport, LintSeverity, LintTarget},
    image::ImageReference,
    image_build::PrerequisiteState,
    time::ByteCount,
};

use crate::{args::ImageCommand, exit::Failed, open::Desk, output::Output, registry_trust};

/// The lint found something that should not be shipped.
const FOUND: u8 = 1;

pub async fn run(command: ImageCommand, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    match command {
        ImageCommand::Build(args) => return build::build(*args, &fleet, output).await,
        ImageCommand::Push(args) => return build::push(args, &fleet, output).await,
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
        ImageCommand::Tags { reference, after } => {
            registry::tags(&reference, after, &fleet, output).await?;
        }
        ImageCommand::Digests { reference } => {
            registry::digests(&reference, &fleet, output).await?;
        }
        ImageCommand::Template(args) => build::template(args, &fleet, output).await?,
        ImageCommand::Login {
            registry,
            user,
            password_fd,
        } => registry::login(registry, user, password_fd, &fleet, output).await?,
        ImageCommand::Logout { registry } => registry::logout(&registry, &fleet, output).await?,
        ImageCommand::Trust { registry, accept } => {
            registry_trust::trust(&registry, accept.as_deref(), &fleet, output).await?;
        }
        ImageCommand::Distrust { registry } => {
            registry_trust::distrust(&registry, &fleet, output)?;
        }
        ImageCommand::Registries {
            auth_file,
            certs_dir,
        } => registry::registries(auth_file, certs_dir, &fleet, output).await?,
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
