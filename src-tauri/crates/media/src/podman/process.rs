//! Processes on Linux, as `/proc` shows them: finding one again by an argument of its own, and
//! stopping it with everything it started.
//!
//! Learned by doing it (podman 4.3, runc): `podman build` that gets SIGTERM ends with exit code 0,
//! while the container of its RUN step goes on under init. If that container is killed instead,
//! podman sees a failed step, removes its working containers and ends in order. So the innermost
//! go first.

use std::{collections::HashMap, fs, path::Path, time::Duration};

use rustix::process::{Pid, Signal, kill_process};

/// How long podman may tidy up after its container was killed.
const TIDY: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(50);

/// A process that can be told from a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub pid: i32,
    parent: i32,
    /// Clock ticks since the boot.
    pub(crate) started: u64,
    pub(crate) argv: Vec<String>,
}

impl Process {
    pub(crate) fn read(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (parent, started) = parse_stat(&stat)?;
        let argv = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let argv = argv.split(|byte| *byte == 0);
        Some(Self {
            pid,
            parent,
            started,
            argv: argv
                .map(|arg| String::from_utf8_lossy(arg).into_owned())
                .collect(),
        })
    }

    pub(crate) fn lives(&self) -> bool {
        Self::read(self.pid).is_some_and(|now| now.started == self.started)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        // Who has gone meanwhile needs none.
        if self.lives()
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            let _ = kill_process(pid, signal);
        }
    }

    fn is_buildahs(&self) -> bool {
        self.argv
            .first()
            .is_some_and(|program| program.starts_with("buildah-"))
    }
}

/// Parent and start of a process that is no zombie. The name in it may hold spaces and brackets.
fn parse_stat(stat: &str) -> Option<(i32, u64)> {
    let (_, after) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    if matches!(fields.first(), Some(&"Z" | &"X")) {
        return None;
    }
    Some((fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?))
}

fn all() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return vec![];
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(Process::read)
        .collect()
}

/// The process that was started with this argument; of several (podman starts itself anew where it
/// is not root) the outermost.
pub fn find(argument: &str) -> Option<Process> {
    let mut found: Vec<Process> = all();
    found.retain(|process| process.argv.iter().any(|arg| arg == argument));
    let pids: Vec<i32> = found.iter().map(|process| process.pid).collect();
    found
        .into_iter()
        .find(|process| !pids.contains(&process.parent))
}

/// The podman that writes this result file.
pub fn find_work(result: &Path) -> Option<Process> {
    let path = result.to_string_lossy();
    find(&path).or_else(|| find(&format!("--digestfile={path}")))
}

/// Everything below a process, innermost last.
fn below(root: &Process) -> Vec<Process> {
    let mut children: HashMap<i32, Vec<Process>> = HashMap::new();
    for process in all() {
        children.entry(process.parent).or_default().push(process);
    }
    let mut found = Vec::new();
    let mut next = vec![root.pid];
    while let Some(pid) = next.pop() {
        for process in children.remove(&pid).unwrap_or_default() {
            next.push(process.pid);
            found.push(process);
        }
    }
    found
}

/// Stops a podman and everything it started. Answers with what could not be stopped.
pub async fn stop(root: Process) -> Vec<Process> {
    let mut seen: Vec<Process> = vec![root.clone()];
    let begun = std::time::Instant::now();
    let mut asked = false;
    let mut killed: Option<std::time::Instant> = None;
    while root.lives() && begun.elapsed() < TIDY {
        let tree = below(&root);
        let in_containers: Vec<&Process> = tree
            .iter()
            .filter(|process| !process.is_buildahs())
            .filter(|process| {
                tree.iter()
                    .any(|other| other.is_buildahs() && is_below(process, other, &tree))
            })
            .collect();
        for process in &in_containers {
            process.signal(Signal::KILL);
            killed = Some(std::time::Instant::now());
        }
        // Between two steps, while it pulls or commits, there is no container to take away. One
        // whose container was taken away is given the time to tidy up.
        let tidies = killed.is_some_and(|at| at.elapsed() < TIDY / 2);
        if in_containers.is_empty() && !tidies && !asked {
            root.signal(Signal::TERM);
            asked = true;
        }
        for process in tree {
            if !seen.contains(&process) {
                seen.push(process);
            }
        }
        tokio::time::sleep(LOOK).await;
    }
    let late = std::time::Instant::now();
    while seen.iter().any(Process::lives) && late.elapsed() < TIDY {
        for process in seen.iter().rev() {
            process.signal(Signal::KILL);
        }
        tokio::time::sleep(LOOK).await;
    }
    seen.retain(Process::lives);
    seen
}

fn is_below(process: &Process, above: &Process, tree: &[Process]) -> bool {
    let mut at = process.parent;
    // A tree of processes is not deep; a number that was given anew could make a ring.
    for _ in 0..64 {
        if at == above.pid {
            return true;
        }
        match tree.iter().find(|other| other.pid == at) {
            Some(parent) => at = parent.parent,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_with_an_odd_name_is_read() {
        let stat = "7 (a) (b) S 3 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 4711 1 1";
        assert_eq!(parse_stat(stat), Some((3, 4711)));
        assert_eq!(parse_stat(&stat.replace(" S ", " Z ")), None);
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[tokio::test]
    async fn a_process_is_found_by_its_argument_and_stopped_with_its_children() {
        let mark = format!("slipway-test-{}", std::process::id());
        let mut child = tokio::process::Command::new("sh")
            .args(["-c", "sleep 600 & wait", &mark])
            .spawn()
            .unwrap();
        let found = loop {
            if let Some(found) = find(&mark)
                && !below(&found).is_empty()
            {
                break found;
            }
            tokio::time::sleep(LOOK).await;
        };
        let inner = below(&found);
        assert_eq!(
            Some(found.pid),
            child.id().and_then(|id| i32::try_from(id).ok())
        );
        let reaped = tokio::spawn(async move { child.wait().await });
        assert_eq!(stop(found).await, []);
        assert!(inner.iter().all(|process| !process.lives()));
        reaped.await.unwrap().unwrap();
        assert_eq!(find(&mark), None);
    }
}
