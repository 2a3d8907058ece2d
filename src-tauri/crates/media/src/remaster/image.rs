//! The image as an OCI directory: as it was given, or copied by skopeo with its digests kept.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use slipway_core::{
    failure::{FailureKind, StepError},
    image::{ImageDigest, oci_architecture},
    iso::CONTAINER_DIR,
    job::iso_build::{IsoBuildPlan, IsoImage},
    secret::Password,
    time::ByteCount,
};

use super::{paths, write::private};
use crate::iso::{
    IsoError,
    container::{self, Container, Files},
};

/// How an image is reached, where skopeo would not know by itself, and how large it is.
#[derive(Debug, Clone, Default)]
pub struct ImageAccess {
    /// An auth.json with logins of our own, instead of the plan's.
    pub auth: Option<Password>,
    /// The folder with the authority of the registry's certificate.
    pub cert_dir: Option<PathBuf>,
    /// The registry is on this machine and speaks no TLS.
    pub plain_http: bool,
    /// Of what is copied; `None` where nobody was asked.
    pub size: Option<ByteCount>,
    /// Of the image for the plan's architecture, as the registry has it.
    pub digest: Option<ImageDigest>,
}

/// Where the image lies once it was fetched.
pub fn folder(plan: &IsoBuildPlan) -> PathBuf {
    match &plan.image {
        IsoImage::OciDir { path } => path.into(),
        IsoImage::OciArchive { .. } | IsoImage::Registry { .. } | IsoImage::LocalStorage { .. } => {
            paths::container(Path::new(&plan.output))
        }
    }
}

/// The image of an OCI directory, for this architecture.
///
/// # Errors
/// No OCI directory, a blob whose content has another digest, an image for another machine.
pub fn read(folder: &Path, architecture: &str) -> Result<Container, IsoError> {
    let unfit = |reason: String| IsoError::Container {
        dir: folder.into(),
        reason,
    };
    let prefix = format!("/{CONTAINER_DIR}/");
    let file = |path: &str| {
        let path = folder.join(path.trim_start_matches(&prefix));
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unfit(format!("{}: {error}", path.display()))),
        }
    };
    let found = container::read(&Files(&file), Some(architecture))?
        .ok_or_else(|| unfit("it has no index.json".into()))?;
    match found.architecture.as_deref() {
        Some(machine) if machine != architecture => Err(unfit(format!(
            "its image is for {machine}, not for {architecture}"
        ))),
        Some(_) | None => Ok(found),
    }
}

/// Bytes of everything in a folder.
pub fn size(folder: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        sum += match metadata.is_dir() {
            true => size(&entry.path())?,
            false => metadata.len(),
        };
    }
    Ok(sum)
}

/// What a copy led to.
pub struct Copied {
    pub digest: ImageDigest,
    /// Where it had to be converted: what it was.
    pub source_digest: Option<ImageDigest>,
}

/// Copies the image beside the output, under its final name only when it is whole. Dropping the
/// future stops skopeo.
///
/// # Errors
/// A reference that does not exist, a registry's certificate or login, an image for another
/// machine: with what to do.
pub async fn copy(plan: &IsoBuildPlan, access: &ImageAccess) -> Result<Copied, StepError> {
    let output = Path::new(&plan.output);
    let target = paths::container(output);
    let half = paths::work(output).join("container.part");
    let auth = paths::work(output).join("auth.json");
    let local = |error: std::io::Error| {
        StepError::new(FailureKind::Local, "the image can't be copied to the disk")
            .because(error.to_string())
            .hint("check the folder's permissions and the room on the disk")
    };
    let _ = tokio::fs::remove_dir_all(&half).await;
    let _ = tokio::fs::remove_dir_all(&target).await;
    tokio::fs::create_dir_all(paths::work(output))
        .await
        .map_err(local)?;
    private(&paths::work(output)).map_err(local)?;
    if let Some(json) = &access.auth {
        write_auth(&auth, json).map_err(local)?;
    }
    let source = Source { plan, access, auth };
    let copied = copied(&source, &half).await;
    if access.auth.is_some() {
        tokio::fs::remove_file(&source.auth).await.map_err(local)?;
    }
    let source_digest = copied?;
    let found = read(&half, &plan.architecture)?;
    tokio::fs::rename(&half, &target).await.map_err(local)?;
    Ok(Copied {
        source_digest: source_digest.filter(|source| *source != found.digest),
        digest: found.digest,
    })
}

/// For this user only, and gone after the copy.
pub fn write_auth(path: &Path, json: &Password) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(json.expose().as_bytes())
}

/// Where skopeo copies from, and with what.
struct Source<'a> {
    plan: &'a IsoBuildPlan,
    access: &'a ImageAccess,
    auth: PathBuf,
}

impl Source<'_> {
    /// `--authfile` and the like; skopeo's copy names those of the source `--src-…`.
    fn options(&self, prefix: &str) -> Vec<String> {
        let mut all = vec![format!(
            "--override-arch={}",
            oci_architecture(&self.plan.architecture)
        )];
        all.push("--override-os=linux".into());
        let chosen = self.plan.auth_file.clone();
        let own = self.access.auth.as_ref();
        let auth = own.map(|_| self.auth.display().to_string()).or(chosen);
        all.extend(auth.map(|file| format!("--authfile={file}")));
        let certs = self.access.cert_dir.as_ref();
        all.extend(certs.map(|dir| format!("--{prefix}cert-dir={}", dir.display())));
        if self.access.plain_http {
            all.push(format!("--{prefix}tls-verify=false"));
        }
        all
    }
}

/// Copies, and converts what can't be kept as it is: then answers with the digest it had.
async fn copied(source: &Source<'_>, half: &Path) -> Result<Option<ImageDigest>, StepError> {
    let Err(said) = skopeo(source, half, true).await else {
        return Ok(None);
    };
    if !said.contains("preserve digests") && !said.contains("preserve the") {
        return Err(judged(source.plan, &said));
    }
    // Docker's older format can't be kept in an OCI directory as it is.
    let digest = digest_at_source(source).await;
    let _ = tokio::fs::remove_dir_all(half).await;
    skopeo(source, half, false)
        .await
        .map_err(|said| judged(source.plan, &said))?;
    Ok(digest)
}

/// One run; its own words where it fails.
async fn skopeo(source: &Source<'_>, to: &Path, keep_digests: bool) -> Result<(), String> {
    let mut command = tokio::process::Command::new("skopeo");
    command.arg("copy");
    if keep_digests {
        command.arg("--preserve-digests");
    } else {
        command.args(["--format", "oci"]);
    }
    let output = command
        .args(source.options("src-"))
        .arg(source.plan.image.transport())
        .arg(format!("oci:{}:latest", to.display()))
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => "skopeo is not installed".to_owned(),
            _ => error.to_string(),
        })?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

async fn digest_at_source(source: &Source<'_>) -> Option<ImageDigest> {
    let mut command = tokio::process::Command::new("skopeo");
    let output = command
        .args(["inspect", "--format", "{{.Digest}}"])
        .args(source.options(""))
        .arg(source.plan.image.transport())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// What skopeo said, as people need it.
fn judged(plan: &IsoBuildPlan, said: &str) -> StepError {
    let source = plan.image.transport();
    let last = said.lines().last().unwrap_or_default().to_owned();
    let error = |kind, message: String, hint: &str| {
        StepError::new(kind, message)
            .because(last.clone())
            .hint(hint)
    };
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&["is not installed"]) {
        error(
            FailureKind::Local,
            "skopeo is not installed".into(),
            "install skopeo: `dnf install skopeo`, `apt install skopeo` or `brew install skopeo`",
        )
    } else if has(&["x509:", "certificate"]) {
        error(
            FailureKind::TrustUnknown,
            format!(
                "the registry of {source} shows a certificate that this machine does not trust"
            ),
            "put the registry's CA into /etc/containers/certs.d/HOST:PORT/ca.crt, or into the system's trust store",
        )
    } else if has(&["unauthorized", "authentication required", "denied"]) {
        error(
            FailureKind::Authentication,
            format!("the registry wants a login for {source}"),
            "log in (`slipctl image login REGISTRY`), or name an auth.json (`--authfile`)",
        )
    } else if has(&[
        "manifest unknown",
        "name unknown",
        "not found",
        "does not exist",
        "no such file",
        "not known",
    ]) {
        error(
            FailureKind::Precondition,
            format!("{source} does not exist"),
            "check the reference, and that the image was pushed or built",
        )
    } else if has(&[
        "no image found in manifest list",
        "no image found in image index",
        "architecture",
    ]) {
        error(
            FailureKind::Precondition,
            format!("{source} has no image for {}", plan.architecture),
            "build the image for this architecture, or choose another one",
        )
    } else if has(&["no space left"]) {
        error(
            FailureKind::Local,
            "the disk is full".into(),
            "make room, then retry",
        )
    } else if has(&[
        "connection refused",
        "no such host",
        "timeout",
        "i/o timeout",
        "network is unreachable",
    ]) {
        error(
            FailureKind::Unreachable,
            format!("the registry of {source} does not answer"),
            "check the network and the reference's host",
        )
    } else {
        error(
            FailureKind::Local,
            format!("skopeo can't copy {source}"),
            "see its own words above, then retry",
        )
    }
}
