//! A window of the app under WebKitWebDriver: waits on conditions, takes pictures, always quits.

use std::{
    future::Future,
    net::TcpListener,
    panic::AssertUnwindSafe,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use futures::FutureExt;
use thirtyfour::{Capabilities, prelude::*};

/// One session at a time: the driver drives one window.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(200);

/// The WebDriver server; gone with this, and with it the app that it started: one that is left
/// would be the only instance, and every later start would end by itself.
struct Server(Child);

impl Server {
    fn children(&self) -> Vec<String> {
        let id = self.0.id();
        std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"))
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let children = self.children();
        for child in &children {
            let _ = Command::new("kill").args(["-9", child]).output();
        }
        let start = Instant::now();
        let lives = |child: &String| std::fs::read_link(format!("/proc/{child}/exe")).is_ok();
        while children.iter().any(lives) && start.elapsed() < PATIENCE {
            std::thread::sleep(LOOK / 10);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The app's binary.
pub fn app() -> String {
    std::env::var("SLIPWAY_APP").expect("`cargo xtask test --only window` sets SLIPWAY_APP")
}

pub struct Window {
    driver: WebDriver,
    pictures: PathBuf,
}

impl Window {
    /// Runs `test` on a fresh window. The session is ended also when it fails, after a picture.
    pub async fn with<F, Fut>(name: &str, args: &[&str], test: F)
    where
        F: FnOnce(Arc<Window>) -> Fut,
        Fut: Future<Output = ()>,
    {
        Self::with_env(name, args, &[], test).await;
    }

    /// The same, with variables in the app's environment.
    pub async fn with_env<F, Fut>(name: &str, args: &[&str], env: &[(&str, &str)], test: F)
    where
        F: FnOnce(Arc<Window>) -> Fut,
        Fut: Future<Output = ()>,
    {
        let _one = ONE_AT_A_TIME.lock().await;
        let app = app();
        let data = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let server = Command::new("WebKitWebDriver")
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .envs(env.iter().copied())
            .stdout(Stdio::null())
            .spawn()
            .expect("WebKitWebDriver (Debian: webkit2gtk-driver)");
        let _server = Server(server);
        let own_data = data.path().join("data").to_str().unwrap().to_owned();
        let mut arguments: Vec<&str> = args.to_vec();
        if !args.contains(&"--data-dir") {
            arguments.extend(["--data-dir", &own_data]);
        }
        let mut capabilities = Capabilities::new();
        let options = serde_json::json!({ "binary": app, "args": arguments });
        capabilities
            .set("webkitgtk:browserOptions", options)
            .unwrap();
        let driver = connect(port, capabilities).await;
        let pictures = std::env::var("SLIPWAY_SHOTS").map_or_else(
            |_| std::env::temp_dir().join("slipway-shots"),
            PathBuf::from,
        );
        std::fs::create_dir_all(&pictures).unwrap();
        let window = Arc::new(Window {
            driver: driver.clone(),
            pictures,
        });
        let ended = AssertUnwindSafe(test(window.clone())).catch_unwind().await;
        if ended.is_err() {
            window.picture(&format!("failed-{name}")).await;
            eprintln!(
                "the page said: {}",
                window.text("body").await.unwrap_or_default()
            );
        }
        let _ = tokio::time::timeout(PATIENCE, driver.quit()).await;
        if let Err(panic) = ended {
            std::panic::resume_unwind(panic);
        }
    }

    /// A route of the app.
    pub async fn go(&self, route: &str) {
        let script = format!("window.location.hash = '#{route}'");
        self.driver.execute(&script, vec![]).await.unwrap();
    }

    pub async fn resize(&self, width: u32, height: u32) {
        self.driver
            .set_window_rect(0, 0, width, height)
            .await
            .unwrap();
    }

    /// WebKit takes a picture after the next time that it draws, and a page that stands still is
    /// not drawn: so a dot in a corner changes meanwhile.
    pub async fn picture(&self, name: &str) {
        let path = self.pictures.join(format!("{name}.png"));
        let dot = "const dot = document.createElement('div'); \
            Object.assign(dot.style, { position: 'fixed', right: 0, bottom: 0, width: '1px', \
                height: '1px' }); \
            document.body.append(dot); \
            const until = Date.now() + 5000; \
            const turn = () => { \
                if (Date.now() > until) { dot.remove(); return; } \
                dot.style.background = dot.style.background === 'white' ? 'snow' : 'white'; \
                requestAnimationFrame(turn); }; \
            turn()";
        let _ = self.driver.execute(dot, vec![]).await;
        match tokio::time::timeout(PATIENCE, self.driver.screenshot(&path)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("no picture {}: {error}", path.display()),
            Err(late) => eprintln!("no picture {}: {late}", path.display()),
        }
    }

    /// What a script gives back.
    pub async fn script(&self, script: &str, args: Vec<serde_json::Value>) -> serde_json::Value {
        let answer = self.driver.execute(script, args).await;
        answer
            .unwrap_or_else(|error| panic!("{script}: {error}"))
            .json()
            .clone()
    }

    /// Types into a field, in place of what is there. On a busy machine the driver loses keys that
    /// come while the page draws, so what arrived is looked at.
    pub async fn fill(&self, css: &str, text: &str) {
        let start = Instant::now();
        let field = self.wait_for(css).await;
        loop {
            self.script("arguments[0].select()", vec![field.to_json().unwrap()])
                .await;
            field.send_keys(text).await.unwrap();
            let value = field.prop("value").await.unwrap().unwrap_or_default();
            if value == text {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{css} holds `{value}`");
        }
    }

    /// What is found and goes stale while it is looked at is looked for again.
    pub async fn wait_for(&self, css: &str) -> WebElement {
        let start = Instant::now();
        loop {
            match self.driver.query(By::Css(css)).nowait().first().await {
                Ok(element) => return element,
                Err(error) => assert!(start.elapsed() < PATIENCE, "waiting for {css}: {error}"),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    pub async fn exists(&self, css: &str) -> bool {
        self.driver.find(By::Css(css)).await.is_ok()
    }

    /// Clicks what is there and enabled; a page that moves meanwhile is tried again. What is covered
    /// at an edge (by the tooltip of what was clicked before) is scrolled away from it, as a person
    /// does.
    pub async fn click(&self, css: &str) {
        let start = Instant::now();
        loop {
            let element = self.wait_for(css).await;
            let clicked = match self.enabled(css).await {
                true => element.click().await.map_err(|error| error.to_string()),
                false => Err("it is disabled".to_owned()),
            };
            match clicked {
                Ok(()) => return,
                Err(error) => assert!(start.elapsed() < PATIENCE, "clicking {css}: {error}"),
            }
            let script = "document.querySelector(arguments[0])?.scrollIntoView({block: 'center'})";
            let _ = self.driver.execute(script, vec![css.into()]).await;
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Chooses a radio button: PatternFly's own lies under the card that shows it.
    pub async fn choose(&self, css: &str) {
        self.wait_for(css).await;
        let script = "document.querySelector(arguments[0]).click()";
        self.driver.execute(script, vec![css.into()]).await.unwrap();
    }

    /// Puts a text into a field in place of what is there, at once, as pasting does.
    pub async fn paste(&self, css: &str, text: &str) {
        self.wait_for(css).await;
        let script = "const e = document.querySelector(arguments[0]); \
            const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(e), 'value').set; \
            e.focus(); set.call(e, arguments[1]); \
            e.dispatchEvent(new Event('input', { bubbles: true }))";
        let args = vec![css.into(), text.into()];
        self.driver.execute(script, args).await.unwrap();
    }

    /// Chooses an option of a list by its value.
    pub async fn select(&self, css: &str, value: &str) {
        let script = "const e = document.querySelector(arguments[0]); \
            const set = Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value').set; \
            set.call(e, arguments[1]); \
            e.dispatchEvent(new Event('change', { bubbles: true })); return e.value";
        self.until(&format!("{css} offers {value}"), 30, async || {
            self.wait_for(css).await;
            let args = vec![css.into(), value.into()];
            self.script(script, args).await == value
        })
        .await;
    }

    /// Clicks the button of this text in a part of the page.
    pub async fn press(&self, within: &str, text: &str) {
        let press = "const [within, text] = arguments; \
            const button = [...document.querySelectorAll(`${within} button`)] \
                .find((button) => button.textContent.trim() === text && !button.disabled \
                    && button.getAttribute('aria-disabled') !== 'true'); \
            button?.click(); return Boolean(button)";
        self.until(&format!("the button `{text}`"), 30, async || {
            self.script(press, vec![within.into(), text.into()]).await == true
        })
        .await;
    }

    pub async fn gone(&self, css: &str) {
        self.until(css, PATIENCE.as_secs(), async || !self.exists(css).await)
            .await;
    }

    /// Whether it is there and neither `disabled` nor `aria-disabled`.
    pub async fn enabled(&self, css: &str) -> bool {
        let script = "const e = document.querySelector(arguments[0]); \
            return !!e && !e.disabled && e.getAttribute('aria-disabled') !== 'true'";
        let answer = self.driver.execute(script, vec![css.into()]).await;
        answer.is_ok_and(|value| value.json().as_bool() == Some(true))
    }

    /// `textContent`: the driver's own `text` leaves out what PatternFly's labels show.
    pub async fn text(&self, css: &str) -> Option<String> {
        let script = "const e = document.querySelector(arguments[0]); return e && e.textContent";
        let answer = self.driver.execute(script, vec![css.into()]).await.ok()?;
        answer.json().as_str().map(str::to_owned)
    }

    pub async fn wait_text(&self, css: &str, wanted: &str, seconds: u64) {
        let start = Instant::now();
        loop {
            let text = self.text(css).await.unwrap_or_default();
            if text.contains(wanted) {
                return;
            }
            let waited = start.elapsed();
            assert!(
                waited < Duration::from_secs(seconds),
                "{css} says `{text}`, not `{wanted}`"
            );
            tokio::time::sleep(LOOK).await;
        }
    }

    pub async fn until(&self, what: &str, seconds: u64, mut condition: impl AsyncFnMut() -> bool) {
        let start = Instant::now();
        while !condition().await {
            assert!(
                start.elapsed() < Duration::from_secs(seconds),
                "waiting for {what}"
            );
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// The driver needs a moment to listen.
async fn connect(port: u16, capabilities: Capabilities) -> WebDriver {
    let start = Instant::now();
    loop {
        match WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities.clone()).await {
            Ok(driver) => return driver,
            Err(error) => assert!(start.elapsed() < PATIENCE, "no session: {error}"),
        }
        tokio::time::sleep(LOOK).await;
    }
}
