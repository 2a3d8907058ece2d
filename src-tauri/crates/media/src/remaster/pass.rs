//! The one pass of xorriso: its arguments, and its output on the way to the disk. Blocking.

use std::{
    ffi::OsString,
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
};

use slipway_core::iso::CONTAINER_DIR;

use super::{
    base::Efi,
    md5::{Implant, Sums, TEXT_AT, blank_text},
    output::{Block, Output},
};
use crate::iso::{VOLUME_OFFSET, parse_volume, report::Table};

/// A file to put on the ISO.
#[derive(Debug, Clone)]
pub struct Put {
    pub from: PathBuf,
    /// Absolute, on the ISO.
    pub to: String,
}

/// What the pass makes of the base.
#[derive(Debug)]
pub struct Pass<'a> {
    pub base: &'a Path,
    /// `YYYYMMDDhhmmsscc`: of every file and of the volume, whose UUID it is.
    pub date: &'a str,
    pub files: Vec<Put>,
    pub container: &'a Path,
    /// The base has one already, which goes.
    pub replaces_container: bool,
    /// The edited EFI image, and where it belongs.
    pub efi: Option<(&'a Path, &'a Efi)>,
}

impl Pass<'_> {
    /// xorriso's arguments. The ISO goes to standard output.
    ///
    /// Everything that would differ from run to run is fixed: dates, the volume's UUID (from which
    /// the partitions' GUIDs come), owners and modes of what is added, and the order in which the
    /// added files lie.
    pub fn arguments(&self) -> io::Result<Vec<OsString>> {
        let mut all: Vec<OsString> = Vec::new();
        let mut add = |words: &[&str]| all.extend(words.iter().map(OsString::from));
        // Standard output must be named before anything else.
        add(&[
            "-outdev",
            "-",
            "-no_rc",
            "-abort_on",
            "FAILURE",
            "-report_about",
            "WARNING",
        ]);
        add(&["-indev"]);
        all.push(device(self.base));
        let mut add = |words: &[&str]| all.extend(words.iter().map(OsString::from));
        add(&["-boot_image", "any", "replay"]);
        add(&["-joliet", "on", "-system_id", "LINUX"]);
        add(&["-compliance", "joliet_long_names:iso_9660_level=3"]);
        for date in ["all_file_dates", "uuid", "c", "m"] {
            add(&["-volume_date", date, self.date]);
        }
        if let Some((image, efi)) = &self.efi {
            match efi {
                Efi::File { path } => put(&mut all, image, path),
                Efi::Appended {
                    partition,
                    table,
                    copy,
                    ..
                } => {
                    let kind = match table {
                        Table::Gpt => "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
                        Table::Mbr => "0xef",
                    };
                    let number = partition.to_string();
                    all.extend(["-append_partition", &number, kind].map(OsString::from));
                    all.push(image.as_os_str().to_owned());
                    if let Some(copy) = copy {
                        put(&mut all, image, copy);
                    }
                }
            }
        }
        for file in &self.files {
            put(&mut all, &file.from, &file.to);
        }
        let tree = format!("/{CONTAINER_DIR}");
        if self.replaces_container {
            all.extend(["-rm_r", tree.as_str(), "--"].map(OsString::from));
        }
        all.push("-map".into());
        all.push(self.container.as_os_str().to_owned());
        all.push(tree.clone().into());
        let mut added: Vec<String> = self.files.iter().map(|file| file.to.clone()).collect();
        added.extend(tree_of(self.container, &tree)?);
        let owned = ["-exec", "chown", "0", "--"];
        let grouped = ["-exec", "chgrp", "0", "--"];
        for (kind, mode) in [("f", "0444"), ("d", "0555")] {
            let words = [
                "-find",
                tree.as_str(),
                "-type",
                kind,
                "-exec",
                "chmod",
                mode,
                "--",
            ];
            all.extend(words.map(OsString::from));
        }
        for words in [owned, grouped] {
            all.extend(["-find", tree.as_str()].map(OsString::from));
            all.extend(words.map(OsString::from));
        }
        for (number, path) in added.iter().enumerate() {
            // Without a weight of its own, a file's place would come from its inode number.
            let weight = format!("-{}", number + 1);
            let words = [
                "-find",
                path.as_str(),
                "-exec",
                "sort_weight",
                &weight,
                "--",
            ];
            all.extend(words.map(OsString::from));
        }
        let mut plain: Vec<&str> = self.files.iter().map(|file| file.to.as_str()).collect();
        match &self.efi {
            Some((_, Efi::File { path })) => plain.push(path),
            Some((_, Efi::Appended { copy, .. })) => plain.extend(copy.as_deref()),
            None => {}
        }
        for path in plain {
            for words in [["chmod", "0444"], ["chown", "0"], ["chgrp", "0"]] {
                let [what, value] = words;
                let words = ["-find", path, "-exec", what, value, "--"];
                all.extend(words.map(OsString::from));
            }
        }
        all.extend(["-commit", "-end"].map(OsString::from));
        Ok(all)
    }
}

/// With the prefix, a path is never taken for a drive or an option.
fn device(path: &Path) -> OsString {
    let mut device = OsString::from("stdio:");
    device.push(path);
    device
}

fn put(all: &mut Vec<OsString>, from: &Path, to: &str) {
    all.push("-map".into());
    all.push(from.as_os_str().to_owned());
    all.push(to.into());
}

/// The files of a folder as they are named on the ISO, in order.
fn tree_of(folder: &Path, to: &str) -> io::Result<Vec<String>> {
    let mut all = Vec::new();
    let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name
            .to_str()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a name that is no UTF-8"))?;
        let path = format!("{to}/{name}");
        if entry.file_type()?.is_dir() {
            all.extend(tree_of(&entry.path(), &path)?);
        } else {
            all.push(path);
        }
    }
    Ok(all)
}

/// What a pass wrote.
#[derive(Debug)]
pub struct Written {
    pub size: u64,
    pub sums: Sums,
}

/// Why a pass did not end well.
#[derive(Debug)]
pub enum Stopped {
    Cancelled,
    /// xorriso's own words.
    Xorriso(String),
    Io(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The pipe's: fewer switches between the two processes.
const PIPE: usize = 1 << 20;
/// Blocks that wait for the disk or for the sum: for a moment in which one is slower. More were no
/// faster.
const AHEAD: usize = 4;

/// Ends xorriso with the function that started it, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs xorriso and writes what it gives to `to`, summing as it goes; then implants the sum and
/// syncs.
pub fn run(
    pass: &Pass<'_>,
    to: &Path,
    stop: &AtomicBool,
    done: &AtomicU64,
) -> Result<Written, Stopped> {
    let mut errors = tempfile::tempfile()?;
    let child = Command::new("xorriso")
        .args(pass.arguments()?)
        .env("LC_ALL", "C")
        .env("SOURCE_DATE_EPOCH", super::EPOCH.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors.try_clone()?)
        .spawn()?;
    let mut child = Running(child);
    let mut output = child
        .0
        .stdout
        .take()
        .ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
    // Where it may not be that large, it stays small.
    let _ = rustix::pipe::fcntl_setpipe_size(&output, PIPE);
    let mut file = Output::create(to)?;
    let sums = copy(&mut output, &mut file, stop, done)?;
    drop(output);
    let status = child.0.wait()?;
    if !status.success() {
        use std::io::Seek as _;
        let mut said = String::new();
        errors.rewind()?;
        errors.read_to_string(&mut said)?;
        return Err(Stopped::Xorriso(reason(&said)));
    }
    let sums =
        sums.ok_or_else(|| Stopped::Xorriso("it wrote no ISO 9660 file system".to_owned()))?;
    let size = file.size();
    file.finish(TEXT_AT, &sums.text())?;
    Ok(Written { size, sums })
}

/// The line that tells, of all that xorriso says.
fn reason(said: &str) -> String {
    let worst = |word: &str| said.lines().find(|line| line.contains(word));
    let line = worst("FATAL")
        .or_else(|| worst("FAILURE"))
        .or_else(|| worst("SORRY"));
    line.unwrap_or("no reason given").trim().to_owned()
}

/// The sums of what was copied; `None` where too little came for a file system.
fn copy(
    from: &mut impl io::Read,
    to: &mut Output,
    stop: &AtomicBool,
    done: &AtomicU64,
) -> Result<Option<Sums>, Stopped> {
    let mut block = Block::new();
    block.fill(from)?;
    // The volume descriptor says how much is summed, so the first block must hold it.
    let descriptor = block
        .bytes()
        .get(VOLUME_OFFSET as usize..)
        .and_then(<[u8]>::first_chunk);
    let Some(volume) = descriptor.and_then(parse_volume) else {
        return Ok(None);
    };
    blank_text(block.bytes_mut(), 0);
    let (sum, summed) = mpsc::sync_channel::<Arc<Block>>(AHEAD);
    let (write, written) = mpsc::sync_channel::<Arc<Block>>(AHEAD);
    let (give_back, spare) = mpsc::channel::<Block>();
    // Whoever is done with a block last.
    let done_with = |block: Arc<Block>, give_back: &mpsc::Sender<Block>| {
        if let Some(block) = Arc::into_inner(block) {
            let _ = give_back.send(block);
        }
    };
    std::thread::scope(|scope| {
        let back = give_back.clone();
        let summing = scope.spawn(move || {
            let mut implant = Implant::new(volume.size);
            for block in summed {
                implant.update(block.bytes());
                done_with(block, &back);
            }
            implant.finish()
        });
        let writing = scope.spawn(move || -> io::Result<()> {
            for block in written {
                to.write(&block)?;
                done.store(to.size(), Ordering::Relaxed);
                done_with(block, &give_back);
            }
            Ok(())
        });
        while !block.bytes().is_empty() {
            if stop.load(Ordering::Relaxed) {
                return Err(Stopped::Cancelled);
            }
            let full = Arc::new(block);
            // One that is gone failed, and says so below.
            if sum.send(full.clone()).is_err() || write.send(full).is_err() {
                break;
            }
            block = spare.try_recv().unwrap_or_else(|_| Block::new());
            block.fill(from)?;
        }
        drop((sum, write));
        let gone = |what: &str| io::Error::other(format!("the {what} was not finished"));
        let sums = summing.join().map_err(|_| gone("sum"))?;
        writing.join().map_err(|_| gone("writing"))??;
        Ok(Some(sums))
    })
}
