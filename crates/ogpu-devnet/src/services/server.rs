//! The HTTP server below the services, which stops without waiting for its requests.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

/// How long no connection is accepted after one could not be, as when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A running server, which stops when this is dropped: its port and all connections close.
#[derive(Debug)]
pub(super) struct Server {
    /// Never sent on: the server stops when it is gone.
    alive: oneshot::Sender<Infallible>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) fn start(listener: TcpListener, router: Router) -> Self {
        let (alive, stopped) = oneshot::channel();
        let task = tokio::spawn(run(listener, router, stopped));
        Self { alive, task }
    }

    /// Stops the server and waits until its port and all connections are closed.
    pub(super) async fn stop(self) {
        drop(self.alive);
        // An error only says that the server has stopped already, with its runtime.
        let _ = self.task.await;
    }
}

async fn run(listener: TcpListener, router: Router, stopped: oneshot::Receiver<Infallible>) {
    let mut connections = JoinSet::new();
    tokio::select! {
        _ = stopped => {}
        () = accept(&listener, &router, &mut connections) => {}
    }
    drop(listener);
    connections.shutdown().await;
}

/// Serves connections for ever.
async fn accept(listener: &TcpListener, router: &Router, connections: &mut JoinSet<()>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, router.clone()));
                }
                Err(error) => {
                    tracing::debug!(%error, "services could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            // Forgets the connections that are closed.
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, router: Router) {
    if let Err(error) = serve_requests(stream, router).await {
        tracing::debug!(%error, "a connection to the services broke");
    }
}

async fn serve_requests(
    stream: TcpStream,
    router: Router,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    http1::Builder::new()
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await?;
    Ok(())
}
