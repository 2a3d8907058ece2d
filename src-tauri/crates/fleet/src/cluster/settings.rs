//! What the window gives for a file's own steps: paths and names, looked at before anything is done
//! with them. What only a step needs that is left out does not count.

use std::path::{Path, PathBuf};

use slipway_core::{image::ImageReference, secret::Password};
use url::Url;

use super::file::{firmware_image, p4_components, read_operator_registry, read_pull_secret};
use crate::{AppError, views::ClusterOpen};

/// What is good of it, and what is wrong, all of it at once.
#[derive(Default)]
pub(super) struct StepSettings {
    pub pull_secret: Option<Password>,
    pub kubeconfigs: Option<PathBuf>,
    pub operator_registry: Option<(String, String)>,
    pub firmware_image: Option<ImageReference>,
    pub p4_components: Option<(Url, String)>,
    pub wrong: Vec<String>,
}

impl StepSettings {
    pub async fn read(open: &ClusterOpen) -> Self {
        let mut all = Self::default();
        let skips = |name: &str| open.skip_steps.iter().any(|step| step == name);
        if !skips("microshift") {
            if let Some(path) = &open.pull_secret {
                let read = pull_secret_at(path).await;
                all.pull_secret = all.kept(read);
            }
            if let Some(path) = &open.kubeconfigs {
                all.kubeconfigs = all.kept(whole_path(path, "the folder for kubeconfigs"));
            }
        }
        if !skips("dpu_operator_dpu") {
            let registry = open.operator_registry.as_deref().unwrap_or_default();
            let certificate = open.operator_registry_ca.as_deref().unwrap_or_default();
            let read = operator_registry(registry.trim(), certificate.trim()).await;
            all.operator_registry = all.kept(read).flatten();
            let url = open.p4_components.as_deref().unwrap_or_default();
            let sha256 = open.p4_sha256.as_deref().unwrap_or_default();
            all.p4_components = match (url.trim(), sha256.trim()) {
                ("", "") => None,
                (url, sha256) => all.kept(p4_components(url, sha256)),
            };
        }
        if !skips("dpu_firmware")
            && let Some(image) = &open.firmware_image
        {
            all.firmware_image = all.kept(firmware_image(image.trim()));
        }
        all
    }

    fn kept<T>(&mut self, read: Result<T, AppError>) -> Option<T> {
        read.map_err(|error| self.wrong.push(error.message)).ok()
    }
}

async fn pull_secret_at(path: &str) -> Result<Password, AppError> {
    read_pull_secret(&whole_path(path, "the pull secret")?).await
}

async fn operator_registry(
    registry: &str,
    certificate: &str,
) -> Result<Option<(String, String)>, AppError> {
    match (registry, certificate) {
        ("", "") => Ok(None),
        ("", _) => Err(AppError::invalid(
            "the certificate of the operator's registry is named, and the registry is not",
        )),
        (_, "") => Err(AppError::invalid(format!(
            "the operator's registry `{registry}` is named without its authority's certificate"
        ))),
        (registry, certificate) => {
            let path = whole_path(certificate, "the registry's certificate")?;
            read_operator_registry(registry, &path).await.map(Some)
        }
    }
}

/// A path that a person named in the window, where no folder is the current one.
pub(super) fn whole_path(path: &str, what: &str) -> Result<PathBuf, AppError> {
    let path = Path::new(path.trim());
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    Err(AppError::invalid(format!(
        "`{}` is not the whole path of {what}",
        path.display()
    ))
    .hint("begin with /, or choose the file"))
}
