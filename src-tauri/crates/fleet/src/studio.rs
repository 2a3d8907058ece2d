//! The ISO studio: from a form to a plan, and from a plan to a job that builds the ISO.

use std::path::{Path, PathBuf};

use slipway_core::{
    failure::StepError,
    ids::JobId,
    iso::IsoVerdict,
    job::{
        IsoBuildPlan, JobSpec, build_steps,
        iso_build::{IsoBase, IsoImage},
    },
    kickstart::{KickstartForm, check_karg},
    lint::Severity,
    secret::Password,
};
use slipway_media::ImageAccess;

use crate::{
    AppError, ErrorCode, Fleet,
    isos::{import_error, why_not_deployable_facts},
    kickstarts::{made, view_of},
    views::{
        ImportProgress, IsoBuildRequest, IsoPlanView, IsoVerifyView, KickstartView, StudioDefaults,
    },
};

/// What an IPU's installer needs to find its network and its disk.
const IPU_KARGS: [&str; 3] = [
    "ip=192.168.0.2:::255.255.255.0::enp0s1f0:off",
    "netroot=iscsi:192.168.0.1::::iqn.e2000:acc",
    "acpi=force",
];

impl Fleet {
    /// What the form begins with.
    #[must_use]
    pub fn studio_defaults(&self) -> StudioDefaults {
        let form = KickstartForm::default();
        StudioDefaults {
            folder: self.iso_folder().display().to_string(),
            architecture: "aarch64".into(),
            ipu_kargs: IPU_KARGS.map(str::to_owned).to_vec(),
            timezone: form.timezone,
            language: form.language,
            keyboard: form.keyboard,
            hostname: form.hostname,
            fleet_key: self.inner.keys.fleet_key_public.clone(),
            missing: slipway_media::missing_programs(),
        }
    }

    pub(crate) fn iso_folder(&self) -> PathBuf {
        self.inner.config.data_dir.join("isos")
    }

    /// What would be built, with everything that can be found wrong without building.
    ///
    /// # Errors
    /// A kickstart file that can't be read. What is wrong with the plan is in it.
    pub async fn plan_iso_build(&self, request: &IsoBuildRequest) -> Result<IsoPlanView, AppError> {
        Ok(self.planned_build(request).await?.0)
    }

    pub(crate) async fn planned_build(
        &self,
        request: &IsoBuildRequest,
    ) -> Result<(IsoPlanView, Option<(IsoBuildPlan, Password)>), AppError> {
        let made = made(&request.kickstart).await?;
        let kickstart = view_of(&made).await;
        let (mut problems, mut warnings) = judged(&kickstart);
        let text = made.as_ref().ok().map(|made| &made.text);
        let plan = self.build_plan(request, text, kickstart.contains_secrets, &mut problems)?;
        match &plan.reference {
            Some(reference) if reference.is_local_only() => warnings.push(format!(
                "{reference} lives in no registry: a card could not upgrade until it is switched"
            )),
            Some(_) => {}
            None => warnings.push(
                "no reference to follow: a card could not upgrade until it is switched".into(),
            ),
        }
        self.other_problems(&plan, &mut problems).await?;
        let shown = IsoPlanView {
            title: format!("Build {}", plan.name),
            output: plan.output.clone(),
            steps: build_steps(&JobSpec::IsoBuild(plan.clone())),
            kickstart,
            builder: None,
            warnings,
            problems,
        };
        Ok((shown, made.ok().map(|made| (plan, made.text))))
    }

    fn build_plan(
        &self,
        request: &IsoBuildRequest,
        text: Option<&Password>,
        contains_secrets: bool,
        problems: &mut Vec<String>,
    ) -> Result<IsoBuildPlan, AppError> {
        let (name, output) =
            self.name_and_output(&request.name, request.output.as_deref(), problems)?;
        let kargs = request.kargs.iter().map(|karg| ("kargs", karg));
        let removed = request
            .removed_kargs
            .iter()
            .map(|karg| ("removed_kargs", karg));
        for (field, argument) in kargs.chain(removed) {
            if let Err(error) = check_karg(field, argument) {
                problems.push(error.to_string());
            }
        }
        let own_reference = || match &request.image {
            IsoImage::Registry { reference } | IsoImage::LocalStorage { reference } => {
                Some(reference.clone())
            }
            IsoImage::OciDir { .. } | IsoImage::OciArchive { .. } => None,
        };
        Ok(IsoBuildPlan {
            name,
            output,
            overwrite: request.overwrite,
            base: match &request.base {
                IsoBase::File { path } => IsoBase::File {
                    path: absolute(path)?,
                },
                other @ (IsoBase::Url { .. } | IsoBase::ImageBuilder { .. }) => other.clone(),
            },
            image: match &request.image {
                IsoImage::OciDir { path } => IsoImage::OciDir {
                    path: absolute(path)?,
                },
                IsoImage::OciArchive { path } => IsoImage::OciArchive {
                    path: absolute(path)?,
                },
                other @ (IsoImage::Registry { .. } | IsoImage::LocalStorage { .. }) => {
                    other.clone()
                }
            },
            reference: request.reference.clone().or_else(own_reference),
            architecture: request.architecture.clone(),
            kargs: request.kargs.clone(),
            removed_kargs: request.removed_kargs.clone(),
            kickstart_sha256: text.map_or_else(String::new, |text| {
                crate::access::hex_sha256(text.expose().as_bytes())
            }),
            contains_secrets,
            auth_file: request.auth_file.as_deref().map(absolute).transpose()?,
        })
    }

    /// What disk and library have against a plan.
    pub(crate) async fn other_problems(
        &self,
        plan: &IsoBuildPlan,
        problems: &mut Vec<String>,
    ) -> Result<(), AppError> {
        let unasked = ImageAccess::default();
        if let Err(error) = self.inner.workshop.check(plan, &unasked).await {
            problems.push(told(&error));
        }
        if let Some(known) = self.store().iso_by_name(&plan.name).await?
            && known.path != plan.output
        {
            problems.push(format!(
                "the library has another ISO with the name {}",
                plan.name
            ));
        }
        Ok(())
    }

    /// As the library and the disk have them.
    pub(crate) fn name_and_output(
        &self,
        name: &str,
        output: Option<&str>,
        problems: &mut Vec<String>,
    ) -> Result<(String, String), AppError> {
        let name = name.trim();
        if name.is_empty() || name.contains(['/', '\0']) || name.starts_with('.') {
            problems.push(format!("`{name}` is no name for an ISO"));
        }
        let name = match name.ends_with(".iso") {
            true => name.to_owned(),
            false => format!("{name}.iso"),
        };
        let output = match output {
            Some(path) if !path.trim().is_empty() => absolute(path)?,
            Some(_) | None => self.iso_folder().join(&name).display().to_string(),
        };
        Ok((name, output))
    }

    /// Submits the build. Its kickstart goes to the secret store until the build has ended.
    ///
    /// # Errors
    /// Refused with the plan's problems; the image is not there, or too large for the disk.
    pub async fn build_iso(&self, request: &IsoBuildRequest) -> Result<JobId, AppError> {
        let (view, made) = self.planned_build(request).await?;
        let Some((plan, text)) = made.filter(|_| view.problems.is_empty()) else {
            let mut error = AppError::refused("this can't be built yet; nothing was started");
            error.causes = view.problems;
            return Err(error.hint("mend what is named"));
        };
        // Only now: a plan is made at every change of a form, and asks nobody.
        let access = self.image_access(&plan).await?;
        self.inner.workshop.check(&plan, &access).await?;
        self.submit_build(plan, text, &view.title).await
    }

    /// Looks at a whole ISO file: whatever it is, and wherever it comes from.
    ///
    /// # Errors
    /// Not an ISO, cut off, no such file.
    pub async fn verify_iso(
        &self,
        path: &Path,
        mut progress: impl FnMut(ImportProgress) + Send + 'static,
    ) -> Result<IsoVerifyView, AppError> {
        let path = PathBuf::from(absolute(&path.display().to_string())?);
        let report = slipway_media::verify(&path, move |read, total| {
            progress(ImportProgress { read, total });
        })
        .await
        .map_err(|error| import_error(&error))?;
        let bad = |verdict| verdict == IsoVerdict::Bad;
        Ok(IsoVerifyView {
            path: path.display().to_string(),
            good: !report.checks.iter().any(|check| bad(check.verdict)),
            why_not_deployable: why_not_deployable_facts(&report.facts),
            facts: report.facts,
            checks: report.checks,
        })
    }

    /// The file that firmware 1.8 needs for an ISO over 2 GB.
    #[must_use]
    pub fn reserved_memory_file(&self) -> &'static str {
        slipway_core::iso::RESERVED_MEMORY
    }
}

/// What a kickstart's findings mean for a build: problems, and warnings.
fn judged(kickstart: &KickstartView) -> (Vec<String>, Vec<String>) {
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    if let Some(invalid) = &kickstart.invalid {
        problems.push(format!("kickstart: {}: {}", invalid.field, invalid.reason));
    }
    for finding in &kickstart.findings {
        let line = finding
            .line
            .map_or(String::new(), |n| format!(", line {n}"));
        let told = format!("kickstart{line}: {} ({})", finding.reason, finding.fix);
        match finding.severity {
            Severity::Error => problems.push(told),
            Severity::Warning => warnings.push(told),
            Severity::Note => {}
        }
    }
    if kickstart.contains_secrets {
        warnings.push(
            "the ISO will hold secrets: whoever can fetch it can read them; serve it only while it is needed"
                .into(),
        );
    }
    (problems, warnings)
}

fn told(error: &StepError) -> String {
    let mut text = error.message.clone();
    for cause in &error.causes {
        text.push_str(": ");
        text.push_str(cause);
    }
    match &error.hint {
        Some(hint) => format!("{text} ({hint})"),
        None => text,
    }
}

pub(crate) fn absolute(path: &str) -> Result<String, AppError> {
    std::path::absolute(path.trim())
        .map(|path| path.display().to_string())
        .map_err(|error| AppError::from_chain(ErrorCode::Invalid, &error))
}
