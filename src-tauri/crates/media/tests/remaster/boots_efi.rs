//! A remastered ISO boots under UEFI: OVMF in QEMU's software emulation, GRUB from Debian as the
//! installer's loader, as a CD (where GRUB reads the menu of the tree) and as a disk (where it reads
//! the one in the EFI image), in both layouts of x86_64.

use std::{fs, path::Path, process::Command};

use crate::{
    anaconda::{self, Layout, run, text},
    bench::Bench,
    boots::{boot, booted_as_planned, initramfs, kernel_or_skip, skipped},
};

const MODULES: &str = "/usr/lib/grub/x86_64-efi";

/// Where Debian and Fedora have OVMF: its code, and the variables to begin with.
const FIRMWARE: [(&str, &str); 3] = [
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

fn firmware() -> Option<(&'static Path, &'static Path)> {
    let mut all = FIRMWARE
        .iter()
        .map(|(code, vars)| (Path::new(*code), Path::new(*vars)));
    let found = all.find(|(code, vars)| code.exists() && vars.exists());
    let grub = Command::new("grub-mkimage").arg("--version").output();
    let missing = if found.is_none() {
        "OVMF is not installed"
    } else if grub.is_err() || !Path::new(MODULES).exists() {
        "grub-mkimage or GRUB's modules for x86_64-efi are not installed"
    } else {
        return found;
    };
    skipped(missing);
    None
}

/// GRUB as installers have it: it looks for `/EFI/BOOT/grub.cfg` where it was itself loaded from.
fn loader(to: &Path) {
    let modules = "part_gpt part_msdos fat iso9660 normal linux search search_label configfile test \
                   echo all_video gzio halt reboot";
    let mut words = vec!["-O", "x86_64-efi", "-p", "/EFI/BOOT", "-o", text(to)];
    words.extend(modules.split_whitespace());
    run("grub-mkimage", &words);
}

#[tokio::test]
async fn the_x86_64_iso_boots_under_uefi_as_a_cd_and_as_a_disk() {
    let Some((code, vars)) = firmware() else {
        return;
    };
    let Some(kernel) = kernel_or_skip() else {
        return;
    };
    for layout in [Layout::Hybrid, Layout::HybridAppended] {
        let mut bench = Bench::new(layout);
        let folder = bench.dir.path().to_owned();
        let initrd = initramfs(&folder, &kernel);
        fs::remove_dir_all(folder.join("tree")).unwrap();
        fs::remove_file(folder.join("efiboot.img")).unwrap();
        anaconda::tree(&folder, layout, &fs::read(&kernel.image).unwrap(), &initrd);
        loader(&folder.join("loader.efi"));
        anaconda::burn(&folder, layout);
        bench.plan.kargs.push("console=ttyS0".into());
        bench.build().await.unwrap();
        let iso = bench.output();
        let code = format!("if=pflash,format=raw,readonly=on,file={}", text(code));
        let cd = format!(
            "file={},format=raw,if=ide,index=0,media=cdrom,readonly=on",
            text(&iso)
        );
        let disk = format!("file={},format=raw,if=ide,index=0,snapshot=on", text(&iso));
        for (drive, device) in [(cd, "/dev/sr0"), (disk, "/dev/sda")] {
            // The firmware writes into it what it booted.
            let own = folder.join("vars.fd");
            fs::copy(vars, &own).unwrap();
            let own = format!("if=pflash,format=raw,file={}", text(&own));
            let said = boot(&iso, &["-drive", &code, "-drive", &own, "-drive", &drive]);
            booted_as_planned(&said, &bench, device);
        }
    }
}
