//! Starting: twice at once, again with what was chosen before, and with secrets behind a passphrase.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::driver::{Window, app};

/// It keeps an order of windows and gives the focus; gone with this.
struct WindowManager(Child);

impl WindowManager {
    async fn start() -> Self {
        let manager = Command::new("openbox")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openbox");
        let started = Self(manager);
        // Only a window manager that is ready tells which window is active.
        started
            .until("the window manager", || {
                !asked(&["get_num_desktops"]).is_empty()
            })
            .await;
        started
    }

    async fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let started = Instant::now();
        while !holds() {
            assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for WindowManager {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What `xdotool` answers, or nothing.
fn asked(words: &[&str]) -> String {
    let answer = Command::new("xdotool").args(words).output().unwrap();
    String::from_utf8_lossy(&answer.stdout).trim().to_owned()
}

/// A session in which no keyring answers.
const NO_KEYRING: [(&str, &str); 1] = [("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")];
const PATIENCE: Duration = Duration::from_secs(30);
const PASSPHRASE: &str = "a passphrase of the test";

fn is_dark(answer: &serde_json::Value) -> bool {
    answer.as_str().unwrap().contains("pf-v6-theme-dark")
}

const CLASSES: &str = "return document.documentElement.className";

async fn choose_theme(window: &Window, word: &str) {
    window.click("button[aria-label^='Theme:']").await;
    let option = "const [word] = arguments; \
        const option = [...document.querySelectorAll('[role=option]')] \
            .find((option) => option.textContent.includes(word)); \
        option?.click(); return Boolean(option)";
    window
        .until("the theme to be offered", 30, async || {
            window.script(option, vec![word.into()]).await == true
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_start_raises_the_first_and_ends_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data").to_str().unwrap().to_owned();
    let args = ["--data-dir", data.as_str()];
    Window::with("twice", &args, |window| async move {
        window.wait_for("[data-testid='nav-cards']").await;
        let manager = WindowManager::start().await;
        let shown = ["search", "--onlyvisible", "--name", "^Slipway"];
        manager
            .until("the window to be there", || !asked(&shown).is_empty())
            .await;
        let first = asked(&shown);
        manager
            .until("the window to be minimized", || {
                // Lost where the window manager does not have the window yet.
                asked(&["windowminimize", &first]);
                asked(&shown).is_empty()
            })
            .await;
        let started = Instant::now();
        let mut second = Command::new(app())
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let status = loop {
            if let Some(status) = second.try_wait().unwrap() {
                break status;
            }
            if started.elapsed() > PATIENCE {
                let _ = second.kill();
                panic!("the second start opened a window of its own");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert!(status.success(), "{status}");
        manager
            .until("the first to be raised", || {
                asked(&shown) == first && asked(&["getactivewindow"]) == first
            })
            .await;
        // The first has its folder still, and answers.
        window.go("/isos").await;
        window.wait_text("main h1", "ISOs", 30).await;
        window.go("/cards").await;
        window.wait_text("main", "No cards yet", 30).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preference_is_kept_over_a_restart() {
    Window::with("preference", &[], |window| async move {
        window.wait_for("[data-testid='nav-cards']").await;
        choose_theme(&window, "Dark").await;
        window
            .until("the page to be dark", 30, async || {
                is_dark(&window.script(CLASSES, vec![]).await)
            })
            .await;
        // The page's own copy is for the first paint only. What is kept is in the store.
        window.script("localStorage.clear()", vec![]).await;
    })
    .await;
    Window::with("preference-kept", &[], |window| async move {
        window.wait_for("[data-testid='nav-cards']").await;
        window.wait_for("button[aria-label='Theme: Dark']").await;
        window
            .until("the page to be dark again", 30, async || {
                is_dark(&window.script(CLASSES, vec![]).await)
            })
            .await;
        choose_theme(&window, "As the desktop").await;
        window
            .wait_for("button[aria-label='Theme: As the desktop']")
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_keyring_a_passphrase_is_chosen_and_asked_for_again() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data").to_str().unwrap().to_owned();
    let args = ["--data-dir", data.as_str()];
    Window::with_env("passphrase-new", &args, &NO_KEYRING, |window| async move {
        window.wait_text("h1", "Choose a passphrase", 30).await;
        assert!(!window.enabled("[data-testid='unlock']").await);
        window.fill("#passphrase", PASSPHRASE).await;
        window.fill("#passphrase-again", PASSPHRASE).await;
        window.picture("passphrase").await;
        window.click("[data-testid='unlock']").await;
        window.wait_text("main h1", "Welcome to Slipway", 60).await;
    })
    .await;
    Window::with_env("passphrase", &args, &NO_KEYRING, |window| async move {
        window.wait_text("h1", "Slipway is locked", 30).await;
        window.fill("#passphrase", "not the passphrase").await;
        window.click("[data-testid='unlock']").await;
        window.wait_text("main", "It stays locked", 60).await;
        window.fill("#passphrase", PASSPHRASE).await;
        window.click("[data-testid='unlock']").await;
        window.wait_text("main h1", "Welcome to Slipway", 60).await;
    })
    .await;
}
