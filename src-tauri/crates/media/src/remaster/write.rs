//! From a plan to the temporary ISO: menus edited, small files made, the pass run. Blocking.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64},
};

use slipway_core::{
    failure::{FailureKind, StepError},
    image::ImageDigest,
    iso::{AREA_FILE, IsoManifest, KICKSTART_FILE, MANIFEST_FILE},
    job::iso_build::{IsoBuildPlan, WrittenIso},
    kickstart::empty_area,
    secret::Password,
    time::ByteCount,
};

use super::{
    base::Base,
    bootcfg::{self, Arguments},
    fat, image,
    pass::{self, Pass, Put, Stopped},
    paths,
};

/// What the menus get.
pub fn arguments(plan: &IsoBuildPlan, volume_id: &str) -> Arguments {
    Arguments {
        added: plan.kargs.clone(),
        removed: plan.removed_kargs.clone(),
        kickstart: bootcfg::kickstart_argument(volume_id, KICKSTART_FILE),
    }
}

/// Writes the temporary ISO.
///
/// # Errors
/// With what to do; `stop` ends it with [`FailureKind::Precondition`].
pub fn write(
    plan: &IsoBuildPlan,
    base: &Base,
    kickstart: &Password,
    source_digest: Option<ImageDigest>,
    stop: &AtomicBool,
    done: &AtomicU64,
) -> Result<WrittenIso, StepError> {
    let output = Path::new(&plan.output);
    let local = |what: &'static str| {
        move |error: std::io::Error| {
            StepError::new(FailureKind::Local, what)
                .because(error.to_string())
                .hint("check the folder's permissions and the room on the disk")
        }
    };
    let files = local("the files of the ISO can't be made");
    let work = paths::work(output);
    let part = paths::part(output);
    fs::create_dir_all(&work).map_err(files)?;
    private(&work).map_err(files)?;
    remove_if_there(&part).map_err(files)?;
    let folder = image::folder(plan);
    let found = image::read(&folder, &plan.architecture)?;
    let arguments = arguments(plan, base.volume_id());
    let mut puts = menus(base, &arguments, &work)?;
    let mut small = |name: &str, bytes: &[u8]| {
        let from = work.join(name);
        fs::write(&from, bytes).map_err(files)?;
        puts.push(Put {
            from,
            to: format!("/{name}"),
        });
        Ok::<_, StepError>(())
    };
    small(KICKSTART_FILE, kickstart.expose().as_bytes())?;
    small(AREA_FILE, &empty_area())?;
    let manifest = IsoManifest {
        format: 1,
        reference: plan.reference.clone().or(found.reference),
        digest: found.digest.clone(),
        version: found.version,
        architecture: base.architecture.clone(),
        built_from: Some(name_of(&base.path())),
        kargs: plan.kargs.clone(),
        kickstart: Some(format!("/{KICKSTART_FILE}")),
        contains_secrets: plan.contains_secrets,
        source_digest: source_digest.clone(),
        slipway_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    small(MANIFEST_FILE, &text)?;
    let efi = efi_image(base, &arguments, &work)?;
    let base_path = base.path();
    let pass = Pass {
        base: &base_path,
        date: base.date(),
        files: puts,
        container: &folder,
        replaces_container: base.has_container(),
        efi: efi.as_deref().zip(base.efi.as_ref()),
    };
    let written = pass::run(&pass, &part, stop, done).map_err(|stopped| match stopped {
        Stopped::Cancelled => StepError::new(FailureKind::Precondition, "it was cancelled"),
        Stopped::Xorriso(reason) => {
            StepError::new(FailureKind::Local, "xorriso could not write the ISO")
                .because(reason)
                .hint("check the base ISO (`slipctl iso verify`) and the room on the disk")
        }
        Stopped::Io(error) => local("the ISO can't be written")(error),
    })?;
    Ok(WrittenIso {
        size: ByteCount(written.size),
        md5: written.sums.md5,
        digest: found.digest,
        source_digest,
    })
}

/// The menus of the tree, edited.
fn menus(base: &Base, arguments: &Arguments, work: &Path) -> Result<Vec<Put>, StepError> {
    let mut puts = Vec::new();
    for (number, (path, dialect)) in base.menus.iter().enumerate() {
        let text = bootcfg::edited(&base.menu(path)?, *dialect, arguments);
        let from = work.join(format!("menu-{number}"));
        fs::write(&from, text).map_err(|error| {
            StepError::new(FailureKind::Local, "a boot menu can't be written")
                .because(error.to_string())
                .hint("check the room on the disk")
        })?;
        puts.push(Put {
            from,
            to: path.clone(),
        });
    }
    Ok(puts)
}

/// The EFI image with its own menus edited; `None` where the base has none.
fn efi_image(
    base: &Base,
    arguments: &Arguments,
    work: &Path,
) -> Result<Option<PathBuf>, StepError> {
    let image = work.join("efiboot.img");
    let edit = || -> std::io::Result<bool> {
        if !base.extract_efi(&image)? {
            return Ok(false);
        }
        for (number, (path, dialect)) in fat::menus(&image)?.into_iter().enumerate() {
            let text = bootcfg::edited(&fat::read(&image, &path)?, dialect, arguments);
            let from = work.join(format!("efi-menu-{number}"));
            fs::write(&from, text)?;
            fat::replace(&image, &path, &from)?;
        }
        Ok(true)
    };
    let there = edit().map_err(|error| {
        StepError::new(
            FailureKind::Local,
            "the boot menu in the base's EFI image can't be edited",
        )
        .because(error.to_string())
        .hint("install mtools and dosfstools; choose a stock Anaconda ISO")
    })?;
    Ok(there.then_some(image))
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

pub fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The kickstart in it may hold secrets.
pub fn private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}
