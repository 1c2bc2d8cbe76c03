//! The errors of the facade.

use std::time::Duration;

use ogpu_chain::{ChainError, Endpoint};
use ogpu_contracts::Revert;
use ogpu_types::{
    Address, ChainId, Receipt, ResponseAddress, SourceAddress, TaskAddress, TaskStatus, TxHash,
    ValidationError, Wei,
};

use crate::{
    At, Outcome, PendingPublish, ReadError, RpcError, ServiceError, SignerError, TxError,
    http::BoxError,
};

/// Why a client could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The chain is not known, or its settings cannot be used.
    #[error("cannot find the chain to use")]
    Chain {
        /// Why.
        #[source]
        source: ChainError,
    },
    /// A URL given to the builder cannot be used.
    #[error("the builder's {option} cannot be used")]
    Url {
        /// The builder's option.
        option: &'static str,
        /// Why.
        #[source]
        source: ogpu_chain::EndpointError,
    },
    /// The HTTP library could not start.
    #[error("cannot set up HTTP connections")]
    Http {
        /// Why.
        #[source]
        source: BoxError,
    },
}

/// A call of the client that did not succeed.
///
/// After a failed write, [`outcome`](Self::outcome) says whether anything happened on chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was given breaks a rule that needs no network to check.
    #[error("the input is not valid")]
    Invalid {
        /// The field and the rule.
        #[source]
        source: ValidationError,
    },
    /// There is no key to sign with, or it cannot be used.
    #[error("cannot get the key to sign with")]
    Signer {
        /// Why, naming the variable that would be read.
        #[source]
        source: SignerError,
    },
    /// The node serves another chain than the client is set to.
    #[error(
        "{endpoint} serves chain {actual}, not {expected}: correct the RPC endpoint or the chain"
    )]
    WrongChain {
        /// The chain that the client is set to.
        expected: ChainId,
        /// The chain that the node serves.
        actual: ChainId,
        /// The node.
        endpoint: Endpoint,
    },
    /// There is no such source.
    #[error("there is no source at {address}")]
    SourceNotFound {
        /// Where it was looked for.
        address: SourceAddress,
    },
    /// There is no such task.
    #[error("there is no task at {address}")]
    TaskNotFound {
        /// Where it was looked for.
        address: TaskAddress,
    },
    /// There is no such response.
    #[error("there is no response at {address}")]
    ResponseNotFound {
        /// Where it was looked for.
        address: ResponseAddress,
    },
    /// The account is no provider: none that a master has named or that has named one.
    #[error("{account} is not a provider")]
    ProviderNotFound {
        /// The account.
        account: Address,
    },
    /// The account is no master: none that has named a provider.
    #[error("{account} is not a master")]
    MasterNotFound {
        /// The account.
        account: Address,
    },
    /// The source takes no tasks and no providers any more.
    #[error("source {source_address} is inactive: it takes no tasks and no providers")]
    SourceInactive {
        /// The source.
        source_address: SourceAddress,
    },
    /// The task offers less than the source asks.
    #[error(
        "the payment of {payment} wei is below the {minimum} wei that source {source_address} asks"
    )]
    PaymentTooLow {
        /// The source.
        source_address: SourceAddress,
        /// What the task offers, in wei.
        payment: Wei,
        /// What the source asks, in wei.
        minimum: Wei,
    },
    /// The task would live longer than the source allows.
    #[error(
        "the expiry time {expiry_time} lies beyond {latest}, the latest that source {source_address} allows now (unix seconds)"
    )]
    ExpiryTooFar {
        /// The source.
        source_address: SourceAddress,
        /// The task's expiry time, in unix seconds.
        expiry_time: u64,
        /// The latest expiry time that the source allows now, in unix seconds.
        latest: u64,
    },
    /// The task's expiry time has passed.
    #[error("the task's expiry time {expiry_time} has passed at {now} (unix seconds)")]
    TaskExpired {
        /// The task's expiry time, in unix seconds.
        expiry_time: u64,
        /// The time of the check, in unix seconds.
        now: u64,
    },
    /// The task has reached a status that does not allow the call.
    #[error("task {task} is {status}, which does not allow this")]
    WrongTaskStatus {
        /// The task.
        task: TaskAddress,
        /// Where it stands.
        status: TaskStatus,
    },
    /// The vault balance does not cover the amount.
    #[error(
        "the vault balance of {account} is {balance} wei, less than the {required} wei needed: deposit first"
    )]
    InsufficientVaultBalance {
        /// The account.
        account: Address,
        /// Its vault balance, in wei.
        balance: Wei,
        /// What is needed, in wei.
        required: Wei,
    },
    /// The response is confirmed already: the provider is paid. After FIRST_RESPONSE this is the
    /// goal, reached without a call.
    #[error("response {response} is confirmed already")]
    AlreadyConfirmed {
        /// The response.
        response: ResponseAddress,
    },
    /// One of the task's responses is confirmed: it is final.
    #[error("task {task} is finalised already")]
    TaskFinalized {
        /// The task.
        task: TaskAddress,
    },
    /// The account may not act on the task: it is neither its client nor the client's agent.
    #[error(
        "{account} may not act on task {task}: it is neither its client nor the client's agent"
    )]
    NotTaskOwner {
        /// The task.
        task: TaskAddress,
        /// The account that signs.
        account: Address,
    },
    /// The account may not act on the source: another one published it.
    #[error("{account} may not act on source {source_address}, which {owner} published")]
    NotSourceOwner {
        /// The source.
        source_address: SourceAddress,
        /// The account that signs.
        account: Address,
        /// The client that published the source.
        owner: Address,
    },
    /// The account is not the provider's master.
    #[error("{account} is not the master of provider {provider}: {} is", somebody(*master))]
    NotMaster {
        /// The account that signs.
        account: Address,
        /// The provider.
        provider: Address,
        /// The provider's master; `None` while it has none.
        master: Option<Address>,
    },
    /// The account may not name agents: clients and masters do, providers do not.
    #[error("{account} may not set agents: only clients and masters may, and it is a provider")]
    MayNotSetAgents {
        /// The account that signs.
        account: Address,
    },
    /// The account may not act for the provider: it is neither the provider itself, nor its master,
    /// nor an agent of that.
    #[error(
        "{account} may not act for provider {provider}: only itself, its master ({}) and the master's agents may", somebody(*master)
    )]
    NotProvider {
        /// The account that signs.
        account: Address,
        /// The provider.
        provider: Address,
        /// The provider's master; `None` while it has none.
        master: Option<Address>,
    },
    /// The provider may not serve tasks now: its lockup is too small, or it is sanctioned.
    #[error(
        "provider {provider} is not eligible: {lockup} wei are locked, of {required} wei needed, and {sanction} wei are sanctioned"
    )]
    NotEligible {
        /// The provider.
        provider: Address,
        /// What it has locked in the vault, in wei.
        lockup: Wei,
        /// The least that the network asks for, in wei.
        required: Wei,
        /// What a judge has taken from its lockup, in wei.
        sanction: Wei,
    },
    /// The lockup does not cover what is asked of it.
    #[error("the lockup of {account} is {lockup} wei, less than the {required} wei needed")]
    InsufficientLockup {
        /// The account.
        account: Address,
        /// What it has locked in the vault, in wei.
        lockup: Wei,
        /// What is needed, in wei.
        required: Wei,
    },
    /// What is unbonding cannot be claimed yet.
    #[error(
        "the {amount} wei that {account} unbonds can be claimed in {seconds_left} s, at {matures_at} (unix seconds)"
    )]
    UnbondingNotElapsed {
        /// The account.
        account: Address,
        /// What is unbonding, in wei.
        amount: Wei,
        /// When it can be claimed, in unix seconds.
        matures_at: u64,
        /// The seconds until then, at the block that refused.
        seconds_left: u64,
    },
    /// The contract acts for whoever calls it, and the signer is not whom the handle stands for.
    #[error("{account} signs what only {expected} can do: give its key with `signer`")]
    WrongSigner {
        /// The account that signs.
        account: Address,
        /// The account that has to.
        expected: Address,
    },
    /// The contracts of the chain do not have the function.
    #[error("the contracts of chain {chain} have no `{function}`")]
    NotOnThisChain {
        /// The function.
        function: &'static str,
        /// The chain.
        chain: ChainId,
    },
    /// The range takes in more places of a list than one call reads.
    #[error(
        "the range takes in {asked} places of a list of {contract}, more than {limit}: read a part of it, or a stream"
    )]
    TooManyPlaces {
        /// The contract.
        contract: Address,
        /// How many places the range takes in.
        asked: u64,
        /// How many one call reads at most.
        limit: u64,
    },
    /// The node has no such block, or no state of it any more.
    #[error("the node has no block {block}")]
    BlockNotFound {
        /// The block that was to be read.
        block: At,
    },
    /// The block was replaced by another each time it was read: the chain is being reorganised.
    #[error("block {number} was replaced while it was read, each time: try again")]
    BlockReplaced {
        /// The block's number.
        number: u64,
    },
    /// A call that must name an amount named zero.
    #[error("the amount is zero")]
    ZeroAmount,
    /// The contract could not be read.
    #[error("cannot read the chain")]
    Read {
        /// Why.
        #[source]
        source: Box<ReadError>,
    },
    /// The node could not answer.
    #[error("cannot ask the node")]
    Rpc {
        /// Why.
        #[source]
        source: Box<RpcError>,
    },
    /// An off-chain service could not answer.
    #[error("an off-chain step failed")]
    Service {
        /// Why.
        #[source]
        source: Box<ServiceError>,
    },
    /// What came from a gateway, or was to be uploaded, is no such JSON.
    #[error("cannot read or write the content as JSON")]
    Json {
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The call's whole time ran out before anything was sent.
    #[error("{budget:?} passed while {step}: nothing was sent")]
    OutOfTime {
        /// What was going on.
        step: &'static str,
        /// The call's whole time.
        budget: Duration,
    },
    /// The transaction did not end in a receipt of success.
    #[error("the transaction failed")]
    Transaction {
        /// Why, and whether it took effect.
        #[source]
        source: Box<TxError>,
    },
    /// The transaction was mined and refused: the gas is spent, nothing else happened. A simulation
    /// just before did not see it coming.
    #[error("transaction {} was mined in block {} but refused", receipt.transaction_hash, receipt.block_number)]
    Refused {
        /// The receipt.
        receipt: Box<Receipt>,
        /// Why, as if nothing had been sent.
        #[source]
        reason: Box<Self>,
    },
    /// The transaction was mined, but the event that names what it made is not in its receipt.
    #[error("transaction {} has no {event} event of {emitter}: is the chain's contract address right?", receipt.transaction_hash)]
    MissingEvent {
        /// The event.
        event: &'static str,
        /// The contract that should have emitted it.
        emitter: Address,
        /// The receipt.
        receipt: Box<Receipt>,
    },
}

impl Error {
    /// Whether the write took effect; [`Outcome::NotSent`] for everything that failed earlier.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Transaction { source } => source.outcome(),
            Self::Refused { receipt, .. } | Self::MissingEvent { receipt, .. } => Outcome::Mined {
                receipt: receipt.clone(),
            },
            _ => Outcome::NotSent {
                superseded_by: None,
            },
        }
    }

    /// What the error is about: that of a [`Refused`](Self::Refused) transaction is its reason, any
    /// other is the reason itself.
    pub fn reason(&self) -> &Self {
        match self {
            Self::Refused { reason, .. } => reason,
            error => error,
        }
    }

    /// The hash of the transaction that this call sent, or may have sent.
    pub fn transaction_hash(&self) -> Option<TxHash> {
        match self.outcome() {
            Outcome::Unknown { hash, .. } => Some(hash),
            Outcome::Mined { receipt } => Some(receipt.transaction_hash),
            Outcome::NotSent { .. } => None,
        }
    }

    /// What it takes to see the transaction through, when its end was not seen: see
    /// [`Client::resume`](crate::Client::resume).
    pub fn pending(&self) -> Option<&PendingPublish> {
        match self {
            Self::Transaction { source } => match &**source {
                TxError::Pending { pending, .. } => Some(pending),
                _ => None,
            },
            _ => None,
        }
    }

    /// The contract's own words, if it refused.
    pub fn revert(&self) -> Option<&Revert> {
        match self {
            Self::Transaction { source } => source.revert(),
            Self::Read { source } => source.revert(),
            _ => None,
        }
    }

    /// Whether something that was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self.reason(),
            Self::SourceNotFound { .. }
                | Self::TaskNotFound { .. }
                | Self::ResponseNotFound { .. }
                | Self::ProviderNotFound { .. }
                | Self::MasterNotFound { .. }
        )
    }

    /// Whether the goal of a confirmation is reached: this very response is confirmed.
    pub fn is_already_confirmed(&self) -> bool {
        matches!(self.reason(), Self::AlreadyConfirmed { .. })
    }

    pub(crate) fn rpc(source: RpcError) -> Self {
        Self::Rpc {
            source: Box::new(source),
        }
    }

    pub(crate) fn service(source: ServiceError) -> Self {
        Self::Service {
            source: Box::new(source),
        }
    }

    pub(crate) fn read(source: ReadError) -> Self {
        Self::Read {
            source: Box::new(source),
        }
    }

    pub(crate) fn transaction(source: TxError) -> Self {
        Self::Transaction {
            source: Box::new(source),
        }
    }
}

fn somebody(account: Option<Address>) -> String {
    account.map_or_else(|| "nobody".to_owned(), |account| account.to_string())
}
