//! The lab's container registry: the read half of OCI distribution v2, plain HTTP on loopback.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::image::{Blob, ImageStore, REPOSITORY};

/// Serves until `stop`.
///
/// # Errors
/// Those of the listener.
pub async fn serve(
    listener: TcpListener,
    images: Arc<ImageStore>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    axum::serve(listener, router(images))
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

/// The routes. GET routes answer HEAD too, as the specification asks.
pub fn router(images: Arc<ImageStore>) -> Router {
    Router::new()
        .route("/v2/", get(|| async { axum::Json(json!({})) }))
        .route("/v2/{*rest}", get(read))
        .with_state(images)
}

/// `<name>/{tags/list, manifests/<reference>, blobs/<digest>}`; names have slashes in them.
async fn read(State(images): State<Arc<ImageStore>>, Path(rest): Path<String>) -> Response<Body> {
    let Some(path) = rest
        .strip_prefix(REPOSITORY)
        .and_then(|path| path.strip_prefix('/'))
    else {
        return missing("NAME_UNKNOWN", "repository name not known to registry");
    };
    if path == "tags/list" {
        let tags = json!({"name": REPOSITORY, "tags": images.tag_names()});
        return axum::Json(tags).into_response();
    }
    if let Some(reference) = path.strip_prefix("manifests/") {
        return match images.manifest(reference) {
            Some((digest, blob)) => found(&digest, &blob),
            None => missing("MANIFEST_UNKNOWN", "manifest unknown"),
        };
    }
    if let Some(digest) = path.strip_prefix("blobs/") {
        return match images.blob(digest) {
            Some(blob) => found(digest, blob),
            None => missing("BLOB_UNKNOWN", "blob unknown to registry"),
        };
    }
    missing("UNSUPPORTED", "the operation is unsupported")
}

fn found(digest: &str, blob: &Blob) -> Response<Body> {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(blob.media_type),
    );
    if let Ok(digest) = HeaderValue::from_str(digest) {
        headers.insert("docker-content-digest", digest);
    }
    (headers, blob.bytes.clone()).into_response()
}

fn missing(code: &str, message: &str) -> Response<Body> {
    let body = json!({"errors": [{"code": code, "message": message}]});
    (StatusCode::NOT_FOUND, axum::Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::image::{INDEX_TYPE, MANIFEST_TYPE, digest_of};

    #[tokio::test]
    async fn a_tag_leads_to_the_label_and_every_digest_is_right() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let images = Arc::new(ImageStore::new(&address.to_string()));
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(listener, Arc::clone(&images), stop.clone()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .build()
            .unwrap();
        let get = async |path: &str| {
            let answer = client
                .get(format!("http://{address}/v2/{path}"))
                .send()
                .await
                .unwrap();
            let kind = answer.headers()[header::CONTENT_TYPE]
                .to_str()
                .unwrap()
                .to_owned();
            (
                answer.status().as_u16(),
                kind,
                answer.bytes().await.unwrap(),
            )
        };
        assert_eq!(get("").await.0, 200);
        let tags: Value = serde_json::from_slice(&get("lab/dpu-os/tags/list").await.2).unwrap();
        assert_eq!(tags["tags"], json!(["1.0.0", "1.1.0", "1.2.0", "stable"]));

        let (_, kind, index) = get("lab/dpu-os/manifests/stable").await;
        assert_eq!(kind, INDEX_TYPE);
        let index: Value = serde_json::from_slice(&index).unwrap();
        let arm = index["manifests"]
            .as_array()
            .unwrap()
            .iter()
            .find(|m| m["platform"]["architecture"] == "arm64")
            .unwrap();
        let digest = arm["digest"].as_str().unwrap();
        assert_eq!(digest, images.image("1.1.0").unwrap().digest);

        let (_, kind, manifest) = get(&format!("lab/dpu-os/manifests/{digest}")).await;
        assert_eq!(
            (kind.as_str(), digest_of(&manifest).as_str()),
            (MANIFEST_TYPE, digest)
        );
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        for part in [&manifest["config"], &manifest["layers"][0]] {
            let digest = part["digest"].as_str().unwrap();
            let (_, _, bytes) = get(&format!("lab/dpu-os/blobs/{digest}")).await;
            assert_eq!(digest_of(&bytes), digest);
            assert_eq!(part["size"], bytes.len());
        }
        let config = manifest["config"]["digest"].as_str().unwrap();
        let config: Value =
            serde_json::from_slice(&get(&format!("lab/dpu-os/blobs/{config}")).await.2).unwrap();
        assert_eq!(
            config["config"]["Labels"]["org.opencontainers.image.version"],
            "1.1.0"
        );

        let head = client
            .head(format!("http://{address}/v2/lab/dpu-os/manifests/stable"))
            .send()
            .await
            .unwrap();
        assert!(head.headers().contains_key("docker-content-digest"));
        assert_eq!(get("lab/dpu-os/manifests/nope").await.0, 404);
        assert_eq!(get("other/manifests/stable").await.0, 404);
        stop.cancel();
        drop(client);
        server.await.unwrap().unwrap();
    }
}
