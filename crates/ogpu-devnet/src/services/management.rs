//! The management service: tells which response of a task is confirmed.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use ogpu_types::{AddressError, TaskAddress};
use serde_json::json;

use super::config::Lookup;
use super::refusal::refusal;
use super::script::{Script, Service};

/// The path that a task's address is below of.
pub(super) const PATH: &str = "/api/tasks";

pub(super) fn router(script: Script, lookup: Lookup) -> Router {
    Router::new()
        .route(&format!("{PATH}/{{task}}"), get(task))
        .with_state((script, lookup))
}

async fn task(
    State((script, lookup)): State<(Script, Lookup)>,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    script
        .next(Service::Management)
        .give(async move {
            match address(path) {
                Ok(task) => confirmed(&lookup, task).await,
                Err(reason) => refusal(StatusCode::BAD_REQUEST, reason),
            }
        })
        .await
}

fn address(path: Result<Path<String>, PathRejection>) -> Result<TaskAddress, String> {
    let Path(text) = path.map_err(|rejection| rejection.body_text())?;
    text.parse()
        .map_err(|error: AddressError| error.to_string())
}

async fn confirmed(lookup: &Lookup, task: TaskAddress) -> Response {
    match lookup(task).await {
        Ok(Some(response)) => Json(json!({ "data": { "address": response } })).into_response(),
        Ok(None) => refusal(
            StatusCode::NOT_FOUND,
            format_args!("no response of task {task} is confirmed"),
        ),
        Err(error) => refusal(
            StatusCode::BAD_GATEWAY,
            format_args!("the confirmed response of task {task} could not be looked up: {error}"),
        ),
    }
}
