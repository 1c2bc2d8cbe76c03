//! JSON-RPC over HTTP and WebSocket, on one port: thin functions over the ledger.

mod blocks;
mod calls;
mod dev;
mod events;
mod failure;
mod format;
mod register;
mod state;
mod subscribe;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jsonrpsee_server::types::SubscriptionId;
use jsonrpsee_server::{
    BatchRequestConfig, IdProvider, RpcModule, ServerBuilder, ServerConfig, ServerHandle,
};

use super::shared::Shared;

const REQUEST_LIMIT_BYTES: u32 = 32 * 1024 * 1024;
const RESPONSE_LIMIT_BYTES: u32 = 512 * 1024 * 1024;
const BATCH_LIMIT: u32 = 1_000;
const CONNECTIONS: u32 = 10_000;

/// Serves the RPC at `address` until the handle is told to stop; answers where it listens.
///
/// This is the one place where a layer in front of the whole RPC belongs: between the socket and
/// the methods, as an HTTP middleware of the server.
pub(crate) async fn serve(
    address: SocketAddr,
    shared: Arc<Shared>,
) -> io::Result<(SocketAddr, ServerHandle)> {
    let config = ServerConfig::builder()
        .max_request_body_size(REQUEST_LIMIT_BYTES)
        .max_response_body_size(RESPONSE_LIMIT_BYTES)
        .max_connections(CONNECTIONS)
        .set_batch_request_config(BatchRequestConfig::Limit(BATCH_LIMIT))
        .set_id_provider(HexIds::default())
        .build();
    let server = ServerBuilder::with_config(config).build(address).await?;
    let address = server.local_addr()?;
    Ok((address, server.start(methods(shared))))
}

fn methods(shared: Arc<Shared>) -> RpcModule<Shared> {
    let mut module = RpcModule::from_arc(shared);
    state::register(&mut module);
    blocks::register(&mut module);
    calls::register(&mut module);
    events::register(&mut module);
    subscribe::register(&mut module);
    dev::register(&mut module);
    module
}

/// Subscription ids as Ethereum's clients expect them: hex strings.
#[derive(Debug, Default)]
struct HexIds(AtomicU64);

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        SubscriptionId::Str(format!("{:#x}", self.0.fetch_add(1, Ordering::Relaxed) + 1).into())
    }
}
