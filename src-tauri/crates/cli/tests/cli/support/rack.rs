//! A lab in this process, so that a test can look behind the cards: what was really done to them.

use std::path::Path;

use slipway_lab::{CardHandle, Lab, LabCard, LabConfig, Observed};
use tokio::runtime::{Builder, Handle, Runtime};

pub struct Rack {
    runtime: Runtime,
    lab: Option<Lab>,
    dir: tempfile::TempDir,
}

impl Rack {
    /// A lab for tests (nothing kept, phases of milliseconds, fresh cards, a small ISO), changed as
    /// the test needs it.
    pub fn start(cards: usize, change: impl FnOnce(&mut LabConfig)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = LabConfig::test(cards, dir.path().to_owned());
        change(&mut config);
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let lab = runtime.block_on(Lab::start(config)).unwrap();
        Self {
            runtime,
            lab: Some(lab),
            dir,
        }
    }

    /// Where `lab.json` is.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn lab(&self) -> &Lab {
        self.lab.as_ref().unwrap()
    }

    /// From 1.
    pub fn card(&self, number: usize) -> CardHandle {
        self.lab().card(number)
    }

    pub fn observed(&self, card: usize) -> Observed {
        self.card(card).observed()
    }

    /// How it is reached, as in `lab.json`.
    pub fn told(&self, card: usize) -> LabCard {
        self.lab().inventory().cards[card - 1].clone()
    }

    pub fn handle(&self) -> Handle {
        self.runtime.handle().clone()
    }

    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

impl Drop for Rack {
    fn drop(&mut self) {
        if let Some(lab) = self.lab.take() {
            self.runtime.block_on(lab.stop());
        }
    }
}
