//! The image of an ISO before it is copied: whether its registry has it, lets us have it, and how
//! large it is.

use slipway_core::{
    failure::{FailureKind, StepError},
    image::{ImageReference, oci_architecture},
    job::iso_build::{IsoBuildPlan, IsoImage},
    ports::RegistryError,
};
use slipway_media::{ImageAccess, OciRegistry};

use crate::Fleet;

/// Tags that are named where the one that was asked for is not there.
const NAMED: usize = 8;

impl Fleet {
    /// Asks the registry, or podman's storage; an OCI directory and an archive need no question.
    ///
    /// # Errors
    /// No such tag, a login that is refused or missing, a certificate, no answer: what happened, the
    /// evidence, what to do.
    pub(crate) async fn image_access(&self, plan: &IsoBuildPlan) -> Result<ImageAccess, StepError> {
        match &plan.image {
            IsoImage::OciDir { .. } | IsoImage::OciArchive { .. } => Ok(ImageAccess::default()),
            IsoImage::LocalStorage { reference } => self.in_podman(reference).await,
            IsoImage::Registry { reference } => self.in_registry(plan, reference).await,
        }
    }

    async fn in_podman(&self, reference: &ImageReference) -> Result<ImageAccess, StepError> {
        let found = match self.inner.podman.inspect(reference.as_str()).await {
            Ok(found) => found,
            // skopeo reads podman's storage without it.
            Err(error) if error.message.ends_with("is not installed") => {
                return Ok(ImageAccess::default());
            }
            Err(error) => return Err(error),
        };
        let Some(image) = found else {
            return Err(StepError::new(
                FailureKind::Precondition,
                format!("podman has no image {reference}"),
            )
            .because("it was looked for in the storage of the user that runs Slipway".to_owned())
            .hint(
                "`slipctl image list` shows what there is; build it first (`slipctl image build`)",
            ));
        };
        Ok(ImageAccess {
            size: Some(image.size),
            ..ImageAccess::default()
        })
    }

    async fn in_registry(
        &self,
        plan: &IsoBuildPlan,
        reference: &ImageReference,
    ) -> Result<ImageAccess, StepError> {
        let own = self.registry_with(plan.auth_file.as_deref()).await;
        let registry = match &own {
            Some(own) => own,
            None => self.registry().await,
        };
        let tag = match registry.describe(reference).await {
            Ok(tag) => tag,
            Err(error) => return Err(told(registry, reference, error).await),
        };
        let wanted = oci_architecture(&plan.architecture);
        let mut images = tag.images.iter();
        let Some(image) = images.find(|image| image.architecture == wanted) else {
            let has: Vec<&str> = tag
                .images
                .iter()
                .map(|image| image.architecture.as_str())
                .collect();
            return Err(StepError::new(
                FailureKind::Precondition,
                format!("{reference} has no image for {}", plan.architecture),
            )
            .because(format!("it has one for {}", has.join(", ")))
            .hint("build and push the image for this architecture, or choose another one"));
        };
        let auth = self.auth_for_podman(plan.auth_file.as_deref()).await;
        let auth = auth.map_err(|error| {
            let mut step = StepError::new(FailureKind::Local, error.message);
            step.causes = error.causes;
            step.hint = error.hint;
            step
        })?;
        let host = reference.registry();
        Ok(ImageAccess {
            auth,
            cert_dir: registry.cert_dir(host),
            plain_http: registry.is_plain_http(host).await,
            size: Some(image.size),
            digest: Some(image.digest.clone()),
        })
    }
}

/// What a registry said, with what is known about it.
async fn told(
    registry: &OciRegistry,
    reference: &ImageReference,
    error: RegistryError,
) -> StepError {
    let hint = error.hint();
    let (kind, message, evidence) = match &error {
        RegistryError::Unreachable { registry, reason } => (
            FailureKind::Unreachable,
            format!("the registry {registry} does not answer"),
            reason.clone(),
        ),
        RegistryError::NotFound { .. } => (
            FailureKind::Precondition,
            error.to_string(),
            tags(registry, reference).await,
        ),
        RegistryError::Unauthorized { .. } => (
            FailureKind::Authentication,
            error.to_string(),
            match registry.user_for(reference).await {
                Some(user) => format!("it refused the login of `{user}`"),
                None => "there is no login for it, neither of Slipway's own nor in an auth.json"
                    .to_owned(),
            },
        ),
        RegistryError::CredentialHelper { helper, .. } => (
            FailureKind::Authentication,
            error.to_string(),
            format!("an auth.json names `{helper}`"),
        ),
        RegistryError::Certificate { registry, reason } => (
            FailureKind::TrustUnknown,
            format!("the certificate of the registry {registry} is not to be trusted"),
            reason.clone(),
        ),
        RegistryError::NoSuchArchitecture { .. } => {
            (FailureKind::Precondition, error.to_string(), String::new())
        }
        RegistryError::Protocol { registry, evidence } => (
            FailureKind::Protocol,
            format!("the registry {registry} answered something that makes no sense"),
            evidence.clone(),
        ),
    };
    let step = StepError::new(kind, message).hint(hint);
    if evidence.is_empty() {
        step
    } else {
        step.because(evidence)
    }
}

/// What there is instead.
async fn tags(registry: &OciRegistry, reference: &ImageReference) -> String {
    let repository = reference.without_tag();
    match registry.tags(reference, None).await {
        Ok(page) if !page.tags.is_empty() => {
            let more = page.tags.len() > NAMED || page.next.is_some();
            let named: Vec<String> = page.tags.into_iter().take(NAMED).collect();
            format!(
                "{repository} has the tags {}{}",
                named.join(", "),
                if more { ", …" } else { "" }
            )
        }
        Ok(_) | Err(_) => format!("the registry names no tags of {repository}"),
    }
}
