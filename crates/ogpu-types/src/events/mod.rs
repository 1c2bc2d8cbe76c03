//! Events of the protocol, by the contract that emits them.

mod contract;
mod define;
mod logged;
mod manager;
mod nexus;
mod ownership;
mod protocol;
mod terminal;
mod vault;

pub use contract::EventContract;
pub use logged::LoggedEvent;
pub use manager::ManagerEvent;
pub use nexus::NexusEvent;
pub use ownership::OwnershipEvent;
pub use protocol::ProtocolEvent;
pub use terminal::TerminalEvent;
pub use vault::VaultEvent;
