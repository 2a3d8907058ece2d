//! Packages of Debian whose contents tests run with, also those of another architecture. They are
//! fetched once, checked by apt's own signatures, and unpacked into the user's cache folder; nothing
//! is installed, and the system's own apt learns of no other architecture. slipctl's tests have them
//! from here too.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// For aarch64: the kernel for clouds has a fifth of the other's modules, and those of QEMU's disks.
const KERNEL: &str = "linux-image-cloud-arm64";
const BESIDE: [&str; 2] = ["grub-efi-arm64-bin", "busybox-static"];

/// The Debian that this machine runs.
pub struct Debian {
    codename: String,
}

impl Debian {
    /// `None` on others: Ubuntu has its packages for aarch64 on another server.
    pub fn here() -> Option<Self> {
        let release = fs::read_to_string("/etc/os-release").ok()?;
        let value = |key: &str| {
            let mut lines = release.lines();
            let line = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
            Some(line.trim_matches('"').to_owned())
        };
        (value("ID")? == "debian").then_some(())?;
        Some(Self {
            codename: value("VERSION_CODENAME")?,
        })
    }

    /// A tree with a kernel, GRUB's modules and a static busybox, all for aarch64.
    ///
    /// # Errors
    /// What could not be fetched.
    pub fn for_aarch64(&self) -> Result<PathBuf, String> {
        let architecture = "arm64";
        kept(
            &format!("debian-{}-{architecture}", self.codename),
            |folder| {
                let apt = self.private_apt(folder, architecture)?;
                let with = |program: &str| {
                    let mut command = Command::new("env");
                    command.arg(format!("APT_CONFIG={}", apt.display()));
                    command.arg(program).current_dir(folder);
                    command
                };
                told(with("apt-get").arg("update"))?;
                let shown = told(with("apt-cache").args(["depends", KERNEL]))?;
                let kernel = kernel_of(&shown)
                    .ok_or_else(|| format!("Debian has no {KERNEL} for {architecture}"))?;
                told(with("apt-get").args(["download", &kernel]).args(BESIDE))?;
                Ok(())
            },
        )
    }

    /// The configuration of an apt with lists of its own, for this architecture and Debian only.
    /// Nothing of the system's configuration counts but its proxies: hooks are for the system.
    fn private_apt(&self, folder: &Path, architecture: &str) -> Result<PathBuf, String> {
        let apt = folder.join("apt");
        let made = ["state/lists/partial", "cache/archives/partial"]
            .map(|name| fs::create_dir_all(apt.join(name)));
        for made in made {
            made.map_err(|error| format!("{}: {error}", apt.display()))?;
        }
        let put = |name: &str, content: String| {
            let path = apt.join(name);
            fs::write(&path, content).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok::<_, String>(path)
        };
        put("status", String::new())?;
        put(
            "sources.list",
            format!(
                "deb [signed-by={KEYRING}] http://deb.debian.org/debian {} main\n",
                self.codename
            ),
        )?;
        let mut proxies = Command::new("apt-config");
        let proxies = told(proxies.args(["dump", "--no-empty", "Acquire::http::Proxy"]))?;
        let shown = apt.display();
        // The folder is its owner's only, so apt's own user could not go there.
        put(
            "apt.conf",
            format!(
                r#"{proxies}
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "{shown}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "{shown}/state";
Dir::State::status "{shown}/status";
Dir::Cache "{shown}/cache";
APT::Architecture "{architecture}";
APT::Architectures "{architecture}";
APT::Sandbox::User "root";
Acquire::Languages "none";
"#
            ),
        )
    }
}

/// The tree of a cache entry. Where it is not there yet, `fetch` puts packages into the folder that
/// it is given, and their contents become the entry, as a whole.
pub fn kept(
    name: &str,
    fetch: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME").ok_or("HOME is not set")?).join(".cache"),
    };
    let all = cache.join("slipway/packages");
    let entry = all.join(name);
    if entry.is_dir() {
        return Ok(entry);
    }
    let failed = |error: std::io::Error| format!("{}: {error}", entry.display());
    fs::create_dir_all(&all).map_err(failed)?;
    let unpacking = tempfile::Builder::new()
        .prefix(".unpacking-")
        .tempdir_in(&all)
        .map_err(failed)?;
    fetch(unpacking.path())?;
    let tree = unpacking.path().join("tree");
    for found in fs::read_dir(unpacking.path()).map_err(failed)? {
        let path = found.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            told(Command::new("dpkg-deb").arg("-x").args([&path, &tree]))?;
        }
    }
    match fs::rename(&tree, &entry) {
        // Another test program may have been quicker.
        Err(error) if !entry.is_dir() => Err(failed(error)),
        _ => Ok(entry),
    }
}

/// The package of a kernel that the package without a version depends on, as `apt-cache depends`
/// shows it.
pub fn kernel_of(shown: &str) -> Option<String> {
    let named = |line: &str| Some(line.trim().strip_prefix("Depends: ")?.to_owned());
    shown
        .lines()
        .filter_map(named)
        .find(|package| package.starts_with("linux-image-"))
}

/// What it printed; `Err` is what it complained of, where it failed.
pub fn told(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}
