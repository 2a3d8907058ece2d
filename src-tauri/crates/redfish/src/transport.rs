//! Requests and answers over HTTPS: deadlines, the limit per service, transport retries of GET.
//! Knows no Redfish resource; who we are is [`crate::session`]'s.

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, Mutex, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use reqwest::{
    Client, Method, RequestBuilder, Response,
    header::{self, HeaderMap, HeaderName},
    redirect, retry,
};
use rustls::{ClientConfig, pki_types::CertificateDer};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use slipway_core::{
    address::Address,
    ports::{BmcError, Stage},
};
use tokio::{sync::Semaphore, time};
use tower::util::MapFutureLayer;
use url::Url;

use crate::{
    answer::Answer,
    broken::Broken,
    client::{RedfishTarget, Timeouts},
    evidence::Evidence,
    resource,
    session::{Auth, Credential, Login},
    tls::{self, Accepted, Unaccepted},
    turn::in_turn,
};

/// The largest body that is read. The largest honest ones, log collections, have some 100 KB.
const BODY_LIMIT: usize = 4 << 20;
/// Requests in flight per service, over all clients: weaker BMCs drop what is more.
pub(crate) const AT_ONCE: usize = 2;
/// How often a GET is sent at most, and the middle of the first pause between.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);
/// An idle connection is not trusted for longer: some BMCs reset it when it is used again.
const IDLE: Duration = Duration::from_secs(15);

pub(crate) const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");

pub(crate) struct Transport {
    pub(crate) address: Address,
    base: Url,
    pub(crate) timeouts: Timeouts,
    pub(crate) credential: Credential,
    /// How we are known there now. Held across a login, so that nobody logs in beside it.
    pub(crate) login: tokio::sync::Mutex<Login>,
    /// What more than the root was needed to know: that a session does not pay here.
    pub(crate) by_basic: AtomicBool,
    pub(crate) root: tokio::sync::Mutex<Option<Arc<resource::ServiceRoot>>>,
    tls: ClientConfig,
    /// By what the certificate of the last handshake was accepted.
    accepted: Arc<Mutex<Option<Accepted>>>,
    /// For GET: keeps its connections.
    reading: Client,
    /// For effects: a new connection each, so that none is lost in one that the peer had already
    /// given up. (Such a request may or may not have been carried out, and is not sent again.)
    acting: OnceLock<Client>,
    limit: Arc<Semaphore>,
    /// Sent so far.
    pub(crate) requests: AtomicU32,
    /// Cleared by the first 406: some services don't know `Accept-Encoding: identity`.
    says_identity: AtomicBool,
    pub(crate) evidence: Evidence,
}

impl Transport {
    pub(crate) fn new(target: RedfishTarget) -> Self {
        let RedfishTarget {
            address,
            user,
            password,
            pin,
            ca,
            timeouts,
        } = target;
        let credential = Credential::new(user, password);
        let accepted = Arc::default();
        let tls = tls::client_config(pin, ca.as_ref(), Arc::clone(&accepted));
        Self {
            base: Url::parse(&format!("https://{address}/")).expect("a host and a port make a URL"),
            reading: client(&tls, timeouts, AT_ONCE),
            acting: OnceLock::new(),
            tls,
            accepted,
            limit: limit_of(&address),
            requests: AtomicU32::new(0),
            evidence: Evidence::without(credential.secrets()),
            says_identity: AtomicBool::new(true),
            address,
            timeouts,
            credential,
            login: tokio::sync::Mutex::default(),
            by_basic: AtomicBool::new(false),
            root: tokio::sync::Mutex::default(),
        }
    }

    /// Whether the next login goes by Basic. A session that is there is used to its end.
    pub(crate) fn log_in_by_basic(&self, basic: bool) {
        self.by_basic.store(basic, Ordering::Relaxed);
    }

    pub(crate) fn peer(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn accepted_certificate(&self) -> Option<Accepted> {
        let accepted = self.accepted.lock();
        accepted.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// GET as the one we are: whatever the status.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, BmcError> {
        let request = || self.reading.get(self.url(path));
        let mut attempt = 1;
        loop {
            match self.authorized(&request).await {
                Ok(answer) => return Ok(answer),
                Err(broken) => self.may_ask_again(&mut attempt, path, broken).await?,
            }
        }
    }

    /// GET without our credential: whatever the status.
    pub(crate) async fn get_openly(&self, path: &str) -> Result<Answer, BmcError> {
        let request = || self.reading.get(self.url(path));
        let mut attempt = 1;
        loop {
            match self.exchange(&request, None).await {
                Ok(answer) => return Ok(answer),
                Err(broken) => self.may_ask_again(&mut attempt, path, broken).await?,
            }
        }
    }

    /// Waits a moment before a question is asked again whose connection broke: it changes nothing.
    async fn may_ask_again(
        &self,
        attempt: &mut u32,
        path: &str,
        broken: Broken,
    ) -> Result<(), BmcError> {
        if !broken.passing || *attempt >= ATTEMPTS {
            return Err(broken.error);
        }
        tracing::debug!(peer = %self.address, path, error = %broken.error, "again");
        time::sleep(with_jitter(PAUSE * 2_u32.pow(*attempt - 1))).await;
        *attempt += 1;
        Ok(())
    }

    /// GET of a resource as it came; anything but a JSON object is an error.
    pub(crate) async fn raw_resource(&self, path: &str) -> Result<Map<String, Value>, BmcError> {
        let answer = self.accepted(self.get(path).await?)?;
        self.object(&answer)
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
        let acting = self
            .acting
            .get_or_init(|| client(&self.tls, self.timeouts, 0));
        let text = Value::Object(body.clone()).to_string();
        let request = || {
            let request = acting
                .request(method.clone(), self.url(path))
                .header(header::CONTENT_TYPE, "application/json")
                .body(text.clone());
            match if_match {
                Some(etag) => request.header(header::IF_MATCH, etag),
                None => request,
            }
        };
        tracing::debug!(peer = %self.address, %method, path, "redfish effect");
        let answer = self.authorized(&request).await;
        answer.map_err(|broken| broken.error)
    }

    pub(crate) fn limit(&self) -> Arc<Semaphore> {
        self.limit.clone()
    }

    /// A request that makes or ends a session. It is never sent again.
    pub(crate) fn login_request(&self, method: Method, path: &str) -> RequestBuilder {
        self.reading.request(method, self.url(path))
    }

    /// What the peer shows in a handshake that is broken off there; its own certificate first.
    pub(crate) async fn shown_certificates(
        &self,
    ) -> Result<Vec<CertificateDer<'static>>, BmcError> {
        let request = self.reading.get(self.url("/redfish/v1/"));
        match request.send().await {
            Ok(_) => Ok(Vec::new()),
            Err(error) => match Unaccepted::in_chain(&error) {
                Some(unaccepted) => Ok(unaccepted.chain.clone()),
                None => Err(self.why(&error).await.error),
            },
        }
    }

    /// One request and its answer. A second time only after 406, by which nothing was done.
    pub(crate) async fn exchange(
        &self,
        request: &(dyn Fn() -> RequestBuilder + Sync),
        auth: Option<&Auth>,
    ) -> Result<Answer, Broken> {
        let request = || match auth {
            Some(auth) => auth.on(request()),
            None => request(),
        };
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
        let request = with_usual_headers(request);
        let request = match identity {
            true => request.header(header::ACCEPT_ENCODING, "identity"),
            false => request,
        };
        self.requests.fetch_add(1, Ordering::Relaxed);
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
            token: text(headers, AUTH_TOKEN),
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
                    return Err(Broken::for_good(error));
                }
                Ok(None) => return Ok(answer),
                Err(error) => return Err(self.why(&error).await),
            }
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
}

pub(crate) fn with_usual_headers(request: RequestBuilder) -> RequestBuilder {
    request
        .header(header::ACCEPT, "application/json")
        .header(ODATA_VERSION, "4.0")
}

/// A client of one peer, with room for as many idle connections.
fn client(tls: &ClientConfig, timeouts: Timeouts, idle: usize) -> Client {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .http1_only()
        .connector_layer(MapFutureLayer::new(in_turn))
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
