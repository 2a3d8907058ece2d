//! Making a lab ISO: small, but with everything that Slipway and a card look for.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::json;
use slipway_core::{
    image::ImageReference,
    iso::{AREA_FILE, CONTAINER_DIR, IsoManifest, MANIFEST_FILE},
    kickstart,
};

use crate::image::{OciImage, digest_of, typed};

pub const VOLUME_ID: &str = "SLIPWAY-LAB";
const KARGS: &str = "ip=192.168.0.2:::255.255.255.0::enp0s1f0:off netroot=iscsi:192.168.0.1::::iqn.e2000:acc acpi=force";

/// Why an ISO could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildIsoError {
    #[error("writing {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("`{0}` is no image reference")]
    Reference(String),
    #[error("the program xorriso can't be run (is it installed?)")]
    Xorriso(#[source] io::Error),
    #[error("xorriso failed: {0}")]
    XorrisoFailed(String),
}

/// Which ISO to make.
#[derive(Debug, Clone)]
pub struct IsoSpec {
    /// `1.0.0`.
    pub version: String,
    /// What the card follows after the install, `127.0.0.1:PORT/lab/dpu-os:stable`.
    pub reference: String,
    /// `arm64` (`amd64` makes an ISO that no card boots).
    pub architecture: String,
    /// Bytes that can't be compressed, so that the download takes a while.
    pub ballast: u64,
}

impl IsoSpec {
    #[must_use]
    pub fn new(version: &str, reference: &str, ballast: u64) -> Self {
        Self {
            version: version.to_owned(),
            reference: reference.to_owned(),
            architecture: "arm64".to_owned(),
            ballast,
        }
    }

    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

/// Makes the ISO at `out`; what was there is replaced once the new one is whole. Blocks.
///
/// # Errors
/// [`BuildIsoError`]; most likely that xorriso isn't installed.
pub fn build(out: &Path, spec: &IsoSpec) -> Result<(), BuildIsoError> {
    let tree = out.with_extension("tree");
    let half = out.with_extension("part");
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BuildIsoError::Write { path, source }
    };
    // A leftover of a run that was killed.
    let _ = fs::remove_dir_all(&tree);
    let _ = fs::remove_file(&half);
    fill(&tree, spec)?;
    let made = std::process::Command::new("xorriso")
        .args(["-as", "mkisofs", "-quiet", "-iso-level", "3", "-R"])
        .args(["-V", VOLUME_ID, "-e", "images/efiboot.img"])
        .args(["-no-emul-boot", "-o"])
        .args([&half, &tree])
        .stdin(Stdio::null())
        .output()
        .map_err(BuildIsoError::Xorriso)?;
    let _ = fs::remove_dir_all(&tree);
    if !made.status.success() {
        let words = String::from_utf8_lossy(&made.stderr).trim().to_owned();
        return Err(BuildIsoError::XorrisoFailed(words));
    }
    fs::rename(&half, out).map_err(failed(out))
}

fn fill(tree: &Path, spec: &IsoSpec) -> Result<(), BuildIsoError> {
    let reference: ImageReference = spec
        .reference
        .parse()
        .map_err(|_| BuildIsoError::Reference(spec.reference.clone()))?;
    let image = OciImage::new(&spec.version, &spec.architecture);
    let digest = typed(&image.digest()).ok_or_else(|| BuildIsoError::Reference(image.digest()))?;
    let machine = match spec.architecture.as_str() {
        "arm64" => "aarch64",
        "amd64" => "x86_64",
        other => other,
    };
    let put = |path: &str, bytes: &[u8]| {
        let path = tree.join(path);
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, bytes))
            .map_err(|source| BuildIsoError::Write { path, source })
    };
    let discinfo = format!("1790000000.000000\nSlipway lab\n{machine}\n");
    put(".discinfo", discinfo.as_bytes())?;
    // Nothing ever runs it: it only makes the ISO bootable by its catalogue.
    put("images/efiboot.img", &[0x5a; 4096])?;
    put("EFI/BOOT/grub.cfg", grub_cfg().as_bytes())?;
    put("ks.cfg", kickstart_of(spec).as_bytes())?;
    put(AREA_FILE, &kickstart::empty_area())?;
    let manifest = IsoManifest {
        format: 1,
        reference: Some(reference),
        digest,
        version: Some(spec.version.clone()),
        architecture: machine.to_owned(),
        built_from: Some("slipway-lab".to_owned()),
        kargs: KARGS.split(' ').map(str::to_owned).collect(),
        kickstart: Some("/ks.cfg".to_owned()),
        contains_secrets: false,
        source_digest: None,
        slipway_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let manifest = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    put(MANIFEST_FILE, &manifest)?;

    let mut entry = image.manifest_descriptor();
    entry["platform"] = json!({"architecture": spec.architecture, "os": "linux"});
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": spec.reference});
    let index = json!({"schemaVersion": 2, "manifests": [entry]});
    let layout = json!({"imageLayoutVersion": "1.0.0"});
    put(
        &format!("{CONTAINER_DIR}/oci-layout"),
        layout.to_string().as_bytes(),
    )?;
    put(
        &format!("{CONTAINER_DIR}/index.json"),
        index.to_string().as_bytes(),
    )?;
    for blob in image.blobs() {
        let name = digest_of(blob).replace(':', "/");
        put(&format!("{CONTAINER_DIR}/blobs/{name}"), blob)?;
    }
    let path = tree.join("ballast.bin");
    write_ballast(&path, spec.ballast).map_err(|source| BuildIsoError::Write { path, source })
}

fn grub_cfg() -> String {
    format!(
        "set default=\"0\"\nset timeout=5\nmenuentry 'Install the lab OS' {{\n\
        \tlinux /images/pxeboot/vmlinuz inst.stage2=hd:LABEL={VOLUME_ID} inst.ks=hd:LABEL={VOLUME_ID}:/ks.cfg {KARGS}\n\
        \tinitrd /images/pxeboot/initrd.img\n}}\n"
    )
}

fn kickstart_of(spec: &IsoSpec) -> String {
    format!(
        "text\nzerombr\nclearpart --all --initlabel\nautopart --type=plain\n\
        ostreecontainer --url=/run/install/repo/{CONTAINER_DIR} --transport=oci --no-signature-verification\n\
        reboot\n%post --erroronfail\nbootc switch --mutate-in-place --transport registry {}\n%end\n\
        %include /run/install/repo/{AREA_FILE}\n",
        spec.reference
    )
}

/// The same bytes each time (xorshift), and no compressor makes them smaller.
fn write_ballast(path: &Path, bytes: u64) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut left = bytes;
    while left > 0 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let word = state.to_le_bytes();
        let count = usize::try_from(left.min(8)).unwrap_or(8);
        out.write_all(&word[..count])?;
        left -= count as u64;
    }
    out.flush()
}
