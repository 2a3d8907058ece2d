//! What can't be built is named, with what to do, and leaves nothing behind.

use std::{
    fs,
    time::{Duration, Instant},
};

use slipway_core::{
    failure::FailureKind,
    job::iso_build::{BuildProgress, IsoBase, IsoImage, IsoWork},
};
use slipway_media::ImageAccess;

use crate::{
    anaconda::{Layout, noise, oci_dir, run, text},
    bench::Bench,
};

async fn refused(bench: &Bench) -> String {
    let error = bench
        .workshop
        .check(&bench.plan, &ImageAccess::default())
        .await
        .unwrap_err();
    assert!(error.hint.is_some(), "{error:?}");
    assert!(!error.transient, "{error:?}");
    assert!(bench.beside().is_empty(), "{:?}", bench.beside());
    error.message
}

#[tokio::test]
async fn bases_that_are_none() {
    let mut bench = Bench::new(Layout::EfiFile);
    let base = bench.dir.path().join("base.iso");
    let bytes = fs::read(&base).unwrap();
    let put = |bench: &mut Bench, name: &str, bytes: &[u8]| {
        let path = bench.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        bench.plan.base = IsoBase::File {
            path: path.display().to_string(),
        };
    };
    put(&mut bench, "text.iso", b"not an iso");
    assert!(refused(&bench).await.ends_with("is not an ISO 9660 image"));
    put(&mut bench, "short.iso", &bytes[..bytes.len() / 2]);
    assert!(refused(&bench).await.contains("is truncated"));
    bench.plan.base = IsoBase::File {
        path: "/nowhere/base.iso".into(),
    };
    assert_eq!(refused(&bench).await, "there is no file /nowhere/base.iso");

    let data = bench.dir.path().join("data.iso");
    let tree = bench.dir.path().join("tree");
    run(
        "xorriso",
        &[
            "-as",
            "mkisofs",
            "-quiet",
            "-o",
            text(&data),
            "-R",
            text(&tree),
        ],
    );
    bench.plan.base = IsoBase::File {
        path: data.display().to_string(),
    };
    assert!(refused(&bench).await.ends_with("has no boot record"));
}

#[tokio::test]
async fn another_architecture_is_named_for_base_and_image() {
    let mut bench = Bench::new(Layout::Hybrid);
    bench.plan.architecture = "aarch64".into();
    assert!(
        refused(&bench)
            .await
            .ends_with("is for x86_64, not for aarch64")
    );

    let mut bench = Bench::new(Layout::EfiFile);
    let other = bench.dir.path().join("other");
    oci_dir(&other, "x86_64", 1000);
    bench.plan.image = IsoImage::OciDir {
        path: other.display().to_string(),
    };
    assert!(
        refused(&bench)
            .await
            .contains("its image is for x86_64, not for aarch64")
    );
}

#[tokio::test]
async fn an_image_that_was_changed_is_no_image() {
    let bench = Bench::new(Layout::EfiFile);
    let blobs = bench.dir.path().join("oci/blobs/sha256");
    let manifest = blobs.join(&bench.digest["sha256:".len()..]);
    let mut bytes = fs::read(&manifest).unwrap();
    bytes.push(b' ');
    fs::write(&manifest, bytes).unwrap();
    assert!(refused(&bench).await.contains("its content is sha256:"));
}

#[tokio::test]
async fn an_output_that_is_there_is_not_replaced_unasked() {
    let mut bench = Bench::new(Layout::EfiFile);
    fs::write(bench.output(), "mine").unwrap();
    let error = bench
        .workshop
        .check(&bench.plan, &ImageAccess::default())
        .await
        .unwrap_err();
    assert!(error.message.ends_with("is there already"));
    bench.plan.overwrite = true;
    bench
        .workshop
        .check(&bench.plan, &ImageAccess::default())
        .await
        .unwrap();
    assert_eq!(
        fs::read(bench.output()).unwrap(),
        b"mine",
        "a look changes nothing"
    );
}

#[tokio::test]
async fn a_reference_that_does_not_exist_is_named() {
    let mut bench = Bench::new(Layout::EfiFile);
    bench.plan.image = IsoImage::OciArchive {
        path: bench.dir.path().join("none.tar").display().to_string(),
    };
    assert!(refused(&bench).await.starts_with("there is no image in "));

    // A registry where nothing listens: loopback, a port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    bench.plan.image = IsoImage::Registry {
        reference: format!("127.0.0.1:{port}/lab/dpu-os:none").parse().unwrap(),
    };
    let error = bench.work(IsoWork::FetchImage).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Unreachable, "{error:?}");
    bench.workshop.clean(&bench.plan).await.unwrap();
    assert!(bench.beside().is_empty());
}

#[tokio::test]
async fn an_archive_is_copied_with_its_digest() {
    let mut bench = Bench::new(Layout::EfiFile);
    let archive = bench.dir.path().join("image.tar");
    let oci = bench.dir.path().join("oci");
    run(
        "skopeo",
        &[
            "copy",
            "--preserve-digests",
            &format!("oci:{}:latest", text(&oci)),
            &format!("oci-archive:{}", text(&archive)),
        ],
    );
    bench.plan.image = IsoImage::OciArchive {
        path: archive.display().to_string(),
    };
    bench.build().await.unwrap();
    assert_eq!(bench.beside(), ["dpu-os.iso"]);
    let facts = slipway_media::look(&bench.output()).await.unwrap();
    assert_eq!(facts.image_digest.unwrap().as_str(), bench.digest);
}

#[tokio::test]
async fn a_cancelled_write_leaves_no_half_iso_and_no_xorriso() {
    let bench = Bench::new(Layout::EfiFile);
    // Large enough to be met in the middle.
    fs::write(
        bench.dir.path().join("oci/blobs/sha256/ballast"),
        noise(400 << 20),
    )
    .unwrap();
    let job = &bench.job;
    bench
        .workshop
        .start(
            job,
            &bench.plan,
            Some(Bench::kickstart()),
            ImageAccess::default(),
            IsoWork::Write,
        )
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        match bench.workshop.progress(job, &IsoWork::Write) {
            BuildProgress::Running { done, .. } if done.0 > 0 => break,
            BuildProgress::Running { .. } => {}
            other => panic!("it was not met in the middle: {other:?}"),
        }
        assert!(Instant::now() < until);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    bench.workshop.cancel(job).await;
    assert_eq!(
        bench.workshop.progress(job, &IsoWork::Write),
        BuildProgress::Idle
    );
    bench.workshop.clean(&bench.plan).await.unwrap();
    assert!(bench.beside().is_empty(), "{:?}", bench.beside());
}
