//! The build context, read for the lint: small texts and links, without what `.containerignore`
//! leaves out.

use std::{fs, io, path::Path};

use slipway_core::containerfile::{ContextFile, ContextFiles, ignored};

/// Larger files are not read: no rule looks at them.
const TEXT_LIMIT: u64 = 64 << 10;
/// A context with more files than this is not followed further.
const FILES_LIMIT: usize = 20_000;

/// Reads a folder. Links are not followed.
///
/// # Errors
/// The folder can't be read.
pub fn read_context(folder: &Path) -> io::Result<ContextFiles> {
    let ignore = [".containerignore", ".dockerignore"]
        .iter()
        .find_map(|name| fs::read_to_string(folder.join(name)).ok())
        .unwrap_or_default();
    let mut files = ContextFiles::new();
    let mut folders = vec![String::new()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(folder.join(&below))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let path = if below.is_empty() {
                name
            } else {
                format!("{below}/{name}")
            };
            if ignored(&ignore, &path) {
                continue;
            }
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
                continue;
            }
            if files.len() >= FILES_LIMIT {
                return Ok(files);
            }
            let file = if kind.is_symlink() {
                let to = fs::read_link(entry.path())?;
                ContextFile::Link(to.to_string_lossy().into_owned())
            } else if kind.is_file() && entry.metadata()?.len() <= TEXT_LIMIT {
                match fs::read_to_string(entry.path()) {
                    Ok(text) => ContextFile::Text(text),
                    Err(_) => ContextFile::NotRead,
                }
            } else {
                ContextFile::NotRead
            };
            files.insert(path, file);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_not_in_the_context() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("kargs.d")).unwrap();
        fs::write(dir.path().join(".containerignore"), "*-key.pem\n.git\n").unwrap();
        fs::write(dir.path().join("kargs.d/a.toml"), "kargs = []").unwrap();
        fs::write(dir.path().join("x-key.pem"), "sentinel").unwrap();
        fs::write(dir.path().join("busybox"), [0xff, 0xfe, 0]).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link")).unwrap();
        let files = read_context(dir.path()).unwrap();
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [".containerignore", "busybox", "kargs.d/a.toml", "link"]
        );
        assert_eq!(files["busybox"], ContextFile::NotRead);
        assert_eq!(files["link"], ContextFile::Link("/etc/passwd".into()));
    }
}
