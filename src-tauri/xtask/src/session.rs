//! A desktop session of our own: a bus, a keyring and, where asked for, a display, with folders
//! that are nobody else's. What runs in it cannot touch the person's own keyring and settings.

use crate::Result;
use crate::project::Project;
use crate::tool::{self, Tool};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The folders of one session. They go away with it.
pub struct Session {
    home: PathBuf,
}

/// Unlocks a new keyring in the folder `$1`, waits until it can be asked (the daemon returns
/// before), and becomes the program that follows.
const WITH_KEYRING: &str = r#"
printf test | gnome-keyring-daemon --unlock --components=secrets --control-directory="$1" >/dev/null || exit
shift
for try in {1..400}; do
    if [ -e "$XDG_DATA_HOME/keyrings/login.keyring" ] && [[ "$(dbus-send --session --print-reply \
        --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
        string:org.freedesktop.secrets)" == *true* ]]; then
        exec "$@"
    fi
    sleep 0.05
done
echo "the session's keyring does not answer" >&2
exit 1
"#;

/// What the session shows itself on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    /// Xvfb, 1400 × 900.
    Virtual,
    /// The person's own.
    Own,
    /// None: what runs in it opens no window.
    None,
}

impl Session {
    pub fn new() -> Result<Self> {
        // Short, for the sockets below it: their paths must stay under 108 bytes.
        let nanos = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)?
            .as_nanos();
        let name = format!("slipway-{}-{}", std::process::id(), nanos % 1_000_000);
        let home = std::env::temp_dir().join(name);
        let mut private = DirBuilder::new();
        private.mode(0o700);
        private
            .create(&home)
            .map_err(|error| format!("{}: {error}", home.display()))?;
        for folder in ["run", "data", "config", "cache", "state", "keyring"] {
            private.create(home.join(folder))?;
        }
        Ok(Self { home })
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    /// `inner`, to be run inside. The keyring is real, unlocked, and empty.
    pub fn wrap(&self, project: &Project, display: Display, inner: Tool) -> Result<Tool> {
        let bus = project.tool("dbus-run-session")?;
        let mut outer = match display {
            Display::Virtual => project
                .tool("xvfb-run")?
                .args(["-a", "-s", "-screen 0 1400x900x24 -nolisten tcp"])
                .wrapping(bus)
                .without_env("WAYLAND_DISPLAY")
                .env("GDK_BACKEND", "x11"),
            Display::Own => bus,
            Display::None => bus.without_env("DISPLAY").without_env("WAYLAND_DISPLAY"),
        };
        match display {
            // The way to a Wayland display lies in the person's runtime folder.
            Display::Own => {}
            Display::Virtual | Display::None => {
                outer = outer
                    .env("XDG_RUNTIME_DIR", self.home.join("run"))
                    .env("LIBGL_ALWAYS_SOFTWARE", "1")
                    .env("NO_AT_BRIDGE", "1")
                    .env("GTK_USE_PORTAL", "0");
            }
        }
        for (name, folder) in [
            ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_STATE_HOME", "state"),
        ] {
            outer = outer.env(name, self.home.join(folder));
        }
        project.tool("gnome-keyring-daemon")?;
        project.tool("dbus-send")?;
        Ok(outer
            .arg("--")
            .wrapping(project.tool("bash")?)
            .args(["-c", WITH_KEYRING, "bash"])
            .arg(self.home.join("keyring"))
            .wrapping(inner)
            .env("SLIPWAY_TEST_KEYRING", "1"))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The keyring's daemon leaves with its bus, but for when the bus was gone before the
        // daemon had looked. It is known by the folder that it was given.
        for process in self.left_behind() {
            tool::end(process);
        }
        // What stays is in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

impl Session {
    /// The processes that have this session's folder on their command line, all of them ours.
    fn left_behind(&self) -> Vec<u32> {
        let ours = self.home.join("keyring");
        let ours = ours.to_string_lossy();
        let Ok(processes) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        processes
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
            .filter(|process| *process != std::process::id())
            .filter(|process| {
                std::fs::read(format!("/proc/{process}/cmdline"))
                    .is_ok_and(|words| String::from_utf8_lossy(&words).contains(&*ours))
            })
            .collect()
    }
}

/// Whether a person sits in front of a screen here.
pub fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn runs_with(word: &str) -> bool {
        let processes = std::fs::read_dir("/proc").expect("a readable /proc");
        processes.flatten().any(|process| {
            std::fs::read(process.path().join("cmdline"))
                .is_ok_and(|words| String::from_utf8_lossy(&words).contains(word))
        })
    }

    #[test]
    fn what_runs_inside_has_a_bus_and_an_unlocked_keyring_of_its_own() {
        let project = Project::find().expect("a working tree");
        let session = Session::new().expect("a private folder");
        let ask = "printf '%s\n' \"$DBUS_SESSION_BUS_ADDRESS\" \"$XDG_DATA_HOME\"; \
                   ls \"$XDG_DATA_HOME/keyrings\"";
        let inner = project.tool("bash").expect("listed").args(["-c", ask]);
        let wrapped = session
            .wrap(&project, Display::None, inner)
            .expect("the tests' programs");
        let said = wrapped
            .limit(Duration::from_secs(60))
            .read()
            .expect("a session");
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].starts_with("unix:"), "{said}");
        assert!(Path::new(lines[1]).starts_with(session.home()), "{said}");
        assert!(lines.contains(&"login.keyring"), "{said}");

        let keyring = session
            .home()
            .join("keyring")
            .to_string_lossy()
            .into_owned();
        drop(session);
        let deadline = Instant::now() + Duration::from_secs(10);
        while runs_with(&keyring) {
            assert!(
                Instant::now() < deadline,
                "the keyring's daemon outlives its session"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn the_folders_go_away_with_the_session() {
        let session = Session::new().expect("a private folder");
        let home = session.home().to_path_buf();
        assert!(home.is_dir());
        drop(session);
        assert!(!home.exists());
    }
}
