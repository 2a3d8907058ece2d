//! The boot menus inside an EFI FAT image, by mtools: no root, no loop device. Blocking.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::bootcfg::Dialect;

/// A failed call of mtools, in its own words.
fn run(program: &str, arguments: &[&str], files: &[&Path]) -> io::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .args(files)
        .env("LC_ALL", "C")
        // Dates in the image come from here, so that the same inputs give the same bytes.
        .env("SOURCE_DATE_EPOCH", super::EPOCH.to_string())
        .env("MTOOLS_SKIP_CHECK", "1")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                io::Error::new(error.kind(), format!("{program} is not installed"))
            }
            _ => error,
        })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = said.lines().find(|line| !line.trim().is_empty());
    let reason = reason.unwrap_or("no reason given");
    Err(io::Error::other(format!("{program}: {reason}")))
}

fn text(path: &Path) -> io::Result<&str> {
    path.to_str()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a path that is no UTF-8"))
}

/// The boot menus of the image: path in it, and dialect.
pub fn menus(image: &Path) -> io::Result<Vec<(String, Dialect)>> {
    Ok(files(image)?
        .into_iter()
        .filter_map(|path| {
            let dialect = Dialect::of(&path)?;
            Some((path, dialect))
        })
        .collect())
}

/// Every file of the image, in order of its path.
fn files(image: &Path) -> io::Result<Vec<String>> {
    let listed = run("mdir", &["-/", "-b", "-i", text(image)?, "::"], &[])?;
    let mut all: Vec<String> = listed
        .lines()
        .map(|line| line.trim_start_matches(':').trim_end().to_owned())
        .filter(|path| !path.is_empty() && !path.ends_with('/'))
        .collect();
    all.sort();
    Ok(all)
}

/// The content of a file of the image.
pub fn read(image: &Path, path: &str) -> io::Result<String> {
    run("mtype", &["-i", text(image)?, &format!("::{path}")], &[])
}

/// Puts a file over the one in the image. Where the image is too small for it, a larger one with
/// the same files takes its place.
pub fn replace(image: &Path, path: &str, content: &Path) -> io::Result<()> {
    let target = format!("::{path}");
    let copied = copy_into(image, content, &target);
    match copied {
        Err(error) if error.to_string().contains("full") => {
            // mcopy has taken the old file away by now.
            enlarge(image, path, std::fs::metadata(content)?.len())?;
            copy_into(image, content, &target)
        }
        other => other,
    }
}

fn copy_into(image: &Path, content: &Path, target: &str) -> io::Result<()> {
    let arguments = ["-D", "o", "-i", text(image)?, text(content)?, target];
    run("mcopy", &arguments, &[]).map(drop)
}

/// The same files, and the folders for one more, in an image of a MiB more than that one needs; made
/// in the same order each time.
fn enlarge(image: &Path, one_more: &str, its_size: u64) -> io::Result<()> {
    let larger = image.with_extension("larger");
    let kib = (std::fs::metadata(image)?.len() + its_size).div_ceil(1024) + 1024;
    let _ = std::fs::remove_file(&larger);
    run(
        "mkfs.fat",
        &[
            "--invariant",
            "-n",
            "ANACONDA",
            "-C",
            text(&larger)?,
            &kib.to_string(),
        ],
        &[],
    )?;
    let folder = image.with_extension("files");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder)?;
    let mut made: Vec<String> = Vec::new();
    let mut folders = |path: &str| -> io::Result<()> {
        for folder in parents(path) {
            if !made.contains(&folder) {
                run("mmd", &["-i", text(&larger)?, &format!("::{folder}")], &[])?;
                made.push(folder);
            }
        }
        Ok(())
    };
    folders(one_more)?;
    for (number, path) in files(image)?.iter().enumerate() {
        let content: PathBuf = folder.join(number.to_string());
        let from = format!("::{path}");
        run("mcopy", &["-i", text(image)?, &from, text(&content)?], &[])?;
        folders(path)?;
        copy_into(&larger, &content, &from)?;
    }
    std::fs::remove_dir_all(&folder)?;
    std::fs::rename(&larger, image)
}

/// `/EFI/BOOT/grub.cfg` → `/EFI`, `/EFI/BOOT`.
fn parents(path: &str) -> Vec<String> {
    let cuts = path.char_indices().filter(|(at, c)| *c == '/' && *at > 0);
    cuts.map(|(at, _)| path[..at].to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(folder: &Path) -> PathBuf {
        let image = folder.join("efi.img");
        let loader = folder.join("loader");
        std::fs::write(&loader, vec![7; 200_000]).unwrap();
        let arguments = ["--invariant", "-C", text(&image).unwrap(), "256"];
        run("mkfs.fat", &arguments, &[]).expect("this test needs dosfstools");
        for name in ["::/EFI", "::/EFI/BOOT", "::/EFI/other"] {
            run("mmd", &["-i", text(&image).unwrap(), name], &[]).expect("this test needs mtools");
        }
        copy_into(&image, &loader, "::/EFI/BOOT/BOOTAA64.EFI").unwrap();
        let menu = folder.join("menu");
        std::fs::write(&menu, "set default=1\n").unwrap();
        copy_into(&image, &menu, "::/EFI/other/grub.cfg").unwrap();
        image
    }

    #[test]
    fn a_menu_that_grows_out_of_its_image_gets_a_larger_one_with_the_same_files() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let made = folders.each_ref().map(|folder| {
            let image = image(folder.path());
            let larger = folder.path().join("larger-menu");
            std::fs::write(&larger, "x\n".repeat(40_000)).unwrap();
            replace(&image, "/EFI/other/grub.cfg", &larger).unwrap();
            assert_eq!(
                files(&image).unwrap(),
                ["/EFI/BOOT/BOOTAA64.EFI", "/EFI/other/grub.cfg"]
            );
            assert_eq!(read(&image, "/EFI/other/grub.cfg").unwrap().len(), 80_000);
            std::fs::read(image).unwrap()
        });
        assert!(made[0] == made[1], "the same inputs give the same bytes");
    }

    #[test]
    fn a_menu_that_fits_is_replaced_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let image = image(folder.path());
        let size = std::fs::metadata(&image).unwrap().len();
        let menu = folder.path().join("menu");
        std::fs::write(&menu, "set default=0\n").unwrap();
        replace(&image, "/EFI/other/grub.cfg", &menu).unwrap();
        assert_eq!(
            read(&image, "/EFI/other/grub.cfg").unwrap(),
            "set default=0\n"
        );
        assert_eq!(std::fs::metadata(&image).unwrap().len(), size);
        assert_eq!(
            menus(&image).unwrap(),
            [("/EFI/other/grub.cfg".to_owned(), Dialect::Grub)]
        );
    }
}
