//! The gateway: serves what is pinned.

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::refusal::refusal;
use super::script::{Script, Service};
use super::store::ContentStore;

/// The path that a CID is below of.
pub(super) const PATH: &str = "/ipfs";

pub(super) fn router(script: Script, store: ContentStore) -> Router {
    Router::new()
        .route(&format!("{PATH}/{{cid}}"), get(content))
        .with_state((script, store))
}

async fn content(
    State((script, store)): State<(Script, ContentStore)>,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    script
        .next(Service::Gateway)
        .give(async move { serve(&store, path) })
        .await
}

fn serve(store: &ContentStore, path: Result<Path<String>, PathRejection>) -> Response {
    let Ok(Path(cid)) = path else {
        return refusal(StatusCode::NOT_FOUND, "the path is no text");
    };
    let Some(pinned) = store.pinned(&cid) else {
        return refusal(StatusCode::NOT_FOUND, format_args!("`{cid}` is not pinned"));
    };
    let content_type = HeaderValue::from_str(&pinned.content_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    ([(CONTENT_TYPE, content_type)], pinned.content).into_response()
}
