//! Every layout: boot records kept, arguments in all copies, the media check content, the bytes the
//! same each time.

use std::{fs, path::Path};

use slipway_core::{iso::IsoVerdict, kickstart::empty_area};
use slipway_media::{inspect, verify};

use crate::{
    anaconda::{Layout, run, text},
    bench::Bench,
};

fn boot_records(iso: &Path) -> Vec<String> {
    let report = run(
        "xorriso",
        &[
            "-no_rc",
            "-report_about",
            "FAILURE",
            "-indev",
            text(iso),
            "-report_el_torito",
            "plain",
            "-report_system_area",
            "plain",
        ],
    );
    let kept = |line: &&str| {
        [
            "El Torito img path",
            "El Torito img opts",
            "System area summary",
            "GPT type GUID",
            "MBR partition path",
        ]
        .iter()
        .any(|what| line.starts_with(what))
    };
    let images = report
        .lines()
        .filter(|line| line.starts_with("El Torito boot img"));
    // Number, platform, bootable, emulation: what does not depend on where it lies.
    let images = images.map(|line| line[..52].to_owned());
    // A gap after the file system is a partition in some bases, and need not be in ours.
    let mut all: Vec<String> = images
        .chain(report.lines().filter(kept).map(str::to_owned))
        .collect();
    all.retain(|line| !line.starts_with("GPT type GUID      :   3"));
    all
}

fn on_iso(iso: &Path, path: &str) -> String {
    let to = iso.with_extension("extracted");
    let _ = fs::remove_file(&to);
    run(
        "xorriso",
        &[
            "-no_rc",
            "-report_about",
            "FAILURE",
            "-osirrox",
            "on",
            "-indev",
            text(iso),
            "-extract",
            path,
            text(&to),
        ],
    );
    let content = fs::read_to_string(&to).unwrap();
    fs::remove_file(&to).unwrap();
    content
}

/// The EFI image as the firmware finds it: by the partition where there is one.
fn efi_menu(iso: &Path, layout: Layout) -> String {
    let image = iso.with_extension("efi");
    match layout {
        Layout::EfiFile | Layout::Hybrid => {
            run(
                "xorriso",
                &[
                    "-no_rc",
                    "-report_about",
                    "FAILURE",
                    "-osirrox",
                    "on",
                    "-indev",
                    text(iso),
                    "-extract",
                    "/images/efiboot.img",
                    text(&image),
                ],
            );
        }
        Layout::Appended | Layout::HybridAppended => {
            let report = run(
                "xorriso",
                &[
                    "-no_rc",
                    "-report_about",
                    "FAILURE",
                    "-indev",
                    text(iso),
                    "-report_system_area",
                    "plain",
                ],
            );
            let line = report
                .lines()
                .find(|line| line.starts_with("GPT start and size :   2"))
                .unwrap();
            let numbers: Vec<usize> = line
                .split_whitespace()
                .filter_map(|word| word.parse().ok())
                .collect();
            let [_, start, size] = numbers[..] else {
                panic!("{line}")
            };
            let bytes = fs::read(iso).unwrap();
            fs::write(&image, &bytes[start * 512..(start + size) * 512]).unwrap();
        }
    }
    let menu = run("mtype", &["-i", text(&image), "::/EFI/BOOT/grub.cfg"]);
    fs::remove_file(image).unwrap();
    menu
}

#[tokio::test]
async fn every_layout_is_remastered_and_verified() {
    for layout in Layout::ALL {
        let bench = Bench::new(layout);
        let sha256 = bench
            .build()
            .await
            .unwrap_or_else(|e| panic!("{layout:?}: {e:?}"));
        let iso = bench.output();
        assert_eq!(
            bench.beside(),
            ["dpu-os.iso"],
            "{layout:?}: nothing else is left"
        );

        // By other programs than ours.
        assert_eq!(run("sha256sum", &[text(&iso)])[..64], sha256, "{layout:?}");
        run("checkisomd5", &[text(&iso)]);
        let base = bench.dir.path().join("base.iso");
        assert_eq!(boot_records(&iso), boot_records(&base), "{layout:?}");
        let mut menus = vec![on_iso(&iso, "/EFI/BOOT/grub.cfg"), efi_menu(&iso, layout)];
        if layout.machine() == "x86_64" {
            menus.push(on_iso(&iso, "/isolinux/isolinux.cfg"));
        }
        for menu in &menus {
            let kernels: Vec<&str> = menu
                .lines()
                .map(str::trim)
                .filter(|line| line.starts_with("linux ") || line.starts_with("append "))
                .collect();
            assert!(!kernels.is_empty());
            for line in kernels {
                for argument in &bench.plan.kargs {
                    assert_eq!(
                        line.matches(argument.as_str()).count(),
                        1,
                        "{layout:?}: {line}"
                    );
                }
                assert_eq!(line.matches("inst.ks=").count(), 1, "{layout:?}: {line}");
                assert!(line.contains("inst.ks=hd:LABEL=RHEL-9-6-0-BaseOS:/slipway.ks"));
                assert!(line.contains("inst.stage2=hd:LABEL=RHEL-9-6-0-BaseOS"));
                assert!(!line.contains("quiet"), "{layout:?}: {line}");
            }
        }
        assert!(menus[0].contains("set default=\"0\"") && menus[0].contains("\"opt=a b\""));
        assert_eq!(menus[0], menus[1], "{layout:?}: both copies say the same");
        assert_eq!(on_iso(&iso, "/slipway.ks"), Bench::kickstart().expose());
        assert_eq!(on_iso(&iso, "/slipway-card.ks").as_bytes(), empty_area());

        // By ours: what an import would know.
        let facts = inspect(&iso, |_, _| {}).await.unwrap();
        assert_eq!(facts.image_digest.unwrap().as_str(), bench.digest);
        assert_eq!(facts.architecture.as_deref(), Some(layout.machine()));
        assert_eq!(facts.kickstart.as_deref(), Some("/slipway.ks"));
        assert_eq!(facts.sha256, sha256);
        assert!(facts.area.is_some() && facts.bootable && !facts.contains_secrets);
        let area = facts.area.unwrap();
        let bytes = fs::read(&iso).unwrap();
        let at = usize::try_from(area.offset.0).unwrap();
        assert_eq!(bytes[at..at + empty_area().len()], empty_area());
    }
}

#[tokio::test]
async fn the_same_inputs_give_the_same_bytes() {
    for layout in Layout::ALL {
        let mut bench = Bench::new(layout);
        let first = bench.build().await.unwrap();
        // Another copy of the image, made in another order at another time: other inodes and dates.
        let copy = bench.dir.path().join("copy");
        let blobs = copy.join("blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        let from = bench.dir.path().join("oci");
        for name in ["oci-layout", "index.json"] {
            fs::copy(from.join(name), copy.join(name)).unwrap();
        }
        let mut names = crate::bench::listing(&from.join("blobs/sha256"));
        names.reverse();
        for name in names {
            fs::copy(from.join("blobs/sha256").join(&name), blobs.join(&name)).unwrap();
        }
        bench.plan.image = slipway_core::job::iso_build::IsoImage::OciDir {
            path: copy.display().to_string(),
        };
        bench.plan.overwrite = true;
        let second = bench.build().await.unwrap();
        assert_eq!(first, second, "{layout:?}");
    }
}

#[tokio::test]
async fn a_remastered_iso_can_be_remastered() {
    let mut bench = Bench::new(Layout::EfiFile);
    bench.build().await.unwrap();
    bench.plan.base = slipway_core::job::iso_build::IsoBase::File {
        path: bench.plan.output.clone(),
    };
    bench.plan.output = bench.dir.path().join("out/again.iso").display().to_string();
    bench.build().await.unwrap();
    let menu = on_iso(&bench.output(), "/EFI/BOOT/grub.cfg");
    assert_eq!(menu.matches("acpi=force").count(), 3, "{menu}");
}

#[tokio::test]
async fn what_was_changed_on_the_disk_is_found() {
    let bench = Bench::new(Layout::EfiFile);
    bench.build().await.unwrap();
    let iso = bench.output();
    let good = fs::read(&iso).unwrap();
    let named = |report: &slipway_media::IsoReport| {
        let bad = |check: &&slipway_core::iso::IsoCheck| check.verdict == IsoVerdict::Bad;
        report
            .checks
            .iter()
            .filter(bad)
            .map(|check| check.name.clone())
            .collect::<Vec<_>>()
    };
    assert!(named(&verify(&iso, |_, _| {}).await.unwrap()).is_empty());

    let mut bytes = good.clone();
    let at = find(&bytes, &[0x42; 64]).unwrap();
    bytes[at] ^= 1;
    fs::write(&iso, &bytes).unwrap();
    assert_eq!(
        named(&verify(&iso, |_, _| {}).await.unwrap()),
        ["Media check (md5)"]
    );

    let mut bytes = good.clone();
    let at = find(&bytes, b"acpi=force").unwrap();
    bytes[at] = b'x';
    fs::write(&iso, &bytes).unwrap();
    let names = named(&verify(&iso, |_, _| {}).await.unwrap());
    assert!(names.contains(&"Media check (md5)".to_owned()), "{names:?}");
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
