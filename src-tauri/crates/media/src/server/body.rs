//! The bytes of a published file with a card's overlay put over them, as a stream.

use std::{
    fs::File,
    io,
    ops::Range,
    os::unix::fs::FileExt as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};

/// Large, since each one costs a hop to a blocking thread; small ones are far from a disk's speed.
const CHUNK: u64 = 1 << 20;
/// One chunk is read while the one before is encrypted and sent.
const AHEAD: usize = 2;

/// What is put over a file's bytes, and where.
pub type Overlay = (u64, Arc<Vec<u8>>);

/// Puts the part of the overlay that lies in `chunk` (which begins at `at` in the file) over it.
pub fn splice(chunk: &mut [u8], at: u64, (offset, bytes): &Overlay) {
    let end = at + chunk.len() as u64;
    let from = at.max(*offset);
    let to = end.min(offset + bytes.len() as u64);
    if from >= to {
        return;
    }
    // Both differences are under the lengths of slices in memory.
    let here = |position: u64, base: u64| (position - base) as usize;
    chunk[here(from, at)..here(to, at)]
        .copy_from_slice(&bytes[here(from, *offset)..here(to, *offset)]);
}

/// Streams `range` of the file. Ends with an error when `revoked` is set or the file got shorter.
pub fn stream(
    file: Arc<File>,
    range: Range<u64>,
    overlay: Option<Overlay>,
    revoked: Arc<AtomicBool>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let starts = (range.start..range.end).step_by(CHUNK as usize);
    stream::iter(starts)
        .map(move |at| {
            let (file, overlay, revoked) = (file.clone(), overlay.clone(), revoked.clone());
            let length = CHUNK.min(range.end - at);
            async move {
                if revoked.load(Ordering::Relaxed) {
                    return Err(io::Error::other("no longer published"));
                }
                let read = move || {
                    let mut chunk = vec![0; length as usize];
                    file.read_exact_at(&mut chunk, at)?;
                    if let Some(overlay) = &overlay {
                        splice(&mut chunk, at, overlay);
                    }
                    Ok(Bytes::from(chunk))
                };
                tokio::task::spawn_blocking(read)
                    .await
                    .map_err(io::Error::other)?
            }
        })
        .buffered(AHEAD)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_part_is_the_part_of_the_whole_with_the_overlay(
            file in proptest::collection::vec(0..100_u8, 1..300),
            overlay in proptest::collection::vec(100..200_u8, 0..120),
            offset in 0..300_usize,
            start in 0..300_usize,
            length in 0..300_usize,
        ) {
            let offset = offset.min(file.len().saturating_sub(overlay.len()));
            let overlay = &overlay[..overlay.len().min(file.len() - offset)];
            let mut naive = file.clone();
            naive[offset..offset + overlay.len()].copy_from_slice(overlay);
            let start = start.min(file.len());
            let end = (start + length).min(file.len());
            let mut part = file[start..end].to_vec();
            splice(&mut part, start as u64, &(offset as u64, Arc::new(overlay.to_vec())));
            prop_assert_eq!(&part, &naive[start..end]);
        }
    }
}
