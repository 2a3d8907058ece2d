//! Images: building, checking, registries.

use std::path::Path;

use slipway_core::{
    containerfile::{LintReport, LintTarget, Template, TemplateFile},
    ids::JobId,
    image::{Architecture, ImageReference},
    image_build::{EntitlementFile, LocalImage, Prerequisite},
    time::ByteCount,
    trust::Fingerprint,
};
use slipway_fleet::image_views::{
    BuildLogPart, ImageBuildPlanView, ImageBuildRequest, ImageTagView, ImageTags,
    RegistryCertificate, RegistryLogin, RegistrySettings, RegistrySettingsView, WrittenTemplate,
};

use super::{Answer, State};

#[tauri::command]
#[specta::specta]
pub async fn image_prerequisites(
    desk: State<'_>,
    architecture: Architecture,
) -> Answer<Vec<Prerequisite>> {
    Ok(desk.fleet()?.image_prerequisites(architecture).await)
}

/// The build secrets that this machine has.
#[tauri::command]
#[specta::specta]
pub async fn entitlement(desk: State<'_>) -> Answer<Vec<EntitlementFile>> {
    Ok(desk.fleet()?.entitlement().await)
}

#[tauri::command]
#[specta::specta]
pub async fn plan_image_build(
    desk: State<'_>,
    request: ImageBuildRequest,
) -> Answer<ImageBuildPlanView> {
    desk.fleet()?.plan_image_build(&request).await
}

#[tauri::command]
#[specta::specta]
pub async fn build_image(desk: State<'_>, request: ImageBuildRequest) -> Answer<JobId> {
    Ok(desk.began(desk.fleet()?.build_image(&request).await?))
}

#[tauri::command]
#[specta::specta]
pub async fn image_build_log(
    desk: State<'_>,
    job: JobId,
    after: ByteCount,
) -> Answer<BuildLogPart> {
    desk.fleet()?.image_build_log(&job, after).await
}

#[tauri::command]
#[specta::specta]
pub async fn lint_containerfile(
    desk: State<'_>,
    folder: String,
    containerfile: Option<String>,
    target: LintTarget,
) -> Answer<LintReport> {
    let fleet = desk.fleet()?;
    fleet
        .lint_containerfile(Path::new(&folder), containerfile.as_deref(), target)
        .await
}

/// `image`: a reference that podman has, an OCI directory, or an OCI archive.
#[tauri::command]
#[specta::specta]
pub async fn lint_image(desk: State<'_>, image: String, target: LintTarget) -> Answer<LintReport> {
    desk.fleet()?.lint_image(&image, target).await
}

#[tauri::command]
#[specta::specta]
pub async fn local_images(desk: State<'_>) -> Answer<Vec<LocalImage>> {
    desk.fleet()?.local_images().await
}

#[tauri::command]
#[specta::specta]
pub async fn inspect_image(desk: State<'_>, image: String) -> Answer<LocalImage> {
    desk.fleet()?.inspect_image(&image).await
}

#[tauri::command]
#[specta::specta]
pub async fn tag_image(desk: State<'_>, image: String, reference: ImageReference) -> Answer<()> {
    desk.fleet()?.tag_image(&image, &reference).await
}

#[tauri::command]
#[specta::specta]
pub async fn image_tags(
    desk: State<'_>,
    reference: ImageReference,
    after: Option<String>,
) -> Answer<ImageTags> {
    desk.fleet()?.image_tags(&reference, after.as_deref()).await
}

#[tauri::command]
#[specta::specta]
pub async fn image_tag(desk: State<'_>, reference: ImageReference) -> Answer<ImageTagView> {
    desk.fleet()?.image_tag(&reference).await
}

#[tauri::command]
#[specta::specta]
pub async fn registry_settings(desk: State<'_>) -> Answer<RegistrySettingsView> {
    desk.fleet()?.registry_settings().await
}

#[tauri::command]
#[specta::specta]
pub async fn set_registry_settings(desk: State<'_>, settings: RegistrySettings) -> Answer<()> {
    desk.fleet()?.set_registry_settings(&settings).await
}

/// Tries the login before it is kept.
#[tauri::command]
#[specta::specta]
pub async fn registry_login(desk: State<'_>, login: RegistryLogin) -> Answer<()> {
    desk.fleet()?.registry_login(login).await
}

#[tauri::command]
#[specta::specta]
pub async fn registry_logout(desk: State<'_>, registry: String) -> Answer<()> {
    desk.fleet()?.registry_logout(&registry).await
}

/// What a registry shows to a stranger; accepts nothing.
#[tauri::command]
#[specta::specta]
pub async fn registry_certificate(
    desk: State<'_>,
    registry: String,
) -> Answer<RegistryCertificate> {
    desk.fleet()?.registry_certificate(&registry).await
}

/// Accepts the certificate that a person compared, for this registry alone.
#[tauri::command]
#[specta::specta]
pub async fn trust_registry(
    desk: State<'_>,
    registry: String,
    fingerprint: Fingerprint,
) -> Answer<()> {
    desk.fleet()?.trust_registry(&registry, &fingerprint).await
}

#[tauri::command]
#[specta::specta]
pub async fn distrust_registry(desk: State<'_>, registry: String) -> Answer<()> {
    desk.fleet()?.distrust_registry(&registry)
}

/// What a form begins with.
#[tauri::command]
#[specta::specta]
pub async fn default_image_template() -> Answer<Template> {
    Ok(Template::default())
}

#[tauri::command]
#[specta::specta]
pub async fn image_template(desk: State<'_>, template: Template) -> Answer<Vec<TemplateFile>> {
    desk.fleet()?.image_template(&template)
}

/// Writes the template into a folder; a file that is there already stops it.
#[tauri::command]
#[specta::specta]
pub async fn write_image_template(
    desk: State<'_>,
    template: Template,
    folder: String,
) -> Answer<WrittenTemplate> {
    let fleet = desk.fleet()?;
    fleet
        .write_image_template(&template, Path::new(&folder))
        .await
}
