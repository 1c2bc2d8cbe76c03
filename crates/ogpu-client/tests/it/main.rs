//! The real client against a real network, over sockets: the embedded chain, or anvil when
//! `OGPU_DEVNET_ANVIL` names its program.

mod chain;
mod confirm;
mod confirmed;
mod network;
mod payload;
mod preconditions;
mod proxy;
mod publish;
mod publish_tasks;
mod responses;
mod sending;
mod services;
mod signers;
