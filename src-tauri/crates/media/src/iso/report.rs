//! What xorriso reports about an ISO: boot images, and where each file lies. Parsing only.

use std::collections::BTreeMap;

/// A run of a file's bytes: a file of 4 GiB or more has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub offset: u64,
    pub blocks: u64,
}

/// A file's place in the ISO.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placed {
    pub size: u64,
    pub extents: Vec<Extent>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub bootable: bool,
    /// By absolute path.
    pub files: BTreeMap<String, Placed>,
}

/// Reads the output of `-report_el_torito plain -find / -type f -exec report_lba --`
/// (xorriso 1.5): `El Torito boot img :   1  UEFI  y …` and
/// `File data lba:  0 ,      555 ,       32 ,    65536 , '/slipway-card.ks'`.
#[must_use]
pub fn parse(output: &str) -> Report {
    let mut report = Report::default();
    for line in output.lines() {
        if let Some(image) = line.strip_prefix("El Torito boot img :") {
            // Number, platform, bootable.
            report.bootable |= image.split_whitespace().nth(2) == Some("y");
        } else if let Some(placed) = line.strip_prefix("File data lba:")
            && let Some((path, size, extent)) = file_line(placed)
        {
            let file = report.files.entry(path).or_default();
            file.size = size;
            file.extents.push(extent);
        }
    }
    report
}

/// `xt , start lba , blocks , file size , 'path'`.
fn file_line(line: &str) -> Option<(String, u64, Extent)> {
    let mut fields = line.splitn(5, ',');
    let _extent_number = fields.next()?;
    let mut number = || fields.next()?.trim().parse::<u64>().ok();
    let (lba, blocks, size) = (number()?, number()?, number()?);
    let path = unquoted(fields.next()?.trim());
    let offset = lba.checked_mul(2048)?;
    Some((path, size, Extent { offset, blocks }))
}

/// xorriso quotes as a shell: `'/it'"'"'s'`.
fn unquoted(text: &str) -> String {
    let mut plain = String::new();
    let mut quote = None;
    for c in text.chars() {
        match quote {
            None if c == '\'' || c == '"' => quote = Some(c),
            Some(open) if c == open => quote = None,
            None | Some(_) => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boot_images_and_extents_are_read() {
        let report = parse(
            "El Torito images   :   N  Pltf  B   Emul  Ld_seg  Hdpt  Ldsiz         LBA\n\
             El Torito boot img :   1  UEFI  y   none  0x0000  0x00   2048          41\n\
             Report layout: xt , Startlba ,   Blocks , Filesize , ISO image path\n\
             File data lba:  0 ,      555 ,       32 ,    65536 , '/slipway-card.ks'\n\
             File data lba:  0 ,      553 ,        1 ,        2 , '/it'\"'\"'s, odd'\n\
             File data lba:  0 ,      600 ,  2097151 , 4500000000 , '/big'\n\
             File data lba:  1 ,  2097751 ,   100115 , 4500000000 , '/big'\n",
        );
        assert!(report.bootable);
        assert_eq!(report.files["/it's, odd"].size, 2);
        assert_eq!(
            report.files["/slipway-card.ks"].extents,
            [Extent {
                offset: 555 * 2048,
                blocks: 32
            }]
        );
        let big = &report.files["/big"];
        assert_eq!((big.size, big.extents.len()), (4_500_000_000, 2));
        assert_eq!(parse(""), Report::default());
    }
}
