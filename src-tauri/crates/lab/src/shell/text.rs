//! Programs that read text or bytes and write them again.

use std::fmt::Write as _;

use base64::Engine as _;
use sha2::{Digest as _, Sha256, Sha512};

use super::{Call, Done, Machine, coreutils::split};

/// Runs one of them, or says that it is none.
pub(super) async fn program<M: Machine>(machine: &M, call: &Call) -> Option<Done> {
    let args = call.args();
    let (flags, operands) = split(&args);
    let has = |flag: &str| flags.contains(&flag);
    Some(match call.argv[0].as_str() {
        "echo" => echo(&args),
        "printf" => printf(&args),
        "cat" => inputs(machine, call, &operands).await.0,
        "tee" => tee(machine, call, &operands, has("-a") || has("--append")).await,
        "head" | "tail" => ends(machine, call, &args).await,
        "wc" => {
            let (done, _) = inputs(machine, call, &operands).await;
            let count = match flags.first().copied() {
                Some("-c") => done.out.len(),
                Some("-w") => String::from_utf8_lossy(&done.out)
                    .split_whitespace()
                    .count(),
                _ => done.out.iter().filter(|byte| **byte == b'\n').count(),
            };
            Done::fine(format!("{count}\n"))
        }
        "sort" | "uniq" => {
            let (done, _) = inputs(machine, call, &operands).await;
            let text = String::from_utf8_lossy(&done.out).into_owned();
            let mut lines: Vec<&str> = text.lines().collect();
            if call.argv[0] == "sort" {
                lines.sort_unstable();
            }
            if call.argv[0] == "uniq" || has("-u") {
                lines.dedup();
            }
            Done::fine(
                lines
                    .iter()
                    .map(|line| format!("{line}\n"))
                    .collect::<String>(),
            )
        }
        "grep" => grep(machine, call, &flags, &operands).await,
        "tr" if has("-d") => {
            let removed = operands
                .first()
                .copied()
                .unwrap_or_default()
                .replace("\\n", "\n");
            let text = call.stdin.read().await;
            let text = String::from_utf8_lossy(&text).replace(|c| removed.contains(c), "");
            Done::fine(text)
        }
        "sha256sum" => {
            sums(machine, call, &operands, |bytes| {
                hex(&Sha256::digest(bytes))
            })
            .await
        }
        "sha512sum" => {
            sums(machine, call, &operands, |bytes| {
                hex(&Sha512::digest(bytes))
            })
            .await
        }
        "base64" => {
            let (done, _) = inputs(machine, call, &operands).await;
            let engine = base64::engine::general_purpose::STANDARD;
            if !(has("-d") || has("--decode")) {
                return Some(Done::fine(format!("{}\n", engine.encode(&done.out))));
            }
            let text: String = String::from_utf8_lossy(&done.out)
                .split_whitespace()
                .collect();
            match engine.decode(text) {
                Ok(bytes) => Done::fine(bytes),
                Err(_) => Done::failed(1, "base64: invalid input\n"),
            }
        }
        "dd" => dd(machine, call, &args).await,
        "cmp" | "diff" => {
            let read = |path: &&str| machine.read(&call.path(path));
            match operands.iter().map(read).collect::<Result<Vec<_>, _>>() {
                Ok(files) if files.len() == 2 && files[0] == files[1] => Done::exit(0),
                Ok(_) => Done::exit(1),
                Err(error) => Done::failed(2, format!("{}: {error}\n", call.argv[0])),
            }
        }
        _ => return None,
    })
}

/// The files one after the other, standard input for none and for `-`; and each by its name.
async fn inputs<M: Machine>(
    machine: &M,
    call: &Call,
    operands: &[&str],
) -> (Done, Vec<(String, Vec<u8>)>) {
    let mut done = Done::default();
    let mut each = Vec::new();
    let operands = if operands.is_empty() {
        &["-"]
    } else {
        operands
    };
    for operand in operands {
        let read = match *operand {
            "-" | "/dev/stdin" => Ok(call.stdin.read().await),
            "/dev/null" => Ok(Vec::new()),
            path => machine.read(&call.path(path)),
        };
        match read {
            Ok(bytes) => {
                done.out.extend_from_slice(&bytes);
                each.push(((*operand).to_owned(), bytes));
            }
            Err(error) => {
                done.exit = 1;
                let text = format!("{}: {operand}: {error}\n", call.argv[0]);
                done.err.extend_from_slice(text.as_bytes());
            }
        }
    }
    (done, each)
}

fn echo(args: &[&str]) -> Done {
    let flags = args
        .iter()
        .take_while(|word| matches!(**word, "-n" | "-e" | "-ne" | "-en"))
        .count();
    let (flags, words) = args.split_at(flags);
    let mut text = words.join(" ");
    if flags.iter().any(|flag| flag.contains('e')) {
        text = escapes(&text);
    }
    if !flags.iter().any(|flag| flag.contains('n')) {
        text.push('\n');
    }
    Done::fine(text)
}

fn escapes(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('0') => out.push('\0'),
                Some('\\') => out.push('\\'),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            },
            (c, false) => out.push(c),
        }
    }
    out
}

/// `%s`, `%d`, `%%` and escapes; the format is used again while arguments are left.
fn printf(args: &[&str]) -> Done {
    let args = args.strip_prefix(&["--"]).unwrap_or(args);
    let Some((format, mut rest)) = args.split_first() else {
        return Done::failed(2, "printf: usage: printf format [arguments]\n");
    };
    let format = escapes(format);
    let mut out = String::new();
    loop {
        let before = rest.len();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some('s' | 'd' | 'b') => {
                    if let Some((argument, left)) = rest.split_first() {
                        out.push_str(argument);
                        rest = left;
                    }
                }
                Some(other) => out.push(other),
                None => out.push('%'),
            }
        }
        if rest.is_empty() || rest.len() == before {
            return Done::fine(out);
        }
    }
}

async fn tee<M: Machine>(machine: &M, call: &Call, operands: &[&str], append: bool) -> Done {
    let bytes = call.stdin.read().await;
    let mut done = Done::fine(bytes.clone());
    for operand in operands.iter().filter(|path| **path != "/dev/null") {
        let path = call.path(operand);
        let written = machine.files(|files| {
            if append {
                files.append(&path, &bytes)
            } else {
                files.write(&path, &bytes)
            }
        });
        if let Err(error) = written {
            done.exit = 1;
            let text = format!("tee: {operand}: {error}\n");
            done.err.extend_from_slice(text.as_bytes());
        }
    }
    done
}

/// `head` and `tail`, `-n N` or `-c N`, `-n +N`.
async fn ends<M: Machine>(machine: &M, call: &Call, args: &[&str]) -> Done {
    let mut count = "10".to_owned();
    let mut bytes = false;
    let mut operands = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match *word {
            "-n" | "-c" => {
                bytes = *word == "-c";
                count = words.next().map_or(count, |text| (*text).to_owned());
            }
            "--" | "-q" => {}
            word if word.starts_with("-n") || word.starts_with("-c") => {
                bytes = word.starts_with("-c");
                word[2..].clone_into(&mut count);
            }
            word if word.len() > 1 && word.starts_with('-') => word[1..].clone_into(&mut count),
            word => operands.push(word),
        }
    }
    let (mut done, _) = inputs(machine, call, &operands).await;
    let all = std::mem::take(&mut done.out);
    let units: Vec<&[u8]> = if bytes {
        all.chunks(1).collect()
    } else {
        all.split_inclusive(|byte| *byte == b'\n').collect()
    };
    let number = count.trim_start_matches('+').parse::<usize>();
    let number = number.unwrap_or(10);
    let range = match (call.argv[0].as_str(), count.starts_with('+')) {
        ("head", _) => 0..number.min(units.len()),
        (_, true) => number.saturating_sub(1).min(units.len())..units.len(),
        (_, false) => units.len().saturating_sub(number)..units.len(),
    };
    done.out = units[range].concat();
    done
}

/// Fixed strings, and `^…` at the front: enough for what people look for here.
async fn grep<M: Machine>(machine: &M, call: &Call, flags: &[&str], operands: &[&str]) -> Done {
    let Some((pattern, paths)) = operands.split_first() else {
        return Done::failed(2, "Usage: grep [OPTION]... PATTERNS [FILE]...\n");
    };
    let has = |flag: char| flags.iter().any(|f| f.contains(flag));
    let (done, _) = inputs(machine, call, paths).await;
    let text = String::from_utf8_lossy(&done.out).into_owned();
    let lower = |text: &str| match has('i') {
        true => text.to_lowercase(),
        false => text.to_owned(),
    };
    let wanted: Vec<String> = pattern.split("\\|").map(lower).collect();
    let matches = |line: &&str| {
        let line = lower(line);
        let found = wanted
            .iter()
            .any(|pattern| match pattern.strip_prefix('^') {
                Some(front) => line.starts_with(front),
                None => line.contains(pattern.as_str()),
            });
        found != has('v')
    };
    let lines: Vec<&str> = text.lines().filter(matches).collect();
    let exit = u32::from(lines.is_empty());
    let out = if has('q') {
        String::new()
    } else if has('c') {
        format!("{}\n", lines.len())
    } else {
        lines.iter().map(|line| format!("{line}\n")).collect()
    };
    Done {
        exit: if done.err.is_empty() { exit } else { 2 },
        out: out.into_bytes(),
        err: done.err,
        other: None,
    }
}

async fn sums<M: Machine>(
    machine: &M,
    call: &Call,
    operands: &[&str],
    hash: impl Fn(&[u8]) -> String,
) -> Done {
    let (done, each) = inputs(machine, call, operands).await;
    let lines = each
        .iter()
        .map(|(name, bytes)| format!("{}  {name}\n", hash(bytes)));
    Done {
        out: lines.collect::<String>().into_bytes(),
        ..done
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `dd if=… of=…`: whole files.
async fn dd<M: Machine>(machine: &M, call: &Call, args: &[&str]) -> Done {
    let value = |key: &str| args.iter().find_map(|arg| arg.strip_prefix(key));
    let from: Vec<&str> = value("if=").into_iter().collect();
    let (done, _) = inputs(machine, call, &from).await;
    let Some(path) = value("of=").filter(|_| done.exit == 0) else {
        return done;
    };
    match machine.files(|files| files.write(&call.path(path), &done.out)) {
        Ok(()) => Done::exit(0),
        Err(error) => Done::failed(1, format!("dd: error writing '{path}': {error}\n")),
    }
}
