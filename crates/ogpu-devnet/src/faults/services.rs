//! The services' door: the very server that the services run on.

use std::sync::Arc;

use axum::Router;
use axum::body::{self, Body};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;

use super::connection::{Cut, Line, empty, serve, turned_away};
use super::log::Door;
use super::warden::Warden;
use crate::services::Service;

/// Serves a connection to the services, with the faults of the warden's plan.
pub(crate) async fn serve_services(stream: TcpStream, router: Router, warden: Arc<Warden>) {
    serve(stream, |request, line| {
        answer(request, line, router.clone(), Arc::clone(&warden))
    })
    .await;
}

async fn answer(
    request: Request<Incoming>,
    line: Line,
    router: Router,
    warden: Arc<Warden>,
) -> Result<Response, Cut> {
    let Some(service) = Service::at(request.uri().path()) else {
        return Ok(routed(router, request.map(Body::new)).await);
    };
    let door = Door::Service(service);
    let verdict = warden.judge(door, &[], Vec::new());
    if verdict.faults.is_empty() {
        return Ok(routed(router, request.map(Body::new)).await);
    }
    // Read before any answer: one that comes while the client still writes may be lost to it.
    let (head, body) = request.into_parts();
    let Ok(body) = body::to_bytes(Body::new(body), usize::MAX).await else {
        return Err(Cut);
    };
    verdict.wait().await;
    let fault = verdict.exchange.as_ref();
    if let Some(answer) = turned_away(fault) {
        return answer;
    }
    let response = routed(router, Request::from_parts(head, Body::from(body))).await;
    let (head, body) = response.into_parts();
    match body::to_bytes(body, usize::MAX).await {
        Ok(body) => line.damage(head, body, fault).await,
        // A script broke it off: it cannot be broken more.
        Err(_) => Ok(empty(StatusCode::BAD_GATEWAY)),
    }
}

async fn routed(router: Router, request: Request<Body>) -> Response {
    match TowerToHyperService::new(router).call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
