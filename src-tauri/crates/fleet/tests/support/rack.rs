//! A lab of simulated cards, and a fleet that has joined it.

use slipway_core::secret::Password;
use slipway_fleet::{Fleet, FleetConfig};
use slipway_lab::{Lab, LabConfig};

pub struct Rack {
    pub lab: Lab,
    pub fleet: Fleet,
    _folders: (tempfile::TempDir, tempfile::TempDir),
}

impl Rack {
    pub async fn start(cards: usize) -> Self {
        let (lab_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let config = LabConfig::test(cards, lab_folder.path().to_owned());
        let lab = Lab::start(config).await.unwrap();
        let mut config = FleetConfig::new(folder.path());
        config.passphrase = Some(Password::new("a passphrase for tests"));
        let fleet = Fleet::open(config).await.unwrap();
        fleet.join_lab(lab_folder.path()).await.unwrap();
        Self {
            lab,
            fleet,
            _folders: (lab_folder, folder),
        }
    }
}
