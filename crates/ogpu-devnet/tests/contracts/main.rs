//! The dev chain's contracts against the facts of the protocol, over real sockets.

mod abi;
mod accounting;
mod agents;
mod attempts;
mod cancelling;
mod confirming;
mod controller;
mod controller_role;
mod expiry;
mod first_response;
mod forgery;
mod left_out;
mod lifecycle;
mod manager;
mod nexus;
mod ownership;
mod permissions;
mod quirks;
mod registration;
mod responses;
mod sanctions;
mod source;
mod support;
mod terminal;
mod unbonding;
mod vault;
