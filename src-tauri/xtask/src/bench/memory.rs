//! The memory of a process and of all that came from it.

use crate::Result;
use std::collections::HashMap;

#[expect(
    clippy::cast_precision_loss,
    reason = "memory in KiB is far below 2^52"
)]
pub fn kib_to_mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// The process and all that came from it.
pub fn descendants(root: u32) -> Result<Vec<u32>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(process) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // One that has ended meanwhile has no parent any more.
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        if let Some(parent) = parent_of(&stat) {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut family = vec![root];
    let mut at = 0;
    while let Some(process) = family.get(at) {
        family.extend(children.remove(process).unwrap_or_default());
        at += 1;
    }
    Ok(family)
}

/// The fourth field of `/proc/PID/stat`; the second, the name, may hold anything in its brackets.
fn parent_of(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

/// The share of memory that is this process's, pages in common divided by those who share them.
pub fn pss_kib(process: u32) -> u64 {
    let rollup =
        std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    pss.and_then(|pss| pss.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

/// The most that this process alone ever had in memory; 0 where it has ended.
pub fn peak_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_hide_the_parent() {
        assert_eq!(parent_of("42 (Web Process (x)) S 7 42 42 0"), Some(7));
        assert_eq!(parent_of(""), None);
    }

    #[test]
    fn we_are_our_own_first_descendant_and_use_memory() {
        let family = descendants(std::process::id()).expect("a readable /proc");
        assert_eq!(family.first(), Some(&std::process::id()));
        assert!(pss_kib(std::process::id()) > 100);
        assert!(peak_kib(std::process::id()) >= pss_kib(std::process::id()));
        assert_eq!(peak_kib(u32::MAX), 0);
    }
}
