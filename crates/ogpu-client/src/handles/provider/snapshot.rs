//! All of a provider at one block.

use ogpu_chain::Contract;
use ogpu_contracts::{convert::seconds, terminal, vault};
use ogpu_types::{Address, ProviderSnapshot};

use super::Provider;
use crate::{
    Client, Error, Read,
    handles::reader::somebody,
    read::{Cost, Finish, ReadSet, Target},
};

impl Provider {
    /// All that the terminal and the vault know of it, at one block. One round trip.
    ///
    /// An account that is no provider has a snapshot too, which says so.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] and [`Error::Rpc`] when the node cannot answer.
    pub fn snapshot(&self) -> Read<ProviderSnapshot> {
        let target = Target::At(self.address);
        let plan = plan(&self.client);
        Read::new(&self.client, "provider.snapshot", target, plan)
    }
}

impl Client {
    /// Snapshots of many providers, all at one block, in their order: a result for each. One round
    /// trip for about 500.
    ///
    /// # Errors
    ///
    /// [`Error::Rpc`] when the node cannot answer at all. What is wrong with one of the providers is
    /// its own result's error, as of [`Provider::snapshot`].
    pub fn provider_snapshots(
        &self,
        providers: &[Address],
    ) -> Read<Vec<Result<ProviderSnapshot, Error>>> {
        Read::each(self, "provider_snapshots", providers.to_vec(), plan(self))
    }
}

fn plan(client: &Client) -> impl Fn(&mut ReadSet, Address) -> Finish<ProviderSnapshot> + use<> {
    let terminal = client.contract(Contract::Terminal);
    let vault = client.contract(Contract::Vault);
    move |set, address| {
        let account = address.into();
        let block = set.block();
        let master = set.add(terminal, terminal::MasterOfCall(account));
        let base_data = set.add_costing(terminal, terminal::BaseDataOfCall(account), Cost::STRUCT);
        let live_data = set.add_costing(terminal, terminal::LiveDataOfCall(account), Cost::STRUCT);
        let is_provider = set.add(terminal, terminal::IsProviderCall(account));
        let agent_disabled = set.add(terminal, terminal::DefaultAgentDisabledCall(account));
        let balance = set.add(vault, vault::BalanceOfCall(account));
        let lockup = set.add(vault, vault::LockupOfCall(account));
        let unbonding = set.add(vault, vault::UnbondingOfCall(account));
        let unbonding_timestamp = set.add(vault, vault::UnbondingTimestampCall(account));
        let total_earnings = set.add(vault, vault::TotalEarningsOfCall(account));
        let frozen_payment = set.add(vault, vault::FrozenPaymentCall(account));
        let sanction = set.add(vault, vault::SanctionOfCall(account));
        let is_eligible = set.add(vault, vault::IsEligibleCall { account });
        let is_whitelisted = set.add(vault, vault::IsWhitelistedCall(account));
        Box::new(move |answers| {
            Ok(ProviderSnapshot {
                address,
                master: somebody(answers.take(master).map_err(Error::read)?.0),
                base_data: answers.take(base_data).map_err(Error::read)?.0,
                live_data: answers.take(live_data).map_err(Error::read)?.0,
                is_provider: answers.take(is_provider).map_err(Error::read)?.0,
                default_agent_disabled: answers.take(agent_disabled).map_err(Error::read)?.0,
                balance: answers.take(balance).map_err(Error::read)?.0.into(),
                lockup: answers.take(lockup).map_err(Error::read)?.0.into(),
                unbonding: answers.take(unbonding).map_err(Error::read)?.0.into(),
                unbonding_timestamp: seconds(
                    answers.take(unbonding_timestamp).map_err(Error::read)?.0,
                ),
                total_earnings: answers.take(total_earnings).map_err(Error::read)?.0.into(),
                frozen_payment: answers.take(frozen_payment).map_err(Error::read)?.0.into(),
                sanction: answers.take(sanction).map_err(Error::read)?.0.into(),
                is_eligible: answers.take(is_eligible).map_err(Error::read)?.0,
                is_whitelisted: answers.take(is_whitelisted).map_err(Error::read)?.0,
                block: answers.block(&block),
            })
        })
    }
}
