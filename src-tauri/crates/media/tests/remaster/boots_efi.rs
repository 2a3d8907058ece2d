//! A remastered x86_64 ISO boots under UEFI: OVMF in QEMU's software emulation, GRUB from Debian as
//! the installer's loader, as a CD (where GRUB reads the menu of the tree) and as a disk (where it
//! reads the one in the EFI image), in both layouts.

use std::{path::Path, process::Command};

use crate::{
    anaconda::{Layout, text},
    boots::{X86_64, kernel_or_skip},
    machine::{Firmware, bootable, booted_as_planned, firmware, grub, skipped},
};

const MODULES: &str = "/usr/lib/grub/x86_64-efi";

/// Where Debian and Fedora have OVMF.
const OVMF: [(&str, &str); 3] = [
    (
        "/usr/share/OVMF/OVMF_CODE_4M.fd",
        "/usr/share/OVMF/OVMF_VARS_4M.fd",
    ),
    (
        "/usr/share/OVMF/OVMF_CODE.fd",
        "/usr/share/OVMF/OVMF_VARS.fd",
    ),
    (
        "/usr/share/edk2/ovmf/OVMF_CODE.fd",
        "/usr/share/edk2/ovmf/OVMF_VARS.fd",
    ),
];

fn firmware_or_skip() -> Option<Firmware> {
    let found = firmware(&OVMF);
    let mkimage = Command::new("grub-mkimage").arg("--version").output();
    let missing = if found.is_none() {
        "OVMF is not installed"
    } else if mkimage.is_err() || !Path::new(MODULES).exists() {
        "grub-mkimage or GRUB's modules for x86_64-efi are not installed"
    } else {
        return found;
    };
    skipped(missing);
    None
}

#[tokio::test]
async fn the_x86_64_iso_boots_under_uefi_as_a_cd_and_as_a_disk() {
    let Some(firmware) = firmware_or_skip() else {
        return;
    };
    let Some(kernel) = kernel_or_skip() else {
        return;
    };
    let loader = |to: &Path| grub("x86_64-efi", Path::new(MODULES), to);
    for layout in [Layout::Hybrid, Layout::HybridAppended] {
        let bench = bootable(layout, &kernel, "ttyS0", Some(&loader)).await;
        let iso = bench.output();
        let file = format!("file={},format=raw,if=ide,index=0", text(&iso));
        let cd = format!("{file},media=cdrom,readonly=on");
        let disk = format!("{file},snapshot=on");
        for (drive, device) in [(cd, "/dev/sr0"), (disk, "/dev/sda")] {
            let mut words = firmware.words(bench.dir.path()).to_vec();
            words.extend(["-drive".into(), drive]);
            let said = X86_64.boot(&iso, &words);
            booted_as_planned(&said, &bench, device);
        }
    }
}
