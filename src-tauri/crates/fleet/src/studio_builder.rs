//! ISOs by osbuild's image builder: from what is asked for to a job of the same kind as a remaster.

use serde::Deserialize;
use slipway_core::{
    ids::JobId,
    image::{Architecture, ImageDigest, ImageReference, oci_architecture},
    image_builder::{BuilderType, pinned},
    job::{
        IsoBuildPlan, JobSpec, build_steps,
        iso_build::{IsoBase, IsoImage},
    },
    ports::Registry as _,
    secret::Password,
};
use specta::Type;

use crate::{
    AppError, ErrorCode, Fleet,
    kickstarts::read_kickstart,
    studio::absolute,
    views::{BuilderView, IsoPlanView, KickstartView},
};

/// Where the published builder's digest is kept once it was seen.
const BUILDER_DIGEST: &str = "image_builder.digest";

/// A kickstart of one's own for the image builder, which takes none of our form: it adds
/// `ostreecontainer` itself.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum OwnKickstart {
    /// As it was typed; it may hold secrets.
    Text {
        text: Password,
    },
    File {
        path: String,
    },
}

/// An ISO to be made by the image builder. Crosses inwards only.
#[derive(Debug, Clone, Deserialize, Type)]
pub struct BuilderIsoRequest {
    /// Its name in the library.
    pub name: String,
    /// Where it is written; in the library's own folder where it is missing.
    pub output: Option<String>,
    /// Replace what lies there.
    pub overwrite: bool,
    pub iso_type: BuilderType,
    /// The image with Anaconda, for [`BuilderType::BootcInstaller`].
    pub installer: Option<ImageReference>,
    /// Another builder than osbuild's published one.
    pub builder: Option<String>,
    pub image: ImageReference,
    pub architecture: Architecture,
    /// Of the installer's boot menu.
    pub kargs: Vec<String>,
    /// Without one, the builder's installer asks.
    pub kickstart: Option<OwnKickstart>,
    /// An `auth.json` for the image's registry.
    pub auth_file: Option<String>,
}

impl Fleet {
    /// What would be built, with everything that can be found wrong without building.
    ///
    /// # Errors
    /// A kickstart file that can't be read.
    pub async fn plan_builder_iso(
        &self,
        request: &BuilderIsoRequest,
    ) -> Result<IsoPlanView, AppError> {
        Ok(self.planned_builder_iso(request).await?.0)
    }

    /// Submits the build; the kickstart lies in the secret store until it has ended.
    ///
    /// # Errors
    /// Refused with the plan's problems; the image is not there.
    pub async fn build_builder_iso(&self, request: &BuilderIsoRequest) -> Result<JobId, AppError> {
        let (view, plan, kickstart) = self.planned_builder_iso(request).await?;
        if !view.problems.is_empty() {
            let mut error = AppError::refused("this can't be built yet; nothing was started");
            error.causes = view.problems;
            return Err(error.hint("mend what is named"));
        }
        let access = self.image_access(&plan).await?;
        self.inner.workshop.check(&plan, &access).await?;
        self.submit_build(plan, kickstart, &view.title).await
    }

    async fn planned_builder_iso(
        &self,
        request: &BuilderIsoRequest,
    ) -> Result<(IsoPlanView, IsoBuildPlan, Password), AppError> {
        let mut problems = Vec::new();
        let (name, output) =
            self.name_and_output(&request.name, request.output.as_deref(), &mut problems)?;
        let kickstart = match &request.kickstart {
            Some(OwnKickstart::File { path }) => read_kickstart(path).await?,
            Some(OwnKickstart::Text { text }) => text.clone(),
            None => Password::new(""),
        };
        let contains_secrets = slipway_core::kickstart::holds_secrets(kickstart.expose());
        let plan = IsoBuildPlan {
            name,
            output,
            overwrite: request.overwrite,
            base: IsoBase::ImageBuilder {
                iso_type: request.iso_type,
                installer: request.installer.clone(),
                builder: match &request.builder {
                    Some(builder) => builder.clone(),
                    None => pinned(self.builder_digest().await?.as_ref()),
                },
            },
            image: IsoImage::Registry {
                reference: request.image.clone(),
            },
            reference: Some(request.image.clone()),
            architecture: request.architecture.machine().to_owned(),
            kargs: request.kargs.clone(),
            removed_kargs: vec![],
            kickstart_sha256: crate::access::hex_sha256(kickstart.expose().as_bytes()),
            contains_secrets,
            auth_file: request.auth_file.as_deref().map(absolute).transpose()?,
        };
        let folder = self.iso_folder().display().to_string();
        let asked = |kickstart: &str| {
            plan.image_builder(folder.clone(), "0:0".into(), Some(kickstart.to_owned()))
        };
        let masked = slipway_core::kickstart::masked(kickstart.expose());
        let config_toml = asked(&masked).map(|asked| asked.config_toml()).transpose();
        let config_toml =
            config_toml.map_err(|error| AppError::from_chain(ErrorCode::Invalid, &error))?;
        let mut warnings = vec![
            "an ISO of the image builder has no kickstart area: Slipway can't deploy it to a card, only serve it"
                .to_owned(),
        ];
        if let Some(asked) = asked(kickstart.expose()) {
            problems.extend(asked.problems());
            warnings.extend(asked.warnings());
        }
        let builder = BuilderView::new(&plan, config_toml.unwrap_or_default());
        if builder.digest.is_none() {
            warnings.push(format!(
                "{} is named by a tag, and its digest is not known: whatever the tag names that day is used",
                builder.image
            ));
        }
        if contains_secrets {
            warnings
                .push("the ISO will hold secrets: whoever can fetch it can read them".to_owned());
        }
        self.other_problems(&plan, &mut problems).await?;
        let view = IsoPlanView {
            title: format!("Build {} by image builder", plan.name),
            output: plan.output.clone(),
            steps: build_steps(&JobSpec::IsoBuild(plan.clone())),
            kickstart: KickstartView {
                text: masked,
                contains_secrets,
                findings: vec![],
                validated: false,
                area: None,
                invalid: None,
            },
            builder: Some(builder),
            warnings,
            problems,
        };
        Ok((view, plan, kickstart))
    }

    /// The digest of the published builder: asked for at the first use, and kept. `None` where its
    /// registry can't be reached.
    async fn builder_digest(&self) -> Result<Option<ImageDigest>, AppError> {
        if let Some(known) = self.store().setting(BUILDER_DIGEST).await? {
            return Ok(Some(known));
        }
        let builder: ImageReference = slipway_core::image_builder::BUILDER
            .parse()
            .map_err(|error| AppError::from_chain(ErrorCode::Other, &error))?;
        let here = oci_architecture(std::env::consts::ARCH);
        let found = self.registry().await.resolve(&builder, here).await;
        let Ok(found) = found else {
            return Ok(None);
        };
        self.store()
            .set_setting(BUILDER_DIGEST, &found.digest)
            .await?;
        Ok(Some(found.digest))
    }
}

impl BuilderView {
    fn new(plan: &IsoBuildPlan, config_toml: String) -> Self {
        let image = match &plan.base {
            IsoBase::ImageBuilder { builder, .. } => builder.clone(),
            IsoBase::File { .. } | IsoBase::Url { .. } => String::new(),
        };
        let digest = image.rsplit_once('@').map(|(_, digest)| digest.parse());
        Self {
            digest: digest.and_then(Result::ok),
            image,
            config_toml,
        }
    }
}
