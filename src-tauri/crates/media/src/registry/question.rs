//! One reference being resolved: manifest, perhaps the architecture's manifest, configuration;
//! with a login where the registry wants one.

use reqwest::{Client, Response, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use slipway_core::{
    failure::chain,
    image::{ImageDigest, ImageReference},
    ports::{RegistryError, ResolvedImage},
    secret::Password,
};
use url::Url;

use super::{
    Found,
    auth::{self, Challenge, Login},
    is_loopback,
    tags::{DescribedImage, DescribedTag, Sizes, TagList, TagPage, next_page},
    tls,
};
use crate::oci::{self, Config, Document, MANIFEST_TYPES};

/// Tags on a page: what people read at once.
const PAGE: usize = 100;
/// Images of an index that are looked at; more is no operating system's.
const IMAGES: usize = 16;

/// The OCI specification lets a registry refuse manifests over 4 MiB.
const BODY_LIMIT: usize = 8 << 20;

/// A login that the registry takes now.
enum Authorization {
    Nothing,
    Basic(Login),
    Bearer(Password),
}

#[derive(Deserialize)]
struct Token {
    #[serde(alias = "access_token")]
    token: String,
}

/// One reference being resolved.
pub(super) struct Question<'a> {
    client: Client,
    /// The registry is on this machine.
    near: bool,
    plain: bool,
    reference: &'a ImageReference,
    login: Option<Login>,
    /// A program that would know the login, and that we don't call.
    helper: Option<String>,
    authorization: Authorization,
}

impl<'a> Question<'a> {
    pub fn new(
        client: Client,
        near: bool,
        plain: bool,
        reference: &'a ImageReference,
        found: Found,
    ) -> Self {
        Self {
            client,
            near,
            plain,
            reference,
            login: found.login,
            helper: found.helper,
            authorization: Authorization::Nothing,
        }
    }

    pub async fn resolve(&mut self, architecture: &str) -> Result<ResolvedImage, RegistryError> {
        let no_such_architecture = RegistryError::NoSuchArchitecture {
            reference: self.reference.clone(),
            architecture: architecture.to_owned(),
        };
        let asked = self.reference.tag_or_digest().to_owned();
        let bytes = self.fetch("manifests", &asked).await?;
        // A digest that was asked for is what must have come.
        let mut digest = oci::digest_of(&bytes);
        if let Ok(wanted) = asked.parse::<ImageDigest>() {
            self.same(&wanted, &digest)?;
        }
        let config = match self.parse(&bytes)? {
            Document::Manifest { config } => config,
            Document::Index { manifests } => {
                let Some(chosen) = oci::choose(&manifests, architecture) else {
                    return Err(no_such_architecture);
                };
                digest = chosen.digest.clone();
                let bytes = self.fetch("manifests", digest.as_str()).await?;
                self.same(&digest, &oci::digest_of(&bytes))?;
                match self.parse(&bytes)? {
                    Document::Manifest { config } => config,
                    Document::Index { .. } => {
                        return Err(self.protocol("an index in an index".into()));
                    }
                }
            }
        };
        let bytes = self.fetch("blobs", config.digest.as_str()).await?;
        self.same(&config.digest, &oci::digest_of(&bytes))?;
        let config: Config = self.parse(&bytes)?;
        // A manifest without an index says its architecture only here.
        if config
            .architecture
            .as_deref()
            .is_some_and(|a| a != architecture)
        {
            return Err(no_such_architecture);
        }
        Ok(ResolvedImage {
            digest,
            version: config.version(),
        })
    }

    pub async fn tags(&mut self, after: Option<&str>) -> Result<TagPage, RegistryError> {
        let mut url = self.url("tags", "list")?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("n", &PAGE.to_string());
            if let Some(after) = after {
                query.append_pair("last", after);
            }
        }
        let response = self.asked(&url).await?;
        let next = next_page(&response);
        let list: TagList = self.parse(&self.body(response).await?)?;
        Ok(TagPage {
            tags: list.tags.unwrap_or_default(),
            next,
        })
    }

    pub async fn describe(&mut self) -> Result<DescribedTag, RegistryError> {
        let asked = self.reference.tag_or_digest().to_owned();
        let bytes = self.fetch("manifests", &asked).await?;
        let digest = oci::digest_of(&bytes);
        if let Ok(wanted) = asked.parse::<ImageDigest>() {
            self.same(&wanted, &digest)?;
        }
        let (is_index, manifests) = match self.parse(&bytes)? {
            Document::Manifest { .. } => (false, vec![(digest.clone(), bytes)]),
            Document::Index { manifests } => {
                let wanted = manifests.into_iter().filter(|descriptor| {
                    let platform = descriptor.platform.as_ref();
                    // Attestations beside images are `unknown/unknown`.
                    platform.is_none_or(|platform| platform.os != "unknown")
                });
                let mut all = Vec::new();
                for descriptor in wanted.take(IMAGES) {
                    let bytes = self.fetch("manifests", descriptor.digest.as_str()).await?;
                    self.same(&descriptor.digest, &oci::digest_of(&bytes))?;
                    all.push((descriptor.digest, bytes));
                }
                (true, all)
            }
        };
        let mut images = Vec::new();
        for (digest, bytes) in manifests {
            let Document::Manifest { config } = self.parse(&bytes)? else {
                return Err(self.protocol("an index in an index".into()));
            };
            let sizes: Sizes = self.parse(&bytes)?;
            let bytes = self.fetch("blobs", config.digest.as_str()).await?;
            self.same(&config.digest, &oci::digest_of(&bytes))?;
            let config: Config = self.parse(&bytes)?;
            images.push(DescribedImage {
                architecture: config
                    .architecture
                    .clone()
                    .unwrap_or_else(|| "unknown".into()),
                digest,
                version: config.version(),
                size: sizes.total(),
                is_bootc: config.is_bootc(),
            });
        }
        Ok(DescribedTag {
            digest,
            is_index,
            images,
        })
    }

    pub async fn try_login(&mut self, login: Login) -> Result<(), RegistryError> {
        self.login = Some(login);
        self.helper = None;
        let scheme = if self.plain { "http" } else { "https" };
        let host = match self.reference.registry() {
            "docker.io" => "registry-1.docker.io",
            other => other,
        };
        let text = format!("{scheme}://{host}/v2/");
        let url = Url::parse(&text).map_err(|error| self.protocol(format!("{text}: {error}")))?;
        match self.asked(&url).await {
            // There is a registry; it has nothing at its root.
            Ok(_) | Err(RegistryError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn same(&self, wanted: &ImageDigest, seen: &ImageDigest) -> Result<(), RegistryError> {
        if wanted == seen {
            Ok(())
        } else {
            Err(self.protocol(format!("asked for {wanted}, it sent {seen}")))
        }
    }

    fn parse<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, RegistryError> {
        serde_json::from_slice(bytes).map_err(|error| self.protocol(error.to_string()))
    }

    async fn fetch(&mut self, kind: &str, name: &str) -> Result<Vec<u8>, RegistryError> {
        let url = self.url(kind, name)?;
        let response = self.asked(&url).await?;
        self.body(response).await
    }

    /// An answer that is one: asked again with a login where one is wanted.
    async fn asked(&mut self, url: &Url) -> Result<Response, RegistryError> {
        let mut response = self.get(url).await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(challenge) = challenge_of(&response)
            && self.answer(challenge).await?
        {
            response = self.get(url).await?;
        }
        match response.status() {
            StatusCode::OK => Ok(response),
            StatusCode::NOT_FOUND => Err(RegistryError::NotFound {
                reference: self.reference.clone(),
            }),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.unauthorized()),
            // A bad moment, which passes.
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                Err(self.unreachable(format!("it answers {status}")))
            }
            status => Err(self.protocol(format!("{status} for {url}"))),
        }
    }

    fn url(&self, kind: &str, name: &str) -> Result<Url, RegistryError> {
        let (registry, repository) = (self.reference.registry(), self.reference.repository());
        // Docker Hub answers under another name than its images have.
        let (host, prefix) = match registry {
            "docker.io" if repository.contains('/') => ("registry-1.docker.io", ""),
            "docker.io" => ("registry-1.docker.io", "library/"),
            other => (other, ""),
        };
        let scheme = if self.plain { "http" } else { "https" };
        let text = format!("{scheme}://{host}/v2/{prefix}{repository}/{kind}/{name}");
        Url::parse(&text).map_err(|error| self.protocol(format!("{text}: {error}")))
    }

    async fn get(&self, url: &Url) -> Result<Response, RegistryError> {
        let request = self
            .client
            .get(url.clone())
            .header(header::ACCEPT, MANIFEST_TYPES.join(", "));
        let request = match &self.authorization {
            Authorization::Nothing => request,
            Authorization::Basic(login) => {
                request.basic_auth(&login.user, Some(login.password.expose()))
            }
            Authorization::Bearer(token) => request.bearer_auth(token.expose()),
        };
        request.send().await.map_err(|error| self.failed(error))
    }

    /// Gets what the registry asks for. `false` where we have nothing that it would take.
    async fn answer(&mut self, challenge: Challenge) -> Result<bool, RegistryError> {
        match challenge {
            Challenge::Basic => {
                let Some(login) = self.login.clone() else {
                    return Ok(false);
                };
                self.authorization = Authorization::Basic(login);
            }
            Challenge::Bearer {
                realm,
                service,
                scope,
            } => {
                let token = self.token(&realm, service, scope).await?;
                let Some(token) = token else {
                    return Ok(false);
                };
                self.authorization = Authorization::Bearer(token);
            }
        }
        Ok(true)
    }

    async fn token(
        &self,
        realm: &str,
        service: Option<String>,
        scope: Option<String>,
    ) -> Result<Option<Password>, RegistryError> {
        let odd = |why: &str| self.protocol(format!("it wants a token from `{realm}`: {why}"));
        let mut url = Url::parse(realm).map_err(|_| odd("no URL"))?;
        // A registry on this machine may send us to a token service on this machine.
        let near = self.near && self.plain && url.host_str().is_some_and(is_loopback);
        if url.scheme() != "https" && !near {
            return Err(odd("not over HTTPS"));
        }
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = &service {
                query.append_pair("service", service);
            }
            // A login that is only tried names no repository.
            let pull = format!("repository:{}:pull", self.reference.repository());
            let asks = self.reference.repository() != "v2";
            if let Some(scope) = scope.as_deref().or(asks.then_some(pull.as_str())) {
                query.append_pair("scope", scope);
            }
        }
        let mut request = self.client.get(url);
        if let Some(login) = &self.login {
            request = request.basic_auth(&login.user, Some(login.password.expose()));
        }
        let response = request.send().await.map_err(|error| self.failed(error))?;
        match response.status() {
            StatusCode::OK => {
                let token: Token = self.parse(&self.body(response).await?)?;
                Ok(Some(Password::new(token.token)))
            }
            status if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
                Ok(None)
            }
            status => Err(self.unreachable(format!("its token service answers {status}"))),
        }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, RegistryError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.failed(e))? {
            body.extend_from_slice(&chunk);
            if body.len() > BODY_LIMIT {
                return Err(self.protocol("more than 8 MiB of JSON".into()));
            }
        }
        Ok(body)
    }

    fn failed(&self, error: reqwest::Error) -> RegistryError {
        if let tls::Trouble::Certificate(reason) = tls::trouble(&error) {
            return RegistryError::Certificate {
                registry: self.reference.registry().to_owned(),
                reason,
            };
        }
        // reqwest's own sentence only repeats the URL; the cause is below it.
        let causes = chain(&error.without_url());
        self.unreachable(causes.join(": "))
    }

    fn unreachable(&self, reason: String) -> RegistryError {
        RegistryError::Unreachable {
            registry: self.reference.registry().to_owned(),
            reason,
        }
    }

    fn unauthorized(&self) -> RegistryError {
        if let (None, Some(helper)) = (&self.login, &self.helper) {
            return RegistryError::CredentialHelper {
                registry: self.reference.registry().to_owned(),
                helper: helper.clone(),
            };
        }
        RegistryError::Unauthorized {
            registry: self.reference.registry().to_owned(),
            repository: self.reference.repository().to_owned(),
        }
    }

    fn protocol(&self, evidence: String) -> RegistryError {
        RegistryError::Protocol {
            registry: self.reference.registry().to_owned(),
            evidence,
        }
    }
}

fn challenge_of(response: &Response) -> Option<Challenge> {
    response
        .headers()
        .get_all(header::WWW_AUTHENTICATE)
        .iter()
        .find_map(|value| auth::challenge(value.to_str().ok()?))
}
