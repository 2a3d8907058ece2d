//! What the studio works with: podman's storage in a folder of the test's own, a build context, and a
//! registry that is not our own code.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The same small Anaconda ISOs as slipway-media's tests have.
#[path = "../../src-tauri/crates/media/tests/remaster/anaconda.rs"]
#[expect(dead_code, reason = "these tests need one layout")]
pub mod anaconda;

#[path = "../../src-tauri/crates/media/tests/support/docker_registry.rs"]
mod docker_registry;

/// What stands in for osbuild's image builder.
pub const BUILDER: &str = "localhost/builder:1";

const BUSYBOX: &str = "/bin/busybox";

/// What is missing is said, and fails in CI.
fn missing(programs: &[&str]) -> bool {
    let there = |program: &&&str| {
        let run = Command::new(program).arg("--version").output();
        run.is_err()
    };
    let Some(missing) = programs.iter().find(there) else {
        return false;
    };
    assert!(std::env::var_os("CI").is_none(), "{missing} is missing");
    eprintln!("skipped: {missing} is not installed");
    true
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    let root = id.is_ok_and(|output| output.stdout.starts_with(b"0\n"));
    if !root {
        assert!(
            std::env::var_os("CI").is_none(),
            "podman is wanted as root here"
        );
        eprintln!("skipped: podman is wanted as root here");
    }
    root
}

/// The command lines of the processes that hold this text.
pub fn processes(text: &str) -> Vec<String> {
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(text))
        .collect()
}

/// The files under a folder in which a text stands.
pub fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if let Ok(bytes) = fs::read(&path)
            && bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}

pub struct Studio {
    dir: tempfile::TempDir,
    conf: String,
    storage: String,
}

impl Studio {
    /// `None`: podman can't run here.
    pub fn open() -> Option<Self> {
        if missing(&["podman", "runc", "skopeo", "xorriso", BUSYBOX]) || !is_root() {
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let (conf, storage) = (at("containers.conf"), at("storage.conf"));
        fs::write(
            &conf,
            "[engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n\
             [containers]\nnetns = \"host\"\n\
             default_ulimits = [\"nofile=1024:1024\", \"nproc=4096:4096\"]\n",
        )
        .unwrap();
        fs::write(
            &storage,
            format!(
                "[storage]\ndriver = \"vfs\"\nrunroot = \"{}\"\ngraphroot = \"{}\"\n",
                at("run"),
                at("graph")
            ),
        )
        .unwrap();
        for folder in ["context", "base"] {
            fs::create_dir(at(folder)).unwrap();
        }
        fs::copy(BUSYBOX, at("context/busybox")).unwrap();
        Some(Self { dir, conf, storage })
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// For the app, which gives it to podman and skopeo.
    pub fn env(&self) -> [(&str, &str); 2] {
        [
            ("CONTAINERS_CONF", &self.conf),
            ("CONTAINERS_STORAGE_CONF", &self.storage),
        ]
    }

    pub fn podman(&self, words: &[&str]) -> String {
        let mut command = Command::new("podman");
        let output = command.args(words).envs(self.env()).output().unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn containerfile(&self, text: &str) {
        fs::write(self.at("context/Containerfile"), text).unwrap();
    }

    /// The stand-in, which gives this ISO for that image.
    pub fn builder(&self, reference: &str, iso: &Path) {
        let script = include_str!("../../src-tauri/crates/cli/tests/cli/support/builder.sh");
        let script = script.replace("REFERENCE", reference).replace("MARK", "1");
        fs::write(self.at("context/build.sh"), script).unwrap();
        fs::copy(iso, self.at("context/install.iso")).unwrap();
        self.containerfile(
            "FROM scratch\nCOPY busybox /bin/busybox\nCOPY build.sh install.iso /\n\
             ENTRYPOINT [\"/bin/busybox\", \"sh\", \"/build.sh\"]\n",
        );
        let context = self.at("context");
        self.podman(&["build", "-q", "-t", BUILDER, anaconda::text(&context)]);
    }

    /// Debian's docker-registry on a free port, over plain HTTP; with a login where one is given.
    pub fn registry(&self, login: Option<(&str, &str)>) -> Option<Registry> {
        if missing(&["docker-registry", "htpasswd"]) {
            return None;
        }
        let dir = self.at("registry");
        fs::create_dir(&dir).unwrap();
        let shown = dir.display();
        let mut config = format!(
            "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {shown}/data\n\
             http:\n  addr: 127.0.0.1:0\n"
        );
        if let Some((user, password)) = login {
            let users = anaconda::run("htpasswd", &["-nbB", user, password]);
            fs::write(dir.join("htpasswd"), users.trim()).unwrap();
            config +=
                &format!("auth:\n  htpasswd:\n    realm: slipway\n    path: {shown}/htpasswd\n");
        }
        fs::write(dir.join("config.yml"), config).unwrap();
        let server = docker_registry::DockerRegistry::start(&dir.join("config.yml")).unwrap();
        let host = server.host.clone();
        Some(Registry {
            host,
            _server: server,
        })
    }
}

pub struct Registry {
    /// `127.0.0.1:PORT`.
    pub host: String,
    _server: docker_registry::DockerRegistry,
}

impl Registry {
    /// Copies an OCI directory there, as somebody else would.
    pub fn push(&self, oci: &Path, name: &str, login: Option<&str>) {
        let to = format!("docker://{}/{name}", self.host);
        let from = format!("oci:{}:latest", oci.display());
        let mut words = vec!["copy", "--preserve-digests", "--dest-tls-verify=false"];
        let login = login.map(|login| format!("--dest-creds={login}"));
        words.extend(login.as_deref());
        words.extend([from.as_str(), &to]);
        anaconda::run("skopeo", &words);
    }
}
