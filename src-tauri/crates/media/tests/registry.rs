//! Registries: Debian's docker-registry where it is installed, and a small one that can be odd.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

use std::{
    collections::HashMap,
    process::Command,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use slipway_core::{
    image::ImageReference,
    ports::{Registry as _, RegistryError, ResolvedImage},
};
use slipway_media::OciRegistry;

#[path = "support/docker_registry.rs"]
mod docker_registry;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn digest(bytes: &[u8]) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let hex: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{hex}")
}

/// An image's configuration and manifest, as a registry keeps them.
struct Image {
    config: Vec<u8>,
    manifest: Vec<u8>,
}

impl Image {
    fn new(architecture: &str, version: &str) -> Self {
        let labels = json!({"org.opencontainers.image.version": version});
        let config = json!({"architecture": architecture, "os": "linux",
            "config": {"Labels": labels}, "rootfs": {"type": "layers", "diff_ids": []}})
        .to_string();
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": digest(config.as_bytes()), "size": config.len()}})
        .to_string();
        Self {
            config: config.into(),
            manifest: manifest.into(),
        }
    }

    fn digest(&self) -> String {
        digest(&self.manifest)
    }

    fn entry(&self, architecture: &str) -> Value {
        json!({"mediaType": MANIFEST, "digest": self.digest(), "size": self.manifest.len(),
            "platform": {"architecture": architecture, "os": "linux"}})
    }
}

fn index(entries: &[Value]) -> Vec<u8> {
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
        .to_string()
        .into()
}

async fn resolve(reference: &str, architecture: &str) -> Result<ResolvedImage, RegistryError> {
    let reference: ImageReference = reference.parse().unwrap();
    OciRegistry::new(None)
        .resolve(&reference, architecture)
        .await
}

/// Debian's registry (docker's distribution), on a free port, with its storage in a temp folder.
struct PlainRegistry {
    host: String,
    _server: docker_registry::DockerRegistry,
    _dir: tempfile::TempDir,
}

impl PlainRegistry {
    fn start() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config.yml");
        let root = dir.path().join("data");
        let text = format!(
            "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {}\n\
             http:\n  addr: 127.0.0.1:0\n",
            root.display()
        );
        std::fs::write(&config, text).unwrap();
        let server = docker_registry::DockerRegistry::start(&config)?;
        let host = server.host.clone();
        Some(Self {
            host,
            _server: server,
            _dir: dir,
        })
    }

    fn curl(arguments: &[&str]) -> String {
        let out = Command::new("curl")
            .args(["-sS", "--fail", "--noproxy", "*"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(out.status.success(), "{out:?}");
        String::from_utf8(out.stdout).unwrap()
    }

    fn push(&self, tag: &str, kind: &str, manifest: &[u8]) {
        let url = format!("http://{}/v2/lab/os/manifests/{tag}", self.host);
        let body = String::from_utf8(manifest.to_vec()).unwrap();
        let kind = format!("Content-Type: {kind}");
        Self::curl(&["-X", "PUT", "-H", &kind, "--data-binary", &body, &url]);
    }

    fn push_image(&self, image: &Image) {
        let url = format!("http://{}/v2/lab/os/blobs/uploads/", self.host);
        let answer = Self::curl(&["-X", "POST", "-i", &url]);
        let place = answer
            .lines()
            .find_map(|l| l.strip_prefix("Location: "))
            .unwrap();
        let place = format!("{}&digest={}", place.trim(), digest(&image.config));
        let body = String::from_utf8(image.config.clone()).unwrap();
        let kind = "Content-Type: application/octet-stream";
        Self::curl(&["-X", "PUT", "-H", kind, "--data-binary", &body, &place]);
        self.push(&image.digest(), MANIFEST, &image.manifest);
    }
}

#[tokio::test]
async fn a_real_registry_is_understood() {
    let Some(registry) = PlainRegistry::start() else {
        eprintln!("skipped: no docker-registry here (apt install docker-registry)");
        return;
    };
    let (arm, intel) = (Image::new("arm64", "9.6"), Image::new("amd64", "9.6"));
    registry.push_image(&arm);
    registry.push_image(&intel);
    registry.push("single", MANIFEST, &arm.manifest);
    let both = index(&[intel.entry("amd64"), arm.entry("arm64")]);
    registry.push("stable", INDEX, &both);
    let of = |tag: &str| format!("{}/lab/os{tag}", registry.host);
    let wanted = ResolvedImage {
        digest: arm.digest().parse().unwrap(),
        version: Some("9.6".into()),
    };
    for tag in [
        ":single",
        ":stable",
        &format!("@{}", digest(&both)),
        &format!("@{}", arm.digest()),
    ] {
        assert_eq!(resolve(&of(tag), "arm64").await.unwrap(), wanted, "{tag}");
    }
    let intel_image = resolve(&of(":stable"), "amd64").await.unwrap();
    assert_eq!(intel_image.digest.as_str(), intel.digest());
    for (tag, architecture) in [(":stable", "riscv64"), (":single", "amd64")] {
        let error = resolve(&of(tag), architecture).await.unwrap_err();
        assert!(
            matches!(error, RegistryError::NoSuchArchitecture { .. }),
            "{error:?}"
        );
    }
    let error = resolve(&of(":gone"), "arm64").await.unwrap_err();
    assert!(matches!(error, RegistryError::NotFound { .. }), "{error:?}");
}

/// What the small registry has, and how it wants to be asked.
#[derive(Clone, Default)]
struct Small {
    /// By the end of the path: `manifests/stable`, `blobs/sha256:…`.
    content: HashMap<String, Vec<u8>>,
    status: Option<StatusCode>,
    /// The realm of its tokens; the login that the realm wants.
    realm: Option<String>,
    login: Option<&'static str>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Small {
    fn with(image: &Image) -> Self {
        let mut small = Self::default();
        small.put("manifests/stable", &image.manifest);
        small.put(&format!("blobs/{}", digest(&image.config)), &image.config);
        small
    }

    fn put(&mut self, path: &str, bytes: &[u8]) {
        self.content.insert(path.to_owned(), bytes.to_vec());
    }

    /// Gives `127.0.0.1:port`. A realm of `/token` becomes one of its own.
    async fn start(mut self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        if self.realm.as_deref() == Some("/token") {
            self.realm = Some(format!("http://{host}/token"));
        }
        let router = Router::new()
            .route("/v2/lab/os/{kind}/{name}", get(content))
            .route("/token", get(token))
            .with_state(self);
        tokio::spawn(async move { axum::serve(listener, router).await });
        host
    }
}

async fn content(
    State(small): State<Small>,
    Path((kind, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    if let Some(status) = small.status {
        return status.into_response();
    }
    let given = request.headers().get(header::AUTHORIZATION);
    if let Some(realm) = &small.realm
        && given.is_none_or(|given| given != "Bearer the-token")
    {
        let wants =
            format!(r#"Bearer realm="{realm}",service="small",scope="repository:lab/os:pull""#);
        return (
            StatusCode::UNAUTHORIZED,
            [(header::WWW_AUTHENTICATE, wants)],
        )
            .into_response();
    }
    match small.content.get(&format!("{kind}/{name}")) {
        Some(bytes) => bytes.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn token(State(small): State<Small>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    small.seen.lock().unwrap().push(query);
    let given = request.headers().get(header::AUTHORIZATION);
    let wanted = small
        .login
        .map(|l| format!("Basic {}", BASE64_STANDARD.encode(l)));
    if wanted.is_some_and(|wanted| given.is_none_or(|given| given != wanted.as_str())) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    json!({"access_token": "the-token"})
        .to_string()
        .into_response()
}

#[tokio::test]
async fn a_token_is_fetched_where_one_is_wanted() {
    let image = Image::new("arm64", "1");
    let mut small = Small::with(&image);
    small.realm = Some("/token".into());
    let seen = small.seen.clone();
    let host = small.start().await;
    let found = resolve(&format!("{host}/lab/os:stable"), "arm64")
        .await
        .unwrap();
    assert_eq!(found.digest.as_str(), image.digest());
    let expected = "service=small&scope=repository%3Alab%2Fos%3Apull";
    assert_eq!(
        *seen.lock().unwrap(),
        [expected],
        "one token for all three questions"
    );
}

#[tokio::test]
async fn the_login_of_the_auth_file_is_used_as_soon_as_it_is_there() {
    let mut small = Small::with(&Image::new("arm64", "1"));
    small.realm = Some("/token".into());
    small.login = Some("robot:secret");
    let host = small.start().await;
    let reference: ImageReference = format!("{host}/lab/os:stable").parse().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("auth.json");
    let registry = OciRegistry::new(Some(file.clone()));
    let error = registry.resolve(&reference, "arm64").await.unwrap_err();
    assert_eq!(
        error,
        RegistryError::Unauthorized {
            registry: host.clone(),
            repository: "lab/os".into(),
        }
    );
    let entry = json!({"auth": BASE64_STANDARD.encode("robot:secret")});
    std::fs::write(&file, json!({"auths": {host: entry}}).to_string()).unwrap();
    assert!(registry.resolve(&reference, "arm64").await.is_ok());
    std::fs::write(&file, "sentinel").unwrap();
    let error = registry.resolve(&reference, "arm64").await.unwrap_err();
    assert!(
        error.to_string().contains("not a registry auth.json"),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("sentinel"));
}

#[tokio::test]
async fn a_login_is_not_sent_over_plain_http_to_elsewhere() {
    let mut small = Small::with(&Image::new("arm64", "1"));
    small.realm = Some("http://tokens.example/token".into());
    let host = small.start().await;
    let error = resolve(&format!("{host}/lab/os:stable"), "arm64")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("not over HTTPS"), "{error}");
}

#[tokio::test]
async fn what_came_is_compared_with_what_was_asked() {
    let (image, other) = (Image::new("arm64", "1"), Image::new("arm64", "2"));
    let mut small = Small::with(&image);
    small.put("manifests/index", &index(&[image.entry("arm64")]));
    small.put(&format!("manifests/{}", image.digest()), &other.manifest);
    small.put("manifests/nonsense", b"<html>");
    let host = small.start().await;
    for name in [
        ":index".to_owned(),
        format!("@{}", image.digest()),
        ":nonsense".to_owned(),
    ] {
        let error = resolve(&format!("{host}/lab/os{name}"), "arm64")
            .await
            .unwrap_err();
        assert!(
            matches!(error, RegistryError::Protocol { .. }),
            "{name}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_registry_that_is_away_or_busy_is_unreachable() {
    let small = Small {
        status: Some(StatusCode::SERVICE_UNAVAILABLE),
        ..Small::default()
    };
    let busy = small.start().await;
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    for (host, evidence) in [(busy, "503"), (gone, "refused")] {
        let error = resolve(&format!("{host}/lab/os"), "arm64")
            .await
            .unwrap_err();
        assert!(
            matches!(error, RegistryError::Unreachable { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(evidence), "{error}");
    }
}
