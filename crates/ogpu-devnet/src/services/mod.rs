//! The network's off-chain services on one loopback port: pinning, its gateway, and management.
//!
//! They answer as the deployed ones are known to, so content has the very CID that `ipfs add` gives
//! it. Unlike them they forget everything when they stop, and management knows of a task only which
//! response of it is confirmed, by asking the lookup it was started with.
//!
//! [`Scripted`] answers make a service fail, lie, dawdle or break off for as many requests as a test
//! wants, and [`Services`] tells what each service was asked.

mod cid;
mod config;
mod gateway;
mod management;
mod pinning;
mod refusal;
mod running;
mod script;
mod scripted;
mod store;
#[cfg(test)]
mod tests;

pub use self::config::{LookupError, ServicesConfig};
pub use self::pinning::MAX_CONTENT_BYTES;
pub use self::running::{Services, ServicesError};
pub use self::script::Service;
pub use self::scripted::Scripted;
pub use self::store::{ContentStore, Upload};
