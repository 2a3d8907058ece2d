//! A remastered x86_64 ISO boots by its BIOS records, once as a CD and once as a disk.

use std::{path::Path, process::Command};

use crate::{
    anaconda::{Layout, text},
    debian,
    machine::{Emulator, Kernel, bootable, booted_as_planned, skipped},
};

pub const X86_64: Emulator = Emulator {
    program: "qemu-system-x86_64",
    machine: &[],
};

/// `Err` says what is missing.
fn kernel() -> Result<Kernel, String> {
    for program in [X86_64.program, "cpio", "busybox"] {
        let found = Command::new(program).arg("--help").output();
        found.map_err(|_| format!("{program} is not installed"))?;
    }
    let busybox = ["/bin/busybox", "/usr/bin/busybox"]
        .map(Path::new)
        .into_iter()
        .find(|path| path.is_file())
        .ok_or("busybox is not where it usually is")?;
    let kernel_in = |root: &Path| Kernel::in_tree(root, "amd64", busybox.to_owned());
    if let Some(kernel) = kernel_in(Path::new("/")) {
        return Ok(kernel);
    }
    let tree = debian::kept("debian-amd64-kernel", |folder| {
        let mut depends = Command::new("apt-cache");
        let shown = debian::told(depends.args(["depends", "linux-image-amd64"]))?;
        let package = debian::kernel_of(&shown).ok_or("apt knows no kernel")?;
        let mut download = Command::new("apt-get");
        let download = download.args(["download", &package]);
        debian::told(download.current_dir(folder)).map(drop)
    })?;
    kernel_in(&tree).ok_or_else(|| format!("{} holds no kernel", tree.display()))
}

/// Without a kernel there is nothing to boot; in CI there must be one.
pub fn kernel_or_skip() -> Option<Kernel> {
    match kernel() {
        Ok(kernel) => Some(kernel),
        Err(missing) => {
            skipped(&missing);
            None
        }
    }
}

#[tokio::test]
async fn the_x86_64_iso_boots_as_a_cd_and_as_a_disk() {
    let Some(kernel) = kernel_or_skip() else {
        return;
    };
    let bench = bootable(Layout::Hybrid, &kernel, "ttyS0", None).await;
    let iso = bench.output();
    let file = format!("file={},format=raw,if=ide,index=0", text(&iso));
    let cd = format!("{file},media=cdrom,readonly=on");
    let disk = format!("{file},snapshot=on");
    for (drive, order, device) in [(cd, "d", "/dev/sr0"), (disk, "c", "/dev/sda")] {
        let said = X86_64.boot(&iso, &["-drive", &drive, "-boot", order]);
        booted_as_planned(&said, &bench, device);
    }
}
