//! A remastered aarch64 ISO, as an IPU gets it, boots under UEFI: AAVMF in QEMU's software
//! emulation, with GRUB, kernel and busybox out of Debian's packages for aarch64, whatever machine
//! this is. As a CD and as a disk, in both layouts.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::{
    anaconda::{Layout, text},
    debian,
    machine::{
        Emulator, Firmware, Kernel, bootable, booted_as_planned, firmware, grub, left_out, skipped,
    },
};

const AARCH64: Emulator = Emulator {
    program: "qemu-system-aarch64",
    machine: &["-machine", "virt", "-cpu", "cortex-a57"],
};

/// Where Debian and Fedora have UEFI for QEMU's `virt`.
const AAVMF: [(&str, &str); 2] = [
    (
        "/usr/share/AAVMF/AAVMF_CODE.fd",
        "/usr/share/AAVMF/AAVMF_VARS.fd",
    ),
    (
        "/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw",
        "/usr/share/edk2/aarch64/vars-template-pflash.raw",
    ),
];

struct Parts {
    kernel: Kernel,
    grub: PathBuf,
    firmware: Firmware,
}

/// Fetched once, however many tests want it. `None`, and said, where it can't be had.
fn parts() -> Option<&'static Parts> {
    static PARTS: OnceLock<Option<Parts>> = OnceLock::new();
    PARTS
        .get_or_init(|| {
            let Some(debian) = debian::Debian::here() else {
                left_out("packages for aarch64 are fetched on Debian only");
                return None;
            };
            collect(&debian).map_err(|missing| skipped(&missing)).ok()
        })
        .as_ref()
}

/// `Err` says what is missing.
fn collect(debian: &debian::Debian) -> Result<Parts, String> {
    for program in [AARCH64.program, "grub-mkimage", "cpio"] {
        let found = Command::new(program).arg("--version").output();
        found.map_err(|_| format!("{program} is not installed"))?;
    }
    let firmware = firmware(&AAVMF).ok_or("qemu-efi-aarch64 is not installed")?;
    let tree = debian.for_aarch64()?;
    let busybox = ["bin/busybox", "usr/bin/busybox"]
        .map(|path| tree.join(path))
        .into_iter()
        .find(|path| path.is_file());
    let kernel = busybox.and_then(|busybox| Kernel::in_tree(&tree, "arm64", busybox));
    Ok(Parts {
        kernel: kernel.ok_or_else(|| format!("{} holds no kernel", tree.display()))?,
        grub: tree.join("usr/lib/grub/arm64-efi"),
        firmware,
    })
}

async fn boots_as_a_cd_and_as_a_disk(layout: Layout) {
    let Some(parts) = parts() else {
        return;
    };
    let loader = |to: &Path| grub("arm64-efi", &parts.grub, to);
    let bench = bootable(layout, &parts.kernel, "ttyAMA0", Some(&loader)).await;
    let iso = bench.output();
    let file = format!("if=none,id=medium,format=raw,file={}", text(&iso));
    let cd = [
        "-device",
        "virtio-scsi-pci",
        "-device",
        "scsi-cd,drive=medium,bootindex=0",
        "-drive",
        &format!("{file},media=cdrom,readonly=on"),
    ]
    .map(str::to_owned)
    .to_vec();
    let disk = [
        "-device",
        "virtio-blk-pci,drive=medium,bootindex=0",
        "-drive",
        &format!("{file},snapshot=on"),
    ]
    .map(str::to_owned)
    .to_vec();
    for (medium, device) in [(cd, "/dev/sr0"), (disk, "/dev/vda")] {
        let mut words = parts.firmware.words(bench.dir.path()).to_vec();
        words.extend(medium);
        let said = AARCH64.boot(&iso, &words);
        booted_as_planned(&said, &bench, device);
    }
}

#[tokio::test]
async fn the_aarch64_iso_with_an_efi_image_on_it_boots_as_a_cd_and_as_a_disk() {
    boots_as_a_cd_and_as_a_disk(Layout::EfiFile).await;
}

#[tokio::test]
async fn the_aarch64_iso_with_an_appended_efi_partition_boots_as_a_cd_and_as_a_disk() {
    boots_as_a_cd_and_as_a_disk(Layout::Appended).await;
}
