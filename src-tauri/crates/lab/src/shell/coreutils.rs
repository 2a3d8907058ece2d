//! Programs over files that every machine has.

use std::time::Duration;

use super::{Call, Done, Machine};
use crate::files::FileError;

/// Runs one of them, or says that it is none.
pub(super) async fn program<M: Machine>(machine: &M, call: &Call) -> Option<Done> {
    let args = call.args();
    let (flags, operands) = split(&args);
    let name = call.argv[0].as_str();
    let has = |flag: char| {
        flags
            .iter()
            .any(|f| !f.starts_with("--") && f.contains(flag))
    };
    Some(match name {
        "true" | ":" | "sync" | "chown" | "chgrp" | "chcon" | "restorecon" => Done::exit(0),
        "false" => Done::exit(1),
        "pwd" => Done::fine(format!("{}\n", call.cwd)),
        "whoami" => Done::fine("root\n"),
        "id" if has('u') => Done::fine("0\n"),
        "id" => Done::fine("uid=0(root) gid=0(root) groups=0(root)\n"),
        "nproc" => Done::fine("16\n"),
        "hostname" => Done::fine(format!("{}\n", machine.hostname())),
        "uname" => uname(machine, &args),
        "env" => {
            let lines = call
                .env
                .iter()
                .map(|(name, value)| format!("{name}={value}\n"));
            Done::fine(lines.collect::<String>())
        }
        "command" | "which" | "type" => which(&operands),
        "sleep" => {
            let seconds = operands.first().and_then(|s| s.parse().ok()).unwrap_or(0.0);
            let span = Duration::try_from_secs_f64(seconds).unwrap_or_default();
            tokio::time::sleep(span).await;
            Done::exit(0)
        }
        "date" => date(machine, &args),
        "test" => Done::exit(test(machine, call, &args)),
        "[" => match args.split_last() {
            Some((&"]", rest)) => Done::exit(test(machine, call, rest)),
            _ => Done::failed(2, "bash: line 1: [: missing `]'\n"),
        },
        "ls" => ls(
            machine,
            call,
            &operands,
            has('l'),
            has('a') || has('A'),
            has('d'),
        ),
        "stat" => stat(machine, call, &args),
        "df" => df(machine, call, &args),
        "basename" => {
            let path = operands.first().copied().unwrap_or_default();
            Done::fine(format!("{}\n", path.rsplit('/').next().unwrap_or_default()))
        }
        "dirname" => {
            let path = operands.first().copied().unwrap_or_default();
            Done::fine(format!(
                "{}\n",
                path.rsplit_once('/').map_or(".", |(up, _)| up)
            ))
        }
        "readlink" | "realpath" => {
            let path = operands.first().copied().unwrap_or_default();
            Done::fine(format!("{}\n", crate::files::normalise(&call.path(path))))
        }
        _ => return None,
    })
}

/// Options, and what is left; `--` ends the options.
pub(super) fn split<'a>(args: &[&'a str]) -> (Vec<&'a str>, Vec<&'a str>) {
    let mut flags = Vec::new();
    let mut operands = Vec::new();
    let mut over = false;
    for arg in args {
        match *arg {
            "--" if !over => over = true,
            arg if !over && arg.len() > 1 && arg.starts_with('-') => flags.push(arg),
            arg => operands.push(arg),
        }
    }
    (flags, operands)
}

fn which(operands: &[&str]) -> Done {
    // Everything that the lab knows is on the path; what it doesn't is not looked up here.
    match operands.first() {
        Some(name) => Done::fine(format!("/usr/bin/{name}\n")),
        None => Done::exit(1),
    }
}

fn uname<M: Machine>(machine: &M, args: &[&str]) -> Done {
    let hostname = machine.hostname();
    Done::fine(match args.first().copied().unwrap_or("-s") {
        "-m" | "-p" | "-i" => "aarch64\n".to_owned(),
        "-n" => format!("{hostname}\n"),
        "-r" => "5.14.0-570.el9.aarch64\n".to_owned(),
        "-a" => format!("Linux {hostname} 5.14.0-570.el9.aarch64 #1 SMP aarch64 GNU/Linux\n"),
        _ => "Linux\n".to_owned(),
    })
}

fn date<M: Machine>(machine: &M, args: &[&str]) -> Done {
    let mut set = None;
    let mut format = None;
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match *word {
            "-s" | "--set" => set = words.next().map(|text| (*text).to_owned()),
            word if word.starts_with("--set=") => set = Some(word["--set=".len()..].to_owned()),
            word if word.starts_with('+') => format = Some(word[1..].to_owned()),
            _ => {}
        }
    }
    if let Some(text) = set {
        let Some(to) = parse_date(&text) else {
            return Done::failed(1, format!("date: invalid date '{text}'\n"));
        };
        if let Err(words) = machine.set_clock(to) {
            return Done::failed(1, format!("date: cannot set date: {words}\n"));
        }
    }
    let now = machine.now().to_zoned(jiff::tz::TimeZone::UTC);
    let format = format.unwrap_or_else(|| "%a %b %e %H:%M:%S UTC %Y".into());
    let mut text = String::new();
    let mut broken = jiff::fmt::strtime::BrokenDownTime::from(&now);
    broken.set_offset(Some(jiff::tz::Offset::UTC));
    match broken.format(&format, &mut text) {
        Ok(()) => Done::fine(format!("{text}\n")),
        Err(_) => Done::failed(1, format!("date: invalid format '{format}'\n")),
    }
}

/// `@1790000000`, RFC 3339, `2026-09-01 08:00:00` (UTC) and the latter with `UTC` behind it.
fn parse_date(text: &str) -> Option<jiff::Timestamp> {
    let text = text.trim();
    if let Some(seconds) = text.strip_prefix('@') {
        let seconds = seconds.split('.').next().unwrap_or_default();
        return jiff::Timestamp::from_second(seconds.parse().ok()?).ok();
    }
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let text = text.trim_end_matches("UTC").trim_end_matches('Z').trim();
    let civil: jiff::civil::DateTime = text.replace(' ', "T").parse().ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

fn test<M: Machine>(machine: &M, call: &Call, args: &[&str]) -> u32 {
    let truth = |yes: bool| u32::from(!yes);
    let stat = |path: &str| {
        let path = call.path(path);
        match machine.made_up(&path) {
            Some(bytes) => Ok((false, bytes.len() as u64)),
            None => machine
                .files(|files| files.stat(&path))
                .map(|stat| (stat.directory, stat.size)),
        }
    };
    let joined = |at: &usize| *at > 0 && matches!(args[*at], "-a" | "-o") && args.len() > 3;
    if let Some(at) = (0..args.len()).find(joined) {
        let left = test(machine, call, &args[..at]) == 0;
        let right = test(machine, call, &args[at + 1..]) == 0;
        return truth(match args[at] {
            "-a" => left && right,
            _ => left || right,
        });
    }
    match args {
        [] => 1,
        ["!", rest @ ..] => match test(machine, call, rest) {
            0 => 1,
            1 => 0,
            error => error,
        },
        [text] => truth(!text.is_empty()),
        ["-n", text] => truth(!text.is_empty()),
        ["-z", text] => truth(text.is_empty()),
        ["-e" | "-r" | "-w" | "-x" | "-L", path] => truth(stat(path).is_ok()),
        ["-f", path] => truth(stat(path).is_ok_and(|(directory, _)| !directory)),
        ["-d", path] => truth(stat(path).is_ok_and(|(directory, _)| directory)),
        ["-s", path] => truth(stat(path).is_ok_and(|(_, size)| size > 0)),
        [a, "=" | "==", b] => truth(a == b),
        [a, "!=", b] => truth(a != b),
        [a, comparison, b] => {
            let (Ok(a), Ok(b)) = (a.trim().parse::<i64>(), b.trim().parse::<i64>()) else {
                return 2;
            };
            match *comparison {
                "-eq" => truth(a == b),
                "-ne" => truth(a != b),
                "-lt" => truth(a < b),
                "-le" => truth(a <= b),
                "-gt" => truth(a > b),
                "-ge" => truth(a >= b),
                _ => 2,
            }
        }
        _ => 2,
    }
}

fn ls<M: Machine>(
    machine: &M,
    call: &Call,
    operands: &[&str],
    long: bool,
    all: bool,
    itself: bool,
) -> Done {
    let mut done = Done::default();
    let operands = if operands.is_empty() {
        &["."]
    } else {
        operands
    };
    for operand in operands {
        let path = call.path(operand);
        let listed = machine.files(|files| {
            let directory = files.stat(&path)?.directory;
            let names = if directory && !itself {
                let names = files.list(&path)?;
                let shown = names
                    .into_iter()
                    .filter(|name| all || !name.starts_with('.'));
                shown.map(|name| (format!("{path}/{name}"), name)).collect()
            } else {
                vec![(path.clone(), (*operand).to_owned())]
            };
            let line = |(path, name): (String, String)| {
                let Ok(stat) = files.stat(&path) else {
                    return String::new();
                };
                if !long {
                    return format!("{name}\n");
                }
                let kind = if stat.directory { 'd' } else { '-' };
                let mode = symbolic(stat.mode);
                format!(
                    "{kind}{mode} 1 root root {:>10} Sep  1 08:00 {name}\n",
                    stat.size
                )
            };
            Ok::<_, FileError>(names.into_iter().map(line).collect::<String>())
        });
        match listed {
            Ok(text) => done.out.extend_from_slice(text.as_bytes()),
            Err(error) => {
                done.exit = 2;
                let text = format!("ls: cannot access '{operand}': {error}\n");
                done.err.extend_from_slice(text.as_bytes());
            }
        }
    }
    done
}

fn symbolic(mode: u32) -> String {
    (0..9)
        .map(|bit| match mode & (0o400 >> bit) {
            0 => '-',
            _ => ['r', 'w', 'x'][bit % 3],
        })
        .collect()
}

fn stat<M: Machine>(machine: &M, call: &Call, args: &[&str]) -> Done {
    let mut format = None;
    let mut operands = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match *word {
            "-c" | "--format" | "-f" => format = words.next().copied(),
            "-L" | "-Lc" => {
                if *word == "-Lc" {
                    format = words.next().copied();
                }
            }
            word if word.starts_with("--format=") => format = Some(&word["--format=".len()..]),
            word if word.starts_with("-c") => format = Some(&word[2..]),
            word => operands.push(word),
        }
    }
    let mut done = Done::default();
    for operand in operands {
        match machine.files(|files| files.stat(&call.path(operand))) {
            Ok(stat) => {
                let kind = if stat.directory {
                    "directory"
                } else {
                    "regular file"
                };
                let text = format
                    .unwrap_or("  File: %n\n  Size: %s\t%F")
                    .replace("%s", &stat.size.to_string())
                    .replace("%a", &format!("{:o}", stat.mode))
                    .replace("%F", kind)
                    .replace("%U", "root")
                    .replace("%G", "root")
                    .replace("%Y", "1788249600")
                    .replace("%n", operand);
                done.out.extend_from_slice(format!("{text}\n").as_bytes());
            }
            Err(error) => {
                done.exit = 1;
                let text = format!("stat: cannot statx '{operand}': {error}\n");
                done.err.extend_from_slice(text.as_bytes());
            }
        }
    }
    done
}

fn df<M: Machine>(machine: &M, call: &Call, args: &[&str]) -> Done {
    let (flags, operands) = split(args);
    let path = call.path(operands.last().copied().unwrap_or("/"));
    if !machine.files(|files| files.exists(&path)) && path != "/" {
        let shown = operands.last().copied().unwrap_or_default();
        return Done::failed(1, format!("df: {shown}: No such file or directory\n"));
    }
    let (free, whole, mounted) = machine.space(&path);
    let bytes = args.windows(2).any(|pair| pair == ["-B", "1"])
        || flags
            .iter()
            .any(|flag| *flag == "-B1" || flag.ends_with("=1") || flag.contains("B1"));
    let (unit, title) = if bytes {
        (1, "1B-blocks")
    } else {
        (1024, "1K-blocks")
    };
    if flags.iter().any(|flag| flag.starts_with("--output=avail")) {
        return Done::fine(format!("Avail\n{}\n", free / unit));
    }
    let used = (whole - free) / unit;
    let part = (whole - free) * 100 / whole.max(1);
    Done::fine(format!(
        "Filesystem {title} Used Available Use% Mounted on\n/dev/lab {} {used} {} {part}% {mounted}\n",
        whole / unit,
        free / unit
    ))
}
