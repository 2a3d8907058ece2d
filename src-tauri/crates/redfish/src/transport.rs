//! Requests and answers over HTTPS: deadlines, the limit per service, transport retries of GET,
//! and what a broken connection means. Knows no Redfish resource.

use std::{
    collections::HashMap,
    error::Error as StdError,
    io,
    sync::{
        Arc, LazyLock, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    Client, Method, RequestBuilder, Response,
    header::{self, HeaderMap, HeaderName, HeaderValue},
    redirect, retry,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use slipway_core::{
    address::Address,
    ports::{BmcError, Stage},
};
use tokio::{net::TcpStream, sync::Semaphore, time};
use url::Url;

use crate::{
    answer::Answer,
    client::{RedfishTarget, Timeouts},
    evidence::Evidence,
    resource,
    tls::{self, Unaccepted},
};

/// The largest body that is read. The largest honest ones, log collections, have some 100 KB.
const BODY_LIMIT: usize = 4 << 20;
/// Requests in flight per service, over all clients: weaker BMCs drop what is more.
const AT_ONCE: usize = 2;
/// How often a GET is sent at most, and the middle of the first pause between.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);
/// An idle connection is not trusted for longer: some BMCs reset it when it is used again.
const IDLE: Duration = Duration::from_secs(15);

const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");

pub(crate) struct Transport {
    address: Address,
    base: Url,
    timeouts: Timeouts,
    authorization: HeaderValue,
    /// For GET: keeps its connections.
    reading: Client,
    /// For effects: a new connection each, so that none is lost in one that the peer had already
    /// given up. (Such a request may or may not have been carried out, and is not sent again.)
    acting: Client,
    limit: Arc<Semaphore>,
    /// Cleared by the first 406: some services don't know `Accept-Encoding: identity`.
    says_identity: AtomicBool,
    pub(crate) evidence: Evidence,
}

/// A request that got no answer.
struct Broken {
    error: BmcError,
    /// The connection broke in a way that a second try may not meet.
    passing: bool,
}

impl Transport {
    pub(crate) fn new(target: RedfishTarget) -> Self {
        let RedfishTarget {
            address,
            user,
            password,
            pin,
            timeouts,
        } = target;
        let basic = STANDARD.encode(format!("{user}:{}", password.expose()));
        let mut authorization =
            HeaderValue::try_from(format!("Basic {basic}")).expect("base64 is allowed in a header");
        authorization.set_sensitive(true);
        let tls = tls::client_config(pin);
        let client = |idle: usize| {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .http1_only()
                .no_proxy()
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .referer(false)
                .user_agent(concat!("slipway/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(timeouts.connect)
                .timeout(timeouts.request)
                .pool_max_idle_per_host(idle)
                .pool_idle_timeout(IDLE)
                .build()
                .expect("the TLS configuration is of the rustls that reqwest has")
        };
        Self {
            base: Url::parse(&format!("https://{address}/")).expect("a host and a port make a URL"),
            reading: client(AT_ONCE),
            acting: client(0),
            limit: limit_of(&address),
            evidence: Evidence::without([password.expose().to_owned(), basic]),
            says_identity: AtomicBool::new(true),
            address,
            timeouts,
            authorization,
        }
    }

    pub(crate) fn peer(&self) -> String {
        self.address.to_string()
    }

    /// GET with our credential: whatever the status.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, BmcError> {
        self.read(path, true).await
    }

    /// GET without our credential: whatever the status.
    pub(crate) async fn get_openly(&self, path: &str) -> Result<Answer, BmcError> {
        self.read(path, false).await
    }

    /// GET of a resource, with its ETag; anything but a JSON object is an error.
    pub(crate) async fn resource<T>(&self, path: &str) -> Result<(T, Option<String>), BmcError>
    where
        T: DeserializeOwned + Default,
    {
        let answer = self.accepted(self.get(path).await?)?;
        let etag = answer.etag.clone();
        Ok((resource::read(self.object(&answer)?), etag))
    }

    /// POST or PATCH, sent once: whatever the status.
    pub(crate) async fn act(
        &self,
        method: Method,
        path: &str,
        body: &Map<String, Value>,
        if_match: Option<&str>,
    ) -> Result<Answer, BmcError> {
        let request = || {
            let text = Value::Object(body.clone()).to_string();
            let request = self
                .acting
                .request(method.clone(), self.url(path))
                .header(header::AUTHORIZATION, self.authorization.clone())
                .header(header::CONTENT_TYPE, "application/json")
                .body(text);
            match if_match {
                Some(etag) => request.header(header::IF_MATCH, etag),
                None => request,
            }
        };
        tracing::debug!(peer = %self.address, %method, path, "redfish effect");
        self.exchange(&request).await.map_err(|broken| broken.error)
    }

    async fn read(&self, path: &str, authorized: bool) -> Result<Answer, BmcError> {
        let request = || {
            let request = self.reading.get(self.url(path));
            if authorized {
                request.header(header::AUTHORIZATION, self.authorization.clone())
            } else {
                request
            }
        };
        let mut attempt = 1;
        loop {
            match self.exchange(&request).await {
                Ok(answer) => return Ok(answer),
                Err(broken) if broken.passing && attempt < ATTEMPTS => {
                    tracing::debug!(peer = %self.address, path, error = %broken.error, "again");
                    time::sleep(with_jitter(PAUSE * 2_u32.pow(attempt - 1))).await;
                    attempt += 1;
                }
                Err(broken) => return Err(broken.error),
            }
        }
    }

    /// One request and its answer. A second time only after 406, by which nothing was done.
    async fn exchange(
        &self,
        request: &(dyn Fn() -> RequestBuilder + Sync),
    ) -> Result<Answer, Broken> {
        let identity = self.says_identity.load(Ordering::Relaxed);
        let answer = self.exchange_once(request(), identity).await?;
        if answer.status == 406 && identity {
            self.says_identity.store(false, Ordering::Relaxed);
            return self.exchange_once(request(), false).await;
        }
        Ok(answer)
    }

    async fn exchange_once(
        &self,
        request: RequestBuilder,
        identity: bool,
    ) -> Result<Answer, Broken> {
        let limit = time::timeout(self.timeouts.request, self.limit.acquire());
        let Ok(Ok(_place)) = limit.await else {
            let reason = "its other requests are still waiting for an answer";
            return Err(self.broken(Stage::Http, reason, false));
        };
        let request = request
            .header(header::ACCEPT, "application/json")
            .header(ODATA_VERSION, "4.0");
        let request = match identity {
            true => request.header(header::ACCEPT_ENCODING, "identity"),
            false => request,
        };
        match request.send().await {
            Ok(response) => self.answer(response).await,
            Err(error) => Err(self.why(&error).await),
        }
    }

    async fn answer(&self, mut response: Response) -> Result<Answer, Broken> {
        let text = |headers: &HeaderMap, name: HeaderName| {
            let value = headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let headers = response.headers();
        let mut answer = Answer {
            status: response.status().as_u16(),
            etag: text(headers, header::ETAG),
            location: text(headers, header::LOCATION),
            content_type: text(headers, header::CONTENT_TYPE),
            body: Vec::new(),
        };
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if answer.body.len() + chunk.len() <= BODY_LIMIT => {
                    answer.body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => {
                    let said = self.evidence.quote_bytes(&answer.body);
                    let error = self.protocol(&format!("a body of more than 4 MB: {said}"));
                    return Err(Broken {
                        error,
                        passing: false,
                    });
                }
                Ok(None) => return Ok(answer),
                Err(error) => return Err(self.why(&error).await),
            }
        }
    }

    /// What a request's error means, and how far the connection came.
    async fn why(&self, error: &reqwest::Error) -> Broken {
        if let Some(unaccepted) = Unaccepted::in_chain(error) {
            let peer = self.peer();
            let seen = unaccepted.seen.clone();
            let error = match unaccepted.pinned.clone() {
                Some(pinned) => BmcError::CertificateChanged { peer, pinned, seen },
                None => BmcError::CertificateUnknown { peer, seen },
            };
            return Broken {
                error,
                passing: false,
            };
        }
        if let Some(tls) = tls::tls_error_in_chain(error) {
            let reason = match tls {
                rustls::Error::InvalidMessage(_) => format!("it does not speak TLS ({tls})"),
                other => other.to_string(),
            };
            return self.broken(Stage::Tls, &reason, false);
        }
        let deepest = deepest(error);
        if error.is_dns() || chain_says(error, "dns error") {
            return self.broken(Stage::Name, &deepest, false);
        }
        if error.is_timeout() && error.is_connect() {
            let within = self.timeouts.connect.as_secs_f32();
            let stage = self.stage_of_silence().await;
            let what = match stage {
                Stage::Name => "no answer to its name",
                Stage::Tcp => "no TCP connection",
                Stage::Tls | Stage::Http | Stage::Ssh => "no TLS handshake",
            };
            return self.broken(stage, &format!("{what} within {within} s"), false);
        }
        if error.is_timeout() {
            let within = self.timeouts.request.as_secs_f32();
            return self.broken(Stage::Http, &format!("no answer within {within} s"), false);
        }
        if error.is_connect() {
            // What is no TCP error is the handshake's: tokio-rustls says "tls handshake eof".
            let tcp = chain_says(error, "tcp ");
            let stage = if tcp { Stage::Tcp } else { Stage::Tls };
            return self.broken(stage, &deepest, broke_off(error));
        }
        let reason = format!("the connection broke before the answer was complete: {deepest}");
        self.broken(Stage::Http, &reason, true)
    }

    /// Where a connection that timed out came to: one timeout covers name, TCP and TLS, so the
    /// first two are tried by themselves.
    async fn stage_of_silence(&self) -> Stage {
        let patience = self.timeouts.connect.min(Duration::from_secs(2));
        let host = (self.address.host.as_str(), self.address.port);
        let Ok(Ok(found)) = time::timeout(patience, tokio::net::lookup_host(host)).await else {
            return Stage::Name;
        };
        let found: Vec<_> = found.collect();
        match time::timeout(patience, TcpStream::connect(found.as_slice())).await {
            Ok(Ok(_)) => Stage::Tls,
            Ok(Err(_)) | Err(_) => Stage::Tcp,
        }
    }

    /// The URL of a path (and query) at this service, and at no other whatever the path says.
    fn url(&self, path: &str) -> Url {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let mut url = self.base.clone();
        url.set_path(path);
        url.set_query(query);
        url
    }

    fn broken(&self, stage: Stage, reason: &str, passing: bool) -> Broken {
        Broken {
            error: BmcError::Unreachable {
                peer: self.peer(),
                stage,
                reason: self.quote(reason),
            },
            passing,
        }
    }
}

/// The places of an address. Weak, so that an address that nobody asks any more leaves nothing.
fn limit_of(address: &Address) -> Arc<Semaphore> {
    static LIMITS: LazyLock<Mutex<HashMap<Address, Weak<Semaphore>>>> =
        LazyLock::new(Mutex::default);
    let mut limits = LIMITS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(limit) = limits.get(address).and_then(Weak::upgrade) {
        return limit;
    }
    if limits.len() == limits.capacity() {
        limits.retain(|_, limit| limit.strong_count() > 0);
    }
    let limit = Arc::new(Semaphore::new(AT_ONCE));
    limits.insert(address.clone(), Arc::downgrade(&limit));
    limit
}

/// Between half and one and a half of it, so that many who failed together don't return together.
fn with_jitter(pause: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    pause.mul_f64(0.5 + f64::from(random) / f64::from(u32::MAX))
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let first: &(dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |e: &&(dyn StdError + 'static)| (*e).source())
}

/// The last sentence of the chain: what the operating system or the protocol said.
fn deepest(error: &reqwest::Error) -> String {
    chain(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn chain_says(error: &reqwest::Error, beginning: &str) -> bool {
    chain(error).any(|e| e.to_string().starts_with(beginning))
}

/// Whether the peer dropped the connection, as opposed to refusing it.
fn broke_off(error: &reqwest::Error) -> bool {
    chain(error).any(|e| {
        let kind = e.downcast_ref::<io::Error>().map(io::Error::kind);
        matches!(
            kind,
            Some(
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof
            )
        )
    })
}
