//! The numbers of a refusal, by the reason's word.

use ogpu_chain::Contract;
use ogpu_contracts::{ReasonWord, convert, nexus, source, task, terminal, vault};
use ogpu_types::{Address, BlockRef, TaskAddress, TaskStatus};

use super::Subject;
use crate::{
    At, Client, Error, ReadError,
    clock::unix_now,
    read::{ReadSet, unknown_value},
    rpc::Block,
};

/// Looks up what a refusal was about.
pub(super) struct Facts<'a> {
    pub(super) client: &'a Client,
    pub(super) subject: Subject,
    pub(super) account: Address,
    pub(super) at: At,
}

/// What was found: nothing when it does not bear the reason out.
type Found = Result<Option<Error>, Error>;

impl Facts<'_> {
    /// The error that the word stands for.
    pub(super) async fn reason(&self, word: Option<ReasonWord>) -> Found {
        let subject = self.subject;
        match word {
            Some(ReasonWord::NotOwner) => self.not_owner().await,
            Some(ReasonWord::NotMaster) => self.not_master().await,
            Some(ReasonWord::NotProvider) => self.not_provider().await,
            Some(ReasonWord::NotEligible) => self.not_eligible().await,
            Some(ReasonWord::Expired) => self.expired().await,
            Some(ReasonWord::AlreadyConfirmed | ReasonWord::AlreadyFinalized) => {
                Ok(subject.task.map(|task| Error::TaskFinalized { task }))
            }
            Some(ReasonWord::SourceInactive) => self.source_inactive().await,
            Some(ReasonWord::InsufficientBalance) => self.insufficient_balance().await,
            Some(ReasonWord::InsufficientLockup) => self.insufficient_lockup().await,
            Some(ReasonWord::UnbondingNotElapsed) => self.unbonding_not_elapsed().await,
            _ => self.absent_or_closed().await,
        }
    }

    /// `NotOwner` means the task's or the source's client, by which of the two the call acts on.
    async fn not_owner(&self) -> Found {
        let account = self.account;
        if let Some(task) = self.subject.task {
            return Ok(Some(Error::NotTaskOwner { task, account }));
        }
        let Some(source_address) = self.subject.source else {
            return Ok(None);
        };
        let mut set = ReadSet::new();
        let owner = set.add(source_address, source::GetClientCall);
        let mut answers = self.client.read_set(set, self.at).await?;
        let owner = answers.take(owner).map_err(Error::read)?.0.into();
        Ok((owner != account).then_some(Error::NotSourceOwner {
            source_address,
            account,
            owner,
        }))
    }

    async fn not_master(&self) -> Found {
        let account = self.account;
        let Some(provider) = self.subject.provider else {
            return Ok(Some(if self.subject.is_about_agents {
                Error::MayNotSetAgents { account }
            } else {
                Error::MasterNotFound { account }
            }));
        };
        let master = self.master_of(provider).await?;
        Ok((master != Some(account)).then_some(Error::NotMaster {
            account,
            provider,
            master,
        }))
    }

    async fn not_provider(&self) -> Found {
        let account = self.account;
        let Some(provider) = self.subject.provider else {
            return Ok(Some(Error::ProviderNotFound { account }));
        };
        let master = self.master_of(provider).await?;
        Ok(Some(Error::NotProvider {
            account,
            provider,
            master,
        }))
    }

    async fn not_eligible(&self) -> Found {
        let Some(provider) = self.subject.provider else {
            return Ok(None);
        };
        let vault = self.client.contract(Contract::Vault);
        let mut set = ReadSet::new();
        let lockup = set.add(vault, vault::LockupOfCall(provider.into()));
        let required = set.add(vault, vault::MinLockupPerSourceCall);
        let sanction = set.add(vault, vault::SanctionOfCall(provider.into()));
        let mut answers = self.client.read_set(set, self.at).await?;
        Ok(Some(Error::NotEligible {
            provider,
            lockup: answers.take(lockup).map_err(Error::read)?.0.into(),
            required: answers.take(required).map_err(Error::read)?.0.into(),
            sanction: answers.take(sanction).map_err(Error::read)?.0.into(),
        }))
    }

    async fn expired(&self) -> Found {
        let Some(task) = self.subject.task else {
            return Ok(None);
        };
        let mut set = ReadSet::new();
        let expiry = set.add(task, task::GetExpiryTimeCall);
        let block = set.block();
        let mut answers = self.client.read_set(set, self.at).await?;
        let expiry_time = convert::seconds(answers.take(expiry).map_err(Error::read)?.0);
        let block_time = self.time_of(answers.block(&block)).await?;
        let now = match self.at {
            // A simulation has the time of a block to come, and an idle chain's head is old.
            At::Head => block_time.max(unix_now()),
            _ => block_time,
        };
        Ok(Some(Error::TaskExpired { expiry_time, now }))
    }

    async fn source_inactive(&self) -> Found {
        let source_address = match (self.subject.source, self.subject.task) {
            (Some(source), _) => source,
            (None, Some(task)) => {
                let mut set = ReadSet::new();
                let source = set.add(task, task::GetSourceCall);
                let mut answers = self.client.read_set(set, self.at).await?;
                answers.take(source).map_err(Error::read)?.0.into()
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(Error::SourceInactive { source_address }))
    }

    async fn insufficient_balance(&self) -> Found {
        let (account, Some(required)) = (self.account, self.subject.amount) else {
            return Ok(None);
        };
        let vault = self.client.contract(Contract::Vault);
        let mut set = ReadSet::new();
        let balance = set.add(vault, vault::BalanceOfCall(account.into()));
        let mut answers = self.client.read_set(set, self.at).await?;
        let balance = answers.take(balance).map_err(Error::read)?.0.into();
        Ok(
            (balance < required).then_some(Error::InsufficientVaultBalance {
                account,
                balance,
                required,
            }),
        )
    }

    /// Of the caller where an amount of it was to be moved, of the provider where a source asks for it.
    async fn insufficient_lockup(&self) -> Found {
        let vault = self.client.contract(Contract::Vault);
        let account = self.subject.provider.unwrap_or(self.account);
        let mut set = ReadSet::new();
        let lockup = set.add(vault, vault::LockupOfCall(account.into()));
        let of_network = set.add(vault, vault::MinLockupPerSourceCall);
        let of_source = self
            .subject
            .source
            .map(|source| set.add(source, source::GetSourceParamsCall));
        let mut answers = self.client.read_set(set, self.at).await?;
        let lockup = answers.take(lockup).map_err(Error::read)?.0.into();
        let required = match self.subject.amount {
            Some(amount) => amount,
            None => {
                let of_network = answers.take(of_network).map_err(Error::read)?.0;
                let of_source = match of_source {
                    Some(params) => {
                        answers
                            .take(params)
                            .map_err(Error::read)?
                            .0
                            .min_available_lockup
                    }
                    None => of_network,
                };
                of_network.max(of_source).into()
            }
        };
        Ok((lockup < required).then_some(Error::InsufficientLockup {
            account,
            lockup,
            required,
        }))
    }

    async fn unbonding_not_elapsed(&self) -> Found {
        let account = self.account;
        let vault = self.client.contract(Contract::Vault);
        let mut set = ReadSet::new();
        let amount = set.add(vault, vault::UnbondingOfCall(account.into()));
        let matures_at = set.add(vault, vault::UnbondingTimestampCall(account.into()));
        let block = set.block();
        let mut answers = self.client.read_set(set, self.at).await?;
        let amount = answers.take(amount).map_err(Error::read)?.0.into();
        let matures_at = convert::seconds(answers.take(matures_at).map_err(Error::read)?.0);
        let now = self.time_of(answers.block(&block)).await?;
        Ok((now < matures_at).then(|| Error::UnbondingNotElapsed {
            account,
            amount,
            matures_at,
            seconds_left: matures_at - now,
        }))
    }

    /// Where the words are not known, the likeliest is that nothing is there, or that the task's
    /// status does not allow the call.
    async fn absent_or_closed(&self) -> Found {
        if let Some(address) = self.subject.task {
            return self.task_absent_or_closed(address).await;
        }
        let Some(address) = self.subject.source else {
            return Ok(None);
        };
        let mut set = ReadSet::new();
        let kind = set.add(address, source::GetRegistrantCountCall);
        let id = set.add(
            self.client.contract(Contract::Nexus),
            nexus::GetSourceIdCall {
                source: address.into(),
            },
        );
        let mut answers = self.client.read_set(set, self.at).await?;
        let is_there = match answers.take(kind) {
            // What only looks like a source is none of the network's.
            Ok(_) => !answers.take(id).map_err(Error::read)?.0.is_zero(),
            Err(error) if error.shows_absence() => false,
            Err(error) => return Err(Error::read(error)),
        };
        Ok((!is_there).then_some(Error::SourceNotFound { address }))
    }

    async fn task_absent_or_closed(&self, address: TaskAddress) -> Found {
        let mut set = ReadSet::new();
        let kind = set.add(address, task::GetAttemptCountCall);
        let status = set.add(address, task::GetStatusCall);
        let mut answers = self.client.read_set(set, self.at).await?;
        let absent = |error: ReadError| error.or_absent(Error::TaskNotFound { address });
        let read = answers
            .take(kind)
            .and_then(|_| answers.take(status))
            .map_err(absent);
        let status = match read {
            Ok(status) => TaskStatus::try_from(status.0).map_err(|error| {
                Error::read(unknown_value::<task::GetStatusCall>(address.into(), error))
            })?,
            Err(absent @ Error::TaskNotFound { .. }) => return Ok(Some(absent)),
            Err(error) => return Err(error),
        };
        // A provider's call goes on in every status that is not final, a client's only in the first.
        let allows = match self.subject.provider {
            Some(_) => !status.is_final(),
            None => status == TaskStatus::New,
        };
        Ok((!allows).then_some(Error::WrongTaskStatus {
            task: address,
            status,
        }))
    }

    async fn master_of(&self, provider: Address) -> Result<Option<Address>, Error> {
        let mut set = ReadSet::new();
        let terminal = self.client.contract(Contract::Terminal);
        let master = set.add(terminal, terminal::MasterOfCall(provider.into()));
        let mut answers = self.client.read_set(set, self.at).await?;
        let master: Address = answers.take(master).map_err(Error::read)?.0.into();
        Ok(Some(master).filter(|master| !master.is_zero()))
    }

    /// A block's time, in unix seconds.
    async fn time_of(&self, block: BlockRef) -> Result<u64, Error> {
        let params = (block.hash, false);
        let block: Block = self
            .client
            .rpc()
            .call("eth_getBlockByHash", params)
            .await
            .map_err(Error::rpc)?;
        Ok(block.timestamp)
    }
}
