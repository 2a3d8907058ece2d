//! What a build and a push are asked for, and a Containerfile to begin with.

use std::{collections::BTreeMap, process::ExitCode};

use slipway_core::{
    containerfile::{BoundContainer, LintTarget, Template},
    image_build::{BuildArg, BuildFolder, BuildSecret, ImageSource},
};
use slipway_fleet::{Fleet, image_views::ImageBuildRequest};

use super::{parsed, show_report, target};
use crate::{
    args::{ImageBuildArgs, PushArgs, TemplateArgs},
    exit::Failed,
    output::Output,
    wait::wait_for,
};

pub async fn template(args: TemplateArgs, fleet: &Fleet, output: Output) -> Result<(), Failed> {
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

pub async fn build(
    args: ImageBuildArgs,
    fleet: &Fleet,
    output: Output,
) -> Result<ExitCode, Failed> {
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

pub async fn push(args: PushArgs, fleet: &Fleet, output: Output) -> Result<ExitCode, Failed> {
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
