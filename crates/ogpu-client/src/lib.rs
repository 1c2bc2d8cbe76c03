#![doc = include_str!("../README.md")]

mod builder;
mod client;
mod clock;
mod contract_write;
mod deadline;
mod error;
mod events;
mod facade;
pub mod handles;
mod http;
mod journal;
mod read;
mod refusal;
mod retry;
mod rpc;
mod run_task;
mod services;
mod signer;
mod tx;
#[cfg(feature = "verbose")]
mod verbose;
mod waiting;
mod write;

/// The chain registry: which chains there are, and where.
pub use ogpu_chain as chain;
/// The contracts' ABIs, as JSON.
pub use ogpu_contracts::abi;
/// Events that the streams do not have, out of a receipt's or a node's log.
pub use ogpu_contracts::protocol_event::{decode_manager_event, decode_ownership_event};
/// The protocol's data types.
pub use ogpu_types as types;

pub use builder::{ChainChoice, ClientBuilder};
pub use client::Client;
pub use error::{BuildError, Error};
pub use events::{Cursor, CursorError, EventError, EventStream, EventUpdate, EventsBuilder};
pub use facade::{
    NonceFix, Progress, PublishTasks, PublishedSource, PublishedTask, Resumed, StartedTask,
    TaskOutcome, TaskToPublish,
};
pub use http::{BoxError, HttpError, SharedError};
#[cfg(feature = "conformance")]
pub use journal::conformance;
pub use journal::{
    AccountJournal, IdempotencyKey, IdempotencyKeyError, Journal, JournalChange, JournalEntry,
    JournalError, JournalState, MemoryJournal, SignedVersion,
};
pub use ogpu_env::DotEnvError;
pub use ogpu_tx::Fees;
pub use read::{At, Read, ReadCause, ReadError};
pub use retry::RetryPolicy;
pub use rpc::{NodeError, Rpc, RpcCause, RpcError};
pub use run_task::{
    Candidate, RunProgress, RunStage, RunTask, RunTaskCause, RunTaskError, TaskRun,
};
pub use services::{Payload, ServiceCause, ServiceError, ServiceOptions, Upload};
pub use signer::{
    KeystoreError, MnemonicError, Role, SignDigest, SignFuture, Signature, Signer, SignerError,
};
pub use tx::{NonceInfo, Outcome, PendingPublish, TransactionRequest, TxError};
#[cfg(feature = "verbose")]
pub use verbose::{VerboseError, set_verbose, set_verbose_from_env};
pub use waiting::{Wait, WaitError};
pub use write::{Simulation, Write};

#[doc(no_inline)]
pub use ogpu_chain::{ChainConfig, ChainSpec};
#[doc(no_inline)]
pub use ogpu_contracts::{ReasonWord, Revert};
#[doc(no_inline)]
pub use ogpu_types::{
    Address, ChainId, ConfirmedResponse, DeliveryMethod, Environment, EventContract,
    ImageEnvironments, LoggedEvent, ManagerEvent, NexusEvent, OwnershipEvent, ProtocolEvent,
    Receipt, Response, ResponseAddress, ResponseStatus, SourceAddress, SourceInfo, SourceStatus,
    TaskAddress, TaskInfo, TaskInput, TaskStatus, TerminalEvent, TxHash, ValidationError,
    VaultEvent, Wei,
};
