//! What of a file lies in the operating system's page cache can be read without waiting for a disk:
//! at once, and not by a thread that may wait. Where the system or the file system can't tell,
//! nothing lies there.

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt as _};

/// Reads what of `at` on is at hand: `None` where that is nothing.
#[cfg(target_os = "linux")]
pub fn read(file: &File, buffer: &mut [u8], at: u64) -> Option<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};

    let mut buffers = [io::IoSliceMut::new(buffer)];
    // An error is met again, and told, by the read that waits.
    let read = preadv2(file, &mut buffers, at, ReadWriteFlags::NOWAIT);
    read.ok().filter(|&read| read > 0)
}

#[cfg(not(target_os = "linux"))]
pub fn read(_: &File, _: &mut [u8], _: u64) -> Option<usize> {
    None
}

/// Whether both ends are at hand. What lies between was read with them, most probably.
pub fn holds(file: &File, part: &Range<u64>) -> bool {
    let mut byte = [0];
    let last = part.end.saturating_sub(1).max(part.start);
    read(file, &mut byte, last).is_some() && read(file, &mut byte, part.start).is_some()
}

/// Reads the part, so that it is at hand, and lets the disk begin with as much after it. Waits for
/// the disk.
pub fn bring_in(file: &File, part: Range<u64>) -> io::Result<()> {
    let length = part.end - part.start;
    announce(file, part.start, 2 * length);
    let mut scratch = vec![0; length.min(64 << 10) as usize];
    let mut at = part.start;
    while at < part.end {
        let now = (part.end - at).min(scratch.len() as u64);
        file.read_exact_at(&mut scratch[..now as usize], at)?;
        at += now;
    }
    Ok(())
}

/// Lets the disk begin with it. Only advice: without it the reading is slower.
#[cfg(target_os = "linux")]
fn announce(file: &File, at: u64, length: u64) {
    let length = std::num::NonZeroU64::new(length);
    let _ = rustix::fs::fadvise(file, at, length, rustix::fs::Advice::WillNeed);
}

#[cfg(not(target_os = "linux"))]
fn announce(_: &File, _: u64, _: u64) {}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_part_that_is_brought_in_is_the_files_and_one_past_its_end_an_error() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        file.write_all(&bytes).unwrap();
        bring_in(&file, 1000..300_000).unwrap();
        let mut buffer = vec![0; 100_000];
        if let Some(read) = read(&file, &mut buffer, 1000) {
            assert!(buffer[..read] == bytes[1000..1000 + read]);
            assert!(holds(&file, &(1000..300_000)));
        }
        assert!(!holds(&file, &(1000..300_001)));
        let past = bring_in(&file, 1000..300_001).unwrap_err();
        assert_eq!(past.kind(), io::ErrorKind::UnexpectedEof);
    }
}
