//! A machine in QEMU's software emulation that boots a remastered ISO by the ISO's own boot records,
//! with a kernel of Debian's. The system in it tells its command line over the serial line and looks
//! for the kickstart and the image on the medium.

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

/// On a machine that does other things too.
const DEADLINE: Duration = Duration::from_secs(300);

/// What reads the medium: drivers of QEMU's disks, the CD, and the file system.
const MODULES: [&str; 7] = [
    "ata_piix",
    "sd_mod",
    "sr_mod",
    "virtio_pci",
    "virtio_blk",
    "virtio_scsi",
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

/// What an installer's system is made of: of this machine, or out of Debian's packages.
pub struct Kernel {
    image: PathBuf,
    modules: PathBuf,
    /// For the same architecture, and static.
    busybox: PathBuf,
}

impl Kernel {
    /// The newest below a folder whose version ends so.
    pub fn in_tree(root: &Path, ends: &str, busybox: PathBuf) -> Option<Self> {
        let entries = fs::read_dir(root.join("boot")).ok()?;
        let version = |name: &str| Some(name.strip_prefix("vmlinuz-")?.to_owned());
        let newest = entries
            .filter_map(|entry| version(entry.ok()?.file_name().to_str()?))
            .filter(|version| version.ends_with(ends))
            .max()?;
        // Newer Debians have no /lib of its own.
        let modules = ["lib/modules", "usr/lib/modules"]
            .map(|folder| root.join(folder).join(&newest).join("kernel"))
            .into_iter()
            .find(|folder| folder.is_dir())?;
        Some(Self {
            image: root.join("boot").join(format!("vmlinuz-{newest}")),
            modules,
            busybox,
        })
    }

    /// A small system that looks at its medium and switches itself off.
    fn initramfs(&self, folder: &Path) -> Vec<u8> {
        let root = folder.join("initramfs");
        for name in ["bin", "modules"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        fs::copy(&self.busybox, root.join("bin/busybox")).unwrap();
        fs::write(root.join("init"), INIT).unwrap();
        fs::set_permissions(root.join("init"), fs::Permissions::from_mode(0o755)).unwrap();
        let (mut files, mut order) = (Vec::new(), Vec::new());
        module_files(&self.modules, &mut files);
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

/// An installer ISO of a layout that really boots: remastered, on its bench. Under UEFI `loader`
/// writes what the firmware starts.
pub async fn bootable(
    layout: Layout,
    kernel: &Kernel,
    console: &str,
    loader: Option<&dyn Fn(&Path)>,
) -> Bench {
    let mut bench = Bench::new(layout);
    let folder = bench.dir.path().to_owned();
    let initrd = kernel.initramfs(&folder);
    fs::remove_dir_all(folder.join("tree")).unwrap();
    fs::remove_file(folder.join("efiboot.img")).unwrap();
    anaconda::tree(&folder, layout, &fs::read(&kernel.image).unwrap(), &initrd);
    if let Some(loader) = loader {
        loader(&folder.join("loader.efi"));
    }
    anaconda::burn(&folder, layout);
    bench.plan.kargs.push(format!("console={console}"));
    bench.build().await.unwrap();
    bench
}

/// GRUB as installers have it: it looks for `/EFI/BOOT/grub.cfg` where it was itself loaded from.
/// `target` is GRUB's word for the machine, `modules` the folder of its modules.
pub fn grub(target: &str, modules: &Path, to: &Path) {
    let names = "part_gpt part_msdos fat iso9660 normal linux search search_label configfile test \
                 echo all_video gzio halt reboot";
    let mut words = vec!["-O", target, "-d", text(modules), "-p", "/EFI/BOOT", "-o"];
    words.push(text(to));
    words.extend(names.split_whitespace());
    run("grub-mkimage", &words);
}

/// The firmware's code and its variables to begin with, wherever a distribution has them.
pub fn firmware(places: &[(&'static str, &'static str)]) -> Option<Firmware> {
    let mut all = places.iter();
    all.find(|(code, vars)| Path::new(code).exists() && Path::new(vars).exists())
        .map(|&(code, vars)| Firmware { code, vars })
}

#[derive(Clone, Copy)]
pub struct Firmware {
    code: &'static str,
    vars: &'static str,
}

impl Firmware {
    /// QEMU's words for it. The firmware writes what it booted into its variables: a copy of its own.
    pub fn words(self, folder: &Path) -> [String; 4] {
        let own = folder.join("vars.fd");
        fs::copy(self.vars, &own).unwrap();
        let flash = "if=pflash,format=raw";
        [
            "-drive".into(),
            format!("{flash},readonly=on,file={}", self.code),
            "-drive".into(),
            format!("{flash},file={}", text(&own)),
        ]
    }
}

/// What QEMU emulates.
pub struct Emulator {
    pub program: &'static str,
    pub machine: &'static [&'static str],
}

struct Machine(Child);

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Emulator {
    /// What the machine says until it has seen its medium.
    pub fn boot(&self, iso: &Path, words: &[impl AsRef<str>]) -> String {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let serial = iso.with_extension("serial");
        // Of an earlier boot.
        let _ = fs::remove_file(&serial);
        let log = format!("file:{}", text(&serial));
        let child = Command::new(self.program)
            .args(["-accel", "tcg", "-m", "512", "-display", "none"])
            .args(["-no-reboot", "-nodefaults"])
            .args(["-serial", &log, "-monitor", "none"])
            .args(self.machine)
            .args(&words)
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
                let from = said.char_indices().rev().nth(3000).map_or(0, |(at, _)| at);
                panic!(
                    "it did not get that far ({words:?}); {errors}\n{}",
                    &said[from..]
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Says what was left out, and fails where nothing may be.
pub fn skipped(missing: &str) {
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    left_out(missing);
}

/// Says what was left out.
pub fn left_out(why: &str) {
    #[expect(
        clippy::print_stderr,
        reason = "whoever runs the tests should see what was left out"
    )]
    {
        eprintln!("skipped: {why}");
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
