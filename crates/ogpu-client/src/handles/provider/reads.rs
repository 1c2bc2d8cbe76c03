//! What the chain knows of a provider: short ways to the terminal and the vault.
//!
//! Each is one round trip, and ends with [`Error::Read`](crate::Error::Read) or
//! [`Error::Rpc`](crate::Error::Rpc) when the node cannot answer.

use ogpu_types::Wei;

use super::Provider;
use crate::{Read, handles::Master};

impl Provider {
    /// The master that it is paired with; `None` while it is with none. One round trip.
    pub fn master(&self) -> Read<Option<Master>> {
        let client = self.client.clone();
        self.client
            .terminal()
            .master_of(self.address)
            .map(move |master| Some(client.master(master?)))
    }

    /// What it says about itself that seldom changes: usually a URL; empty when it has said
    /// nothing. One round trip.
    pub fn base_data(&self) -> Read<String> {
        self.client.terminal().base_data_of(self.address)
    }

    /// What it says about its state: usually a URL; empty when it has said nothing. One round trip.
    pub fn live_data(&self) -> Read<String> {
        self.client.terminal().live_data_of(self.address)
    }

    /// Whether it has announced a master. One round trip.
    pub fn is_provider(&self) -> Read<bool> {
        self.client.terminal().is_provider(self.address)
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

    /// What was taken from its lockup as a sanction, in wei. One round trip.
    pub fn sanction(&self) -> Read<Wei> {
        self.client.vault().sanction_of(self.address)
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
