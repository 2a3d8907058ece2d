//! Boot menus: grub.cfg and isolinux.cfg, as text. Every entry gets the arguments, the entry that
//! installs is the default. Nothing is read or written here.

/// What every boot entry is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    pub added: Vec<String>,
    /// `quiet`, or `name` for every `name=…`.
    pub removed: Vec<String>,
    /// `inst.ks=…`; takes the place of any other.
    pub kickstart: String,
}

/// Seconds until the default entry boots: an unattended installer waits for nobody, and a person
/// with a console has the time to press a key.
const TIMEOUT: u32 = 5;

/// Arguments that name a kickstart, in today's and in older words.
const KICKSTARTS: [&str; 2] = ["inst.ks", "ks"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Grub,
    Isolinux,
}

impl Dialect {
    /// By the file's name; `None` where it is no boot menu.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        let name = path
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        match name.as_str() {
            "grub.cfg" | "boot.conf" | "grub.conf" => Some(Self::Grub),
            "isolinux.cfg" | "syslinux.cfg" | "extlinux.conf" => Some(Self::Isolinux),
            _ => None,
        }
    }

    fn is_kernel_line(self, word: &str) -> bool {
        match self {
            Self::Grub => matches!(word, "linux" | "linuxefi" | "linux16" | "kernel"),
            Self::Isolinux => word.eq_ignore_ascii_case("append"),
        }
    }

    /// The words before the first argument: `linux /vmlinuz`, `append`.
    fn head(self) -> usize {
        match self {
            Self::Grub => 2,
            Self::Isolinux => 1,
        }
    }
}

/// The menu with the arguments in every entry, the installing entry as the default, and a short
/// timeout.
#[must_use]
pub fn edited(text: &str, dialect: Dialect, arguments: &Arguments) -> String {
    let default = installing_entry(text, dialect);
    let mut seen = Seen::default();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let words = raw_words(line);
        let first = words.first().map_or("", String::as_str);
        if dialect.is_kernel_line(first) && words.len() > dialect.head() - 1 {
            lines.push(format!(
                "{indent}{}",
                with_arguments(&words, dialect, arguments)
            ));
            continue;
        }
        match dialect {
            Dialect::Grub => lines.push(grub_line(line, indent, &words, default, &mut seen)),
            Dialect::Isolinux => {
                lines.extend(isolinux_line(line, indent, &words, default, &mut seen));
            }
        }
    }
    if dialect == Dialect::Grub && kernel_lines(text, dialect).next().is_some() {
        if !seen.timeout {
            lines.insert(0, format!("set timeout={TIMEOUT}"));
        }
        if !seen.default {
            lines.insert(0, format!("set default=\"{default}\""));
        }
    }
    let mut edited = lines.join("\n");
    edited.push('\n');
    edited
}

/// The arguments of every entry, quotes taken away.
#[must_use]
pub fn entries(text: &str, dialect: Dialect) -> Vec<Vec<String>> {
    kernel_lines(text, dialect)
        .map(|words| {
            let arguments = words.iter().skip(dialect.head());
            arguments.map(|word| unquoted(word)).collect()
        })
        .collect()
}

fn kernel_lines(text: &str, dialect: Dialect) -> impl Iterator<Item = Vec<String>> {
    text.lines().map(raw_words).filter(move |words| {
        words
            .first()
            .is_some_and(|first| dialect.is_kernel_line(first))
    })
}

#[derive(Default)]
struct Seen {
    default: bool,
    timeout: bool,
    /// isolinux: which label this is, counted from 0.
    label: Option<usize>,
}

fn grub_line(
    line: &str,
    indent: &str,
    words: &[String],
    default: usize,
    seen: &mut Seen,
) -> String {
    if words.first().is_some_and(|word| word == "set")
        && let Some(word) = words.get(1)
    {
        if word.starts_with("default=") {
            seen.default = true;
            return format!("{indent}set default=\"{default}\"");
        }
        if word.starts_with("timeout=") {
            seen.timeout = true;
            return format!("{indent}set timeout={TIMEOUT}");
        }
    }
    line.to_owned()
}

fn isolinux_line(
    line: &str,
    indent: &str,
    words: &[String],
    default: usize,
    seen: &mut Seen,
) -> Vec<String> {
    let word = |at: usize| {
        words
            .get(at)
            .map(|w| w.to_ascii_lowercase())
            .unwrap_or_default()
    };
    match (word(0).as_str(), word(1).as_str()) {
        // Tenths of a second.
        ("timeout", _) => vec![format!("{indent}timeout {}", TIMEOUT * 10)],
        ("menu", "default") => vec![],
        ("label", _) => {
            let number = seen.label.map_or(0, |label| label + 1);
            seen.label = Some(number);
            let mut lines = vec![line.to_owned()];
            if number == default {
                lines.push(format!("{indent}  menu default"));
            }
            lines
        }
        _ => vec![line.to_owned()],
    }
}

/// The first entry that installs: neither the one that checks the media first nor a rescue one.
fn installing_entry(text: &str, dialect: Dialect) -> usize {
    let mut depth = 0_usize;
    let mut number: Option<usize> = None;
    for line in text.lines() {
        let words = raw_words(line);
        let first = words
            .first()
            .map(|w| w.to_ascii_lowercase())
            .unwrap_or_default();
        let begins = match dialect {
            Dialect::Grub => depth == 0 && matches!(first.as_str(), "menuentry" | "submenu"),
            Dialect::Isolinux => first == "label",
        };
        if begins {
            number = Some(number.map_or(0, |n| n + 1));
        }
        if dialect == Dialect::Grub {
            depth += usize::from(line.trim_end().ends_with('{'));
            depth = depth.saturating_sub(usize::from(line.trim() == "}"));
        }
        if dialect.is_kernel_line(&first)
            && !words.iter().any(|word| checks_or_rescues(word))
            && let Some(number) = number
        {
            return number;
        }
    }
    0
}

fn checks_or_rescues(word: &str) -> bool {
    matches!(
        word,
        "rd.live.check" | "inst.rescue" | "rescue" | "mediacheck"
    )
}

fn with_arguments(words: &[String], dialect: Dialect, arguments: &Arguments) -> String {
    let (head, old) = words.split_at(dialect.head().min(words.len()));
    let is = |word: &str, name: &str| {
        let word = unquoted(word);
        word == *name || (!name.contains('=') && word.starts_with(&format!("{name}=")))
    };
    let goes = |word: &str| {
        KICKSTARTS.iter().any(|name| is(word, name))
            || arguments.removed.iter().any(|name| is(word, name))
            || arguments.added.iter().any(|added| unquoted(word) == *added)
    };
    // A comment at the end of the line stays at its end.
    let comment = old.iter().position(|word| word.starts_with('#'));
    let (old, comment) = old.split_at(comment.unwrap_or(old.len()));
    let kept = old.iter().filter(|word| !goes(word)).cloned();
    let mut line: Vec<String> = head.to_vec();
    line.extend(kept);
    line.push(arguments.kickstart.clone());
    line.extend(arguments.added.iter().cloned());
    line.extend(comment.iter().cloned());
    line.join(" ")
}

/// A line's words with their quotes: what stands in quotes stays one word.
fn raw_words(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (None, c) if c.is_whitespace() => {
                if !word.is_empty() {
                    all.push(std::mem::take(&mut word));
                }
                continue;
            }
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => {
                word.push('\\');
                word.extend(characters.next());
                continue;
            }
            (None | Some(_), _) => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        all.push(word);
    }
    all
}

fn unquoted(word: &str) -> String {
    let mut plain = String::new();
    let mut quote = None;
    let mut characters = word.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => plain.extend(characters.next()),
            (None | Some(_), c) => plain.push(c),
        }
    }
    plain
}

/// `inst.ks=hd:LABEL=<volume id>:/<file>`, escaped as udev names a label: what a kernel's command
/// line and grub would read otherwise becomes `\x20`.
#[must_use]
pub fn kickstart_argument(volume_id: &str, file: &str) -> String {
    use std::fmt::Write as _;
    let label = volume_id.chars().fold(String::new(), |mut label, c| {
        if c.is_ascii_alphanumeric() || "#+-.:=@_".contains(c) || !c.is_ascii() {
            label.push(c);
        } else {
            let _ = write!(label, "\\x{:02x}", u32::from(c));
        }
        label
    });
    let argument = format!("inst.ks=hd:LABEL={label}:/{file}");
    if argument.contains('\\') {
        // grub and isolinux both take a backslash in single quotes as it is.
        format!("'{argument}'")
    } else {
        argument
    }
}

#[cfg(test)]
mod tests;
