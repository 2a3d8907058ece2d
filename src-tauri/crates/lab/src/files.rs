//! A simulated machine's files: a tree in memory, with single files that lie on the real disk.
//!
//! Not a file system: no owners, no links, no quotas. Paths are absolute; `.` and `..` are resolved
//! by text. What `ls`, `stat` and `tee` need, no more.

use std::{collections::BTreeMap, fs, io, path::PathBuf};

use serde::{Deserialize, Serialize};

/// Why a file operation failed, in the words of `strerror`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("No such file or directory")]
    NotFound,
    #[error("Is a directory")]
    IsDirectory,
    #[error("Not a directory")]
    NotDirectory,
    #[error("Directory not empty")]
    NotEmpty,
    #[error("No space left on device")]
    NoSpace,
    #[error("Invalid argument")]
    Invalid,
    #[error("Input/output error")]
    Io,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStat {
    pub directory: bool,
    /// Permission bits, 0 to 0o7777.
    pub mode: u32,
    pub size: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum Node {
    Directory { mode: u32 },
    File { mode: u32, content: Content },
}

/// Bytes, in JSON as base64.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Content(Vec<u8>);

impl From<Content> for String {
    fn from(content: Content) -> Self {
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, content.0)
    }
}

impl TryFrom<String> for Content {
    type Error = base64::DecodeError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).map(Self)
    }
}

/// The tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    nodes: BTreeMap<String, Node>,
    /// Paths whose bytes lie in a real file; there while that file is. Set again at every start.
    #[serde(skip)]
    backed: BTreeMap<String, PathBuf>,
    /// Every write fails as on a full disk.
    #[serde(default)]
    pub full: bool,
}

/// `/a/./b/../c` is `/a/c`; a relative path counts from `/`.
#[must_use]
pub fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn parent(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(at) => &path[..at],
    }
}

impl Files {
    /// With these directories.
    #[must_use]
    pub fn with_directories(directories: &[&str]) -> Self {
        let mut files = Self::default();
        for directory in directories {
            files.make_directories(directory);
        }
        files
    }

    /// From now on `path` shows what the real file at `real` holds.
    pub fn back(&mut self, path: &str, real: PathBuf) {
        let path = normalise(path);
        self.make_directories(parent(&path));
        self.backed.insert(path, real);
    }

    /// Makes the directory and those above it. What is there stays; a file in the way is replaced.
    pub fn make_directories(&mut self, path: &str) {
        let path = normalise(path);
        let mut at = String::new();
        for part in path.split('/').filter(|p| !p.is_empty()) {
            at = format!("{at}/{part}");
            let directory = Node::Directory { mode: 0o755 };
            let node = self.nodes.entry(at.clone()).or_insert(directory.clone());
            if matches!(node, Node::File { .. }) {
                *node = directory;
            }
        }
    }

    /// # Errors
    /// [`FileError::NotFound`] where there is nothing.
    pub fn stat(&self, path: &str) -> Result<FileStat, FileError> {
        let path = normalise(path);
        if let Some(real) = self.backed.get(&path) {
            let metadata = fs::metadata(real).map_err(|_| FileError::NotFound)?;
            return Ok(FileStat {
                directory: false,
                mode: 0o644,
                size: metadata.len(),
            });
        }
        let directory = |mode| FileStat {
            directory: true,
            mode,
            size: 4096,
        };
        match self.nodes.get(&path) {
            None if path == "/" => Ok(directory(0o755)),
            None => Err(FileError::NotFound),
            Some(Node::Directory { mode }) => Ok(directory(*mode)),
            Some(Node::File { mode, content }) => Ok(FileStat {
                directory: false,
                mode: *mode,
                size: content.0.len() as u64,
            }),
        }
    }

    #[must_use]
    pub fn exists(&self, path: &str) -> bool {
        self.stat(path).is_ok()
    }

    /// # Errors
    /// As `cat` would fail.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let path = normalise(path);
        if let Some(real) = self.backed.get(&path) {
            return fs::read(real).map_err(|_| FileError::NotFound);
        }
        match self.nodes.get(&path) {
            Some(Node::File { content, .. }) => Ok(content.0.clone()),
            Some(Node::Directory { .. }) => Err(FileError::IsDirectory),
            None if path == "/" => Err(FileError::IsDirectory),
            None => Err(FileError::NotFound),
        }
    }

    /// The text of a file; bytes that are no UTF-8 are replaced.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_text(&self, path: &str) -> Result<String, FileError> {
        let bytes = self.read(path)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The lab's own way to put a file: makes what is above it, and no disk is full.
    pub fn place(&mut self, path: &str, bytes: &[u8]) {
        let path = normalise(path);
        self.make_directories(parent(&path));
        let node = Node::File {
            mode: 0o644,
            content: Content(bytes.to_vec()),
        };
        self.nodes.insert(path, node);
    }

    /// Makes or replaces a file; its mode stays, a new one gets 0644.
    ///
    /// # Errors
    /// As `tee` would fail.
    pub fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), FileError> {
        self.put(path, bytes, false)
    }

    /// # Errors
    /// As `tee -a` would fail.
    pub fn append(&mut self, path: &str, bytes: &[u8]) -> Result<(), FileError> {
        self.put(path, bytes, true)
    }

    fn put(&mut self, path: &str, bytes: &[u8], append: bool) -> Result<(), FileError> {
        let path = normalise(path);
        if !self.stat(parent(&path))?.directory {
            return Err(FileError::NotDirectory);
        }
        if self.full && !bytes.is_empty() {
            return Err(FileError::NoSpace);
        }
        if let Some(real) = self.backed.get(&path) {
            let mut options = fs::OpenOptions::new();
            options.create(true).write(true);
            let options = if append {
                options.append(true)
            } else {
                options.truncate(true)
            };
            let written = options
                .open(real)
                .and_then(|mut file| io::Write::write_all(&mut file, bytes));
            return written.map_err(|_| FileError::Io);
        }
        match self.nodes.get_mut(&path) {
            Some(Node::Directory { .. }) => Err(FileError::IsDirectory),
            Some(Node::File { content, .. }) => {
                if !append {
                    content.0.clear();
                }
                content.0.extend_from_slice(bytes);
                Ok(())
            }
            None if path == "/" => Err(FileError::IsDirectory),
            None => {
                self.place(&path, bytes);
                Ok(())
            }
        }
    }

    /// # Errors
    /// [`FileError::NotFound`] where there is nothing.
    pub fn set_mode(&mut self, path: &str, wanted: u32) -> Result<(), FileError> {
        let path = normalise(path);
        match self.nodes.get_mut(&path) {
            Some(Node::Directory { mode } | Node::File { mode, .. }) => {
                *mode = wanted & 0o7777;
                Ok(())
            }
            None => self.stat(&path).map(|_| ()),
        }
    }

    /// Removes a file, or an empty directory.
    ///
    /// # Errors
    /// [`FileError::NotFound`]; [`FileError::NotEmpty`].
    pub fn remove(&mut self, path: &str) -> Result<(), FileError> {
        let path = normalise(path);
        if let Some(real) = self.backed.get(&path) {
            return match fs::remove_file(real) {
                Ok(()) => Ok(()),
                Err(e) if e.kind() == io::ErrorKind::NotFound => Err(FileError::NotFound),
                Err(_) => Err(FileError::Io),
            };
        }
        if self.stat(&path)?.directory && !self.list(&path)?.is_empty() {
            return Err(FileError::NotEmpty);
        }
        self.nodes.remove(&path);
        Ok(())
    }

    /// Removes a file, or a directory with all that is in it. Nothing there is no error.
    pub fn remove_all(&mut self, path: &str) {
        let path = normalise(path);
        let under = format!("{}/", path.trim_end_matches('/'));
        self.nodes
            .retain(|at, _| *at != path && !at.starts_with(&under));
        for (at, real) in &self.backed {
            if *at == path || at.starts_with(&under) {
                // Not being there is what was asked for.
                let _ = fs::remove_file(real);
            }
        }
    }

    /// A directory with all that is in it gets another path; nothing may be there. Files that lie on
    /// the real disk stay where they are.
    pub fn rename_directory(&mut self, from: &str, to: &str) {
        let (from, to) = (normalise(from), normalise(to));
        let under = format!("{from}/");
        let moves = |at: &str| at == from || at.starts_with(&under);
        let moved: Vec<_> = self.nodes.extract_if(.., |at, _| moves(at)).collect();
        for (at, node) in moved {
            self.nodes
                .insert(format!("{to}{}", &at[from.len()..]), node);
        }
    }

    /// The names in a directory, sorted; of a file its own path.
    ///
    /// # Errors
    /// [`FileError::NotFound`].
    pub fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        let path = normalise(path);
        if !self.stat(&path)?.directory {
            return Ok(vec![path]);
        }
        let prefix = format!("{}/", path.trim_end_matches('/'));
        let backed = self.backed.keys().filter(|at| self.exists(at));
        let mut names: Vec<String> = self
            .nodes
            .keys()
            .chain(backed)
            .filter_map(|at| at.strip_prefix(&prefix))
            .filter(|rest| !rest.is_empty() && !rest.contains('/'))
            .map(str::to_owned)
            .collect();
        names.sort();
        names.dedup();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_behaves_like_one() {
        let mut files = Files::with_directories(&["/etc/ssl", "/mnt"]);
        files.write("/etc/ssl/ca.pem", b"one\n").unwrap();
        files.append("/etc/./ssl/../ssl/ca.pem", b"two\n").unwrap();
        assert_eq!(files.read("/etc/ssl/ca.pem").unwrap(), b"one\ntwo\n");
        assert_eq!(files.list("/etc").unwrap(), ["ssl"]);
        assert_eq!(files.write("/no/x", b""), Err(FileError::NotFound));
        assert_eq!(files.read("/etc"), Err(FileError::IsDirectory));
        assert_eq!(files.remove("/etc/ssl"), Err(FileError::NotEmpty));
        files.rename_directory("/etc", "/mnt/etc");
        assert!(files.exists("/mnt/etc/ssl/ca.pem") && !files.exists("/etc"));
        files.remove_all("/mnt/etc");
        assert!(!files.exists("/mnt/etc/ssl/ca.pem"));
        files.full = true;
        assert_eq!(files.write("/mnt/x", b"x"), Err(FileError::NoSpace));
        let json = serde_json::to_string(&files).unwrap();
        assert_eq!(serde_json::from_str::<Files>(&json).unwrap(), files);
    }

    #[test]
    fn a_backed_file_is_the_real_one() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().join("acc-os.iso");
        let mut files = Files::default();
        files.back("/mnt/imc/acc-os.iso", real.clone());
        assert!(!files.exists("/mnt/imc/acc-os.iso"));
        fs::write(&real, b"12345").unwrap();
        assert_eq!(files.stat("/mnt/imc/acc-os.iso").unwrap().size, 5);
        assert_eq!(files.list("/mnt/imc").unwrap(), ["acc-os.iso"]);
        files.remove("/mnt/imc/acc-os.iso").unwrap();
        assert!(!real.exists());
    }
}
