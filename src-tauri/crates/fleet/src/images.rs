//! Images: what is needed to build one, what a build would do, and checking one before and after.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use slipway_core::{
    containerfile::{
        ContextFiles, LintInput, LintReport, LintSeverity, LintTarget, Template, TemplateFile,
        lint, lint_image, only_registry,
    },
    image::{Architecture, ImageReference},
    image_build::{
        self, EntitlementFile, ImageBuildPlan, ImageSource, LocalImage, Prerequisite,
        PrerequisiteState, entitlement_files, prerequisites,
    },
};
use slipway_media::podman;

use crate::{
    AppError, ErrorCode, Fleet,
    image_views::{ImageBuildPlanView, ImageBuildRequest, WrittenTemplate},
};

impl Fleet {
    /// The checklist for building on this machine.
    pub async fn image_prerequisites(&self, architecture: Architecture) -> Vec<Prerequisite> {
        let host = podman::look_at_host(&self.inner.podman, architecture).await;
        prerequisites(&host, architecture)
    }

    /// The build secrets that this machine has: paths, never contents.
    pub async fn entitlement(&self) -> Vec<EntitlementFile> {
        entitlement_files(&podman::entitlement_paths())
    }

    /// What a build would do, with everything that can be found wrong before it.
    ///
    /// # Errors
    /// A reference that is none. What is wrong with the plan is in it.
    pub async fn plan_image_build(
        &self,
        request: &ImageBuildRequest,
    ) -> Result<ImageBuildPlanView, AppError> {
        let plan = image_plan(request)?;
        let mut problems = image_build::problems(&plan);
        let mut warnings = image_build::warnings(&plan);
        let prerequisites = self.image_prerequisites(plan.architecture).await;
        for missing in &prerequisites {
            if missing.state == PrerequisiteState::Missing {
                problems.push(format!("{}: {}", missing.title, missing.found));
            }
        }
        let mut report = None;
        if let ImageSource::Folder(folder) = &plan.source {
            for secret in &folder.secrets {
                if let Err(error) = fs::File::open(&secret.path) {
                    problems.push(format!(
                        "the file of the secret `{}` can't be read: {error}",
                        secret.id
                    ));
                }
            }
            let args = folder
                .args
                .iter()
                .map(|a| (a.name.clone(), a.value.clone()))
                .collect();
            let ids: Vec<String> = folder.secrets.iter().map(|s| s.id.clone()).collect();
            let path = PathBuf::from(folder.containerfile_path());
            match read_folder(Path::new(&folder.folder), &path).await {
                Ok((text, context)) => {
                    let found = lint(&LintInput {
                        text: &text,
                        target: request.target,
                        context: &context,
                        args: &args,
                        secrets: Some(&ids),
                    });
                    let errors = found.count(LintSeverity::Error);
                    if errors > 0 {
                        warnings.push(format!(
                            "the lint found {errors} errors in the Containerfile; it can be built \
                             all the same"
                        ));
                    }
                    report = Some(found);
                }
                Err(error) => {
                    problems.push(format!("{} ({})", error.message, error.causes.join(", ")))
                }
            }
        }
        if let Some(file) = &plan.auth_file
            && let Err(error) = fs::File::open(file)
        {
            problems.push(format!("the auth file {file} can't be read: {error}"));
        }
        let podman = self.podman_options(&plan).await;
        let commands: Vec<String> = podman
            .shown(&plan)
            .iter()
            .map(ToString::to_string)
            .collect();
        Ok(ImageBuildPlanView {
            title: title(&plan),
            steps: slipway_core::job::image_build::planned_steps(&plan, &podman),
            commands,
            lint: report,
            prerequisites,
            warnings,
            problems,
        })
    }

    /// The options that only this desk knows: whether the registry speaks TLS, and by whom its
    /// certificate may be.
    pub(crate) async fn podman_options(&self, plan: &ImageBuildPlan) -> image_build::Podman {
        let registry = self.registry().await;
        let host = plan.reference.registry();
        let cert_dir = |host: &str| registry.cert_dir(host).map(|dir| dir.display().to_string());
        image_build::Podman {
            auth_file: plan.auth_file.clone(),
            cert_dir: cert_dir(host),
            bases_cert_dir: bases_registry(plan).await.as_deref().and_then(cert_dir),
            plain_http: plan.push && registry.is_plain_http(host).await,
        }
    }

    /// Looks for what is wrong with a Containerfile.
    ///
    /// # Errors
    /// There is no Containerfile.
    pub async fn lint_containerfile(
        &self,
        folder: &Path,
        containerfile: Option<&str>,
        target: LintTarget,
    ) -> Result<LintReport, AppError> {
        let path = folder.join(containerfile.unwrap_or("Containerfile"));
        let (text, context) = read_folder(folder, &path).await?;
        Ok(lint(&LintInput {
            text: &text,
            target,
            context: &context,
            args: &BTreeMap::new(),
            secrets: None,
        }))
    }

    /// Looks for what is wrong with a built image: an OCI directory, an archive, or one that podman
    /// has.
    ///
    /// # Errors
    /// skopeo is missing; there is no such image.
    pub async fn lint_image(
        &self,
        image: &str,
        target: LintTarget,
    ) -> Result<LintReport, AppError> {
        let path = Path::new(image.strip_prefix("oci:").unwrap_or(image));
        let layers = if path.join("index.json").is_file() {
            podman::read_oci(path).await?
        } else {
            let scratch = self.inner.config.data_dir.join("scratch");
            let source = if path.is_file() {
                format!("oci-archive:{}", path.display())
            } else {
                let found = self.inspect_image(image).await?;
                format!("containers-storage:{}", found.id)
            };
            podman::read_image(&self.inner.podman, &source, &scratch).await?
        };
        Ok(lint_image(&layers, target))
    }

    /// The images that podman has.
    ///
    /// # Errors
    /// podman is missing, or says no.
    pub async fn local_images(&self) -> Result<Vec<LocalImage>, AppError> {
        Ok(self.inner.podman.images().await?)
    }

    /// An image that podman has.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`]; podman is missing.
    pub async fn inspect_image(&self, image: &str) -> Result<LocalImage, AppError> {
        let found = self.inner.podman.inspect(image).await?;
        found.ok_or_else(|| {
            AppError::not_found(format!("podman has no image {image}"))
                .hint("`slipctl image list` shows what there is; root and others have their own")
        })
    }

    /// Gives an image that podman has another name.
    ///
    /// # Errors
    /// There is no such image.
    pub async fn tag_image(&self, image: &str, reference: &ImageReference) -> Result<(), AppError> {
        let found = self.inspect_image(image).await?;
        Ok(self.inner.podman.tag(&found.id, reference).await?)
    }

    /// The files of a template, before they are written.
    ///
    /// # Errors
    /// A value that can't stand in a Containerfile.
    pub fn image_template(&self, template: &Template) -> Result<Vec<TemplateFile>, AppError> {
        template
            .files()
            .map_err(|error| AppError::from_chain(ErrorCode::Invalid, &error))
    }

    /// Writes a template into a folder. Nothing that is there is changed: all files, or none.
    ///
    /// # Errors
    /// A file of that name is there already; the disk.
    pub async fn write_image_template(
        &self,
        template: &Template,
        folder: &Path,
    ) -> Result<WrittenTemplate, AppError> {
        let files = self.image_template(template)?;
        if let Some(there) = files.iter().find(|file| folder.join(&file.path).exists()) {
            return Err(AppError::refused(format!(
                "{} is there already",
                folder.join(&there.path).display()
            ))
            .hint("choose another folder; nothing was written"));
        }
        for file in &files {
            let path = folder.join(&file.path);
            let written = path
                .parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| fs::write(&path, &file.text));
            written.map_err(|error| {
                AppError::new(
                    ErrorCode::Other,
                    format!("{} can't be written", path.display()),
                )
                .because(error.to_string())
                .hint("check the folder and its permissions")
            })?;
        }
        Ok(WrittenTemplate {
            folder: folder.display().to_string(),
            files: files.into_iter().map(|file| file.path).collect(),
        })
    }
}

pub(crate) fn image_plan(request: &ImageBuildRequest) -> Result<ImageBuildPlan, AppError> {
    let reference = request.reference.trim().parse().map_err(|error| {
        AppError::from_chain(ErrorCode::Invalid, &error).hint(
            "write it as registry/repository:tag; an image for this desk alone is localhost/…",
        )
    })?;
    Ok(ImageBuildPlan {
        source: request.source.clone(),
        architecture: request.architecture,
        reference,
        push: request.push,
        auth_file: request.auth_file.clone(),
    })
}

fn title(plan: &ImageBuildPlan) -> String {
    let push = if plan.push { " and push it" } else { "" };
    match &plan.source {
        ImageSource::Folder(_) => {
            format!("Build {} for {}{push}", plan.reference, plan.architecture)
        }
        ImageSource::Local { reference } if *reference == plan.reference => {
            format!("Push {reference}")
        }
        ImageSource::Local { reference } => format!("Name {reference} {}{push}", plan.reference),
    }
}

/// The one registry that a build's images come from; a Containerfile that can't be read is podman's
/// to tell.
async fn bases_registry(plan: &ImageBuildPlan) -> Option<String> {
    let folder = plan.folder()?;
    let path = folder.containerfile_path();
    let read = tokio::task::spawn_blocking(move || fs::read_to_string(path));
    let text = read.await.ok()?.ok()?;
    let args = folder.args.iter();
    let args = args
        .map(|arg| (arg.name.clone(), arg.value.clone()))
        .collect();
    only_registry(&text, &args)
}

async fn read_folder(folder: &Path, path: &Path) -> Result<(String, ContextFiles), AppError> {
    let (folder, path) = (folder.to_owned(), path.to_owned());
    let read = tokio::task::spawn_blocking(move || {
        let text = fs::read_to_string(&path).map_err(|error| no_containerfile(&path, &error))?;
        let context = podman::read_context(&folder).map_err(|error| {
            AppError::new(
                ErrorCode::Other,
                format!("{} can't be read", folder.display()),
            )
            .because(error.to_string())
            .hint("check the folder's permissions")
        })?;
        Ok((text, context))
    });
    read.await
        .unwrap_or_else(|error| Err(AppError::from_chain(ErrorCode::Other, &error)))
}

fn no_containerfile(path: &Path, error: &io::Error) -> AppError {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            AppError::not_found(format!("there is no Containerfile {shown}"))
                .hint("choose the folder that holds it, or write one with `slipctl image template`")
        }
        _ => AppError::new(ErrorCode::Other, format!("{shown} can't be read"))
            .because(error.to_string())
            .hint("check that it is a text file that you may read"),
    }
}
