//! Images: what is needed to build one, what a build would do, and checking one before and after.

use std::path::Path;

use slipway_core::{
    containerfile::{LintReport, LintTarget, Template, TemplateFile},
    ids::JobId,
    image::{Architecture, ImageReference},
    image_build::{EntitlementFile, LocalImage, Prerequisite},
    image_builder::ImageBuilderRequest,
    time::ByteCount,
};

use crate::{
    AppError, ErrorCode, Fleet,
    image_views::{
        BuildLogPart, ImageBuildPlanView, ImageBuildRequest, ImageBuilderView, ImageTagView,
        ImageTags, RegistryLogin, RegistrySettings, RegistrySettingsView, WrittenTemplate,
    },
};

fn not_wired() -> AppError {
    AppError::new(ErrorCode::Other, "images are not wired on this branch yet")
}

impl Fleet {
    pub async fn image_prerequisites(&self, _architecture: Architecture) -> Vec<Prerequisite> {
        vec![]
    }
    pub async fn entitlement(&self) -> Vec<EntitlementFile> {
        vec![]
    }
    pub async fn plan_image_build(
        &self,
        _: &ImageBuildRequest,
    ) -> Result<ImageBuildPlanView, AppError> {
        Err(not_wired())
    }
    pub async fn build_image(&self, _: &ImageBuildRequest) -> Result<JobId, AppError> {
        Err(not_wired())
    }
    pub async fn image_build_log(&self, _: &JobId, _: ByteCount) -> Result<BuildLogPart, AppError> {
        Err(not_wired())
    }
    pub async fn lint_containerfile(
        &self,
        _: &Path,
        _: Option<&str>,
        _: LintTarget,
    ) -> Result<LintReport, AppError> {
        Err(not_wired())
    }
    pub async fn lint_image(&self, _: &str, _: LintTarget) -> Result<LintReport, AppError> {
        Err(not_wired())
    }
    pub async fn local_images(&self) -> Result<Vec<LocalImage>, AppError> {
        Err(not_wired())
    }
    pub async fn inspect_image(&self, _: &str) -> Result<LocalImage, AppError> {
        Err(not_wired())
    }
    pub async fn tag_image(&self, _: &str, _: &ImageReference) -> Result<(), AppError> {
        Err(not_wired())
    }
    pub async fn image_tags(
        &self,
        _: &ImageReference,
        _: Option<&str>,
    ) -> Result<ImageTags, AppError> {
        Err(not_wired())
    }
    pub async fn image_tag(&self, _: &ImageReference) -> Result<ImageTagView, AppError> {
        Err(not_wired())
    }
    pub async fn registry_settings(&self) -> Result<RegistrySettingsView, AppError> {
        Err(not_wired())
    }
    pub async fn set_registry_settings(&self, _: &RegistrySettings) -> Result<(), AppError> {
        Err(not_wired())
    }
    pub async fn registry_login(&self, _: RegistryLogin) -> Result<(), AppError> {
        Err(not_wired())
    }
    pub async fn registry_logout(&self, _: &str) -> Result<(), AppError> {
        Err(not_wired())
    }
    pub fn image_template(&self, template: &Template) -> Result<Vec<TemplateFile>, AppError> {
        template
            .files()
            .map_err(|error| AppError::from_chain(ErrorCode::Invalid, &error))
    }
    pub async fn write_image_template(
        &self,
        _: &Template,
        _: &Path,
    ) -> Result<WrittenTemplate, AppError> {
        Err(not_wired())
    }
    pub async fn plan_image_builder(
        &self,
        _: &ImageBuilderRequest,
    ) -> Result<ImageBuilderView, AppError> {
        Err(not_wired())
    }
}
