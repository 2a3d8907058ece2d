//! An ISO imported by its path, and served.

use crate::driver::Window;

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
    let path = iso.to_str().unwrap().to_owned();
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
    })
    .await;
    assert!(iso.is_file(), "the file is the person's");
}
