//! Bundles: an ISO of the library is carried to a desk that reaches no network, with the image that
//! cards are to follow there.

use std::path::Path;

use slipway_core::{
    bundle::{BundleManifest, IMAGE_DIR},
    command::CommandLine,
    ids::IsoId,
    iso::{Iso, IsoFacts, IsoOrigin},
};
use slipway_media::IsoError;

use crate::{
    AppError, ChangeTag, ErrorCode, Fleet,
    desk::me,
    isos::{check_file, import_error},
    studio::absolute,
    views::{BundleView, TransferKind, TransferProgress},
};

impl Fleet {
    /// Writes a bundle of an ISO into a folder that is not there yet.
    ///
    /// # Errors
    /// The folder is there, the disk is full, the ISO's file is not what was imported. Cancelled:
    /// nothing is left of it.
    pub async fn bundle_iso(
        &self,
        iso: &Iso,
        folder: &Path,
        progress: impl FnMut(TransferProgress) + Send + 'static,
    ) -> Result<BundleView, AppError> {
        check_file(iso).await?;
        let folder = absolute(&folder.display().to_string())?;
        let facts = &iso.facts;
        let manifest = BundleManifest {
            format: 1,
            iso: file_name_of(&iso.name),
            size: facts.size,
            sha256: facts.sha256.clone(),
            digest: facts.image_digest.clone(),
            reference: facts.image_reference.clone(),
            architecture: facts.architecture.clone(),
            contains_secrets: facts.contains_secrets,
            made_by: me(),
            made_at: self.now(),
            slipway_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let transfer = self.begin_transfer(TransferKind::WriteBundle, Path::new(&folder), progress);
        let written = slipway_media::write_bundle(
            Path::new(&iso.path),
            manifest.clone(),
            Path::new(&folder),
            transfer.stop(),
            transfer.told(),
        )
        .await;
        let written = transfer.ended(written.map_err(AppError::from))?;
        Ok(view_of(&manifest, folder, written))
    }

    /// Takes a bundle's ISO into the library: compared with its checksums, and copied, because the
    /// folder may be on a stick that is taken away. The image stays in the bundle.
    ///
    /// # Errors
    /// It is no bundle; a file is missing or changed; the ISO is in the library already. Cancelled:
    /// nothing is left of it.
    pub async fn import_bundle(
        &self,
        folder: &Path,
        name: Option<&str>,
        progress: impl FnMut(TransferProgress) + Send + 'static,
    ) -> Result<BundleView, AppError> {
        let folder = absolute(&folder.display().to_string())?;
        let manifest = slipway_media::read_bundle(Path::new(&folder))?;
        let name = file_name_of(name.unwrap_or(&manifest.iso));
        let known = self.store().isos().await?;
        if let Some(known) = known.iter().find(|iso| iso.facts.sha256 == manifest.sha256) {
            return Err(AppError::refused(format!(
                "this ISO is in the library already, as {}",
                known.name
            ))
            .because(format!(
                "{} has the same SHA-256, {}",
                known.path, manifest.sha256
            ))
            .hint("use that one; to take it over anew, remove it first"));
        }
        if known.iter().any(|iso| iso.name == name) {
            return Err(AppError::refused(format!(
                "the library has another ISO with the name {name}"
            ))
            .hint("give this one another name (`--name`)"));
        }
        let output = self.iso_folder().join(&name);
        let transfer =
            self.begin_transfer(TransferKind::ImportBundle, Path::new(&folder), progress);
        let taken = slipway_media::take_from_bundle(
            Path::new(&folder),
            manifest.clone(),
            &output,
            transfer.stop(),
            transfer.told(),
        )
        .await;
        let taken = transfer.ended(taken.map_err(AppError::from))?;
        let facts = tokio::select! {
            biased;
            () = transfer.stop().cancelled() => Err(import_error(&IsoError::Cancelled)),
            facts = facts_of_bundle(&manifest, &output) => facts,
        };
        let taken_in = match facts {
            Ok(facts) => self.add_of_bundle(&manifest, &name, &output, facts).await,
            Err(error) => Err(error),
        };
        if taken_in.is_err() {
            // The library does not know it: what was copied would lie there for nobody.
            let _ = tokio::fs::remove_file(&output).await;
        }
        transfer.ended(taken_in)?;
        Ok(BundleView {
            iso: name,
            ..view_of(&manifest, folder, taken)
        })
    }

    async fn add_of_bundle(
        &self,
        manifest: &BundleManifest,
        name: &str,
        output: &Path,
        facts: IsoFacts,
    ) -> Result<(), AppError> {
        let iso = Iso {
            id: IsoId::new(),
            name: name.to_owned(),
            path: output.display().to_string(),
            facts,
            imported_at: self.now(),
            made: IsoOrigin::Bundle {
                by: me(),
                from: manifest.made_by.clone(),
            },
        };
        self.store().add_iso(&iso).await?;
        self.changed(ChangeTag::Iso, Some(iso.id.to_string()));
        Ok(())
    }
}

/// What the copy carries, which must be what the bundle says.
async fn facts_of_bundle(manifest: &BundleManifest, output: &Path) -> Result<IsoFacts, AppError> {
    let facts = slipway_media::look(output).await;
    let facts = facts.map_err(|error| import_error(&error))?;
    if facts.image_digest != manifest.digest {
        return Err(AppError::new(
            ErrorCode::Invalid,
            "the ISO in the bundle carries another image than the bundle says",
        )
        .because(format!(
            "the bundle says {}, the ISO carries {}",
            shown(manifest.digest.as_ref()),
            shown(facts.image_digest.as_ref())
        ))
        .hint("make the bundle again"));
    }
    Ok(IsoFacts {
        sha256: manifest.sha256.clone(),
        ..facts
    })
}

fn shown(digest: Option<&slipway_core::image::ImageDigest>) -> &str {
    digest.map_or("none", slipway_core::image::ImageDigest::as_str)
}

/// A name of the library as a file's: `…/x` and what is hidden are none.
fn file_name_of(name: &str) -> String {
    let safe = |c: char| if c == '/' || c.is_control() { '-' } else { c };
    let name: String = name
        .trim()
        .trim_start_matches('.')
        .chars()
        .map(safe)
        .collect();
    match name.as_str() {
        "" => "installer.iso".to_owned(),
        named if named.ends_with(".iso") => name,
        _ => format!("{name}.iso"),
    }
}

fn view_of(
    manifest: &BundleManifest,
    folder: String,
    size: slipway_media::BundleSize,
) -> BundleView {
    let image = slipway_media::image_of(Path::new(&folder));
    // Where the cards of that desk are to follow the image, it must be in a registry there.
    let commands = manifest.digest.iter().map(|_| {
        CommandLine::new([
            "skopeo".to_owned(),
            "copy".to_owned(),
            "--preserve-digests".to_owned(),
            format!("oci:{}:latest", image.display()),
            format!("docker://{}", registry_example(manifest)),
        ])
        .to_string()
    });
    BundleView {
        iso: manifest.iso.clone(),
        size: size.bytes,
        files: size.files,
        image: manifest.digest.clone(),
        contains_secrets: manifest.contains_secrets,
        made_by: manifest.made_by.clone(),
        commands: commands.collect(),
        folder,
    }
}

/// The image's own repository in a registry of that desk.
fn registry_example(manifest: &BundleManifest) -> String {
    match &manifest.reference {
        Some(reference) => format!(
            "REGISTRY/{}:{}",
            reference.repository(),
            match reference.tag_or_digest() {
                digest if digest.starts_with("sha256:") => "latest",
                tag => tag,
            }
        ),
        None => format!("REGISTRY/{IMAGE_DIR}:latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_files_name() {
        for (name, wanted) in [
            ("rhel", "rhel.iso"),
            ("rhel.iso", "rhel.iso"),
            ("../../etc/passwd", "-..-etc-passwd.iso"),
            (" . ", "installer.iso"),
        ] {
            assert_eq!(file_name_of(name), wanted);
        }
    }
}
