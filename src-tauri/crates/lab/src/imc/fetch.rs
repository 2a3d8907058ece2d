//! The download of an installer ISO as the IMC does it: HTTPS only, HEAD, then one whole GET.
//!
//! What comes is appended to what is there. After a reset in the middle the next insert therefore
//! appends to the partial file and ends in a broken ISO: the real server does that, and a careful
//! client removes the file first.

use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use url::Url;

use super::trust::{self, CurlError};
use crate::{card::Card, faults::Fault};

/// The most that an IMC of MEV-TS 2.0 takes: 13,760 MiB.
const MAX_BYTES: u64 = 13_760 << 20;

/// Where from.
pub struct Source {
    pub url: String,
    /// User name and password for the server.
    pub login: Option<(String, String)>,
}

/// Downloads into the card's media file. Dropping the future leaves what came so far.
pub async fn fetch(card: &Card, source: &Source) -> Result<(), CurlError> {
    let url = Url::parse(&source.url).map_err(|_| CurlError::BadUrl)?;
    if url.scheme() != "https" {
        return Err(CurlError::UnsupportedProtocol);
    }
    if card.faults.has(Fault::MediaUnreachable) {
        return Err(CurlError::NoConnection);
    }
    let client = trust::client(card).map_err(|e| CurlError::of(&e))?;
    let with_login = |request: reqwest::RequestBuilder| match &source.login {
        Some((user, password)) => request.basic_auth(user, Some(password)),
        None => request,
    };
    let curl = |e: reqwest::Error| CurlError::of(&e);
    card.count(|o| o.media_heads += 1);
    let head = with_login(client.head(url.clone()))
        .send()
        .await
        .map_err(curl)?;
    if !head.status().is_success() {
        return Err(CurlError::HttpStatus);
    }
    let length = head.headers().get(reqwest::header::CONTENT_LENGTH);
    let length = length.and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    let size = length.ok_or(CurlError::WeirdReply)?;
    if size > MAX_BYTES {
        return Err(CurlError::TooLarge);
    }
    card.count(|o| o.media_gets += 1);
    let mut answer = with_login(client.get(url)).send().await.map_err(curl)?;
    if !answer.status().is_success() {
        return Err(CurlError::HttpStatus);
    }
    let mut sink = Sink::open(card, size).await?;
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => sink.take(chunk).await?,
            Ok(None) => break,
            Err(_) => return Err(CurlError::PartialFile),
        }
    }
    sink.finish().await
}

/// The media file as it grows: paced, and full or interrupted where a fault says so.
struct Sink<'a> {
    card: &'a Card,
    file: tokio::fs::File,
    started: Instant,
    written: u64,
    /// Where the IMC goes away.
    gone_at: Option<u64>,
}

impl<'a> Sink<'a> {
    async fn open(card: &'a Card, size: u64) -> Result<Self, CurlError> {
        let mut options = tokio::fs::OpenOptions::new();
        let file = options
            .create(true)
            .append(true)
            .open(card.media_path())
            .await
            .map_err(|_| CurlError::WriteFailed)?;
        let goes = card.faults.take(Fault::ImcGoneMidDownload);
        Ok(Self {
            card,
            file,
            started: Instant::now(),
            written: 0,
            gone_at: goes.then_some(size / 5 * 2),
        })
    }

    async fn take(&mut self, mut chunk: Bytes) -> Result<(), CurlError> {
        if self.card.faults.has(Fault::ImcDiskFull) {
            return Err(CurlError::WriteFailed);
        }
        let end = self.written + chunk.len() as u64;
        let gone = self.gone_at.filter(|at| end >= *at);
        if let Some(at) = gone {
            chunk.truncate(usize::try_from(at - self.written).unwrap_or(0));
        }
        let failed = |_| CurlError::WriteFailed;
        self.file.write_all(&chunk).await.map_err(failed)?;
        self.written += chunk.len() as u64;
        if gone.is_some() {
            self.file.flush().await.map_err(failed)?;
            self.card.lose_imc();
            // The insert that awaits us is cancelled with the IMC.
            std::future::pending::<()>().await;
        }
        self.pace().await;
        Ok(())
    }

    /// Waits until so many bytes may have come.
    async fn pace(&self) {
        let Some(rate) = self.card.timings.fetch_bytes_per_second else {
            return;
        };
        let due = Duration::from_millis(self.written.saturating_mul(1000) / rate.max(1));
        tokio::time::sleep(due.saturating_sub(self.started.elapsed())).await;
    }

    async fn finish(mut self) -> Result<(), CurlError> {
        self.file.flush().await.map_err(|_| CurlError::WriteFailed)
    }
}
