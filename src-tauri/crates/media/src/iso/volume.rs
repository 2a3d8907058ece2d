//! The primary volume descriptor of an ISO 9660 file system. Parsing only.

/// Where the descriptor lies, and how long it is.
pub const OFFSET: u64 = 16 * 2048;
pub const LENGTH: usize = 2048;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    pub id: String,
    /// Bytes that the file system says it has.
    pub size: u64,
    /// When it was last changed, `YYYYMMDDhhmmsscc`: it is the volume's UUID too.
    pub modified: Option<String>,
}

/// `None` where these 2048 bytes are no primary volume descriptor (ECMA-119, 8.4).
#[must_use]
pub fn parse(descriptor: &[u8; LENGTH]) -> Option<Volume> {
    if !descriptor.starts_with(b"\x01CD001\x01") {
        return None;
    }
    let little_endian = |at: usize| -> u32 {
        let bytes = &descriptor[at..at + 4];
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    };
    let blocks = u64::from(little_endian(80));
    let id = String::from_utf8_lossy(&descriptor[40..72]);
    Some(Volume {
        id: id.trim_end_matches([' ', '\0']).to_owned(),
        size: blocks * 2048,
        modified: moment(&descriptor[830..846]),
    })
}

fn moment(digits: &[u8]) -> Option<String> {
    let real = digits.iter().all(u8::is_ascii_digit) && digits.iter().any(|digit| *digit != b'0');
    real.then(|| String::from_utf8_lossy(digits).into_owned())
}
