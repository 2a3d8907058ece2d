//! The ISO studio in the real window: the real podman builds an image, the lint reads its layers, it
//! becomes an installer ISO, which is served, fetched, and carried to another desk as a bundle. And
//! a build that is cancelled leaves nothing.

use std::{path::Path, process::Command};

use crate::{
    driver::Window,
    studio_scene::{BUILDER, Studio, anaconda, files_with, processes},
};

const IMAGE: &str = "localhost/dpu-os:7";
const CARD: &str = "[data-testid='iso-row-dpu-os.iso']";
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ ada";

async fn next(window: &Window) {
    window.click("[data-testid='wizard-next']").await;
}

async fn job_succeeds(window: &Window) {
    window
        .wait_text("[data-testid='job-outcome']", "Succeeded", 240)
        .await;
}

/// From the folder to the review, with the lint of the Containerfile.
async fn to_image_review(window: &Window, studio: &Studio, reference: &str) {
    window.go("/images/build").await;
    let context = studio.at("context");
    window
        .paste("#image-folder", context.to_str().unwrap())
        .await;
    window.paste("#image-reference", reference).await;
    window.select("#image-architecture", "x86_64").await;
    window.select("#target", "other").await;
    next(window).await;
    window.wait_for("[data-testid='lint']").await;
}

async fn build_the_image(window: &Window, studio: &Studio) {
    studio.containerfile(
        "ARG FLAVOR=ipu\nFROM scratch\nCOPY busybox /bin/busybox\n\
         COPY 4711-key.pem /etc/pki/entitlement/4711-key.pem\n\
         LABEL containers.bootc=1 org.opencontainers.image.version=7 flavor=$FLAVOR\n",
    );
    std::fs::write(
        studio.at("context/4711-key.pem"),
        "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    to_image_review(window, studio, IMAGE).await;
    let lint = "[data-testid='lint']";
    window.wait_text(lint, "FLAVOR", 30).await;
    window.wait_text(lint, "arg_before_from", 30).await;
    window.picture("studio-lint").await;
    window.click("[data-testid='wizard-build']").await;
    job_succeeds(window).await;
    window.picture("studio-image-job").await;

    // The layers of what was built say more than the Containerfile did.
    window.go("/images").await;
    window.press("[data-testid='image-7']", "Check").await;
    let found = "[role='dialog'] [data-testid='lint']";
    window.wait_text(found, "secret_in_layer", 60).await;
    window
        .wait_text(found, "etc/pki/entitlement/4711-key.pem, layer", 5)
        .await;
    window.picture("studio-image-lint").await;
    window.press("[role='dialog']", "Close").await;
}

async fn build_the_iso(window: &Window, base: &Path) {
    window.go("/isos/build").await;
    window.paste("#iso-name", "dpu-os").await;
    window.paste("#base", "/etc/hostname").await;
    window.select("#image-from", "local_storage").await;
    window.paste("#image", IMAGE).await;
    window.select("#architecture", "x86_64").await;
    window
        .paste("#reference", "quay.io/lab/dpu-os:stable")
        .await;
    window.paste("#kargs", "console=ttyS0,115200").await;
    window.paste("#removed-kargs", "rd.live.check").await;
    next(window).await;
    window.paste("#hostname", "studio").await;
    window.paste("#iso-keys", KEY).await;
    window.wait_text("main", "--hostname=studio", 30).await;
    window.picture("studio-kickstart").await;
    next(window).await;
    // What is no ISO is named before anything is started.
    window.wait_text("main", "not an ISO", 30).await;
    assert!(!window.enabled("[data-testid='wizard-build']").await);
    for _ in 0..2 {
        window.click("[data-testid='wizard-back']").await;
    }
    window.paste("#base", base.to_str().unwrap()).await;
    for _ in 0..2 {
        next(window).await;
    }
    window
        .wait_text("main", "Nothing has been touched yet", 30)
        .await;
    window.picture("studio-iso-review").await;
    window.click("[data-testid='wizard-build']").await;
    job_succeeds(window).await;
    window.picture("studio-iso-job").await;

    window.go("/isos").await;
    for inside in [
        "quay.io/lab/dpu-os:stable",
        "console=ttyS0,115200",
        "x86_64",
        "Version7",
        "/slipway.ks",
        "its job",
    ] {
        window.wait_text(CARD, inside, 30).await;
    }
    window.picture("studio-library").await;
}

fn fetch(url: &str, more: &[&str], into: &Path) -> bool {
    let got = Command::new("curl")
        .args(["--silent", "--show-error", "--fail", "--noproxy", "*", "-o"])
        .arg(into)
        .args(more)
        .arg(url)
        .output()
        .unwrap();
    got.status.success()
}

fn sha256(path: &Path) -> String {
    anaconda::run("sha256sum", &[anaconda::text(path)])[..64].to_owned()
}

async fn serve_and_fetch(window: &Window, studio: &Studio) {
    window.click("[data-testid='ca']").await;
    let ca = studio.at("ca.pem");
    window.paste("#save-path", ca.to_str().unwrap()).await;
    window.click("[data-testid='save']").await;
    window.wait_text("[role='dialog']", "Saved to", 30).await;
    window.press("[role='dialog']", "Close").await;

    window.press(CARD, "Serve…").await;
    window.select("#serve-address", "127.0.0.1").await;
    window.click("[data-testid='confirm']").await;
    window.wait_for("[data-testid='publication']").await;
    let address = "return document.querySelector(\"[aria-label='Address of the ISO']\").value";
    let url = window.script(address, vec![]).await;
    let url = url.as_str().unwrap();
    let (got, made) = (studio.at("got.iso"), studio.at("data/isos/dpu-os.iso"));
    let trusted = ["--cacert", anaconda::text(&ca)];
    assert!(!fetch(url, &[], &got), "nobody vouches for it but our CA");
    assert!(fetch(url, &trusted, &got), "{url}");
    let sum = sha256(&made);
    assert_eq!(sha256(&got), sum);
    assert!(
        url.ends_with(&format!("dpu-os-{}.iso", &sum[..12])),
        "{url}"
    );
    window.press(CARD, "Take it down").await;
    window.gone("[data-testid='publication']").await;
    assert!(!fetch(url, &trusted, &got), "it was taken down");
}

async fn bundle(window: &Window, studio: &Studio) {
    window.press(CARD, "Bundle…").await;
    let stick = studio.at("stick");
    std::fs::create_dir(&stick).unwrap();
    window
        .paste("#bundle-parent", stick.to_str().unwrap())
        .await;
    window.click("[data-testid='write-bundle']").await;
    window
        .wait_text("[data-testid='bundled']", "Written to", 60)
        .await;
    window.picture("studio-bundle").await;
    let sums = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
        .current_dir(stick.join("dpu-os"))
        .output()
        .unwrap();
    assert!(sums.status.success(), "{sums:?}");
    window.press("[role='dialog']", "Close").await;
}

/// The second method, with a stand-in for osbuild's builder: it looks at what it is told, and gives
/// the ISO that was made before.
async fn by_image_builder(window: &Window, studio: &Studio) {
    window.press(CARD, "Remove…").await;
    window.click("[data-testid='confirm']").await;
    window.gone(CARD).await;
    let Some(registry) = studio.registry(None) else {
        return;
    };
    let reference = format!("{}/lab/dpu-os:7", registry.host);
    studio.podman(&["tag", IMAGE, &reference]);
    studio.podman(&["push", "-q", "--tls-verify=false", &reference]);
    studio.builder(&reference, &studio.at("data/isos/dpu-os.iso"));

    window.go("/isos/build").await;
    window.paste("#iso-name", "made").await;
    window.select("#method", "image_builder").await;
    window.paste("#builder-image", BUILDER).await;
    window.paste("#image", &reference).await;
    window.select("#architecture", "x86_64").await;
    window.paste("#kargs", "quiet").await;
    next(window).await;
    window.select("#builder-kickstart", "text").await;
    window
        .paste("#kickstart-text", "lang cs_CZ.UTF-8\nreboot\n")
        .await;
    next(window).await;
    let builder = "[data-testid='builder']";
    window.wait_text(builder, BUILDER, 30).await;
    window.wait_text(builder, "append = \"quiet\"", 5).await;
    window.wait_text(builder, "lang cs_CZ.UTF-8", 5).await;
    window.wait_text("main", "has no kickstart area", 5).await;
    window.picture("studio-builder-review").await;
    window.click("[data-testid='wizard-build']").await;
    job_succeeds(window).await;
    window.go("/isos").await;
    let card = "[data-testid='iso-row-made.iso']";
    window.wait_text(card, "Not deployable", 30).await;
    window.wait_text(card, "its job", 5).await;
    assert_eq!(studio.podman(&["ps", "--all", "--quiet"]), "");
}

/// On a desk that has never seen the image: the second time the bundle was damaged on its way.
async fn import_the_bundle(window: &Window, studio: &Studio) {
    window.go("/isos").await;
    window.press("main", "Import an ISO").await;
    window.select("#import-kind", "bundle").await;
    let folder = studio.at("stick/dpu-os");
    window.paste("#bundle-path", folder.to_str().unwrap()).await;
    let image = folder.join("image/index.json");
    let whole = std::fs::read(&image).unwrap();
    std::fs::write(&image, b"{}").unwrap();
    window.click("[data-testid='import']").await;
    window
        .wait_text("[role='dialog']", "The bundle was not imported", 30)
        .await;
    std::fs::write(&image, whole).unwrap();
    window.click("[data-testid='import']").await;
    let taken = "[data-testid='bundle-taken']";
    window
        .wait_text(taken, "dpu-os.iso is in the library", 60)
        .await;
    window.wait_text(taken, "skopeo copy", 5).await;
    window.press("[role='dialog']", "Close").await;
    window.wait_text(CARD, "From a bundle", 30).await;
    window.wait_text(CARD, "quay.io/lab/dpu-os:stable", 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_becomes_an_iso_that_is_served_and_bundled_in_the_window() {
    let Some(studio) = Studio::open() else { return };
    let base = anaconda::base(&studio.at("base"), anaconda::Layout::Hybrid);
    let data = studio.at("data").to_str().unwrap().to_owned();
    let args = ["--data-dir", data.as_str()];
    let ref_to = &studio;
    Window::with_env("studio", &args, &studio.env(), |window| async move {
        window.resize(1400, 900).await;
        build_the_image(&window, ref_to).await;
        build_the_iso(&window, &base).await;
        serve_and_fetch(&window, ref_to).await;
        bundle(&window, ref_to).await;
        by_image_builder(&window, ref_to).await;
    })
    .await;
    let other = studio.at("other").to_str().unwrap().to_owned();
    let args = ["--data-dir", other.as_str()];
    Window::with("studio-other-desk", &args, |window| async move {
        import_the_bundle(&window, ref_to).await;
    })
    .await;
    let (made, taken) = (
        studio.at("data/isos/dpu-os.iso"),
        studio.at("other/isos/dpu-os.iso"),
    );
    assert_eq!(sha256(&made), sha256(&taken));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_build_that_is_cancelled_in_the_window_leaves_nothing() {
    let Some(studio) = Studio::open() else { return };
    let mark = format!("7{}", std::process::id());
    studio.containerfile(&format!(
        "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"sleep\", \"{mark}\"]\n"
    ));
    let step = format!("busybox sleep {mark}");
    let ref_to = &studio;
    Window::with_env("studio-cancel", &[], &studio.env(), |window| async move {
        to_image_review(&window, ref_to, "localhost/never:1").await;
        window.click("[data-testid='wizard-build']").await;
        window
            .until("the step runs", 60, async || !processes(&step).is_empty())
            .await;
        window.click("[data-testid='action-cancel']").await;
        window.click("[data-testid='confirm']").await;
        window
            .wait_text("[data-testid='job-outcome']", "Cancelled", 60)
            .await;
        window.picture("studio-cancelled").await;
        assert_eq!(processes(&step), [""; 0]);
        assert_eq!(ref_to.podman(&["ps", "--all", "--external", "--quiet"]), "");
        let images = ref_to.podman(&["images", "--format", "{{.Repository}}"]);
        assert!(!images.contains("never"), "{images}");
        // The steps that had ended are podman's cache, and have no name.
        window.go("/images").await;
        let images = "[aria-label='Images on this machine']";
        window.wait_text(images, "no name", 30).await;
        let listed = window.text(images).await.unwrap();
        assert!(!listed.contains("localhost/never"), "{listed}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registrys_login_is_tried_and_kept_and_forgotten_in_the_window() {
    const PASSWORD: &str = "sentinel-of-the-window";
    let Some(studio) = Studio::open() else { return };
    let Some(registry) = studio.registry(Some(("robot", PASSWORD))) else {
        return;
    };
    let oci = studio.at("oci");
    anaconda::oci_dir(&oci, "aarch64", 1000);
    registry.push(
        &oci,
        "lab/dpu-os:stable",
        Some(&format!("robot:{PASSWORD}")),
    );
    let host = registry.host.clone();
    let data = studio.at("data");
    let args = ["--data-dir", data.to_str().unwrap()];
    Window::with_env("studio-login", &args, &studio.env(), |window| async move {
        window.go("/images?tab=logins").await;
        window.click("[data-testid='add-login']").await;
        window.fill("#login-registry", &host).await;
        window.fill("#login-user", "robot").await;
        window.fill("#login-password", "not the password").await;
        window.click("[data-testid='confirm']").await;
        window
            .wait_text("[role='dialog']", "efuses the login of robot", 30)
            .await;
        window.fill("#login-password", PASSWORD).await;
        window.click("[data-testid='confirm']").await;
        let row = format!("[data-testid='login-{host}']");
        window.wait_text(&row, "Slipway", 30).await;
        window.picture("studio-logins").await;

        let look_up = async || {
            window.go("/images?tab=registry").await;
            window
                .paste("#repository", &format!("{host}/lab/dpu-os"))
                .await;
            window.press("main", "Look up its tags").await;
        };
        look_up().await;
        window.wait_text("main", "arm64", 30).await;
        window.picture("studio-tags").await;

        window.go("/images?tab=logins").await;
        window.press(&row, "Forget…").await;
        window.click("[data-testid='confirm']").await;
        window.gone(&row).await;
        look_up().await;
        window.wait_text("main", "wants a login", 30).await;
    })
    .await;
    assert_eq!(files_with(&data, PASSWORD), [""; 0]);
}
