//! The new ISO on its way to the disk, past the page cache where the file system lets it: copying
//! gigabytes into the cache is work that xorriso and the sum need the processor for, and pushes out
//! of it what is needed again. Blocking.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt as _,
    path::Path,
};

/// Of the memory, the place and the length of what goes past the page cache: a page, with which
/// every disk is content.
const ALIGNMENT: usize = 4096;
const BLOCK: usize = 4 << 20;

/// Bytes of the ISO, as many as fit, in memory that can go past the page cache.
pub struct Block {
    memory: Vec<u8>,
    start: usize,
    length: usize,
}

impl Block {
    pub fn new() -> Self {
        let memory = vec![0; BLOCK + ALIGNMENT];
        let start = memory.as_ptr().align_offset(ALIGNMENT);
        Self {
            memory,
            start,
            length: 0,
        }
    }

    /// The next bytes in place of those that were in it: all that fit, but at the end.
    pub fn fill(&mut self, from: &mut impl Read) -> io::Result<()> {
        let mut length = 0;
        while length < BLOCK {
            let rest = self.start + length..self.start + BLOCK;
            match from.read(&mut self.memory[rest]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.length = length;
        Ok(())
    }

    pub fn bytes(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.length]
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.start + self.length]
    }
}

/// A new file that is written block by block.
pub struct Output {
    file: File,
    past_cache: bool,
    size: u64,
}

impl Output {
    /// # Errors
    /// Also where something is at that path.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut options = File::options();
        let file = options.create_new(true).write(true).open(path)?;
        Ok(Self {
            past_cache: past_cache(&file, true).is_ok(),
            file,
            size: 0,
        })
    }

    /// Writes the next block; one that is not full is the last.
    pub fn write(&mut self, block: &Block) -> io::Result<()> {
        let bytes = block.bytes();
        if !bytes.len().is_multiple_of(ALIGNMENT) {
            self.through_cache()?;
        }
        match self.file.write_all_at(bytes, self.size) {
            // It has the switch, but wants another alignment.
            Err(error) if self.past_cache && error.kind() == io::ErrorKind::InvalidInput => {
                self.through_cache()?;
                self.file.write_all_at(bytes, self.size)?;
            }
            written => written?,
        }
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// What is written so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Writes over what is there, and has all of it on the disk.
    pub fn finish(mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.through_cache()?;
        self.file.write_all_at(bytes, at)?;
        self.file.sync_all()
    }

    fn through_cache(&mut self) -> io::Result<()> {
        if self.past_cache {
            past_cache(&self.file, false)?;
            self.past_cache = false;
        }
        Ok(())
    }
}

#[cfg(target_os = "linux")]
fn past_cache(file: &File, wanted: bool) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let mut flags = fcntl_getfl(file)?;
    flags.set(OFlags::DIRECT, wanted);
    Ok(fcntl_setfl(file, flags)?)
}

#[cfg(not(target_os = "linux"))]
fn past_cache(_: &File, wanted: bool) -> io::Result<()> {
    match wanted {
        true => Err(io::ErrorKind::Unsupported.into()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_a_last_one_of_any_length_are_the_file() {
        for tail in [0, 1, 2048, ALIGNMENT] {
            let bytes: Vec<u8> = (0..2 * BLOCK + tail).map(|n| (n / 7) as u8).collect();
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("new");
            let mut output = Output::create(&path).unwrap();
            let (mut from, mut block) = (bytes.as_slice(), Block::new());
            loop {
                block.fill(&mut from).unwrap();
                if block.bytes().is_empty() {
                    break;
                }
                output.write(&block).unwrap();
            }
            assert_eq!(output.size(), bytes.len() as u64);
            output.finish(5, b"over").unwrap();
            let mut wanted = bytes;
            wanted[5..9].copy_from_slice(b"over");
            assert!(std::fs::read(&path).unwrap() == wanted, "tail of {tail}");
        }
    }

    #[test]
    fn what_is_there_is_left_alone() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = Output::create(file.path()).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
    }
}
