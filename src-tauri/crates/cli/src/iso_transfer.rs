//! `slipctl iso import` and `bundle`: minutes of copying, with a bar, that Ctrl-C ends cleanly.

use std::path::Path;

use indicatif::ProgressBar;
use slipway_core::iso::Iso;
use slipway_fleet::{AppError, Fleet, views::TransferProgress};

use crate::{exit::Failed, iso::bytes_bar, lab::interrupted, output::Output};

pub async fn import(
    path: &Path,
    name: Option<&str>,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let iso = read(path, name, fleet, output).await?;
    output.show(&iso, || {
        output.line(format!(
            "{}  {}  sha256 {}",
            iso.name,
            iso.facts.size,
            &iso.facts.sha256[..12]
        ));
    });
    Ok(())
}

/// Into the library, without a word about it.
pub async fn read(
    path: &Path,
    name: Option<&str>,
    fleet: &Fleet,
    output: Output,
) -> Result<Iso, Failed> {
    let bar = bytes_bar(output, "reading");
    let iso = to_its_end(fleet, fleet.import_iso(path, name, tell(&bar))).await;
    bar.finish_and_clear();
    Ok(iso?)
}

pub async fn import_bundle(
    folder: &Path,
    name: Option<&str>,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let bar = bytes_bar(output, "comparing");
    let taken = to_its_end(fleet, fleet.import_bundle(folder, name, tell(&bar))).await;
    bar.finish_and_clear();
    let taken = taken?;
    output.show(&taken, || {
        output.line(format!(
            "{} was taken over, made by {}",
            taken.iso, taken.made_by
        ));
        for command in &taken.commands {
            output.line(format!("the image, into a registry of yours: {command}"));
        }
    });
    Ok(())
}

pub async fn bundle(iso: &str, folder: &Path, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    let iso = fleet.find_iso(iso).await?;
    let bar = bytes_bar(output, "copying");
    let bundled = to_its_end(fleet, fleet.bundle_iso(&iso, folder, tell(&bar))).await;
    bar.finish_and_clear();
    let bundled = bundled?;
    output.show(&bundled, || {
        output.line(format!(
            "{}  {} files, {}",
            bundled.folder, bundled.files, bundled.size
        ));
        if bundled.contains_secrets {
            output.note("it holds secrets: whoever has the folder can read them");
        }
        output.note("on the other desk: `slipctl iso import FOLDER`");
    });
    Ok(())
}

/// Ctrl-C cancels it, and the answer comes when nothing of it is left.
async fn to_its_end<T>(
    fleet: &Fleet,
    work: impl Future<Output = Result<T, AppError>>,
) -> Result<T, AppError> {
    let interrupted = interrupted();
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = interrupted => {}
    }
    // The work has to go on, to clean up.
    let (done, ()) = tokio::join!(work, fleet.end_transfers());
    done
}

fn tell(bar: &ProgressBar) -> impl FnMut(TransferProgress) + Send + 'static {
    let bar = bar.clone();
    move |progress| {
        bar.set_length(progress.total.0);
        bar.set_position(progress.read.0);
    }
}
