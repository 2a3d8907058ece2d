//! osbuild's image builder, run as a privileged container that has a name of the job: what it is
//! given, waiting for it, stopping it, and taking its ISO.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use slipway_core::{
    command::CommandLine,
    failure::{FailureKind, StepError},
    ids::JobId,
    image::ImageDigest,
    image_builder::{BuilderProgress, BuilderRun, parse_progress},
    job::iso_build::{IsoBase, IsoBuildPlan, WrittenIso},
    secret::Password,
    time::ByteCount,
};

use super::{ImageAccess, image::write_auth, md5, paths, write};
use crate::podman::PodmanCli;

const LOOK: Duration = Duration::from_millis(100);
/// A question that podman answers at once, the end of a container included.
const ANSWER: Duration = Duration::from_secs(60);
/// An image of some gigabytes over a slow line.
const PULL: Duration = Duration::from_secs(2 * 3600);
/// Lines of the log that a failure shows.
const SHOWN: usize = 6;

/// The name of a job's container.
fn container(job: &JobId) -> String {
    format!("slipway-iso-{job}")
}

/// Whether a plan is for the image builder.
pub fn is_wanted(plan: &IsoBuildPlan) -> bool {
    match plan.base {
        IsoBase::ImageBuilder { .. } => true,
        IsoBase::File { .. } | IsoBase::Url { .. } => false,
    }
}

/// podman, as root: the builder mounts and makes devices.
pub async fn check(cli: &PodmanCli) -> Result<String, StepError> {
    if !crate::podman::is_root() {
        return Err(StepError::new(
            FailureKind::Precondition,
            "image builder needs podman as root",
        )
        .because("Slipway runs as another user".to_owned())
        .hint("run it as root, or build the ISO by kickstart, which needs no root"));
    }
    storage(cli)
        .await
        .map(|root| format!("podman keeps images in {root}"))
}

/// Where podman keeps images.
async fn storage(cli: &PodmanCli) -> Result<String, StepError> {
    let line = CommandLine::new(["podman", "info", "--format", "{{.Store.GraphRoot}}"]);
    let answer = cli.ask(&line, ANSWER).await?;
    if answer.ok {
        return Ok(answer.stdout.trim().to_owned());
    }
    Err(crate::podman::said_no(&line, &answer.stderr))
}

/// Fetches the image, and its installer, into podman's storage.
///
/// # Errors
/// podman says no.
pub async fn pull(
    cli: &PodmanCli,
    plan: &IsoBuildPlan,
    access: &ImageAccess,
) -> Result<ImageDigest, StepError> {
    let work = paths::work(Path::new(&plan.output));
    let auth = work.join("auth.json");
    let mut options = Vec::new();
    let file = match &access.auth {
        Some(json) => {
            let written = fs::create_dir_all(&work)
                .and_then(|()| write::private(&work))
                .and_then(|()| write_auth(&auth, json));
            written.map_err(|error| local("the auth file can't be written", &error))?;
            Some(auth.display().to_string())
        }
        None => plan.auth_file.clone(),
    };
    options.extend(file.map(|file| format!("--authfile={file}")));
    let certs = access.cert_dir.as_ref();
    options.extend(certs.map(|dir| format!("--cert-dir={}", dir.display())));
    if access.plain_http {
        options.push("--tls-verify=false".into());
    }
    let mut pulled = Ok(());
    for line in plan.builder_pulls(&options) {
        let answer = cli.ask(&line, PULL).await?;
        if !answer.ok {
            pulled = Err(crate::podman::said_no(&line, &answer.stderr));
            break;
        }
    }
    write::remove_if_there(&auth).map_err(|error| local("the auth file stays", &error))?;
    pulled?;
    access.digest.clone().ok_or_else(|| {
        StepError::new(
            FailureKind::Precondition,
            "image builder needs an image in a registry",
        )
        .hint("push the image, and give its reference (docker://…)")
    })
}

/// Runs the builder to its end, and puts its ISO where a remaster would put its own.
///
/// # Errors
/// It failed, in its own words; it was stopped; it left no ISO, or one without the image.
pub async fn run(
    cli: &PodmanCli,
    job: &JobId,
    plan: &IsoBuildPlan,
    kickstart: Password,
    source: Option<ImageDigest>,
    stop: &AtomicBool,
) -> Result<WrittenIso, StepError> {
    let output = Path::new(&plan.output);
    let folder = paths::work(output).join("builder");
    let files = |error: io::Error| local("the files of the builder can't be made", &error);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(files)?;
    write::private(&paths::work(output)).map_err(files)?;
    let owner = folder.metadata().map_err(files)?;
    let request = plan.image_builder(
        folder.display().to_string(),
        format!("{}:{}", owner.uid(), owner.gid()),
        Some(kickstart.expose().to_owned()),
    );
    let (Some(request), IsoBase::ImageBuilder { builder, .. }) = (request, &plan.base) else {
        return Err(StepError::new(
            FailureKind::Local,
            "a bug: a plan that is not for the image builder",
        ));
    };
    let config = request.config_toml().map_err(|error| {
        StepError::new(
            FailureKind::Precondition,
            "the kickstart can't stand in TOML",
        )
        .because(error.to_string())
        .hint("give a kickstart without control characters")
    })?;
    private_file(&folder.join("config.toml"), &config).map_err(files)?;
    let (storage, name) = (storage(cli).await?, container(job));
    let line = request.command_on(&BuilderRun {
        builder,
        storage: &storage,
        container: Some(&name),
    });
    remove(cli, job).await?;
    let log = paths::work(output).join("builder.log");
    let exit = wait(cli, job, &line, &log, stop).await?;
    let said = fs::read_to_string(&log).unwrap_or_default();
    if !exit.success() {
        return Err(failed(&said, &exit.to_string()));
    }
    let iso = only_iso(&folder).map_err(files)?.ok_or_else(|| {
        failed(
            &said,
            "it ended well, and there is no ISO in its output folder",
        )
    })?;
    let part = paths::part(output);
    write::remove_if_there(&part).map_err(files)?;
    fs::rename(&iso, &part).map_err(files)?;
    File::open(&part)
        .and_then(|file| file.sync_all())
        .map_err(files)?;
    let facts = crate::iso::look(&part).await?;
    let digest = facts.image_digest.ok_or_else(|| {
        StepError::new(
            FailureKind::WrongImage,
            "the builder's ISO carries no image: success could not be checked",
        )
        .because("there is no /container on it".to_owned())
        .hint("use anaconda-iso, or build the ISO by kickstart")
    })?;
    Ok(WrittenIso {
        size: facts.size,
        md5: implanted(&part).unwrap_or_else(|| "none".into()),
        source_digest: source.filter(|source| *source != digest),
        digest,
    })
}

/// Removes the job's container, wherever it came from; there may be none.
///
/// # Errors
/// podman is missing, or does not answer.
pub async fn remove(cli: &PodmanCli, job: &JobId) -> Result<(), StepError> {
    let name = container(job);
    let exists = CommandLine::new(["podman", "container", "exists", &name]);
    if !cli.ask(&exists, ANSWER).await?.ok {
        return Ok(());
    }
    let line = CommandLine::new(["podman", "rm", "--force", "--time=2", &name]);
    let answer = cli.ask(&line, ANSWER).await?;
    if answer.ok {
        return Ok(());
    }
    Err(crate::podman::said_no(&line, &answer.stderr))
}

async fn wait(
    cli: &PodmanCli,
    job: &JobId,
    line: &CommandLine,
    log: &Path,
    stop: &AtomicBool,
) -> Result<std::process::ExitStatus, StepError> {
    let opened = || -> io::Result<(File, File)> {
        let file = File::options()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(log)?;
        file.set_len(0)?;
        Ok((file.try_clone()?, file))
    };
    let (out, err) = opened().map_err(|error| local("the builder's log can't be made", &error))?;
    let mut child = cli
        .command(line)
        .stdout(Stdio::from(out))
        .stderr(Stdio::from(err))
        // A Ctrl-C on the terminal is for Slipway, which stops it in order.
        .process_group(0)
        .spawn()
        .map_err(|error| crate::podman::not_started(line, &error))?;
    loop {
        match tokio::time::timeout(LOOK, child.wait()).await {
            Ok(Ok(status)) => return Ok(status),
            Ok(Err(error)) => return Err(local("the builder can't be waited for", &error)),
            Err(_) => {}
        }
        if stop.load(Ordering::Relaxed) {
            remove(cli, job).await?;
            let _ = child.kill().await;
            return Err(StepError::new(
                FailureKind::Precondition,
                "it was cancelled",
            ));
        }
    }
}

fn failed(said: &str, exit: &str) -> StepError {
    let message = match parse_progress(said) {
        Some(BuilderProgress::Failed { reason }) => format!("image builder failed: {reason}"),
        Some(BuilderProgress::Pipeline { name, stage }) => format!(
            "image builder failed in its pipeline {name}{}",
            stage.map_or(String::new(), |stage| format!(", {stage}"))
        ),
        Some(BuilderProgress::Manifest) => "image builder failed as it chose packages".into(),
        None => "image builder did not begin".into(),
    };
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let last = lines.iter().skip(lines.len().saturating_sub(SHOWN));
    let error = StepError::new(FailureKind::Local, message);
    let error = last.fold(error, |error, line| error.because((*line).to_owned()));
    error.because(format!("podman: {exit}")).hint(
        "run the plan's line by hand (`slipctl iso build --plan`), or build the ISO by kickstart",
    )
}

/// The one ISO below a folder: the builder chooses its name.
fn only_iso(folder: &Path) -> io::Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if let Some(found) = only_iso(&path)? {
                return Ok(Some(found));
            }
        } else if path.extension().is_some_and(|end| end == "iso") {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn implanted(iso: &Path) -> Option<String> {
    use std::os::unix::fs::FileExt as _;
    let mut text = [0; md5::TEXT_LENGTH];
    let file = File::open(iso).ok()?;
    file.read_exact_at(&mut text, md5::TEXT_AT).ok()?;
    md5::named(&text)
}

/// Room that is asked for: the image in podman's storage and in the ISO, and an installer beside it.
pub fn needed(access: &ImageAccess) -> u64 {
    const INSTALLER: u64 = 2_000_000_000;
    access
        .size
        .unwrap_or(ByteCount(0))
        .0
        .saturating_mul(2)
        .saturating_add(INSTALLER)
}

/// The kickstart in it may hold secrets; the builder reads it as root.
fn private_file(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}

fn local(what: &str, error: &io::Error) -> StepError {
    StepError::new(FailureKind::Local, what)
        .because(error.to_string())
        .hint("check the disk and its permissions")
}
