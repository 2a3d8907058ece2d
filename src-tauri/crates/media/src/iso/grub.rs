//! Kernel arguments in a grub.cfg, as lorax and mkksiso write it. Parsing only.

/// The arguments of the entry that boots by default, without the kernel's path; of the first entry
/// where the default is not a number of one. Quotes are kept out, what they hold together stays
/// together.
#[must_use]
pub fn default_kernel_arguments(config: &str) -> Vec<String> {
    let mut default = 0;
    let mut entries = Vec::new();
    for line in config.lines() {
        let words = words(line);
        match words.first().map(String::as_str) {
            Some("set") => {
                let value = words.get(1).and_then(|w| w.strip_prefix("default="));
                if let Some(number) = value.and_then(|v| v.parse().ok()) {
                    default = number;
                }
            }
            Some("linux" | "linuxefi" | "linux16") => {
                entries.push(words.into_iter().skip(2).collect::<Vec<_>>());
            }
            Some(_) | None => {}
        }
    }
    if default >= entries.len() {
        default = 0;
    }
    entries.into_iter().nth(default).unwrap_or_default()
}

/// A line's words; grub quotes as a shell does.
fn words(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => all.extend(word.take()),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(characters.next()),
            (None | Some(_), c) => word.get_or_insert_default().push(c),
        }
    }
    all.extend(word);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOCK: &str = r#"
set default="1"
set timeout=60
# linux /not/this one
menuentry 'Install Red Hat Enterprise Linux 9.6' --class red {
	linux /images/pxeboot/vmlinuz inst.stage2=hd:LABEL=RHEL-9-6 ro
	initrd /images/pxeboot/initrd.img
}
menuentry 'Test this media & install' {
	linux /images/pxeboot/vmlinuz inst.stage2=hd:LABEL=RHEL-9-6 rd.live.check "opt=a b"
}
"#;

    #[test]
    fn the_default_entry_counts_and_quoted_arguments_stay_whole() {
        assert_eq!(
            default_kernel_arguments(STOCK),
            ["inst.stage2=hd:LABEL=RHEL-9-6", "rd.live.check", "opt=a b"]
        );
        let other = STOCK.replace("default=\"1\"", "default=0");
        assert_eq!(
            default_kernel_arguments(&other),
            ["inst.stage2=hd:LABEL=RHEL-9-6", "ro"]
        );
        let unknown = STOCK.replace("default=\"1\"", "default=\"rescue\"");
        assert_eq!(default_kernel_arguments(&unknown).len(), 2);
        assert!(default_kernel_arguments("").is_empty());
    }
}
