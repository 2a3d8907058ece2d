//! A simulated rack in a process of its own, as `slipctl lab start` makes it.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

/// The program beside the app.
pub fn slipctl() -> String {
    std::env::var("SLIPCTL").expect("`cargo xtask test --only window` sets SLIPCTL")
}

/// `slipctl lab start`; gone with this.
pub struct Rack {
    child: Child,
    dir: tempfile::TempDir,
}

impl Rack {
    /// Of cards with an OS; returns when `lab.json` tells where everything is.
    pub async fn start(cards: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lab = dir.path().join("lab");
        let child = Command::new(slipctl())
            .args(["lab", "start", "--speed", "instant", "--fleet", "installed"])
            .args(["--cards", &cards.to_string(), "--dir"])
            .arg(&lab)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut rack = Self { child, dir };
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        while !rack.told().exists() {
            assert!(rack.child.try_wait().unwrap().is_none(), "the lab ended");
            assert!(std::time::Instant::now() < deadline, "the lab is silent");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        rack
    }

    pub fn dir(&self) -> PathBuf {
        self.dir.path().join("lab")
    }

    fn told(&self) -> PathBuf {
        self.dir().join("lab.json")
    }

    pub fn cards(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.told()).unwrap();
        let told: Value = serde_json::from_str(&text).unwrap();
        told["cards"].as_array().unwrap().clone()
    }
}

impl Drop for Rack {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
