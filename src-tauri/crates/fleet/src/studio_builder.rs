//! ISOs by osbuild's image builder: from what is asked for to a job of the same kind as a remaster.

use slipway_core::{
    ids::JobId,
    image::{Architecture, ImageReference, oci_architecture},
    image_builder::{BuilderType, pinned},
    job::{
        IsoBuildPlan, JobSpec, build_steps,
        iso_build::{IsoBase, IsoImage},
    },
    ports::Registry as _,
    secret::Password,
};

use crate::{
    AppError, ErrorCode, Fleet,
    images::BUILDER_DIGEST,
    kickstarts::read_kickstart,
    studio::absolute,
    views::{IsoPlanView, KickstartView},
};

/// An ISO to be made by the image builder.
#[derive(Debug, Clone)]
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
    /// The path of a kickstart of one's own.
    pub kickstart: Option<String>,
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
            Some(path) => read_kickstart(path).await?,
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
        let asked = plan.image_builder(
            self.iso_folder().display().to_string(),
            "0:0".into(),
            Some(kickstart.expose().to_owned()),
        );
        let mut warnings = vec![
            "an ISO of the image builder has no kickstart area: Slipway can't deploy it to a card, only serve it"
                .to_owned(),
        ];
        if let Some(asked) = asked {
            problems.extend(asked.problems());
            warnings.extend(asked.warnings());
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
                text: slipway_core::kickstart::masked(kickstart.expose()),
                contains_secrets,
                findings: vec![],
                validated: false,
                area: None,
                invalid: None,
            },
            warnings,
            problems,
        };
        Ok((view, plan, kickstart))
    }

    /// The digest of the published builder: asked for at the first use, and kept. `None` where its
    /// registry can't be reached.
    async fn builder_digest(&self) -> Result<Option<slipway_core::image::ImageDigest>, AppError> {
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
