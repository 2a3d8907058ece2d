//! The DHCP server's process: started once, found again by whoever comes later, ended by its number.
//!
//! A number alone is nobody: it counts with the moment at which that process began, in this boot.
//! Where a Slipway died between starting the server and writing that down, the server's own pid file
//! leads to it, and it is ours if it was started with the configuration in this folder.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use slipway_core::{
    failure::{FailureKind, StepError},
    network::{DhcpServer, ServerFiles, config, start_command},
};

use super::{
    local,
    state::{PortState, write_whole},
};
use crate::{podman::process::Process, programs};

const LOOK: Duration = Duration::from_millis(20);
/// From a server's start until it has written its number.
const STARTS: Duration = Duration::from_secs(5);
/// What it gets to end in order.
const ENDS: Duration = Duration::from_secs(5);

/// The server's process, told from a later one with its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    pid: i32,
    /// Clock ticks since the boot.
    started: u64,
    boot_id: String,
}

fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

/// Our server, where it lives.
pub fn ours(folder: &Path, state: &PortState) -> Option<Process> {
    if let Some(served) = &state.server
        && served.boot_id == boot_id()
        && let Some(process) = Process::read(served.pid)
        && process.started == served.started
    {
        return Some(process);
    }
    by_pid_file(folder)
}

fn by_pid_file(folder: &Path) -> Option<Process> {
    let text = fs::read_to_string(folder.join("pid")).ok()?;
    let process = Process::read(text.trim().parse().ok()?)?;
    let folder = folder.to_string_lossy();
    let config = ServerFiles { folder: &folder }.config();
    let says =
        |argument: &String| argument.strip_prefix("--conf-file=").unwrap_or(argument) == config;
    process.argv.iter().any(says).then_some(process)
}

/// What the configuration must be, and whose it is.
fn wanted(state: &PortState) -> Option<(DhcpServer, String)> {
    let networks: Vec<_> = state.holders.values().collect();
    let server = networks.first()?.server;
    Some((server, config(server, &state.port, &networks)))
}

/// Whether a server of ours runs with what all holders want.
pub fn serves(folder: &Path, state: &PortState) -> bool {
    let Some((_, text)) = wanted(state) else {
        return false;
    };
    let written = fs::read_to_string(folder.join("dhcp.conf")).ok();
    written.as_ref() == Some(&text) && ours(folder, state).is_some()
}

/// Starts the server, or starts it anew with another configuration; answers with what was done.
pub fn bring_up(folder: &Path, state: &mut PortState) -> Result<Option<String>, StepError> {
    let Some((server, text)) = wanted(state) else {
        return Ok(None);
    };
    if serves(folder, state) {
        // One that was found by its pid file is written down.
        if state.server.is_none()
            && let Some(process) = ours(folder, state)
        {
            state.server = Some(recorded(&process));
            state.write(folder)?;
        }
        return Ok(None);
    }
    let old = ours(folder, state);
    if let Some(process) = &old {
        stop(process)?;
    }
    state.server = None;
    state.write(folder)?;
    // What an earlier one left would lead to nobody.
    let _ = fs::remove_file(folder.join("pid"));
    write_whole(&folder.join("dhcp.conf"), &text)?;
    let process = start(server, folder, state)?;
    state.server = Some(recorded(&process));
    state.write(folder)?;
    let how = match old {
        Some(_) => "started anew",
        None => "started",
    };
    Ok(Some(format!(
        "{how} {} on {} (pid {}) for {}",
        server.program(),
        state.port,
        process.pid,
        state.cards().join(", ")
    )))
}

fn recorded(process: &Process) -> Served {
    Served {
        pid: process.pid,
        started: process.started,
        boot_id: boot_id(),
    }
}

fn start(server: DhcpServer, folder: &Path, state: &PortState) -> Result<Process, StepError> {
    let text = folder.to_string_lossy();
    let argv = start_command(server, &state.port, ServerFiles { folder: &text });
    let program = server.program();
    let failed = |why: String| {
        StepError::new(
            FailureKind::Local,
            format!("{program} can't be started on {}", state.port),
        )
        .because(why)
        .hint("look whether another DHCP server has this port (`ss -lunp sport = 67`); then retry, or leave this step out (`--skip-steps local_network`)")
    };
    let io = |error: std::io::Error| failed(error.to_string());
    // ISC's wants its leases to be there.
    if server == DhcpServer::IscDhcpd {
        let mut options = File::options();
        options.create(true).append(true);
        options.open(folder.join("leases")).map_err(io)?;
    }
    // A file and no pipe: the one that stays in the background would keep a pipe open.
    let said = folder.join("start.log");
    let out = File::create(&said).map_err(io)?;
    let err = out.try_clone().map_err(io)?;
    let path = programs::find(program)
        .ok_or_else(|| failed(format!("the program {program} is missing")))?;
    let status = Command::new(path)
        .args(argv.iter().skip(1))
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .status()
        .map_err(io)?;
    if !status.success() {
        let said = fs::read_to_string(&said).unwrap_or_default();
        let mut lines: Vec<&str> = said
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let last = lines.split_off(lines.len().saturating_sub(3));
        return Err(failed(match last.join("; ") {
            words if words.is_empty() => format!("it ended with {status}"),
            words => words,
        }));
    }
    let begun = Instant::now();
    loop {
        if let Some(process) = by_pid_file(folder) {
            return Ok(process);
        }
        if begun.elapsed() > STARTS {
            return Err(failed("it has written no pid file".into()));
        }
        thread::sleep(LOOK);
    }
}

/// Ends it, and answers when it is gone.
pub fn stop(process: &Process) -> Result<(), StepError> {
    for signal in [Signal::TERM, Signal::KILL] {
        process.signal(signal);
        let begun = Instant::now();
        while begun.elapsed() < ENDS {
            if !process.lives() {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
    }
    Err(local(
        format!("the DHCP server can't be ended (pid {})", process.pid),
        "it does not even follow SIGKILL",
    ))
}

/// What dnsmasq has given, as `192.168.3.20 to 00:08:00:01:03:18`; ISC's leases are not read.
pub fn given(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("leases")).unwrap_or_default();
    let lease = |line: &str| {
        let mut words = line.split_whitespace();
        let (until, mac, ip) = (words.next()?, words.next()?, words.next()?);
        until.parse::<u64>().ok()?;
        Some(format!("{ip} to {mac}"))
    };
    text.lines().filter_map(lease).collect()
}
