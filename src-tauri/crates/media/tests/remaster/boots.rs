//! A remastered ISO boots: in QEMU's software emulation, by its own boot records, with a Debian
//! kernel, once as a CD and once as a disk. The system in it tells its command line over the serial
//! line and looks for the kickstart and the image on the medium.

use std::{
    fs,
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    anaconda::{self, Layout, run, text},
    bench::Bench,
};

const DEADLINE: Duration = Duration::from_secs(180);

/// What reads the medium: drivers of QEMU's disks, the CD, and the file system.
const MODULES: [&str; 6] = [
    "ata_piix",
    "sd_mod",
    "sr_mod",
    "virtio_pci",
    "virtio_blk",
    "isofs",
];

const INIT: &str = r#"#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /mnt
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /modules/order); do /bin/busybox insmod /modules/$module; done
echo "SLIPWAY-CMDLINE $(/bin/busybox cat /proc/cmdline)"
tries=0
while [ $tries -lt 300 ]; do
    for device in /dev/sr0 /dev/sda /dev/vda; do
        if [ -b $device ] && /bin/busybox mount -t iso9660 -o ro $device /mnt 2>/dev/null; then
            [ -s /mnt/slipway.ks ] && echo "SLIPWAY-KICKSTART on $device"
            [ -s /mnt/container/index.json ] && echo "SLIPWAY-CONTAINER on $device"
            echo SLIPWAY-END
            /bin/busybox poweroff -f
        fi
    done
    tries=$((tries + 1))
    /bin/busybox sleep 0.1
done
echo SLIPWAY-NO-MEDIUM
/bin/busybox poweroff -f
"#;

/// A kernel and its modules: those of this machine, or Debian's package, unpacked.
pub struct Kernel {
    pub image: PathBuf,
    modules: PathBuf,
}

/// `Err` says what is missing.
fn kernel() -> Result<Kernel, String> {
    for program in ["qemu-system-x86_64", "cpio", "busybox"] {
        let found = Command::new(program).arg("--help").output();
        found.map_err(|_| format!("{program} is not installed"))?;
    }
    if let Some(kernel) = kernel_in(Path::new("/")) {
        return Ok(kernel);
    }
    // Fetched once: it has 70 MB.
    let cache = std::env::temp_dir().join("slipway-test-kernel");
    if let Some(kernel) = kernel_in(&cache) {
        return Ok(kernel);
    }
    let unpacking = tempfile::tempdir().map_err(|e| e.to_string())?;
    let shown = run("apt-cache", &["depends", "linux-image-amd64"]);
    let package = shown
        .lines()
        .find_map(|line| line.trim().strip_prefix("Depends: linux-image-"))
        .ok_or("apt knows no kernel")?;
    let fetched = Command::new("apt-get")
        .args(["download", &format!("linux-image-{package}")])
        .current_dir(unpacking.path())
        .output()
        .map_err(|e| e.to_string())?;
    if !fetched.status.success() {
        return Err(format!(
            "no kernel could be fetched: {}",
            String::from_utf8_lossy(&fetched.stderr)
        ));
    }
    let deb = fs::read_dir(unpacking.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let tree = unpacking.path().join("tree");
    run("dpkg-deb", &["-x", text(&deb), text(&tree)]);
    // Another test may have been quicker.
    if fs::rename(&tree, &cache).is_err() {
        run("cp", &["-a", text(&tree), text(&cache)]);
    }
    kernel_in(&cache).ok_or_else(|| "the package holds no kernel".into())
}

fn kernel_in(root: &Path) -> Option<Kernel> {
    let entries = fs::read_dir(root.join("boot")).ok()?;
    let mut versions: Vec<String> = entries
        .filter_map(|entry| {
            Some(
                entry
                    .ok()?
                    .file_name()
                    .to_str()?
                    .strip_prefix("vmlinuz-")?
                    .to_owned(),
            )
        })
        .filter(|version| version.ends_with("amd64"))
        .collect();
    versions.sort();
    let version = versions.pop()?;
    let modules = root.join("lib/modules").join(&version);
    modules.join("kernel").is_dir().then_some(Kernel {
        image: root.join("boot").join(format!("vmlinuz-{version}")),
        modules,
    })
}

fn module_files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            module_files(&path, all);
        } else {
            all.push(path);
        }
    }
}

/// A module and what it needs, what is needed first.
fn with_needs(name: &str, files: &[PathBuf], order: &mut Vec<PathBuf>) {
    let name = name.replace('-', "_");
    let is = |path: &&PathBuf| {
        let stem = path.file_name().unwrap().to_str().unwrap();
        stem.split('.').next().unwrap().replace('-', "_") == name
    };
    // What is not there is built into the kernel.
    let Some(file) = files.iter().find(is) else {
        return;
    };
    if order.contains(file) {
        return;
    }
    let needs = run("modinfo", &["-F", "depends", text(file)]);
    for need in needs.trim().split(',').filter(|need| !need.is_empty()) {
        with_needs(need, files, order);
    }
    order.push(file.clone());
}

pub fn initramfs(folder: &Path, kernel: &Kernel) -> Vec<u8> {
    let root = folder.join("initramfs");
    for name in ["bin", "modules"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    let busybox = ["/bin/busybox", "/usr/bin/busybox"]
        .into_iter()
        .find(|path| Path::new(path).is_file());
    fs::copy(busybox.unwrap(), root.join("bin/busybox")).unwrap();
    fs::write(root.join("init"), INIT).unwrap();
    fs::set_permissions(root.join("init"), fs::Permissions::from_mode(0o755)).unwrap();
    let (mut files, mut order) = (Vec::new(), Vec::new());
    module_files(&kernel.modules.join("kernel"), &mut files);
    for name in MODULES {
        with_needs(name, &files, &mut order);
    }
    let mut names = Vec::new();
    for file in &order {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        fs::copy(file, root.join("modules").join(&name)).unwrap();
        names.push(name);
    }
    fs::write(root.join("modules/order"), names.join("\n")).unwrap();
    let archive = folder.join("initrd.img");
    let packed = Command::new("sh")
        .args([
            "-c",
            "cd \"$1\" && find . | cpio -o -H newc --quiet > \"$2\"",
            "sh",
        ])
        .args([&root, &archive])
        .status()
        .unwrap();
    assert!(packed.success());
    fs::read(archive).unwrap()
}

struct Machine(Child);

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the machine says until it switches itself off.
pub fn boot(iso: &Path, as_what: &[&str]) -> String {
    let serial = iso.with_extension("serial");
    // Of an earlier boot.
    let _ = fs::remove_file(&serial);
    let log = format!("file:{}", text(&serial));
    let child = Command::new("qemu-system-x86_64")
        .args([
            "-accel",
            "tcg",
            "-m",
            "512",
            "-display",
            "none",
            "-no-reboot",
            "-nodefaults",
        ])
        .args(["-serial", &log, "-monitor", "none"])
        .args(as_what)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut machine = Machine(child);
    let until = Instant::now() + DEADLINE;
    loop {
        let said = fs::read(&serial).unwrap_or_default();
        let said = String::from_utf8_lossy(&said).into_owned();
        let off = machine.0.try_wait().unwrap().is_some();
        if said.contains("SLIPWAY-END") {
            return said;
        }
        if off || Instant::now() > until {
            let mut errors = String::new();
            if off {
                let _ = machine.0.stderr.take().unwrap().read_to_string(&mut errors);
            }
            let tail: String = said
                .chars()
                .rev()
                .take(3000)
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .collect();
            panic!("it did not get that far ({as_what:?}); {errors}\n{tail}");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[tokio::test]
async fn the_x86_64_iso_boots_as_a_cd_and_as_a_disk() {
    let Some(kernel) = kernel_or_skip() else {
        return;
    };
    let mut bench = Bench::new(Layout::Hybrid);
    let folder = bench.dir.path().to_owned();
    let initrd = initramfs(&folder, &kernel);
    fs::remove_dir_all(folder.join("tree")).unwrap();
    fs::remove_file(folder.join("efiboot.img")).unwrap();
    anaconda::tree(
        &folder,
        Layout::Hybrid,
        &fs::read(&kernel.image).unwrap(),
        &initrd,
    );
    anaconda::burn(&folder, Layout::Hybrid);
    bench.plan.kargs.push("console=ttyS0".into());
    bench.build().await.unwrap();
    let iso = bench.output();
    let cd = format!(
        "file={},format=raw,if=ide,index=0,media=cdrom,readonly=on",
        text(&iso)
    );
    let disk = format!("file={},format=raw,if=ide,index=0,snapshot=on", text(&iso));
    for (drive, device) in [(cd, "/dev/sr0"), (disk, "/dev/sda")] {
        let said = boot(
            &iso,
            &[
                "-drive",
                &drive,
                "-boot",
                if device == "/dev/sr0" { "d" } else { "c" },
            ],
        );
        booted_as_planned(&said, &bench, device);
    }
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

/// Says what was left out, and fails where nothing may be.
pub fn skipped(missing: &str) {
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    #[expect(
        clippy::print_stderr,
        reason = "whoever runs the tests should see what was left out"
    )]
    {
        eprintln!("skipped: {missing}");
    }
}

/// The command line, the kickstart and the image, as the booted system saw them.
pub fn booted_as_planned(said: &str, bench: &Bench, device: &str) {
    let line = said
        .lines()
        .find(|line| line.contains("SLIPWAY-CMDLINE"))
        .unwrap();
    for argument in &bench.plan.kargs {
        assert!(line.contains(argument.as_str()), "{line}");
    }
    assert!(
        line.contains("inst.ks=hd:LABEL=RHEL-9-6-0-BaseOS:/slipway.ks"),
        "{line}"
    );
    assert!(
        !line.contains("rd.live.check"),
        "the installing entry is the default: {line}"
    );
    for seen in ["SLIPWAY-KICKSTART", "SLIPWAY-CONTAINER"] {
        assert!(said.contains(&format!("{seen} on {device}")), "{said}");
    }
}
