//! A real ISO with one file on it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// `plain.iso` in this folder, by xorriso.
pub fn plain_iso(folder: &Path, bytes: usize) -> PathBuf {
    let tree = folder.join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("file"), vec![7; bytes]).unwrap();
    let iso = folder.join("plain.iso");
    let burnt = Command::new("xorriso")
        .args(["-as", "mkisofs", "-quiet", "-o"])
        .args([&iso, &tree])
        .output()
        .unwrap();
    assert!(burnt.status.success(), "{burnt:?}");
    iso
}
