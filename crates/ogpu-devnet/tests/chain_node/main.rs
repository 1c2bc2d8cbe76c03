//! The chain over real sockets: what a client sees of it.

mod blocks;
mod calls;
mod client;
mod fees;
mod logs;
mod mempool;
mod mining;
mod programs;
mod reorgs;
mod sending;
mod serving;
mod socket;
mod subscriptions;
mod time;
mod wallet;
