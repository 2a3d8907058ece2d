//! A cluster file on the disk: read once as a whole, and written in today's form.

use std::{
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use slipway_core::{
    address::Address,
    cluster::{self, Import, LARGEST, Problem, Source, Surroundings, Values},
    failure::chain,
    image::{ImageDigest, ImageReference},
    secret::Password,
};
use tokio::io::AsyncReadExt;
use url::Url;

use crate::{AppError, ErrorCode};

const HTTPS: u16 = 443;

/// The texts of a cluster file and of its variables file. No `Debug`: there are passwords in them.
pub struct ClusterTexts {
    file: Text,
    variables: Option<Text>,
    /// Absolute.
    path: PathBuf,
    variables_path: Option<PathBuf>,
    folder: PathBuf,
}

struct Text {
    /// As problems name it.
    name: String,
    text: String,
}

/// A variables file that can't be used. No `Debug`, for its source.
pub struct WrongVariables {
    pub source: Source,
    pub problems: Vec<Problem>,
}

impl ClusterTexts {
    /// # Errors
    /// A file that is not there, can't be read, is too large, or is no text.
    pub async fn read(file: &Path, variables: Option<&Path>) -> Result<Self, AppError> {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let path = absolute(file);
        Ok(Self {
            file: Text::read(file).await?,
            variables: match variables {
                Some(path) => Some(Text::read(path).await?),
                None => None,
            },
            folder: path.parent().map(Path::to_owned).unwrap_or_default(),
            path,
            variables_path: variables.map(absolute),
        })
    }

    /// Where relative paths in the file begin.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The whole path of the cluster file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The whole path of the variables file.
    pub(super) fn variables_path(&self) -> Option<&Path> {
        self.variables_path.as_deref()
    }

    /// Names the files by their last part, where the folders are known.
    #[must_use]
    pub fn by_file_name(mut self) -> Self {
        for text in std::iter::once(&mut self.file).chain(&mut self.variables) {
            let last = Path::new(&text.name).file_name();
            if let Some(last) = last.map(|last| last.to_string_lossy().into_owned()) {
                text.name = last;
            }
        }
        self
    }

    /// What the variables file gives; nothing where there is none.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn variables(&self) -> Result<Values, Box<WrongVariables>> {
        let Some(Text { name, text }) = &self.variables else {
            return Ok(Values::default());
        };
        Values::parse(name, text).map_err(|problems| {
            Box::new(WrongVariables {
                source: Source::new(name, text),
                problems,
            })
        })
    }

    /// Reads the file with these values. Never fails: what can't be read is named.
    #[must_use]
    pub fn import(&self, values: &Values, around: &Surroundings) -> Import {
        cluster::import(&self.file.name, &self.file.text, values, around)
    }

    /// The same as long as neither file is changed.
    pub(super) fn seen(&self) -> String {
        let mut all = crate::access::hex_sha256(self.file.text.as_bytes());
        if let Some(variables) = &self.variables {
            all.push_str(&crate::access::hex_sha256(variables.text.as_bytes()));
        }
        all
    }
}

impl Text {
    async fn read(path: &Path) -> Result<Self, AppError> {
        let name = path.display().to_string();
        let failed = |error: std::io::Error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                return AppError::not_found(format!("there is no file {name}"))
                    .hint("give the path of a cluster.yaml");
            }
            local(format!("reading {name}"), &error)
        };
        let file = tokio::fs::File::open(path).await.map_err(failed)?;
        let mut bytes = Vec::new();
        let most = u64::try_from(LARGEST).unwrap_or(u64::MAX) + 1;
        let mut file = file.take(most);
        file.read_to_end(&mut bytes).await.map_err(failed)?;
        if bytes.len() > LARGEST {
            return Err(AppError::invalid(format!("{name} has more than 1 MiB"))
                .hint("give a cluster file: a few pages of YAML"));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            AppError::from_chain(ErrorCode::Invalid, &error).hint("save the file as UTF-8 text")
        })?;
        Ok(Self { name, text })
    }
}

fn local(message: String, error: &std::io::Error) -> AppError {
    let mut app = AppError::new(ErrorCode::Other, message);
    app.causes = chain(error);
    app
}

/// What MicroShift pulls its images with.
///
/// # Errors
/// A file that can't be read, or is no pull secret: another one must not end up on a card.
pub async fn read_pull_secret(path: &Path) -> Result<Password, AppError> {
    const WHERE_FROM: &str =
        "give the file of https://console.redhat.com/openshift/install/pull-secret";
    let text = tokio::fs::read_to_string(path).await.map_err(|error| {
        AppError::not_found(format!("{} can't be read", path.display()))
            .because(error.to_string())
            .hint(WHERE_FROM)
    })?;
    let is_one = serde_json::from_str::<serde_json::Value>(&text)
        .is_ok_and(|json| json.get("auths").is_some_and(serde_json::Value::is_object));
    if is_one {
        return Ok(Password::new(text.trim()));
    }
    Err(
        AppError::invalid(format!("{} is no pull secret", path.display()))
            .because("a pull secret is JSON with `auths`")
            .hint(WHERE_FROM),
    )
}

/// The registry of the DPU operator's cluster as image references begin, and its authority's
/// certificate, which is read here.
///
/// # Errors
/// A name that is none: it names a folder on the card, too. A file that can't be read, or holds
/// anything but certificates: a key must not end up on a card.
pub async fn read_operator_registry(
    registry: &str,
    certificate: &Path,
) -> Result<(String, String), AppError> {
    if Address::parse_or(registry, HTTPS).is_err() || registry.starts_with('[') {
        return Err(AppError::invalid(format!("`{registry}` is no registry"))
            .hint("write host or host:port, as image references begin"));
    }
    let text = tokio::fs::read_to_string(certificate).await;
    let text = text.map_err(|error| {
        AppError::not_found(format!("{} can't be read", certificate.display()))
            .because(error.to_string())
            .hint("give the file with the certificate of the registry's authority")
    })?;
    if !text.contains("-----BEGIN CERTIFICATE-----") || text.contains("PRIVATE KEY") {
        let message = format!("{} is no certificate in PEM", certificate.display());
        return Err(AppError::invalid(message).hint(
            "give the certificate of the registry's authority alone; a key is never wanted",
        ));
    }
    Ok((registry.to_owned(), text))
}

/// The image of the tool that flashes cards.
///
/// # Errors
/// One without a digest: a tag may be another image tomorrow, and it writes a card's firmware.
pub fn firmware_image(text: &str) -> Result<ImageReference, AppError> {
    let image: ImageReference = text.parse().map_err(|error| {
        AppError::from_chain(ErrorCode::Invalid, &error).hint("write registry/repository@sha256:…")
    })?;
    match image.digest() {
        Some(_) => Ok(image),
        None => Err(
            AppError::invalid(format!("`{text}` names no digest")).hint(format!(
                "write {}@sha256:…: a tag may be another image tomorrow, and this one writes a card's firmware",
                image.without_tag()
            )),
        ),
    }
}

/// Where the P4 components are, and their SHA-256.
///
/// # Errors
/// A URL that is none of the web or has a login in it, which would stand in plans and on command
/// lines; a text that is no SHA-256.
pub fn p4_components(url: &str, sha256: &str) -> Result<(Url, String), AppError> {
    let parsed = Url::parse(url).ok().filter(|parsed| {
        matches!(parsed.scheme(), "http" | "https")
            && parsed.has_host()
            && parsed.username().is_empty()
            && parsed.password().is_none()
    });
    let Some(parsed) = parsed else {
        return Err(AppError::invalid(
            "the P4 components are named by no http or https URL without a login",
        )
        .hint("give the address of the .tar.gz as the card reaches it"));
    };
    let digest: Result<ImageDigest, _> = format!("sha256:{}", sha256.to_lowercase()).parse();
    match digest {
        Ok(_) => Ok((parsed, sha256.to_lowercase())),
        Err(_) => Err(AppError::invalid(
            "the P4 components are named without their SHA-256 (64 hexadecimal digits)",
        )
        .hint("`sha256sum` of the archive that Intel's release has")),
    }
}

/// Every problem of a file as a cause; nothing was started.
#[must_use]
pub fn wrong_file<'a>(name: &str, problems: impl Iterator<Item = &'a Problem>) -> AppError {
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
    let s = if causes.len() == 1 { "" } else { "s" };
    let mut error = AppError::invalid(format!(
        "{name} has {} error{s}; nothing was started",
        causes.len()
    ));
    error.causes = causes;
    error
}

/// Writes a file in today's form. It holds passwords: only its owner reads it, and nothing is
/// overwritten.
///
/// # Errors
/// A file that is there already, or one that can't be written.
pub fn write_today(import: &Import, path: &Path) -> Result<(), AppError> {
    write_new(&cluster::write(&import.file), path)
}

/// For its owner only, and never over what is there.
pub(crate) fn write_new(text: &Password, path: &Path) -> Result<(), AppError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.expose().as_bytes()));
    written.map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            return is_there(path);
        }
        local(format!("writing {}", path.display()), &error)
    })
}

/// The error of a file that would be overwritten.
#[must_use]
pub fn is_there(path: &Path) -> AppError {
    AppError::refused(format!("{} is there already", path.display()))
        .hint("give another name; nothing is overwritten")
}
