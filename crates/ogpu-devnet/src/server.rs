//! The HTTP server below the services and the faulty doors, which stops without waiting for its
//! requests.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

/// How long no connection is accepted after one could not be, as when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A running server, which stops when this is dropped: its port and all connections close.
#[derive(Debug)]
pub(crate) struct Server {
    /// Never sent on: the server stops when it is gone.
    alive: oneshot::Sender<Infallible>,
    task: JoinHandle<()>,
}

/// Opens a loopback port, any free one if it is 0.
pub(crate) async fn listen(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

impl Server {
    /// Serves each connection with what `serve` makes of it.
    pub(crate) fn start<S, F>(listener: TcpListener, serve: S) -> Self
    where
        S: Fn(TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (alive, stopped) = oneshot::channel();
        let task = tokio::spawn(run(listener, serve, stopped));
        Self { alive, task }
    }

    /// Stops the server and waits until its port and all connections are closed.
    pub(crate) async fn stop(self) {
        drop(self.alive);
        // An error only says that the server has stopped already, with its runtime.
        let _ = self.task.await;
    }
}

async fn run<S, F>(listener: TcpListener, serve: S, stopped: oneshot::Receiver<Infallible>)
where
    S: Fn(TcpStream) -> F + Send + Sync,
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    tokio::select! {
        _ = stopped => {}
        () = accept(&listener, &serve, &mut connections) => {}
    }
    drop(listener);
    connections.shutdown().await;
}

/// Serves connections for ever.
async fn accept<S, F>(listener: &TcpListener, serve: &S, connections: &mut JoinSet<()>)
where
    S: Fn(TcpStream) -> F + Send + Sync,
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream));
                }
                Err(error) => {
                    tracing::debug!(%error, "could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            // Forgets the connections that are closed.
            Some(_) = connections.join_next() => {}
        }
    }
}
