//! `slipctl iso`.

use std::{io::IsTerminal, process::ExitCode};

use indicatif::{ProgressBar, ProgressStyle};
use slipway_core::time::ByteCount;

use crate::{args::IsoCommand, exit::Failed, lab::interrupted, open::Desk, output::Output};

pub async fn run(command: IsoCommand, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    match command {
        IsoCommand::Import { path, name } => {
            let bar = bytes_bar(output, "reading");
            let tell = bar.clone();
            let iso = fleet
                .import_iso(&path, name.as_deref(), move |progress| {
                    tell.set_length(progress.total.0);
                    tell.set_position(progress.read.0);
                })
                .await;
            bar.finish_and_clear();
            let iso = iso?;
            output.show(&iso, || {
                output.line(format!(
                    "{}  {}  sha256 {}",
                    iso.name,
                    iso.facts.size,
                    &iso.facts.sha256[..12]
                ));
            });
        }
        IsoCommand::List => {
            let isos = fleet.isos().await?;
            output.show(&isos, || {
                let rows = isos
                    .iter()
                    .map(|view| {
                        let facts = &view.iso.facts;
                        vec![
                            view.iso.name.clone(),
                            facts.image_version.clone().unwrap_or_else(|| "–".into()),
                            facts
                                .image_digest
                                .as_ref()
                                .map_or("–".into(), |d| d.short().to_owned()),
                            facts.size.to_string(),
                            facts.sha256[..12].to_owned(),
                            view.why_not_deployable
                                .clone()
                                .unwrap_or_else(|| "deployable".into()),
                        ]
                    })
                    .collect();
                output.table(&["ISO", "Version", "Image", "Size", "SHA-256", ""], rows);
            });
        }
        IsoCommand::Serve { iso } => {
            let iso = fleet.find_iso(&iso).await?;
            let interrupted = interrupted();
            tokio::pin!(interrupted);
            let publication = fleet.publish_iso(&iso.id).await?;
            output.show(&publication, || {
                output.line(&publication.url);
                output.note("Ctrl-C takes it down");
            });
            let mut look = tokio::time::interval(std::time::Duration::from_secs(1));
            let bar = bytes_bar(output, "sent");
            loop {
                tokio::select! {
                    () = &mut interrupted => break,
                    _ = look.tick() => {
                        let isos = fleet.isos().await?;
                        let sent = isos.iter().flat_map(|v| &v.publications).flat_map(|p| &p.readers);
                        let (sent, total) = sent.fold((0, 0), |(s, t), r| (s + r.sent.0, t + r.total.0));
                        bar.set_length(total);
                        bar.set_position(sent);
                    }
                }
            }
            bar.finish_and_clear();
            fleet.unpublish_iso(&publication.token).await;
        }
        IsoCommand::Remove { iso } => {
            let iso = fleet.find_iso(&iso).await?;
            fleet.remove_iso(&iso.id).await?;
            output.show(&serde_json::json!({ "removed": iso.name }), || {
                output.line(format!("{} was taken out; {} stays", iso.name, iso.path));
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A bar on a terminal, nothing elsewhere.
pub fn bytes_bar(output: Output, what: &'static str) -> ProgressBar {
    if output.json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(
        "{prefix} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    );
    let bar = ProgressBar::new(ByteCount::default().0).with_prefix(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
