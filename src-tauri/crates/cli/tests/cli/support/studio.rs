//! An ISO to build: a small Anaconda ISO, an image, and a desk to build on; and a registry that is
//! not our own code.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::Desk;

/// The same small Anaconda ISOs as slipway-media's tests have.
#[path = "../../../../media/tests/remaster/anaconda.rs"]
#[expect(dead_code, reason = "these tests need one layout")]
pub mod anaconda;

#[path = "../../../../media/tests/support/docker_registry.rs"]
mod docker_registry;

use docker_registry::DockerRegistry;

pub struct Scene {
    pub desk: Desk,
    pub base: PathBuf,
    pub image: String,
    pub output: PathBuf,
}

impl Scene {
    pub fn new(layer: usize) -> Self {
        let desk = Desk::new();
        let folder = desk.beside("inputs");
        fs::create_dir_all(desk.beside("out")).unwrap();
        fs::create_dir_all(&folder).unwrap();
        let base = anaconda::base(&folder, anaconda::Layout::EfiFile);
        let oci = folder.join("oci");
        anaconda::oci_dir(&oci, "aarch64", layer);
        Self {
            image: format!("oci:{}", oci.display()),
            output: desk.beside("out/rhel.iso"),
            base,
            desk,
        }
    }

    pub fn words<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut words = vec!["iso", "build", "rhel", "--base", anaconda::text(&self.base)];
        words.extend([
            "--image",
            &self.image,
            "--output",
            anaconda::text(&self.output),
        ]);
        words.extend(["--reference", "quay.io/lab/dpu-os:stable", "--ipu"]);
        words.extend(more);
        words
    }

    pub fn beside(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.output.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// What a test can't do without; where it is missing, it says so, and fails in CI.
pub fn missing(programs: &[&str]) -> bool {
    let Some(missing) = programs.iter().find(|program| {
        let run = Command::new(program).arg("--version").output();
        run.is_err()
    }) else {
        return false;
    };
    assert!(std::env::var_os("CI").is_none(), "{missing} is missing");
    #[expect(
        clippy::print_stderr,
        reason = "whoever runs the tests should see what was left out"
    )]
    {
        eprintln!("skipped: {missing} is not installed");
    }
    true
}

/// Debian's docker-registry on a free port.
pub struct Registry {
    pub host: String,
    _server: DockerRegistry,
}

impl Registry {
    /// Over plain HTTP; with a login where one is given.
    pub fn start(dir: &Path, login: Option<(&str, &str)>) -> Self {
        Self::of(dir, login, "")
    }

    /// Over TLS, with a certificate of an authority of its own: `ca.crt` in the folder.
    pub fn of_own_authority(dir: &Path) -> Self {
        Self::with_certificate_for(dir, "127.0.0.1")
    }

    /// The same, with a certificate for this name.
    pub fn with_certificate_for(dir: &Path, name: &str) -> Self {
        fs::create_dir_all(dir).unwrap();
        let issuer = authority(&dir.join("ca.crt"));
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new(vec![name.into()]).unwrap();
        let leaf = leaf.signed_by(&key, &issuer).unwrap();
        Self::with_tls(dir, &leaf.pem(), &key)
    }

    /// The same, with a certificate that nobody vouches for but itself.
    pub fn self_signed(dir: &Path) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
        let leaf = leaf.self_signed(&key).unwrap();
        Self::with_tls(dir, &leaf.pem(), &key)
    }

    fn with_tls(dir: &Path, certificate: &str, key: &rcgen::KeyPair) -> Self {
        let tls = dir.join("tls");
        fs::create_dir_all(&tls).unwrap();
        fs::write(tls.join("server.pem"), certificate).unwrap();
        fs::write(tls.join("server.key"), key.serialize_pem()).unwrap();
        let shown = tls.display();
        let tls =
            format!("  tls:\n    certificate: {shown}/server.pem\n    key: {shown}/server.key\n");
        Self::of(dir, None, &tls)
    }

    fn of(dir: &Path, login: Option<(&str, &str)>, tls: &str) -> Self {
        fs::create_dir_all(dir).unwrap();
        let shown = dir.display();
        let mut config = format!(
            "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {shown}/data\n\
             http:\n  addr: 127.0.0.1:0\n{tls}"
        );
        if let Some((user, password)) = login {
            let users = anaconda::run("htpasswd", &["-nbB", user, password]);
            fs::write(dir.join("htpasswd"), users.trim()).unwrap();
            config +=
                &format!("auth:\n  htpasswd:\n    realm: slipway\n    path: {shown}/htpasswd\n");
        }
        fs::write(dir.join("config.yml"), config).unwrap();
        let server = DockerRegistry::start(&dir.join("config.yml")).unwrap();
        let host = server.host.clone();
        Self {
            host,
            _server: server,
        }
    }

    /// Copies an OCI directory there, as somebody else would who looks at no certificate.
    pub fn push(&self, oci: &str, name: &str, login: Option<&str>) {
        let to = format!("docker://{}/{name}", self.host);
        let from = format!("{oci}:latest");
        let mut words = vec!["copy", "--preserve-digests", "--dest-tls-verify=false"];
        let login = login.map(|login| format!("--dest-creds={login}"));
        words.extend(login.as_deref());
        words.extend([from.as_str(), &to]);
        anaconda::run("skopeo", &words);
    }
}

/// An authority, with its certificate in a file.
pub fn authority(file: &Path) -> rcgen::Issuer<'static, rcgen::KeyPair> {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(vec![]).unwrap();
    // By its name a verifier finds it: two of one name would be taken for each other.
    let name = anaconda::text(file);
    ca.distinguished_name.push(rcgen::DnType::CommonName, name);
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    fs::write(file, ca.self_signed(&key).unwrap().pem()).unwrap();
    rcgen::Issuer::new(ca, key)
}
