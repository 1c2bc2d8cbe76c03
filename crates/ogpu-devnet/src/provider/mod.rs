//! Simulated providers: they register, attempt and respond by transactions of their own.

mod feed;
mod running;
mod worker;

pub use running::{ProviderBuilder, SimulatedProvider};

pub(crate) use feed::TaskFeed;
