//! An ISO imported by its path, and served; a bundle that is cancelled while it is written.

use std::path::Path;

use crate::driver::Window;

/// Its dialog is closed meanwhile: it is cancelled on the page.
async fn cancelled_bundle(window: &Window, long: &Path, stick: &Path) {
    window.press("main", "Import an ISO").await;
    window.fill("#iso-path", long.to_str().unwrap()).await;
    window.click("[data-testid='import']").await;
    let card = "[data-testid='iso-row-long.iso']";
    window.wait_text(card, "Not deployable", 120).await;
    window.press(card, "Bundle…").await;
    window
        .paste("#bundle-parent", stick.to_str().unwrap())
        .await;
    window.click("[data-testid='write-bundle']").await;
    window
        .press("[role='dialog']", "Close, and go on writing")
        .await;
    let running = "[data-testid='transfer']";
    window.wait_text(running, "Writing the bundle", 30).await;
    window.picture("iso-transfer").await;
    window
        .click(&format!("{running} [data-testid='cancel-transfer']"))
        .await;
    window.gone(running).await;
    assert_eq!(std::fs::read_dir(stick).unwrap().count(), 0, "nothing half");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_iso_is_imported_and_served() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("hello.txt"), "no installer").unwrap();
    let iso = dir.path().join("plain.iso");
    let made = std::process::Command::new("xorriso")
        .args(["-as", "mkisofs", "-quiet", "-V", "PLAIN", "-o"])
        .args([&iso, &root])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    // With zeros after its end, which take no room: copying takes a while.
    let long = dir.path().join("long.iso");
    std::fs::copy(&iso, &long).unwrap();
    let file = std::fs::File::options().write(true).open(&long).unwrap();
    file.set_len(6_000_000_000).unwrap();
    let stick = dir.path().join("stick");
    std::fs::create_dir(&stick).unwrap();
    let path = iso.to_str().unwrap().to_owned();
    let ref_to = (&long, &stick);
    Window::with("iso", &[], |window| async move {
        window.go("/isos").await;
        window.press("main", "Import an ISO").await;
        window.fill("#iso-path", "/nowhere/at-all.iso").await;
        window.click("[data-testid='import']").await;
        window
            .wait_text("body", "The ISO was not imported", 30)
            .await;
        window.fill("#iso-path", &path).await;
        window.click("[data-testid='import']").await;
        let card = "[data-testid='iso-row-plain.iso']";
        window.wait_text(card, "Not deployable", 60).await;
        window.press("main", "Serve…").await;
        window.picture("iso-serve").await;
        window.click("[data-testid='confirm']").await;
        window.wait_for("[data-testid='publication']").await;
        window.wait_text(card, "Nobody has read it yet", 30).await;
        let address = "return document.querySelector(\"[aria-label='Address of the ISO']\").value";
        let address = window.script(address, vec![]).await;
        let address = address.as_str().unwrap();
        assert!(address.starts_with("https://"), "{address}");
        assert!(address.ends_with(".iso"), "{address}");
        window.press("main", "Take it down").await;
        window
            .until("the ISO to be taken down", 30, async || {
                !window.exists("[data-testid='publication']").await
            })
            .await;
        cancelled_bundle(&window, ref_to.0, ref_to.1).await;
    })
    .await;
    assert!(iso.is_file(), "the file is the person's");
}
