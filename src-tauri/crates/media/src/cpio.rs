//! The names in an initramfs: cpio archives one after the other, the last one compressed. Reading
//! only.

use std::io::Read;

const HEADER: usize = 110;
/// Unpacked: enough for an initramfs with every driver there is.
const UNPACKED_LIMIT: u64 = 2 << 30;

/// The file names in an initramfs.
///
/// # Errors
/// Why it can't be read, for people.
pub fn names(bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut rest = bytes;
    loop {
        // Archives are padded with zeros up to the next one.
        let padding = rest
            .iter()
            .position(|byte| *byte != 0)
            .unwrap_or(rest.len());
        rest = &rest[padding..];
        match rest {
            [] => return Ok(names),
            [b'0', b'7', b'0', b'7', b'0', b'1' | b'2', ..] => {
                rest = &rest[archive(rest, &mut names)?..];
            }
            [0x1f, 0x8b, ..] => {
                let unpacked = unpack(flate2::read::GzDecoder::new(rest))?;
                archive(&unpacked, &mut names)?;
                return Ok(names);
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                let decoder = ruzstd::decoding::StreamingDecoder::new(rest);
                let unpacked = unpack(decoder.map_err(|error| error.to_string())?)?;
                archive(&unpacked, &mut names)?;
                return Ok(names);
            }
            [0xfd, b'7', b'z', ..] => return Err("it is compressed with xz".into()),
            [0x02, 0x21, 0x4c, 0x18, ..] => return Err("it is compressed with lz4".into()),
            _ => return Err("it is no cpio archive that we know".into()),
        }
    }
}

fn unpack(reader: impl Read) -> Result<Vec<u8>, String> {
    let mut unpacked = Vec::new();
    reader
        .take(UNPACKED_LIMIT)
        .read_to_end(&mut unpacked)
        .map_err(|error| error.to_string())?;
    Ok(unpacked)
}

/// Reads one archive ("newc"); answers with its length.
fn archive(bytes: &[u8], names: &mut Vec<String>) -> Result<usize, String> {
    let cut = || "it is cut off".to_owned();
    let mut at = 0;
    loop {
        let header = bytes.get(at..at + HEADER).ok_or_else(cut)?;
        if !header.starts_with(b"0707") {
            return Err("it has something else where a file should begin".into());
        }
        let number = |field: usize| {
            let digits = header.get(6 + field * 8..14 + field * 8)?;
            usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        };
        let (size, name_length) = (number(6).ok_or_else(cut)?, number(11).ok_or_else(cut)?);
        let name_at = at + HEADER;
        let name = bytes.get(name_at..name_at + name_length).ok_or_else(cut)?;
        let name = String::from_utf8_lossy(name);
        let name = name.trim_end_matches('\0');
        let data_at = (name_at + name_length).next_multiple_of(4);
        at = (data_at + size).next_multiple_of(4);
        if name == "TRAILER!!!" {
            return Ok(at.min(bytes.len()));
        }
        names.push(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn cpio(files: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        for name in files.iter().copied().chain(["TRAILER!!!"]) {
            let body: &[u8] = if name == "TRAILER!!!" { b"" } else { b"hello" };
            let mut fields = [0usize; 13];
            (fields[6], fields[11]) = (body.len(), name.len() + 1);
            out.extend(b"070701");
            for field in fields {
                out.extend(format!("{field:08x}").bytes());
            }
            out.extend(name.bytes());
            out.push(0);
            out.resize(out.len().next_multiple_of(4), 0);
            out.extend(body);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        out
    }

    #[test]
    fn microcode_comes_first_and_the_compressed_rest_after_it() {
        let mut bytes = cpio(&["kernel/x86/microcode"]);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&cpio(&["usr/sbin/iscsiuio", "init"]))
            .unwrap();
        bytes.extend(gzip.finish().unwrap());
        assert_eq!(
            names(&bytes).unwrap(),
            ["kernel/x86/microcode", "usr/sbin/iscsiuio", "init"]
        );
        assert!(names(&cpio(&["a"])[..60]).is_err());
        assert!(names(b"nonsense").is_err());
    }
}
