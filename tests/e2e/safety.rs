//! What the page may not do, tried in WebKit itself.

use std::net::TcpListener;

use crate::driver::Window;

/// Every page of the app that shows something without a card.
const PAGES: [&str; 9] = [
    "/overview",
    "/cards",
    "/add",
    "/isos",
    "/deploy",
    "/deploy/file",
    "/jobs",
    "/settings/trust",
    "/settings/preferences",
];

/// Collects what the policy refuses from here on.
const LISTEN: &str = "window.refused = []; \
    document.addEventListener('securitypolicyviolation', (event) => \
        window.refused.push(`${event.effectiveDirective} ${event.blockedURI}`))";

/// What a page that was taken over would try: to run code, and to tell somebody.
const ATTACK: &str = "const [url] = arguments; \
    const add = (name, fields) => \
        document.body.append(Object.assign(document.createElement(name), fields)); \
    add('img', { src: `${url}/picture` }); \
    add('script', { src: `${url}/script` }); \
    add('script', { textContent: 'window.taken = true' }); \
    add('iframe', { src: `${url}/frame` }); \
    add('link', { rel: 'stylesheet', href: `${url}/style` }); \
    add('style', { textContent: 'body { --taken: yes }' }); \
    add('object', { data: `${url}/object` }); \
    fetch(`${url}/fetch`).catch(() => undefined);";

async fn refused(window: &Window) -> Vec<String> {
    let answer = window.script("return window.refused", vec![]).await;
    serde_json::from_value(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_remote_or_inline_is_refused_by_the_window() {
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    stranger.set_nonblocking(true).unwrap();
    let url = format!("http://{}", stranger.local_addr().unwrap());
    Window::with("policy", &[], |window| async move {
        window.wait_for("[data-testid='nav-cards']").await;
        window.script(LISTEN, vec![]).await;
        window.script(ATTACK, vec![url.clone().into()]).await;
        for directive in [
            "img-src",
            "script-src-elem",
            "frame-src",
            "style-src-elem",
            "object-src",
            "connect-src",
        ] {
            window
                .until(&format!("{directive} to refuse"), 30, async || {
                    refused(&window)
                        .await
                        .iter()
                        .any(|refusal| refusal.starts_with(directive))
                })
                .await;
        }
        let taken = "return [window.taken ?? null, \
            getComputedStyle(document.body).getPropertyValue('--taken')]";
        let taken = window.script(taken, vec![]).await;
        assert_eq!(taken, serde_json::json!([null, ""]));
        let asked = stranger.accept().map(|_| ()).map_err(|error| error.kind());
        assert_eq!(
            asked,
            Err(std::io::ErrorKind::WouldBlock),
            "the page reached a stranger"
        );
        // No code of the page can change what all objects share.
        let frozen = "return Object.isFrozen(Object.prototype)";
        assert_eq!(window.script(frozen, vec![]).await, true);
    })
    .await;
}

/// Commands that Tauri or a plugin of ours has, and that this window has no use for. A page that
/// was taken over would ask for them.
const NOT_GRANTED: [&str; 9] = [
    "plugin:window|set_title",
    "plugin:window|close",
    "plugin:webview|create_webview_window",
    "plugin:webview|internal_toggle_devtools",
    "plugin:event|emit",
    "plugin:path|resolve_directory",
    "plugin:dialog|message",
    "plugin:store|clear",
    "plugin:store|entries",
];

/// Answers with what the app said; a promise that is never answered would be no refusal.
const INVOKE: &str = "const [command] = arguments; window.answered = undefined; \
    window.__TAURI_INTERNALS__.invoke(command, { path: 'preferences.json', rid: 0 }).then( \
        (value) => { window.answered = `done: ${JSON.stringify(value)}` }, \
        (error) => { window.answered = `refused: ${error}` })";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_granted_no_command_that_it_does_not_use() {
    Window::with("grants", &[], |window| async move {
        window.wait_for("[data-testid='nav-cards']").await;
        let said = async |command: &str| {
            window.script(INVOKE, vec![command.into()]).await;
            let mut answer = String::new();
            window
                .until(command, 30, async || {
                    let said = window.script("return window.answered", vec![]).await;
                    answer = said.as_str().unwrap_or_default().to_owned();
                    !answer.is_empty()
                })
                .await;
            answer
        };
        // What it uses is granted, or the refusals below would say nothing.
        let granted = said("plugin:store|load").await;
        assert!(granted.starts_with("done: "), "{granted}");
        for command in NOT_GRANTED {
            let answer = said(command).await;
            assert!(
                answer.starts_with("refused: ") && answer.contains("not allowed"),
                "{command}: {answer}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_asks_for_what_the_policy_refuses() {
    Window::with("pages", &[], |window| async move {
        window.wait_for("[data-testid='nav-cards']").await;
        window.script(LISTEN, vec![]).await;
        // With cards there is more to show: tables, and the overview's chart.
        window.go("/overview").await;
        window.click("[data-testid='try-lab']").await;
        window.go("/cards").await;
        window.wait_for("[data-testid='row-dpu-01']").await;
        for page in PAGES {
            window.go(page).await;
            window.wait_for("main h1").await;
        }
        window.go("/overview").await;
        window
            .wait_text("[data-testid='overview-sentence']", "24 cards", 60)
            .await;
        window.wait_for("main svg[role='img']").await;
        let refused = refused(&window).await;
        assert!(refused.is_empty(), "{refused:#?}");
    })
    .await;
}
