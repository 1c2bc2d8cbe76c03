//! Faults over real sockets: what a plain client sees, and what the chain says of it.

mod answers;
mod chain;
mod client;
mod connections;
mod heavy;
mod services;
#[path = "../chain_node/socket.rs"]
mod socket;
mod sockets;
mod stale;
#[path = "../chain_node/wallet.rs"]
mod wallet;
