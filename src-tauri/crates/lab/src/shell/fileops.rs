//! Programs that change files: `chmod`, `cp`, `mv`, `install`, `mktemp`, `mkdir`, `rm`.

use super::{Call, Done, Machine, coreutils::split};
use crate::files::{FileError, Files, normalise};

/// Runs one of them, or says that it is none.
pub(super) fn program<M: Machine>(machine: &M, call: &Call) -> Option<Done> {
    let args = call.args();
    let (flags, operands) = split(&args);
    let name = call.argv[0].as_str();
    let has = |flag: char| {
        flags
            .iter()
            .any(|f| !f.starts_with("--") && f.contains(flag))
    };
    // `mkdir -m MODE`: a word of its own that is no folder.
    let (mode, operands) = match operands.split_first() {
        Some((mode, folders)) if name == "mkdir" && has('m') => {
            (u32::from_str_radix(mode, 8).ok(), folders.to_vec())
        }
        Some(_) | None => (None, operands),
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
        "mkdir" if has('p') => {
            let make = &mut |files: &mut Files, path: &str| {
                let new = !files.exists(path);
                make_dirs(files, path)?;
                mode.filter(|_| new)
                    .map_or(Ok(()), |mode| files.set_mode(path, mode))
            };
            each(make, "cannot create directory")
        }
        "mkdir" => {
            let make = &mut |files: &mut Files, path: &str| {
                if files.exists(path) {
                    return Err(FileError::IsDirectory);
                }
                if let Some(at @ 1..) = path.rfind('/') {
                    files.stat(&path[..at])?;
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
        _ => return None,
    })
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
        let (from, to) = (call.path(source), call.path(target));
        if and_remove && machine.files(|files| is_directory(files, &from)) {
            if let Err(why) = machine.files(|files| move_directory(files, &from, &to, source)) {
                let text = format!("mv: cannot move '{source}' to '{target}': {why}\n");
                return Done::failed(1, text);
            }
            continue;
        }
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

fn move_directory(
    files: &mut Files,
    from: &str,
    target: &str,
    source: &str,
) -> Result<(), FileError> {
    let from = normalise(from);
    let to = normalise(&into_folder(files, target, source));
    let above = to.rsplit_once('/').map_or("/", |(above, _)| above);
    if !above.is_empty() && !files.stat(above)?.directory {
        return Err(FileError::NotDirectory);
    }
    match files.stat(&to) {
        // Into itself.
        _ if to == from || to.starts_with(&format!("{from}/")) => Err(FileError::Invalid),
        Ok(stat) if !stat.directory => Err(FileError::NotDirectory),
        Ok(_) if !files.list(&to)?.is_empty() => Err(FileError::NotEmpty),
        Ok(_) | Err(_) => {
            files.remove_all(&to);
            files.rename_directory(&from, &to);
            Ok(())
        }
    }
}

fn is_directory(files: &Files, path: &str) -> bool {
    files.stat(path).is_ok_and(|stat| stat.directory)
}

/// A target that is a folder takes the source's name.
fn into_folder(files: &Files, target: &str, source: &str) -> String {
    if is_directory(files, target) {
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
