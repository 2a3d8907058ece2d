//! `tar -x`, in GNU tar's words: real archives, also gzipped, into a machine's files.
//!
//! Only unpacking. A machine's files know no links: a hard link becomes a copy, and a symbolic one
//! is said to be impossible.

use std::io::Read as _;

use ::tar::{Archive, Entry, EntryType};

use super::{Call, Done, Machine};
use crate::files::{FileError, Files, normalise};

const EOF: &str = "tar: Unexpected EOF in archive";
const LOST: &str = "tar: Error is not recoverable: exiting now\n";
/// Of argp, which reads the options.
const USAGE: u32 = 64;
const GZIP: [u8; 2] = [0x1f, 0x8b];

pub(super) async fn program<M: Machine>(machine: &M, call: &Call) -> Option<Done> {
    if call.argv[0] != "tar" {
        return None;
    }
    let args = call.args();
    let options = match Options::read(&args) {
        Ok(options) => options,
        Err((exit, text)) => {
            let more = "Try 'tar --help' or 'tar --usage' for more information.\n";
            return Some(Done::failed(exit, format!("tar: {text}\n{more}")));
        }
    };
    let bytes = match options.archive {
        None | Some("-") => Ok(call.stdin.read().await),
        Some(path) => machine.read(&call.path(path)),
    };
    let name = options.archive.unwrap_or("-");
    let child = if options.gzipped {
        "tar (child)"
    } else {
        "tar"
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => {
            let mut text = format!(
                "{child}: {name}: Cannot open: {error}\n{child}: {}",
                &LOST[5..]
            );
            if options.gzipped {
                text.push_str("tar: Child returned status 2\n");
                text.push_str(LOST);
            }
            return Some(Done::failed(2, text));
        }
    };
    let folder = call.path(options.folder.unwrap_or("."));
    let there = machine.files(|files| files.stat(&folder).map(|stat| stat.directory));
    if !there.is_ok_and(|directory| directory) {
        let name = options.folder.unwrap_or(".");
        let text = format!("tar: {name}: Cannot open: No such file or directory\n{LOST}");
        return Some(Done::failed(2, text));
    }
    Some(unpack(machine, &options, &bytes, &folder))
}

#[derive(Default)]
struct Options<'a> {
    archive: Option<&'a str>,
    folder: Option<&'a str>,
    gzipped: bool,
    /// Leading parts of each name that are left away.
    strip: usize,
}

impl<'a> Options<'a> {
    /// How tar ends and what it says of what it can't do.
    fn read(args: &[&'a str]) -> Result<Self, (u32, String)> {
        let mut options = Self::default();
        let mut extracts = false;
        let mut words = args.iter().copied().enumerate();
        while let Some((at, word)) = words.next() {
            if let Some(count) = word.strip_prefix("--strip-components=") {
                let wrong = |_| (2, format!("{count}: Invalid number of elements"));
                options.strip = count.parse().map_err(wrong)?;
                continue;
            }
            // The first word may come without its dash.
            let letters = match word.strip_prefix('-') {
                Some(letters) if !letters.starts_with('-') => letters,
                None if at == 0 => word,
                Some(_) => return Err((USAGE, format!("unrecognized option '{word}'"))),
                None => return Err((2, "the lab's tar unpacks whole archives only".into())),
            };
            for (at, letter) in letters.char_indices() {
                match letter {
                    'x' => extracts = true,
                    'z' => options.gzipped = true,
                    'p' => {}
                    'f' | 'C' => {
                        let rest = Some(&letters[at + 1..]).filter(|rest| !rest.is_empty());
                        let value = rest.or_else(|| words.next().map(|(_, word)| word));
                        let missing = || {
                            let text = format!("option requires an argument -- '{letter}'");
                            (USAGE, text)
                        };
                        let value = Some(value.ok_or_else(missing)?);
                        match letter {
                            'f' => options.archive = value,
                            _ => options.folder = value,
                        }
                        break;
                    }
                    'c' | 't' | 'r' | 'u' | 'd' => {
                        return Err((2, "the lab's tar only unpacks (-x)".into()));
                    }
                    other => return Err((USAGE, format!("invalid option -- '{other}'"))),
                }
            }
        }
        match extracts {
            true => Ok(options),
            false => Err((
                2,
                "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options"
                    .into(),
            )),
        }
    }
}

fn unpack<M: Machine>(machine: &M, options: &Options<'_>, bytes: &[u8], folder: &str) -> Done {
    let mut said = Said::default();
    let mut plain = Vec::new();
    let mut broken = false;
    if options.gzipped || bytes.starts_with(&GZIP) {
        if !bytes.is_empty() && !bytes.starts_with(&GZIP) {
            let text = "\ngzip: stdin: not in gzip format\ntar: Child returned status 1\n";
            return Done::failed(2, format!("{text}{LOST}"));
        }
        let read = flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut plain);
        if let Err(error) = read {
            broken = true;
            said.line(match error.kind() {
                std::io::ErrorKind::UnexpectedEof => "\ngzip: stdin: unexpected end of file",
                _ => "\ngzip: stdin: invalid compressed data--format violated",
            });
            // What came out before it is unpacked, as far as it goes.
        }
    } else {
        plain.extend_from_slice(bytes);
    }
    let mut archive = Archive::new(plain.as_slice());
    let Ok(entries) = archive.entries() else {
        said.line("tar: This does not look like a tar archive");
        return said.done();
    };
    let (mut first, mut cut) = (true, false);
    for entry in entries {
        let whole = match entry {
            Ok(entry) => machine.files(|files| member(files, entry, options, folder, &mut said)),
            Err(_) if first && !broken && plain.len() >= 512 => {
                said.line("tar: This does not look like a tar archive");
                said.line("tar: Skipping to next header");
                return said.done();
            }
            Err(_) => false,
        };
        first = false;
        if !whole {
            cut = true;
            // Once for the member, once for the archive.
            said.line(EOF);
            break;
        }
    }
    if cut || broken {
        said.line(match cut {
            true => EOF,
            false => "tar: Child returned status 1",
        });
        said.done.err.extend_from_slice(LOST.as_bytes());
        return Done {
            exit: 2,
            ..said.done
        };
    }
    said.done()
}

/// What is said on the way; the first complaint makes the end a failure.
#[derive(Default)]
struct Said {
    done: Done,
    /// Beginnings of names that were said to be left away.
    removed: Vec<String>,
}

impl Said {
    fn line(&mut self, line: &str) {
        self.done.exit = 2;
        self.done.err.extend_from_slice(line.as_bytes());
        self.done.err.push(b'\n');
    }

    /// Up to the last `..`, or the slashes before a name: no member lands outside the folder.
    fn removes(&mut self, name: &str) {
        let mut prefix = name.len() - name.trim_start_matches('/').len();
        let mut at = 0;
        for part in name.split_inclusive('/') {
            at += part.len();
            if part.trim_end_matches('/') == ".." {
                prefix = at;
            }
        }
        let prefix = name[..prefix].to_owned();
        if !prefix.is_empty() && !self.removed.contains(&prefix) {
            let text = format!("tar: Removing leading `{prefix}' from member names\n");
            self.done.err.extend_from_slice(text.as_bytes());
            self.removed.push(prefix);
        }
    }

    fn done(mut self) -> Done {
        if self.done.exit != 0 {
            self.line("tar: Exiting with failure status due to previous errors");
        }
        self.done
    }
}

/// Unpacks one; whether it was there to its end.
fn member(
    files: &mut Files,
    mut entry: Entry<'_, &[u8]>,
    options: &Options<'_>,
    folder: &str,
    said: &mut Said,
) -> bool {
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
    said.removes(&name);
    if parts.contains(&"..") {
        said.line(&format!("tar: {name}: Member name contains '..'"));
        return true;
    }
    // `./` is a part of its own, as GNU tar counts.
    let Some(rest) = parts.get(options.strip..).filter(|rest| !rest.is_empty()) else {
        return true;
    };
    let rest = rest.join("/");
    let path = normalise(&format!("{folder}/{rest}"));
    let mode = entry.header().mode().unwrap_or(0o644);
    let kind = entry.header().entry_type();
    let put = |files: &mut Files, bytes: &[u8], mode| {
        if let Some((above, _)) = path.rsplit_once('/') {
            directories(files, above)?;
        }
        files.write(&path, bytes)?;
        files.set_mode(&path, mode)
    };
    let refused = match kind {
        EntryType::Directory => {
            let made = directories(files, &path).and_then(|()| files.set_mode(&path, mode));
            made.err().map(|error| format!("Cannot mkdir: {error}"))
        }
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            let mut bytes = Vec::new();
            let whole = entry.read_to_end(&mut bytes).is_ok()
                && entry
                    .header()
                    .entry_size()
                    .is_ok_and(|size| bytes.len() as u64 >= size);
            let refused = match put(files, &bytes, if whole { mode } else { 0o600 }) {
                Ok(()) => None,
                Err(FileError::NoSpace) => Some("Cannot write: No space left on device".to_owned()),
                Err(error) => Some(format!("Cannot open: {error}")),
            };
            if !whole {
                return false;
            }
            refused
        }
        EntryType::Link => {
            let to = entry.link_name_bytes().unwrap_or_default();
            let to = String::from_utf8_lossy(&to).into_owned();
            let from: Vec<&str> = to.split('/').filter(|part| !part.is_empty()).collect();
            let from = from.get(options.strip..).unwrap_or_default().join("/");
            let copied = files.read(&format!("{folder}/{from}"));
            let copied = copied.and_then(|bytes| put(files, &bytes, mode));
            let refused = |error| format!("Cannot hard link to '{from}': {error}");
            copied.err().map(refused)
        }
        EntryType::Symlink => {
            let to = entry.link_name_bytes().unwrap_or_default();
            let to = String::from_utf8_lossy(&to).into_owned();
            Some(format!(
                "Cannot create symlink to '{to}': Function not implemented"
            ))
        }
        EntryType::XGlobalHeader => None,
        _ => Some("Cannot mknod: Function not implemented".to_owned()),
    };
    if let Some(refused) = refused {
        said.line(&format!("tar: {rest}: {refused}"));
    }
    true
}

fn directories(files: &mut Files, path: &str) -> Result<(), FileError> {
    match files.stat(path) {
        Ok(stat) if stat.directory => Ok(()),
        Ok(_) => Err(FileError::NotDirectory),
        Err(_) if files.full => Err(FileError::NoSpace),
        Err(_) => {
            // A file in the way would be replaced by what makes all of them at once.
            if let Some((above, _)) = path.rsplit_once('/').filter(|(above, _)| !above.is_empty()) {
                directories(files, above)?;
            }
            files.make_directories(path);
            Ok(())
        }
    }
}
