//! Answers to HTTP requests: a published file, or 404 without a reason.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension, Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::any,
};
use futures::StreamExt as _;

use super::{
    Published, Shared,
    body::{self, Shelf, Way},
    newcomers::Newcomer,
    parts::Parts,
    range,
};

/// Everything but `/iso/<token>/<file name>` falls through to the same 404.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/iso/{token}/{file_name}", any(answer))
        .fallback(async || not_found())
        .layer(middleware::from_fn(greeted))
        .with_state(shared)
}

async fn greeted(
    Extension(newcomer): Extension<Newcomer>,
    request: Request,
    next: Next,
) -> Response {
    let answer = next.run(request).await;
    newcomer.answered();
    answer
}

fn not_found() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    // Where the connection below can send parts of a file by itself.
    by_itself: Option<Extension<Parts>>,
    Extension(newcomer): Extension<Newcomer>,
    request: Request,
) -> Response {
    // Tokens and names need no escapes, so an escaped path is not one of ours.
    let mut parts = request.uri().path().split('/').skip(2);
    let (Some(token), Some(file_name)) = (parts.next(), parts.next()) else {
        return not_found();
    };
    let Some(published) = shared.find(token, file_name) else {
        return not_found();
    };
    let answered = match *request.method() {
        Method::HEAD => head(&published),
        Method::GET => {
            let way = way(by_itself);
            get(&shared, &published, peer, request.headers(), way, newcomer)
        }
        _ => return not_found(),
    };
    let status = answered.status().as_u16();
    let method = request.method();
    // Without the token: whoever has it can read the file.
    tracing::info!(%peer, %method, file_name, status, "media request");
    answered
}

fn way(by_itself: Option<Extension<Parts>>) -> Way {
    match by_itself {
        Some(Extension(parts)) => Way::Sendfile(parts),
        None => Way::Memory(Shelf::default()),
    }
}

fn head(published: &Published) -> Response {
    whole(published).body(Body::empty()).unwrap_or_default()
}

fn whole(published: &Published) -> axum::http::response::Builder {
    Response::builder()
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_LENGTH, published.size.0)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ETAG, &published.etag)
        .header(header::CACHE_CONTROL, "no-store")
}

fn get(
    shared: &Shared,
    published: &Arc<Published>,
    peer: SocketAddr,
    headers: &HeaderMap,
    way: Way,
    newcomer: Newcomer,
) -> Response {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // A part of another file than the reader began with would be glued to it.
    let stale = text(header::IF_RANGE).is_some_and(|etag| etag != published.etag);
    let asked = text(header::RANGE).filter(|_| !stale);
    let size = published.size.0;
    let (builder, range, in_parts) = match range::wanted(asked, size) {
        range::Wanted::Whole => (whole(published), 0..size, false),
        range::Wanted::Part(part) => {
            let builder = Response::builder()
                .status(StatusCode::PARTIAL_CONTENT)
                .header(header::CONTENT_TYPE, "application/octet-stream")
                .header(header::CONTENT_LENGTH, part.end - part.start)
                .header(
                    header::CONTENT_RANGE,
                    format!("bytes {}-{}/{size}", part.start, part.end - 1),
                )
                .header(header::ACCEPT_RANGES, "bytes")
                .header(header::ETAG, &published.etag)
                .header(header::CACHE_CONTROL, "no-store");
            (builder, part, true)
        }
        range::Wanted::Unsatisfiable => {
            return Response::builder()
                .status(StatusCode::RANGE_NOT_SATISFIABLE)
                .header(header::CONTENT_RANGE, format!("bytes */{size}"))
                .body(Body::empty())
                .unwrap_or_default();
        }
    };
    let name = peer.ip().to_canonical().to_string();
    let reading = published.readers.begin(&name, in_parts, shared.clock.now());
    let stream = body::stream(
        published.file.clone(),
        range,
        published.overlay.clone(),
        published.revoked.clone(),
        way,
        newcomer,
    )
    // The closure owns `reading`: it ends with the body, however that ends.
    .map(move |chunk| {
        if let Ok(bytes) = &chunk {
            reading.sent(bytes.len());
        }
        chunk
    });
    builder.body(Body::from_stream(stream)).unwrap_or_default()
}
