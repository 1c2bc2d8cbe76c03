//! Snapshots: all that the chain knows of something, at one block.

use serde::{Deserialize, Serialize};

use crate::{
    Address, BlockRef, DeliveryMethod, ResponseAddress, ResponseParams, ResponseStatus,
    SourceAddress, SourceParams, SourceStatus, TaskAddress, TaskParams, TaskStatus, Wei,
};

/// A source at one block. Its lists are not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceSnapshot {
    /// The source's address.
    pub address: SourceAddress,
    /// The owner.
    pub client: Address,
    /// Whether it takes tasks.
    pub status: SourceStatus,
    /// Its parameters, as they were last set.
    pub params: SourceParams,
    /// How many tasks were ever published to it.
    pub task_count: u64,
    /// How many places its list of providers has, those that were left included.
    pub registrant_count: u64,
    /// The block that all of it was read at.
    pub block: BlockRef,
}

/// A task at one block. Its lists are not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskSnapshot {
    /// The task's address.
    pub address: TaskAddress,
    /// The source that it was published to.
    pub source: SourceAddress,
    /// Where it stands.
    pub status: TaskStatus,
    /// The parameters that it was published with.
    pub params: TaskParams,
    /// What it pays, in wei.
    pub payment: Wei,
    /// Until when it may be attempted, in unix seconds.
    pub expiry_time: u64,
    /// How the response that is paid is chosen.
    pub delivery_method: DeliveryMethod,
    /// How many providers have attempted it.
    pub attempt_count: u64,
    /// The provider that was paid; `None` while none is.
    pub winning_provider: Option<Address>,
    /// The block that all of it was read at.
    pub block: BlockRef,
}

/// A response at one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseSnapshot {
    /// The response's address.
    pub address: ResponseAddress,
    /// The task that it answers.
    pub task: TaskAddress,
    /// What it was submitted with.
    pub params: ResponseParams,
    /// The result: usually the URL where it is pinned, sometimes the payload itself.
    pub data: String,
    /// Whether it is the confirmed one.
    pub status: ResponseStatus,
    /// When it was submitted, in unix seconds.
    pub timestamp: u64,
    /// Whether the client, or the delivery method, confirmed it.
    pub confirmed: bool,
    /// The block that all of it was read at.
    pub block: BlockRef,
}

/// A provider at one block: what the terminal and the vault know of its account. Every account has
/// one; [`is_provider`](Self::is_provider) says whether it is a provider's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderSnapshot {
    /// The provider's account.
    pub address: Address,
    /// The master that it is paired with; `None` while it is with none.
    pub master: Option<Address>,
    /// What it says about itself that seldom changes: usually a URL; empty when it has said nothing.
    pub base_data: String,
    /// What it says about its state: usually a URL; empty when it has said nothing.
    pub live_data: String,
    /// Whether it has announced a master.
    pub is_provider: bool,
    /// Whether it has forbidden the network's own agent to act for it.
    pub default_agent_disabled: bool,
    /// The part of its vault balance that can be withdrawn, in wei.
    pub balance: Wei,
    /// What it has locked up to serve sources, in wei.
    pub lockup: Wei,
    /// What it has taken out of its lockup and not claimed, in wei.
    pub unbonding: Wei,
    /// When that can be claimed, in unix seconds; 0 when nothing is unbonding.
    pub unbonding_timestamp: u64,
    /// All that it has ever been paid for confirmed responses, in wei.
    pub total_earnings: Wei,
    /// What its own tasks hold back, in wei.
    pub frozen_payment: Wei,
    /// What was taken from its lockup as a sanction, in wei.
    pub sanction: Wei,
    /// Whether it may serve sources.
    pub is_eligible: bool,
    /// Whether it is on the vault's whitelist.
    pub is_whitelisted: bool,
    /// The block that all of it was read at.
    pub block: BlockRef,
}

/// A master at one block: what the terminal and the vault know of its account. Every account has
/// one; [`is_master`](Self::is_master) says whether it is a master's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MasterSnapshot {
    /// The master's account.
    pub address: Address,
    /// The provider that it is paired with, the last of them; `None` while it is with none.
    pub provider: Option<Address>,
    /// Whether it has announced a provider.
    pub is_master: bool,
    /// The part of its vault balance that can be withdrawn, in wei.
    pub balance: Wei,
    /// What it has locked up, in wei.
    pub lockup: Wei,
    /// What it has taken out of its lockup and not claimed, in wei.
    pub unbonding: Wei,
    /// All that it has ever been paid for confirmed responses, in wei.
    pub total_earnings: Wei,
    /// What its own tasks hold back, in wei.
    pub frozen_payment: Wei,
    /// Whether it may serve sources.
    pub is_eligible: bool,
    /// Whether it is on the vault's whitelist.
    pub is_whitelisted: bool,
    /// The block that all of it was read at.
    pub block: BlockRef,
}
