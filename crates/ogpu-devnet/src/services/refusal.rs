//! How the services say no.

use std::fmt;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An answer that is no success, with the reason in JSON.
pub(super) fn refusal(status: StatusCode, reason: impl fmt::Display) -> Response {
    (status, Json(json!({ "error": reason.to_string() }))).into_response()
}
