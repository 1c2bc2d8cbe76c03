//! A node with faults: a proxy that loses what a rule says.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is answered.
    Answered,
    /// It arrives, but its answer is lost.
    AnswerLost,
    /// It never arrives.
    Lost,
    /// It is turned away: the client asks too often.
    TurnedAway,
    /// It arrives, and nobody ever answers.
    Hangs,
}

type Rule = Box<dyn FnMut(&str) -> Fate + Send>;

/// Decides the fate of each request from its body.
struct Faults {
    node: String,
    http: reqwest::Client,
    rule: Mutex<Rule>,
    sends: AtomicU32,
}

pub(crate) struct Proxy {
    url: String,
    faults: Arc<Faults>,
    server: tokio::task::AbortHandle,
}

impl Proxy {
    /// A proxy of `node`; `rule` sees each request's body.
    pub(crate) async fn start(node: &str, rule: impl FnMut(&str) -> Fate + Send + 'static) -> Self {
        let faults = Arc::new(Faults {
            node: node.to_owned(),
            http: reqwest::Client::new(),
            rule: Mutex::new(Box::new(rule)),
            sends: AtomicU32::new(0),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .route("/", post(forward))
            .with_state(Arc::clone(&faults));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url,
            faults,
            server: server.abort_handle(),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many transactions were offered.
    pub(crate) fn sends(&self) -> u32 {
        self.faults.sends.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn forward(State(faults): State<Arc<Faults>>, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body).into_owned();
    if text.contains("eth_sendRawTransaction") {
        faults.sends.fetch_add(1, Ordering::Relaxed);
    }
    let fate = (faults.rule.lock().unwrap())(&text);
    if fate == Fate::Lost {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if fate == Fate::TurnedAway {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    let answer = faults
        .http
        .post(&faults.node)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    match fate {
        Fate::AnswerLost => StatusCode::GATEWAY_TIMEOUT.into_response(),
        Fate::Hangs => std::future::pending().await,
        Fate::Answered | Fate::Lost | Fate::TurnedAway => answer.into_response(),
    }
}
