//! Small but faithful Anaconda ISOs: the layouts, menus and boot records of lorax, with little in
//! them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

pub const VOLUME_ID: &str = "RHEL-9-6-0-BaseOS";

/// How the EFI image lies on the ISO, and whether a BIOS boots it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// aarch64, `images/efiboot.img` on the ISO: lorax's own.
    EfiFile,
    /// aarch64, an EFI system partition after the file system.
    Appended,
    /// x86_64, isolinux and EFI, isohybrid.
    Hybrid,
    /// x86_64, isolinux and an appended EFI system partition, as of RHEL 10.
    HybridAppended,
}

impl Layout {
    pub const ALL: [Self; 4] = [
        Self::EfiFile,
        Self::Appended,
        Self::Hybrid,
        Self::HybridAppended,
    ];

    pub fn machine(self) -> &'static str {
        match self {
            Self::EfiFile | Self::Appended => "aarch64",
            Self::Hybrid | Self::HybridAppended => "x86_64",
        }
    }
}

pub fn grub_cfg() -> String {
    format!(
        r#"set default="1"

function load_video {{
  insmod all_video
}}

load_video
set timeout=60
search --no-floppy --set=root -l '{VOLUME_ID}'

menuentry 'Install Red Hat Enterprise Linux 9.6' --class red --class gnu-linux --class gnu --class os {{
	linux /images/pxeboot/vmlinuz inst.stage2=hd:LABEL={VOLUME_ID} quiet inst.ks=http://stale.example/ks.cfg
	initrd /images/pxeboot/initrd.img
}}
menuentry 'Test this media & install Red Hat Enterprise Linux 9.6' --class red {{
	linux /images/pxeboot/vmlinuz inst.stage2=hd:LABEL={VOLUME_ID} rd.live.check "opt=a b" quiet
	initrd /images/pxeboot/initrd.img
}}
submenu 'Troubleshooting -->' {{
	menuentry 'Rescue a Red Hat Enterprise Linux system' {{
		linux /images/pxeboot/vmlinuz inst.stage2=hd:LABEL={VOLUME_ID} inst.rescue quiet
		initrd /images/pxeboot/initrd.img
	}}
}}
"#
    )
}

pub fn isolinux_cfg() -> String {
    format!(
        "serial 0 115200\ndefault linux\nprompt 1\ntimeout 600\n\
         label linux\n  menu label ^Install Red Hat Enterprise Linux 9.6\n  kernel vmlinuz\n  \
         append initrd=initrd.img inst.stage2=hd:LABEL={VOLUME_ID} quiet\n\
         label check\n  menu label Test this ^media\n  menu default\n  kernel vmlinuz\n  \
         append initrd=initrd.img inst.stage2=hd:LABEL={VOLUME_ID} rd.live.check quiet\n"
    )
}

pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .env("SOURCE_DATE_EPOCH", "1700000000")
        .output()
        .unwrap_or_else(|error| panic!("these tests need {program}: {error}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The files of an installer in `folder/tree`; kernel and initrd as given.
pub fn tree(folder: &Path, layout: Layout, kernel: &[u8], initrd: &[u8]) -> PathBuf {
    let tree = folder.join("tree");
    let put = |path: &str, bytes: &[u8]| {
        let path = tree.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let machine = layout.machine();
    put(
        ".discinfo",
        format!("1745000000.123\n9.6\n{machine}\n").as_bytes(),
    );
    put(".treeinfo", b"[general]\nfamily = RHEL\n");
    put("images/pxeboot/vmlinuz", kernel);
    put("images/pxeboot/initrd.img", initrd);
    put("images/install.img", &vec![0x42; 300_000]);
    put("EFI/BOOT/grub.cfg", grub_cfg().as_bytes());
    if matches!(layout, Layout::Hybrid | Layout::HybridAppended) {
        put("isolinux/isolinux.cfg", isolinux_cfg().as_bytes());
        put("isolinux/vmlinuz", kernel);
        put("isolinux/initrd.img", initrd);
        for (from, to) in [
            ("/usr/lib/ISOLINUX/isolinux.bin", "isolinux/isolinux.bin"),
            (
                "/usr/lib/syslinux/modules/bios/ldlinux.c32",
                "isolinux/ldlinux.c32",
            ),
        ] {
            let bytes = fs::read(from);
            put(
                to,
                &bytes.unwrap_or_else(|e| panic!("these tests need isolinux: {from}: {e}")),
            );
        }
    }
    tree
}

/// An EFI image with as little room to spare as lorax leaves. `folder/loader.efi` is what boots; where
/// there is none, something that does not.
fn efi_image(folder: &Path, machine: &str) -> PathBuf {
    let image = folder.join("efiboot.img");
    let grub = folder.join("grub.cfg");
    fs::write(&grub, grub_cfg()).unwrap();
    let loader = folder.join("loader.efi");
    if !loader.exists() {
        fs::write(&loader, vec![0x4d; 200_000]).unwrap();
    }
    let room = loader.metadata().unwrap().len() / 1024 + 61;
    let room = (room - room % 4).to_string();
    let name = if machine == "aarch64" {
        "BOOTAA64.EFI"
    } else {
        "BOOTX64.EFI"
    };
    run(
        "mkfs.fat",
        &["--invariant", "-n", "ANACONDA", "-C", text(&image), &room],
    );
    run("mmd", &["-i", text(&image), "::/EFI", "::/EFI/BOOT"]);
    run(
        "mcopy",
        &[
            "-i",
            text(&image),
            text(&loader),
            &format!("::/EFI/BOOT/{name}"),
        ],
    );
    run(
        "mcopy",
        &["-i", text(&image), text(&grub), "::/EFI/BOOT/grub.cfg"],
    );
    image
}

/// Burns `folder/tree` to `folder/base.iso`.
pub fn burn(folder: &Path, layout: Layout) -> PathBuf {
    let tree = folder.join("tree");
    let iso = folder.join("base.iso");
    let efi = efi_image(folder, layout.machine());
    let inside = tree.join("images/efiboot.img");
    let mut arguments = vec!["-as", "mkisofs", "-quiet", "-o", text(&iso)];
    arguments.extend([
        "-V",
        VOLUME_ID,
        "-R",
        "-J",
        "-joliet-long",
        "-iso-level",
        "3",
    ]);
    const ISOLINUX: [&str; 8] = [
        "-b",
        "isolinux/isolinux.bin",
        "-c",
        "isolinux/boot.cat",
        "-no-emul-boot",
        "-boot-load-size",
        "4",
        "-boot-info-table",
    ];
    const ESP: &str = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
    let appended = [
        "-partition_offset",
        "16",
        "-append_partition",
        "2",
        ESP,
        text(&efi),
        "-appended_part_as_gpt",
    ];
    const APPENDED_EFI: [&str; 3] = [
        "-e",
        "--interval:appended_partition_2:all::",
        "-no-emul-boot",
    ];
    const EFI: [&str; 3] = ["-e", "images/efiboot.img", "-no-emul-boot"];
    const MBR: [&str; 2] = ["-isohybrid-mbr", "/usr/lib/ISOLINUX/isohdpfx.bin"];
    match layout {
        Layout::EfiFile => {
            fs::copy(&efi, &inside).unwrap();
            arguments.extend(EFI);
        }
        Layout::Appended => {
            fs::copy(&efi, &inside).unwrap();
            arguments.extend(appended);
            arguments.extend(APPENDED_EFI);
        }
        Layout::Hybrid => {
            fs::copy(&efi, &inside).unwrap();
            arguments.extend(ISOLINUX);
            arguments.extend(MBR);
            arguments.push("-eltorito-alt-boot");
            arguments.extend(EFI);
            arguments.push("-isohybrid-gpt-basdat");
        }
        Layout::HybridAppended => {
            arguments.extend(ISOLINUX);
            arguments.extend(appended);
            arguments.push("-eltorito-alt-boot");
            arguments.extend(APPENDED_EFI);
        }
    }
    arguments.push(text(&tree));
    run("xorriso", &arguments);
    run("implantisomd5", &["-f", text(&iso)]);
    iso
}

/// The base ISO of a layout.
pub fn base(folder: &Path, layout: Layout) -> PathBuf {
    tree(folder, layout, &vec![0x6b; 50_000], &vec![0x69; 70_000]);
    burn(folder, layout)
}

/// An OCI directory with one image of `layer` bytes; gives its manifest's digest.
pub fn oci_dir(folder: &Path, machine: &str, layer: usize) -> String {
    let architecture = if machine == "aarch64" {
        "arm64"
    } else {
        "amd64"
    };
    let blob = |bytes: &[u8]| {
        let path = folder.join("new-blob");
        fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
        fs::write(&path, bytes).unwrap();
        let sum = run("sha256sum", &[text(&path)])[..64].to_owned();
        fs::rename(path, folder.join("blobs/sha256").join(&sum)).unwrap();
        (format!("sha256:{sum}"), bytes.len())
    };
    let (layer, layer_size) = blob(&noise(layer));
    let config = json!({"architecture": architecture, "os": "linux",
        "config": {"Labels": {"org.opencontainers.image.version": "9.6.1"}},
        "rootfs": {"type": "layers", "diff_ids": [layer]}});
    let (config, config_size) = blob(config.to_string().as_bytes());
    let manifest = json!({"schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": config, "size": config_size},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": layer, "size": layer_size}]});
    let (digest, size) = blob(manifest.to_string().as_bytes());
    let index = json!({"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": digest, "size": size,
        "annotations": {"org.opencontainers.image.ref.name": "latest"}}]});
    fs::write(folder.join("index.json"), index.to_string()).unwrap();
    fs::write(
        folder.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )
    .unwrap();
    digest
}

/// Bytes that no compressor makes smaller, the same each time.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
