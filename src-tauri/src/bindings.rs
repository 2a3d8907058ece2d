//! The commands and events as the UI calls them. Their TypeScript is generated, committed, and
//! checked by a test.

use tauri_specta::{Builder, collect_commands, collect_events};

use crate::{
    commands,
    events::{ChangedEvent, PressedEvent},
    first_look::FirstLook,
};

/// Where the generated TypeScript lies, from the root of the repository.
pub const BINDINGS: &str = "ui/src/ipc/bindings.ts";

/// Everything that crosses.
#[must_use]
pub fn builder() -> Builder<tauri::Wry> {
    Builder::<tauri::Wry>::new()
        .disable_serde_phases()
        .commands(collect_commands![
            commands::desk::desk_state,
            commands::desk::unlock,
            commands::desk::app_info,
            commands::desk::overview,
            commands::desk::bench_ready,
            commands::cards::dpus,
            commands::cards::dpu,
            commands::cards::refresh_dpu,
            commands::cards::refresh_fleet,
            commands::cards::probe,
            commands::cards::add_dpu,
            commands::cards::remove_dpu,
            commands::cards::doctor,
            commands::cards::prepare_imc,
            commands::cards::install_reserved_memory,
            commands::bmcs::bmcs,
            commands::bmcs::bmc,
            commands::bmcs::refresh_bmc,
            commands::bmcs::add_bmc,
            commands::bmcs::remove_bmc,
            commands::bmcs::raw_bmc,
            commands::bmcs::act_on_bmc,
            commands::bmcs::pair,
            commands::bmcs::look_policy,
            commands::bmcs::set_look_policy,
            commands::clusters::read_cluster,
            commands::clusters::doctor_cluster,
            commands::clusters::deploy_cluster,
            commands::clusters::write_cluster,
            commands::clusters::save_cluster,
            commands::networks::plan_network,
            commands::networks::set_up_network,
            commands::networks::network_ports,
            commands::networks::take_back_network,
            commands::credentials::credentials,
            commands::credentials::save_credential,
            commands::credentials::remove_credential,
            commands::credentials::set_card_login,
            commands::discovery::preview_discovery,
            commands::discovery::start_discovery,
            commands::discovery::discovery,
            commands::discovery::cancel_discovery,
            commands::discovery::trust_discovered,
            commands::discovery::retry_discovered,
            commands::discovery::add_discovered,
            commands::trust::pins,
            commands::trust::accept_pin,
            commands::trust::remove_pin,
            commands::trust::site_ca,
            commands::trust::set_site_ca,
            commands::images::image_prerequisites,
            commands::images::entitlement,
            commands::images::plan_image_build,
            commands::images::build_image,
            commands::images::image_build_log,
            commands::images::lint_containerfile,
            commands::images::lint_image,
            commands::images::local_images,
            commands::images::inspect_image,
            commands::images::tag_image,
            commands::images::image_tags,
            commands::images::image_tag,
            commands::images::registry_settings,
            commands::images::set_registry_settings,
            commands::images::registry_login,
            commands::images::registry_logout,
            commands::images::registry_certificate,
            commands::images::trust_registry,
            commands::images::distrust_registry,
            commands::images::default_image_template,
            commands::images::image_template,
            commands::images::write_image_template,
            commands::isos::isos,
            commands::isos::import_iso,
            commands::isos::remove_iso,
            commands::isos::publish_iso,
            commands::isos::unpublish_iso,
            commands::isos::media_addresses,
            commands::isos::export_ca_certificate,
            commands::isos::bundle_iso,
            commands::isos::import_bundle,
            commands::isos::transfers,
            commands::isos::cancel_transfer,
            commands::studio::studio_defaults,
            commands::studio::render_kickstart,
            commands::studio::lint_kickstart,
            commands::studio::plan_iso_build,
            commands::studio::build_iso,
            commands::studio::plan_builder_iso,
            commands::studio::build_builder_iso,
            commands::studio::verify_iso,
            commands::studio::reserved_memory_file,
            commands::studio::export_reserved_memory_file,
            commands::jobs::plan_deploy,
            commands::jobs::deploy,
            commands::jobs::plan_boot_change,
            commands::jobs::start_boot_change,
            commands::jobs::jobs,
            commands::jobs::job,
            commands::jobs::job_events,
            commands::jobs::cancel_job,
            commands::jobs::retry_job,
            commands::jobs::retry_job_from,
            commands::jobs::plan_again,
            commands::jobs::deploy_again,
            commands::jobs::mark_job_seen,
            commands::jobs::save_support_bundle,
            commands::batches::batches,
            commands::batches::batch,
            commands::batches::plan_batch,
            commands::batches::start_batch,
            commands::batches::pause_batch,
            commands::batches::resume_batch,
            commands::batches::cancel_batch,
            commands::batches::retry_batch,
            commands::lab::lab_status,
            commands::lab::start_lab,
            commands::lab::stop_lab,
        ])
        .events(collect_events![ChangedEvent, PressedEvent])
        .typ::<FirstLook>()
}

/// The generated TypeScript.
///
/// # Errors
/// A type that can't cross.
pub fn typescript() -> Result<String, Box<dyn std::error::Error>> {
    let dir = std::env::temp_dir().join(format!("slipway-bindings-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let path = dir.join("bindings.ts");
    builder().export(specta_typescript::Typescript::default(), &path)?;
    let text = std::fs::read_to_string(&path)?;
    std::fs::remove_dir_all(&dir)?;
    Ok(text)
}
