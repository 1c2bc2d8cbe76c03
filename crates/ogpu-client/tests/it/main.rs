//! The real client against a real network, over sockets: the embedded chain, or anvil when
//! `OGPU_DEVNET_ANVIL` names its program.

mod batching;
mod chain;
mod confirm;
mod confirmed;
mod emitter;
mod endpoints;
mod events;
mod intents;
mod ledger;
mod limits;
mod lists;
mod network;
mod nonces;
mod payload;
mod pipeline;
mod preconditions;
mod proxy;
mod publish;
mod publish_tasks;
mod reads;
mod reorgs;
mod replacing;
mod responses;
mod restart;
mod run_task;
mod scenarios;
mod sending;
mod server;
mod services;
mod signers;
mod stale;
mod tap;
mod waiting;
mod ways;
mod writes;
