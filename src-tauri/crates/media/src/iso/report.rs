//! What xorriso reports about an ISO: boot images, partitions, and where each file lies. Parsing
//! only.

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
    pub boot: Vec<BootImage>,
    pub partitions: Vec<Partition>,
    /// "MBR isohybrid cyl-align-on GPT"; absent where there is none.
    pub system_area: Option<String>,
    /// By absolute path.
    pub files: BTreeMap<String, Placed>,
}

/// A boot image of the El Torito catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BootImage {
    pub number: u32,
    /// `BIOS`, `UEFI`.
    pub platform: String,
    /// In blocks of 2048 bytes.
    pub lba: u64,
    /// Where it is a file of the ISO.
    pub path: Option<String>,
    /// Its length in blocks of 2048 bytes, where it is none.
    pub blocks: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    Gpt,
    Mbr,
}

/// A partition, in sectors of 512 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    pub table: Table,
    pub number: u32,
    pub start: u64,
    pub size: u64,
}

/// Reads the output of `-report_el_torito plain -report_system_area plain -find / -type f -exec report_lba --`
/// (xorriso 1.5): `El Torito boot img :   1  UEFI  y …` and
/// `File data lba:  0 ,      555 ,       32 ,    65536 , '/slipway-card.ks'`.
#[must_use]
pub fn parse(output: &str) -> Report {
    let mut report = Report::default();
    for line in output.lines() {
        if let Some(image) = line.strip_prefix("El Torito boot img :") {
            // Number, platform, bootable, …, address.
            let words: Vec<&str> = image.split_whitespace().collect();
            report.bootable |= words.get(2) == Some(&"y");
            report.boot.extend(boot_image(&words));
        } else if let Some(path) = line.strip_prefix("El Torito img path :") {
            if let Some((image, path)) = of_image(path, &mut report.boot) {
                image.path = Some(path.trim().to_owned());
            }
        } else if let Some(blocks) = line.strip_prefix("El Torito img blks :") {
            if let Some((image, blocks)) = of_image(blocks, &mut report.boot) {
                image.blocks = blocks.trim().parse().ok();
            }
        } else if let Some(summary) = line.strip_prefix("System area summary:") {
            report.system_area = Some(summary.trim().to_owned());
        } else if let Some(numbers) = line.strip_prefix("GPT start and size :") {
            report.partitions.extend(partition(Table::Gpt, numbers));
        } else if let Some(numbers) = line.strip_prefix("MBR partition      :") {
            report.partitions.extend(partition(Table::Mbr, numbers));
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

fn boot_image(words: &[&str]) -> Option<BootImage> {
    Some(BootImage {
        number: words.first()?.parse().ok()?,
        platform: (*words.get(1)?).to_owned(),
        lba: words.last()?.parse().ok()?,
        path: None,
        blocks: None,
    })
}

/// The image whose number comes first, and the rest of the line.
fn of_image<'a, 'b>(
    text: &'a str,
    images: &'b mut [BootImage],
) -> Option<(&'b mut BootImage, &'a str)> {
    let (number, rest) = text.trim_start().split_once(' ')?;
    let number: u32 = number.parse().ok()?;
    let image = images.iter_mut().find(|image| image.number == number)?;
    Some((image, rest))
}

/// `2  4700  4096`; an MBR's entry has status and type between: `2   0x00  0xef  156  4096`.
fn partition(table: Table, text: &str) -> Option<Partition> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [number, .., start, size] = words.as_slice() else {
        return None;
    };
    Some(Partition {
        table,
        number: number.parse().ok()?,
        start: start.parse().ok()?,
        size: size.parse().ok()?,
    })
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
        assert_eq!(
            (report.boot[0].platform.as_str(), report.boot[0].lba),
            ("UEFI", 41)
        );
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

    #[test]
    fn an_appended_partition_is_told_from_a_file() {
        let report = parse(
            "El Torito boot img :   1  BIOS  y   none  0x0000  0x00      4          71\n\
             El Torito boot img :   2  UEFI  y   none  0x0000  0x00   4096        1175\n\
             El Torito img path :   1  /isolinux/isolinux.bin\n\
             El Torito img opts :   1  boot-info-table isohybrid-suitable\n\
             El Torito img blks :   2  1024\n\
             System area summary: MBR protective-msdos-label grub2-mbr cyl-align-off GPT\n\
             MBR partition      :   1   0x00  0xee            1         9459\n\
             GPT start and size :   2  4700  4096\n",
        );
        let [bios, efi] = report.boot.as_slice() else {
            panic!("two images in {report:?}")
        };
        assert_eq!(bios.path.as_deref(), Some("/isolinux/isolinux.bin"));
        assert_eq!((efi.lba, efi.blocks, &efi.path), (1175, Some(1024), &None));
        let of = |table, number, start, size| Partition {
            table,
            number,
            start,
            size,
        };
        assert_eq!(
            report.partitions,
            [of(Table::Mbr, 1, 1, 9459), of(Table::Gpt, 2, 4700, 4096)]
        );
    }
}
