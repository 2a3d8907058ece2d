//! The base ISO from a URL: fetched once, checked, kept under its hash.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use aws_lc_rs::digest::{Context, SHA256};
use futures::StreamExt as _;
use slipway_core::failure::{FailureKind, StepError};
use tokio::io::AsyncWriteExt as _;
use url::Url;

use crate::oci::hex;

/// Where a base ISO of this hash lies in the cache.
pub fn cached(cache: &Path, sha256: &str) -> PathBuf {
    cache.join("base").join(format!("{sha256}.iso"))
}

/// A URL and a hash that can be meant.
///
/// # Errors
/// Another scheme than HTTP or HTTPS; no SHA-256.
pub fn check(url: &Url, sha256: &str) -> Result<(), StepError> {
    let refused = |message: String, hint: &str| {
        Err(StepError::new(FailureKind::Precondition, message).hint(hint))
    };
    if !matches!(url.scheme(), "http" | "https") {
        let message = format!("a base ISO is not fetched by {}", url.scheme());
        return refused(message, "give an http or https URL, or a file");
    }
    let plain = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if sha256.len() != 64 || !sha256.bytes().all(plain) {
        let message = format!("`{sha256}` is no SHA-256");
        return refused(
            message,
            "give the 64 hexadecimal digits that stand beside the download",
        );
    }
    Ok(())
}

/// Downloads into the cache; what is there already is not fetched again.
///
/// # Errors
/// No answer (worth another try), a refusal, another content than was expected.
pub async fn fetch(
    cache: &Path,
    url: &Url,
    sha256: &str,
    done: &AtomicU64,
    total: &AtomicU64,
) -> Result<(), StepError> {
    let target = cached(cache, sha256);
    if target.is_file() {
        return Ok(());
    }
    let half = target.with_extension("part");
    let fetched = download(&half, url, sha256, done, total).await;
    let kept = match fetched {
        Ok(()) => tokio::fs::rename(&half, &target).await.map_err(local),
        Err(error) => Err(error),
    };
    if kept.is_err() {
        let _ = tokio::fs::remove_file(&half).await;
    }
    kept
}

fn local(error: std::io::Error) -> StepError {
    StepError::new(FailureKind::Local, "the download can't be kept")
        .because(error.to_string())
        .hint("check the room on the disk and the data folder's permissions")
}

async fn download(
    half: &Path,
    url: &Url,
    sha256: &str,
    done: &AtomicU64,
    total: &AtomicU64,
) -> Result<(), StepError> {
    let unreachable = |error: reqwest::Error| {
        let chain = slipway_core::failure::chain(&error.without_url());
        let message = format!("{} does not answer", url.authority());
        let failed = StepError::new(FailureKind::Unreachable, message).transient();
        chain.into_iter().fold(failed, StepError::because)
    };
    let client = client().await?;
    let answer = client.get(url.clone()).send().await.map_err(unreachable)?;
    let status = answer.status();
    if !status.is_success() {
        let message = format!("{} answered {status} for the base ISO", url.authority());
        let error = StepError::new(FailureKind::Refused, message)
            .hint("check the URL (it may have expired, or want a login)");
        return Err(if status.is_server_error() {
            error.transient()
        } else {
            error
        });
    }
    total.store(answer.content_length().unwrap_or(0), Ordering::Relaxed);
    if let Some(length) = answer.content_length() {
        super::room::ask(half, length)?;
    }
    if let Some(folder) = half.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(local)?;
    }
    let mut file = tokio::fs::File::create(half).await.map_err(local)?;
    let mut hash = Context::new(&SHA256);
    let mut body = answer.bytes_stream();
    while let Some(bytes) = body.next().await {
        let bytes = bytes.map_err(unreachable)?;
        hash.update(&bytes);
        file.write_all(&bytes).await.map_err(local)?;
        done.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
    file.sync_all().await.map_err(local)?;
    let seen = hex(hash.finish().as_ref());
    if seen == sha256 {
        return Ok(());
    }
    Err(StepError::new(
        FailureKind::Precondition,
        "the base ISO is not the one that was expected",
    )
    .because(format!("its SHA-256 is {seen}, not {sha256}"))
    .hint("compare the checksum with the one beside the download; it was not kept"))
}

async fn client() -> Result<reqwest::Client, StepError> {
    let failed = |causes: Vec<String>| {
        let error = StepError::new(FailureKind::Local, "no download can be made from here");
        causes.into_iter().fold(error, StepError::because)
    };
    // Reading the system's roots takes long enough to leave the runtime's threads.
    let tls = tokio::task::spawn_blocking(crate::registry::tls_config).await;
    let tls = tls
        .map_err(|error| failed(vec![error.to_string()]))?
        .map_err(failed)?;
    reqwest::Client::builder()
        .user_agent(concat!("slipway/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(20))
        // Between two pieces, not for the whole: a DVD may take an hour.
        .read_timeout(Duration::from_secs(60))
        .tls_backend_preconfigured(tls)
        .build()
        .map_err(|error| failed(slipway_core::failure::chain(&error)))
}
