//! Programs over files that every machine has.

use std::time::Duration;

use super::{Call, Done, Machine};
use crate::files::{FileError, Files};

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
    let each = |work: &mut dyn FnMut(&mut Files, &str) -> Result<(), FileError>, words: &str| {
        let mut done = Done::default();
        for operand in &operands {
            let path = call.path(operand);
            if let Err(error) = machine.files(|files| work(files, &path)) {
                done.exit = 1;
                let text = format!("{name}: {words} '{operand}': {error}\n");
                done.err.extend_from_slice(text.as_bytes());
            }
        }
        done
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
        "mkdir" if has('p') => {
            let make = &mut |files: &mut Files, path: &str| make_dirs(files, path);
            each(make, "cannot create directory")
        }
        "mkdir" => {
            let make = &mut |files: &mut Files, path: &str| {
                if files.exists(path) {
                    return Err(FileError::IsDirectory);
                }
                match path.rfind('/') {
                    Some(at @ 1..) => files.stat(&path[..at]).map(|_| ())?,
                    Some(_) | None => {}
                }
                make_dirs(files, path)
            };
            each(make, "cannot create directory")
        }
        "rmdir" => each(&mut |files, path| files.remove(path), "failed to remove"),
        "rm" => {
            let (recursive, force) = (has('r') || has('R'), has('f'));
            let remove = &mut |files: &mut Files, path: &str| match files.stat(path) {
                Err(_) if force => Ok(()),
                Ok(stat) if stat.directory && !recursive => Err(FileError::IsDirectory),
                Ok(_) if recursive => {
                    files.remove_all(path);
                    Ok(())
                }
                Ok(_) | Err(_) => files.remove(path),
            };
            each(remove, "cannot remove")
        }
        "touch" => each(&mut |files, path| files.append(path, b""), "cannot touch"),
        "truncate" => each(&mut |files, path| files.write(path, b""), "cannot open"),
        "chmod" => chmod(machine, call, &args),
        "cp" | "mv" | "ln" => copy(machine, call, &operands, name == "mv"),
        "install" => install(machine, call, &args),
        "mktemp" => mktemp(machine, has('d')),
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

fn make_dirs(files: &mut Files, path: &str) -> Result<(), FileError> {
    match files.stat(path) {
        Ok(stat) if stat.directory => Ok(()),
        Ok(_) => Err(FileError::NotDirectory),
        Err(_) if files.full => Err(FileError::NoSpace),
        Err(_) => {
            files.make_directories(path);
            Ok(())
        }
    }
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
    match args {
        [] => 1,
        ["!", rest @ ..] => match test(machine, call, rest) {
            0 => 1,
            1 => 0,
            error => error,
        },
        [left @ .., "-a", a] if left.len() > 1 => {
            truth(test(machine, call, left) == 0 && test(machine, call, &[a]) == 0)
        }
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

fn chmod<M: Machine>(machine: &M, call: &Call, args: &[&str]) -> Done {
    let Some((mode, paths)) = args.split_first() else {
        return Done::failed(1, "chmod: missing operand\n");
    };
    let octal = u32::from_str_radix(mode, 8).ok();
    let mut done = Done::default();
    for path in paths {
        let result = machine.files(|files| {
            let path = call.path(path);
            let now = files.stat(&path)?.mode;
            let wanted = octal.unwrap_or(match *mode {
                "+x" | "a+x" => now | 0o111,
                "u+x" => now | 0o100,
                "go-rwx" | "og-rwx" => now & 0o700,
                _ => now,
            });
            files.set_mode(&path, wanted)
        });
        if let Err(error) = result {
            done.exit = 1;
            let text = format!("chmod: cannot access '{path}': {error}\n");
            done.err.extend_from_slice(text.as_bytes());
        }
    }
    done
}

fn copy<M: Machine>(machine: &M, call: &Call, operands: &[&str], and_remove: bool) -> Done {
    let name = &call.argv[0];
    let [sources @ .., target] = operands else {
        return Done::failed(1, format!("{name}: missing file operand\n"));
    };
    for source in sources {
        let copied = machine.read(&call.path(source)).and_then(|bytes| {
            machine.files(|files| {
                let from = call.path(source);
                let mode = files.stat(&from).map_or(0o644, |stat| stat.mode);
                let to = into_folder(files, &call.path(target), source);
                files.write(&to, &bytes)?;
                files.set_mode(&to, mode)?;
                if and_remove && to != from {
                    files.remove(&from)?;
                }
                Ok(())
            })
        });
        if let Err(error) = copied {
            return Done::failed(1, format!("{name}: cannot stat '{source}': {error}\n"));
        }
    }
    Done::exit(0)
}

/// A target that is a folder takes the source's name.
fn into_folder(files: &Files, target: &str, source: &str) -> String {
    if files.stat(target).is_ok_and(|stat| stat.directory) {
        let name = source.trim_end_matches('/').rsplit('/').next();
        format!("{target}/{}", name.unwrap_or_default())
    } else {
        target.to_owned()
    }
}

/// `install -d -m 0755 DIR…`, `install [-D] [-m MODE] SOURCE TARGET` (also `/dev/stdin`).
fn install<M: Machine>(machine: &M, call: &Call, args: &[&str]) -> Done {
    let mut mode = 0o755;
    let (mut folders, mut parents) = (false, false);
    let mut operands = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match *word {
            "-m" | "--mode" => {
                let text = words.next().copied().unwrap_or_default();
                mode = u32::from_str_radix(text, 8).unwrap_or(mode);
            }
            "-o" | "-g" => {
                words.next();
            }
            "--" => {}
            flag if flag.starts_with("--mode=") => {
                mode = u32::from_str_radix(&flag["--mode=".len()..], 8).unwrap_or(mode);
            }
            flag if flag.starts_with("-m") => {
                mode = u32::from_str_radix(&flag[2..], 8).unwrap_or(mode);
            }
            flag if flag.starts_with('-') && flag.len() > 1 => {
                folders |= flag.contains('d');
                parents |= flag.contains('D');
            }
            operand => operands.push(operand),
        }
    }
    let result = if folders {
        machine.files(|files| {
            for folder in &operands {
                make_dirs(files, &call.path(folder))?;
                files.set_mode(&call.path(folder), mode)?;
            }
            Ok(())
        })
    } else if let [source, target] = operands.as_slice() {
        let bytes = match *source {
            // `install /dev/stdin`: the pipe or the here-document that is already there.
            "/dev/stdin" | "-" => match futures::FutureExt::now_or_never(call.stdin.read()) {
                Some(bytes) => Ok(bytes),
                None => Err(FileError::Io),
            },
            path => machine.read(&call.path(path)),
        };
        bytes.and_then(|bytes| {
            machine.files(|files| {
                let target = call.path(target);
                if let Some((folder, _)) = target.rsplit_once('/')
                    && parents
                {
                    make_dirs(files, folder)?;
                }
                let target = into_folder(files, &target, source);
                files.write(&target, &bytes)?;
                files.set_mode(&target, mode)
            })
        })
    } else {
        return Done::failed(1, "install: missing file operand\n");
    };
    match result {
        Ok(()) => Done::exit(0),
        Err(error) => Done::failed(1, format!("install: cannot create: {error}\n")),
    }
}

fn mktemp<M: Machine>(machine: &M, folder: bool) -> Done {
    let name = uuid::Uuid::new_v4().simple().to_string();
    let path = format!("/tmp/tmp.{}", &name[..10]);
    let made = machine.files(|files| {
        files.make_directories("/tmp");
        match folder {
            true => make_dirs(files, &path),
            false => files.write(&path, b""),
        }
    });
    match made {
        Ok(()) => Done::fine(format!("{path}\n")),
        Err(error) => Done::failed(1, format!("mktemp: failed to create file: {error}\n")),
    }
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
