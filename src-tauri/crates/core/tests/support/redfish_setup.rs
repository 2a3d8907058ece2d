//! What the IMC's Redfish runs on: its configuration, password and certificate, and the pin of it.

use async_trait::async_trait;
use slipway_core::{
    failure::StepError,
    ports::{BmcError, CommandOutput, IssuedCertificate, ReadCertificate, RedfishSetup},
    secret::Password,
    time::Timestamp,
    trust::Fingerprint,
};

use super::{access::Sim, key, says, world::World};

pub const REDFISH_PASSWORD: &str = "redfish-password";
pub const TEMPLATE: &str = "/etc/imc-redfish-configuration.json";
pub const CONFIGURATION: &str = "/work/redfish/imc-redfish-configuration.json";
pub const CERTIFICATE: &str = "/work/redfish/certs/server.crt";
pub const KEY: &str = "/work/redfish/certs/server.key";
/// As Intel ships it, in the form that its programs read.
pub const SHIPPED: &str = r#"{
    "server": { "restricted-to-interface" : "eth0" },
    "authentication" : { "username" : "root", "password" : "<placeholder>" }
}
"#;

/// The service `redfish`.
pub struct Redfish {
    pub runs: bool,
    /// The certificate that it shows.
    pub shows: Fingerprint,
    pub pinned: Option<Fingerprint>,
}

impl Redfish {
    /// One that somebody has set up, and its files.
    pub fn set_up() -> (Self, [(String, String); 3]) {
        let redfish = Self {
            runs: true,
            shows: key('C'),
            pinned: Some(key('C')),
        };
        let configuration = SHIPPED
            .replace("\"eth0\"", "null")
            .replace("<placeholder>", "$6$somebody's");
        let files = [
            (CONFIGURATION, configuration.as_str()),
            (CERTIFICATE, "theirs C\n"),
            (KEY, "key C\n"),
        ];
        let owned = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        (redfish, owned)
    }
}

impl World {
    /// An IMC whose Redfish nobody has ever set up.
    pub fn redfish_as_shipped(&mut self) {
        for path in [CONFIGURATION, CERTIFICATE, KEY] {
            self.files.remove(path);
        }
        self.files.insert(TEMPLATE.into(), SHIPPED.into());
        let issue = "Intel IPU IMC MEV-HW-B1-ci-ts.release.2.0.0.11126\nVersion: 2.0.0\n";
        self.files.insert("/etc/issue".into(), issue.into());
        self.redfish.runs = false;
        self.redfish.pinned = None;
    }

    /// Before any request.
    pub fn redfish_answers(&self) -> Result<(), BmcError> {
        let peer = "imc-01.lab:8443".to_owned();
        let seen = self.redfish.shows.clone();
        match &self.redfish.pinned {
            _ if !self.redfish.runs => Err(BmcError::Unreachable {
                peer,
                stage: slipway_core::ports::Stage::Tcp,
                reason: "connection refused".into(),
            }),
            None => Err(BmcError::CertificateUnknown { peer, seen }),
            Some(pinned) if *pinned != seen => Err(BmcError::CertificateChanged {
                peer,
                pinned: pinned.clone(),
                seen,
            }),
            Some(_) => Ok(()),
        }
    }

    /// `systemctl restart redfish`.
    pub fn restart_redfish(&mut self) -> CommandOutput {
        self.effects.redfish_restarts += 1;
        let configured = self.files.get(CONFIGURATION);
        let configured = configured.is_some_and(|text| !text.contains("<placeholder>"));
        let pair = self.files.get(CERTIFICATE).zip(self.files.get(KEY));
        let of = |text: &String| text.trim_end().chars().last();
        match pair.filter(|(shown, key)| configured && of(shown) == of(key)) {
            Some((shown, _)) => {
                let letter = of(shown).expect("a letter");
                self.redfish.shows = key(letter);
                self.redfish.runs = true;
                says(0, "", "")
            }
            None => {
                self.redfish.runs = false;
                says(1, "", "Job for redfish.service failed.")
            }
        }
    }

    /// Intel's program, which changes one line of the configuration.
    pub fn hash_password(&mut self, stdin: &[u8]) -> CommandOutput {
        assert_eq!(stdin, format!("{REDFISH_PASSWORD}\n").as_bytes());
        let Some(text) = self.files.get(CONFIGURATION).cloned() else {
            return says(1, "", "it does not exist");
        };
        self.effects.passwords_set += 1;
        self.files
            .insert(format!("{CONFIGURATION}.bak"), text.clone());
        let set = text.replace(
            "\"password\" : \"<placeholder>\"",
            "\"password\" : \"$6$ours\"",
        );
        self.files.insert(CONFIGURATION.into(), set);
        says(0, "Password updated", "")
    }
}

pub struct FakeRedfishSetup {
    pub sim: Sim,
    pub password: Password,
}

#[async_trait]
impl RedfishSetup for FakeRedfishSetup {
    fn password(&self) -> &Password {
        &self.password
    }

    fn issue(&self, _now: Timestamp) -> Result<IssuedCertificate, StepError> {
        let mut world = self.sim.world();
        world.effects.certificates_issued += 1;
        // Another one each time, as with real keys.
        let letter = (b'E' + world.effects.certificates_issued as u8) as char;
        Ok(IssuedCertificate {
            certificate_pem: format!("ours {letter}\n"),
            key_pem: Password::new(format!("key {letter}\n")),
        })
    }

    fn read(&self, pem: &str) -> Option<ReadCertificate> {
        let (whose, letter) = pem.trim_end().split_once(' ')?;
        Some(ReadCertificate {
            fingerprint: key(letter.chars().next()?),
            issued_here: whose == "ours",
        })
    }

    async fn pinned(&self) -> Result<Option<Fingerprint>, StepError> {
        Ok(self.sim.world().redfish.pinned.clone())
    }

    async fn pin(&self, certificate: &Fingerprint, _because: &str) -> Result<(), StepError> {
        let mut world = self.sim.world();
        world.effects.certificates_pinned += 1;
        world.redfish.pinned = Some(certificate.clone());
        Ok(())
    }
}
