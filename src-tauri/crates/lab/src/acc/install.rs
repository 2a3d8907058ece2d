//! Anaconda, as far as it shows: reads the ISO, runs the kickstart, leaves an installed disk.
//!
//! The kickstart's `%post` scripts really run, in the simulated shell over the new disk's files.

use std::path::Path;

use serde_json::Value;
use slipway_core::iso::{CONTAINER_DIR, IsoManifest, MANIFEST_FILE};

use super::{AUTHORIZED_KEYS, AccSetup, Disk};
use crate::{
    image::{Image, digest_of},
    iso::{IsoFile, ReadIsoError},
    shell,
};

/// Why an ISO did not install.
#[derive(Debug, thiserror::Error)]
pub enum InstallFault {
    #[error("the firmware can't boot from the media")]
    Unreadable(#[from] ReadIsoError),
    #[error("the media has no boot catalogue")]
    NotBootable,
    #[error("the media is for {0}, this is an aarch64 machine")]
    WrongArchitecture(String),
    #[error("the installer found no image under /{CONTAINER_DIR}")]
    NoImage,
    #[error("the image in the ISO is damaged: {0} is not what its digest says")]
    DamagedImage(String),
    #[error("a %post script ended with exit code {exit}: {stderr}")]
    Post { exit: u32, stderr: String },
}

/// What the firmware and Anaconda found on the media.
#[derive(Debug)]
pub struct InstallPlan {
    image: Image,
    /// With what it includes from the media put in.
    kickstart: String,
}

/// Reads the media at power-on.
pub fn plan(path: &Path) -> Result<InstallPlan, InstallFault> {
    let mut iso = IsoFile::open(path)?;
    if !iso.bootable() {
        return Err(InstallFault::NotBootable);
    }
    if let Some(discinfo) = iso.text("/.discinfo")?
        && let Some(architecture) = discinfo.lines().nth(2)
        && architecture.trim() != "aarch64"
    {
        return Err(InstallFault::WrongArchitecture(
            architecture.trim().to_owned(),
        ));
    }
    let image = match image_of(&mut iso)? {
        Some(image) => image,
        None => image_by_manifest(&mut iso)?.ok_or(InstallFault::NoImage)?,
    };
    let kickstart = kickstart_of(&mut iso)?;
    Ok(InstallPlan { image, kickstart })
}

/// Out of the OCI directory, with the digests checked.
fn image_of(iso: &mut IsoFile) -> Result<Option<Image>, InstallFault> {
    let Some(index) = iso.read(&format!("/{CONTAINER_DIR}/index.json"))? else {
        return Ok(None);
    };
    let index: Value = serde_json::from_slice(&index).unwrap_or_default();
    let Some(mut entry) = for_this_machine(&index) else {
        return Ok(None);
    };
    let mut manifest: Value;
    loop {
        let digest = entry["digest"].as_str().unwrap_or_default().to_owned();
        manifest = serde_json::from_slice(&blob(iso, &digest)?).unwrap_or_default();
        // An index in the index: the manifest list of all architectures.
        match for_this_machine(&manifest) {
            Some(inner) => entry = inner,
            None => break,
        }
    }
    let config = manifest["config"]["digest"].as_str().unwrap_or_default();
    let config: Value = serde_json::from_slice(&blob(iso, config)?).unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Ok(Some(Image {
        reference: format!("/run/install/repo/{CONTAINER_DIR}"),
        transport: "oci".into(),
        digest: text(&entry["digest"]).unwrap_or_default(),
        version: text(&config["config"]["Labels"]["org.opencontainers.image.version"]),
        built: text(&config["created"]),
        architecture: text(&config["architecture"]).unwrap_or_else(|| "arm64".into()),
    }))
}

fn for_this_machine(index: &Value) -> Option<Value> {
    let manifests = index["manifests"].as_array()?;
    let arm = |entry: &&Value| entry["platform"]["architecture"] == "arm64";
    manifests
        .iter()
        .find(arm)
        .or_else(|| manifests.first())
        .cloned()
}

fn blob(iso: &mut IsoFile, digest: &str) -> Result<Vec<u8>, InstallFault> {
    let path = format!("/{CONTAINER_DIR}/blobs/{}", digest.replace(':', "/"));
    let bytes = iso.read(&path)?.ok_or(InstallFault::NoImage)?;
    if digest_of(&bytes) == digest {
        Ok(bytes)
    } else {
        Err(InstallFault::DamagedImage(digest.to_owned()))
    }
}

/// Of an ISO whose image lies elsewhere than we look.
fn image_by_manifest(iso: &mut IsoFile) -> Result<Option<Image>, InstallFault> {
    let Some(bytes) = iso.read(MANIFEST_FILE)? else {
        return Ok(None);
    };
    let manifest: Option<IsoManifest> = serde_json::from_slice(&bytes).ok();
    Ok(manifest.map(|manifest| Image {
        reference: manifest.reference.map_or_else(
            || "localhost/unknown".into(),
            |reference| reference.to_string(),
        ),
        transport: "registry".into(),
        digest: manifest.digest.to_string(),
        version: manifest.version,
        built: None,
        architecture: "arm64".into(),
    }))
}

/// The kickstart that `inst.ks=` names, or any at the root, with its includes.
fn kickstart_of(iso: &mut IsoFile) -> Result<String, InstallFault> {
    let grub = iso.text("/EFI/BOOT/grub.cfg")?.unwrap_or_default();
    let named = grub
        .split_whitespace()
        .find_map(|word| word.strip_prefix("inst.ks="))
        .and_then(|source| source.rsplit_once(":/"))
        .map(|(_, path)| path.to_owned());
    let text = match named {
        Some(path) => iso.text(&path)?,
        None => iso.text("/ks.cfg")?,
    };
    let mut all = String::new();
    for line in text.unwrap_or_default().lines() {
        let included = line
            .strip_prefix("%include")
            .and_then(|path| path.trim().strip_prefix("/run/install/repo"));
        match included {
            Some(path) => all.push_str(&iso.text(path)?.unwrap_or_default()),
            None => all.push_str(line),
        }
        all.push('\n');
    }
    Ok(all)
}

/// The end of the installer: the disk.
pub fn carry_out(plan: InstallPlan, setup: &AccSetup, wrong: bool) -> Result<Disk, InstallFault> {
    let image = if wrong {
        another(setup, plan.image)
    } else {
        plan.image
    };
    let mut disk = Disk::new(image);
    // Where the kickstart says nothing, the image's own default holds.
    disk.password = Some(setup.password.clone());
    let mut lines = plan.kickstart.lines();
    while let Some(line) = lines.next() {
        if line.starts_with('%') && !line.starts_with("%include") {
            let body: Vec<&str> = lines
                .by_ref()
                .take_while(|line| line.trim_end() != "%end")
                .collect();
            if line.starts_with("%post") {
                let script = body.join("\n");
                disk = post(disk, setup, &script, line.contains("--erroronfail"))?;
            }
        } else {
            directive(&mut disk, line);
        }
    }
    Ok(disk)
}

fn directive(disk: &mut Disk, line: &str) {
    let words = shell::words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["network", options @ ..] => {
            if let Some(name) = options
                .iter()
                .find_map(|option| option.strip_prefix("--hostname="))
            {
                disk.put("/etc/hostname", format!("{name}\n").as_bytes());
            }
        }
        ["rootpw", options @ ..] => {
            let plain = options.iter().rfind(|option| !option.starts_with("--"));
            let unusable = options.contains(&"--lock") || options.contains(&"--iscrypted");
            // A crypted password could only be guessed; the lab does not check those.
            disk.password = plain.filter(|_| !unusable).map(|text| (*text).to_owned());
        }
        ["sshkey", options @ ..] => {
            if let Some(key) = options.iter().rfind(|option| !option.starts_with("--")) {
                let mut keys = disk.files.read(AUTHORIZED_KEYS).unwrap_or_default();
                keys.extend(format!("{key}\n").bytes());
                disk.put(AUTHORIZED_KEYS, &keys);
            }
        }
        _ => {}
    }
}

/// Runs a `%post` script on the new disk.
fn post(disk: Disk, setup: &AccSetup, script: &str, strict: bool) -> Result<Disk, InstallFault> {
    let (disk, output) = shell::run_in_installer(disk, &setup.name, script);
    if strict && output.exit != 0 {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(InstallFault::Post {
            exit: output.exit,
            stderr,
        });
    }
    Ok(disk)
}

/// The fault `wrong-digest-booted`: some other image of the lab, under the same reference.
pub fn another(setup: &AccSetup, wanted: Image) -> Image {
    match setup.images.other_than(&wanted.digest) {
        Some(other) => Image {
            reference: wanted.reference,
            transport: wanted.transport,
            ..other
        },
        None => wanted,
    }
}
