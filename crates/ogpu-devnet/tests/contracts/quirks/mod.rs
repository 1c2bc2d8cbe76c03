//! What the deployed contracts do and a client must handle: the numbered quirks of the facts.

mod events;
mod getters;
mod paging;
mod reverts;
