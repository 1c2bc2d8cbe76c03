//! What the chain knows of a master: short ways to the terminal and the vault.
//!
//! Each is one round trip, and ends with [`Error::Read`](crate::Error::Read) or
//! [`Error::Rpc`](crate::Error::Rpc) when the node cannot answer.

use ogpu_types::Wei;

use super::Master;
use crate::{Read, handles::Provider};

impl Master {
    /// The provider that it is paired with, the last of them; `None` while it is with none. One
    /// round trip.
    pub fn provider(&self) -> Read<Option<Provider>> {
        let client = self.client.clone();
        self.client
            .terminal()
            .provider_of(self.address)
            .map(move |provider| Some(client.provider(provider?)))
    }

    /// Whether it has announced a provider. One round trip.
    pub fn is_master(&self) -> Read<bool> {
        self.client.terminal().is_master(self.address)
    }

    /// Whether it has forbidden the network's own agent to act for it. One round trip.
    pub fn is_default_agent_disabled(&self) -> Read<bool> {
        self.client
            .terminal()
            .is_default_agent_disabled(self.address)
    }

    /// The part of its vault balance that can be withdrawn, in wei. One round trip.
    pub fn balance(&self) -> Read<Wei> {
        self.client.vault().balance_of(self.address)
    }

    /// What it has locked up, in wei. One round trip.
    pub fn lockup(&self) -> Read<Wei> {
        self.client.vault().lockup_of(self.address)
    }

    /// What it has taken out of its lockup and not claimed, in wei. One round trip.
    pub fn unbonding(&self) -> Read<Wei> {
        self.client.vault().unbonding_of(self.address)
    }

    /// When what it unbonds can be claimed, in unix seconds; 0 when nothing is unbonding. One round
    /// trip.
    pub fn unbonding_timestamp(&self) -> Read<u64> {
        self.client.vault().unbonding_timestamp_of(self.address)
    }

    /// All that it has ever been paid for confirmed responses, in wei. One round trip.
    pub fn total_earnings(&self) -> Read<Wei> {
        self.client.vault().total_earnings_of(self.address)
    }

    /// What its own tasks hold back, in wei. One round trip.
    pub fn frozen_payment(&self) -> Read<Wei> {
        self.client.vault().frozen_payment_of(self.address)
    }

    /// Whether it may serve sources. One round trip.
    pub fn is_eligible(&self) -> Read<bool> {
        self.client.vault().is_eligible(self.address)
    }

    /// Whether it is on the vault's whitelist. One round trip.
    pub fn is_whitelisted(&self) -> Read<bool> {
        self.client.vault().is_whitelisted(self.address)
    }
}
