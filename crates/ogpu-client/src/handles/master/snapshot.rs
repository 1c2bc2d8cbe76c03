//! All of a master at one block.

use ogpu_chain::Contract;
use ogpu_contracts::{terminal, vault};
use ogpu_types::{Address, MasterSnapshot};

use super::Master;
use crate::{
    Client, Error, Read,
    handles::reader::somebody,
    read::{Finish, ReadSet, Target},
};

impl Master {
    /// All that the terminal and the vault know of it, at one block. One round trip.
    ///
    /// An account that is no master has a snapshot too, which says so.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] and [`Error::Rpc`] when the node cannot answer.
    pub fn snapshot(&self) -> Read<MasterSnapshot> {
        let target = Target::At(self.address);
        let plan = plan(&self.client);
        Read::new(&self.client, "master.snapshot", target, plan)
    }
}

impl Client {
    /// Snapshots of many masters, all at one block, in their order: a result for each. One round trip
    /// for about 800.
    ///
    /// # Errors
    ///
    /// [`Error::Rpc`] when the node cannot answer at all. What is wrong with one of the masters is its
    /// own result's error, as of [`Master::snapshot`].
    pub fn master_snapshots(
        &self,
        masters: &[Address],
    ) -> Read<Vec<Result<MasterSnapshot, Error>>> {
        Read::each(self, "master_snapshots", masters.to_vec(), plan(self))
    }
}

fn plan(client: &Client) -> impl Fn(&mut ReadSet, Address) -> Finish<MasterSnapshot> + use<> {
    let terminal = client.contract(Contract::Terminal);
    let vault = client.contract(Contract::Vault);
    move |set, address| {
        let account = address.into();
        let block = set.block();
        let provider = set.add(terminal, terminal::ProviderOfCall(account));
        let is_master = set.add(terminal, terminal::IsMasterCall(account));
        let balance = set.add(vault, vault::BalanceOfCall(account));
        let lockup = set.add(vault, vault::LockupOfCall(account));
        let unbonding = set.add(vault, vault::UnbondingOfCall(account));
        let total_earnings = set.add(vault, vault::TotalEarningsOfCall(account));
        let frozen_payment = set.add(vault, vault::FrozenPaymentCall(account));
        let is_eligible = set.add(vault, vault::IsEligibleCall { account });
        let is_whitelisted = set.add(vault, vault::IsWhitelistedCall(account));
        Box::new(move |answers| {
            Ok(MasterSnapshot {
                address,
                provider: somebody(answers.take(provider).map_err(Error::read)?.0),
                is_master: answers.take(is_master).map_err(Error::read)?.0,
                balance: answers.take(balance).map_err(Error::read)?.0.into(),
                lockup: answers.take(lockup).map_err(Error::read)?.0.into(),
                unbonding: answers.take(unbonding).map_err(Error::read)?.0.into(),
                total_earnings: answers.take(total_earnings).map_err(Error::read)?.0.into(),
                frozen_payment: answers.take(frozen_payment).map_err(Error::read)?.0.into(),
                is_eligible: answers.take(is_eligible).map_err(Error::read)?.0,
                is_whitelisted: answers.take(is_whitelisted).map_err(Error::read)?.0,
                block: answers.block(&block),
            })
        })
    }
}
