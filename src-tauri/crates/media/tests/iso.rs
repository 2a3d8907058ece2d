//! Reading ISOs that xorriso makes here.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
};

use serde_json::json;
use slipway_core::{
    iso::{AREA_SIZE, IsoFacts},
    kickstart::empty_area,
    time::ByteCount,
};
use slipway_media::{IsoError, inspect};
use tempfile::TempDir;

const GRUB: &str = r#"
set default="0"
menuentry 'Install' {
	linux /images/pxeboot/vmlinuz inst.stage2=hd:LABEL=SLIP ip=192.168.0.2:::255.255.255.0::enp0s1f0:off acpi=force
}
"#;

/// A tree that becomes an ISO.
struct Tree(TempDir);

impl Tree {
    /// Like the installer of a Slipway ISO, with one image in its container.
    fn complete() -> (Self, String) {
        let tree = Self(tempfile::tempdir().unwrap());
        tree.put(".discinfo", b"1700000000.1\nRHEL 9.6\naarch64\n");
        tree.put("EFI/BOOT/grub.cfg", GRUB.as_bytes());
        tree.put("images/efiboot.img", &vec![0; 1 << 20]);
        tree.put("slipway-card.ks", &empty_area());
        let digest = tree.image("arm64", "9.6.1");
        tree.index(&[json!({"digest": digest, "size": 1,
            "annotations": {"org.opencontainers.image.ref.name": "latest"}})]);
        tree.manifest(&digest);
        (tree, digest)
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.0.path().join("tree").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.0.path().join("tree").join(path)).unwrap();
    }

    fn blob(&self, bytes: &[u8]) -> String {
        let digest = format!("sha256:{}", sha256(bytes));
        self.put(&format!("container/blobs/sha256/{}", &digest[7..]), bytes);
        digest
    }

    /// Configuration and manifest; gives the manifest's digest.
    fn image(&self, architecture: &str, version: &str) -> String {
        let labels = json!({"org.opencontainers.image.version": version});
        let config = json!({"architecture": architecture, "os": "linux",
            "config": {"Labels": labels}, "rootfs": {"type": "layers", "diff_ids": []}});
        let config = self.blob(config.to_string().as_bytes());
        let manifest = json!({"schemaVersion": 2, "layers": [],
            "config": {"digest": config, "size": 1}});
        self.blob(manifest.to_string().as_bytes())
    }

    fn index(&self, manifests: &[serde_json::Value]) {
        let index = json!({"schemaVersion": 2, "manifests": manifests});
        self.put("container/index.json", index.to_string().as_bytes());
    }

    fn manifest(&self, digest: &str) {
        let manifest = json!({"format": 1, "reference": "quay.io/lab/dpu-os:stable",
            "digest": digest, "version": "9.6", "architecture": "aarch64",
            "slipwayVersion": "0.1.0"});
        self.put("slipway.json", manifest.to_string().as_bytes());
    }

    fn burn(&self, boot: &[&str]) -> PathBuf {
        let iso = self.0.path().join("it's a name.iso");
        let made = Command::new("xorriso")
            .args(["-as", "mkisofs", "-quiet", "-R", "-V", "SLIP DPU"])
            .args(boot)
            .arg("-o")
            .arg(&iso)
            .arg(self.0.path().join("tree"))
            .output()
            .expect("these tests need xorriso: apt install xorriso");
        assert!(made.status.success(), "{made:?}");
        iso
    }

    async fn read(&self) -> Result<IsoFacts, IsoError> {
        read(&self.burn(&[])).await
    }
}

const BOOT: [&str; 3] = ["-e", "images/efiboot.img", "-no-emul-boot"];

async fn read(path: &Path) -> Result<IsoFacts, IsoError> {
    inspect(path, |_, _| {}).await
}

/// By another program than the one under test.
fn sha256(bytes: &[u8]) -> String {
    use std::io::Write as _;
    let mut child = Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let out = child.wait_with_output().unwrap();
    String::from_utf8(out.stdout).unwrap()[..64].to_owned()
}

#[tokio::test]
async fn a_slipway_iso_tells_everything() {
    let (tree, digest) = Tree::complete();
    let iso = tree.burn(&BOOT);
    let told = Arc::new(Mutex::new(Vec::new()));
    let progress = told.clone();
    let facts = inspect(&iso, move |done, total| {
        progress.lock().unwrap().push((done, total));
    })
    .await
    .unwrap();
    let bytes = fs::read(&iso).unwrap();
    let area = facts.area.unwrap();
    let offset = area.offset.0 as usize;
    assert_eq!(area.length.0, AREA_SIZE as u64);
    assert!(bytes[offset..offset + AREA_SIZE] == empty_area());
    let size = ByteCount(bytes.len() as u64);
    assert_eq!(*told.lock().unwrap().last().unwrap(), (size, size));
    assert_eq!(
        facts,
        IsoFacts {
            volume_id: "SLIP DPU".into(),
            size,
            sha256: sha256(&bytes),
            architecture: Some("aarch64".into()),
            image_digest: Some(digest.parse().unwrap()),
            image_reference: Some("quay.io/lab/dpu-os:stable".parse().unwrap()),
            image_version: Some("9.6".into()),
            area: Some(area),
            kargs: vec![
                "inst.stage2=hd:LABEL=SLIP".into(),
                "ip=192.168.0.2:::255.255.255.0::enp0s1f0:off".into(),
                "acpi=force".into(),
            ],
            bootable: true,
            kickstart: None,
            contains_secrets: false,
        }
    );
}

#[tokio::test]
async fn an_iso_of_others_tells_what_it_has() {
    let (tree, digest) = Tree::complete();
    tree.remove("slipway.json");
    tree.remove("slipway-card.ks");
    tree.remove(".discinfo");
    tree.put("EFI/BOOT/BOOTAA64.EFI", b"MZ");
    let name = "quay.io/lab/other:1";
    tree.index(&[json!({"digest": digest, "size": 1,
        "annotations": {"org.opencontainers.image.ref.name": name}})]);
    let facts = tree.read().await.unwrap();
    assert_eq!(facts.image_reference, Some(name.parse().unwrap()));
    assert_eq!(facts.image_version.as_deref(), Some("9.6.1"));
    assert_eq!(facts.architecture.as_deref(), Some("aarch64"));
    assert_eq!((facts.area, facts.bootable), (None, false));

    let empty = Tree(tempfile::tempdir().unwrap());
    empty.put("README", b"");
    let facts = empty.read().await.unwrap();
    assert_eq!((facts.image_digest, facts.architecture), (None, None));
    assert!(facts.kargs.is_empty());
}

#[tokio::test]
async fn of_an_index_the_architecture_of_the_iso_counts() {
    let (tree, _) = Tree::complete();
    let (arm, intel) = (tree.image("arm64", "1"), tree.image("amd64", "1"));
    let entry = |digest: &str, architecture: &str| {
        json!({"digest": digest, "size": 1,
            "platform": {"architecture": architecture, "os": "linux"}})
    };
    let both = [entry(&intel, "amd64"), entry(&arm, "arm64")];
    tree.manifest(&arm);
    tree.index(&both);
    let listed = tree.read().await.unwrap();
    assert_eq!(listed.image_digest.unwrap().as_str(), arm);
    let index = json!({"schemaVersion": 2, "manifests": both}).to_string();
    let nested = tree.blob(index.as_bytes());
    tree.index(&[json!({"digest": nested, "size": 1})]);
    let nested = tree.read().await.unwrap();
    assert_eq!(nested.image_digest.unwrap().as_str(), arm);
}

#[tokio::test]
async fn a_container_that_is_not_what_the_manifest_says_is_refused() {
    let (tree, digest) = Tree::complete();
    let other = format!("sha256:{}", "0".repeat(64));
    tree.manifest(&other);
    let error = tree.read().await.unwrap_err();
    assert!(
        matches!(&error, IsoError::DigestMismatch { manifest, container }
            if manifest.as_str() == other && container.as_str() == digest),
        "{error:?}"
    );
    // The same bytes under a name that is not theirs.
    tree.manifest(&digest);
    tree.put(&format!("container/blobs/sha256/{}", &digest[7..]), b"{}");
    let error = tree.read().await.unwrap_err();
    assert!(
        error.to_string().contains("its content is sha256:"),
        "{error}"
    );
}

#[tokio::test]
async fn files_that_make_no_sense_are_named() {
    let named = async |change: fn(&Tree)| {
        let (tree, _) = Tree::complete();
        change(&tree);
        match tree.read().await {
            Err(IsoError::BadFile { file, reason }) => format!("{file}: {reason}"),
            other => panic!("{other:?}"),
        }
    };
    let text = named(|t| t.put("slipway.json", b"{")).await;
    assert!(text.starts_with("slipway.json: EOF"), "{text}");
    let text = named(|t| t.put("slipway-card.ks", &[b'\n'; AREA_SIZE])).await;
    assert_eq!(
        text,
        "/slipway-card.ks: it does not begin with the signature"
    );
    let text = named(|t| t.put("slipway-card.ks", b"#slipway kickstart area 1\n")).await;
    assert_eq!(text, "/slipway-card.ks: it has 26 bytes instead of 65536");
    let text = named(|t| t.remove("container/index.json")).await;
    assert!(text.contains("there is no /container"), "{text}");
    let text = named(|t| t.put("container/index.json", b"[]")).await;
    assert!(text.starts_with("/container/index.json"), "{text}");
    let text = named(|t| t.put("slipway.json", &vec![b' '; 9 << 20])).await;
    assert!(text.contains("more than"), "{text}");
}

#[tokio::test]
async fn what_is_no_whole_iso_is_told_apart() {
    let (tree, _) = Tree::complete();
    let iso = tree.burn(&BOOT);
    let bytes = fs::read(&iso).unwrap();
    let path = tree.0.path().join("x");
    let error_of = async |content: &[u8]| {
        fs::write(&path, content).unwrap();
        read(&path).await.unwrap_err()
    };
    let error = error_of(&bytes[..bytes.len() / 2]).await;
    assert!(
        matches!(&error, IsoError::Truncated { actual, .. } if actual.0 == bytes.len() as u64 / 2),
        "{error:?}"
    );
    assert!(matches!(
        error_of(b"short").await,
        IsoError::NotAnIso { .. }
    ));
    let error = error_of(&[0; 100_000]).await;
    assert!(matches!(error, IsoError::NotAnIso { .. }), "{error:?}");
    let error = read(&tree.0.path().join("gone.iso")).await.unwrap_err();
    assert!(matches!(error, IsoError::NoSuchFile { .. }), "{error:?}");
    let error = read(tree.0.path()).await.unwrap_err();
    assert!(matches!(error, IsoError::NotAnIso { .. }), "{error:?}");
    // A volume descriptor and nothing behind it that xorriso could follow.
    let mut broken = bytes.clone();
    broken[17 * 2048..].fill(0xff);
    let error = error_of(&broken).await;
    assert!(matches!(error, IsoError::Xorriso { .. }), "{error:?}");
    assert!(!error.hint().is_empty());
}

#[tokio::test]
async fn dropping_the_question_stops_the_hash() {
    let (tree, _) = Tree::complete();
    tree.put("big", &vec![1; 64 << 20]);
    let iso = tree.burn(&[]);
    // Who is told of progress says when to go on: so the hash can't be done by then.
    let (told, mut was_told) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let question = tokio::spawn(async move {
        inspect(&iso, move |done, _| {
            let _ = told.send(done);
            let _ = wait.recv();
        })
        .await
    });
    was_told.recv().await.unwrap();
    question.abort();
    assert!(question.await.unwrap_err().is_cancelled());
    drop(go_on);
    // The channel closes when the hashing thread has let go of it.
    let mut later = 0;
    while was_told.recv().await.is_some() {
        later += 1;
    }
    assert_eq!(later, 0);
}
