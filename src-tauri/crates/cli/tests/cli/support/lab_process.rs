//! `slipctl lab start`, as a person starts it.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use super::{desk, eventually};

/// A lab in a process of its own. Killed when dropped.
pub struct LabProcess {
    child: Child,
    dir: tempfile::TempDir,
}

impl LabProcess {
    /// Returns when `lab.json` tells where everything is.
    pub fn start(cards: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(desk::SLIPCTL);
        command.args(["lab", "start", "--speed", "instant", "--fleet", "fresh"]);
        command
            .arg("--cards")
            .arg(cards.to_string())
            .arg("--dir")
            .arg(dir.path().join("lab"));
        desk::alone(&mut command, dir.path());
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        let told = dir.path().join("lab/lab.json");
        eventually("the lab tells where it is", || {
            assert!(child.try_wait().unwrap().is_none(), "the lab ended");
            told.exists().then_some(())
        });
        Self { child, dir }
    }

    pub fn dir(&self) -> PathBuf {
        self.dir.path().join("lab")
    }

    pub fn inventory(&self) -> Value {
        read(&self.dir().join("lab.json"))
    }

    /// Ctrl-C, and how it ended.
    pub fn interrupt(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
        eventually("the lab ends", || self.child.try_wait().unwrap()).code()
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

impl Drop for LabProcess {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
