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
            enlarge(image)?;
            copy_into(image, content, &target)
        }
        other => other,
    }
}

fn copy_into(image: &Path, content: &Path, target: &str) -> io::Result<()> {
    let arguments = ["-D", "o", "-i", text(image)?, text(content)?, target];
    run("mcopy", &arguments, &[]).map(drop)
}

/// The same files in an image of a MiB more, made in the same order each time.
fn enlarge(image: &Path) -> io::Result<()> {
    let larger = image.with_extension("larger");
    let kib = std::fs::metadata(image)?.len().div_ceil(1024) + 1024;
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
    let mut made = Vec::new();
    for (number, path) in files(image)?.iter().enumerate() {
        let content: PathBuf = folder.join(number.to_string());
        let from = format!("::{path}");
        run("mcopy", &["-i", text(image)?, &from, text(&content)?], &[])?;
        for folder in parents(path) {
            if !made.contains(&folder) {
                run("mmd", &["-i", text(&larger)?, &format!("::{folder}")], &[])?;
                made.push(folder);
            }
        }
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
