//! What can go wrong with a request, and with the chain.

use std::time::Duration;

/// What happens to a request, its answer or its connection.
///
/// All but [`ClosedAfter`](Self::ClosedAfter) can happen to JSON-RPC over HTTP; those before it to a
/// service's requests; and it to WebSocket connections, with [`Delay`](Self::Delay),
/// [`RequestLost`](Self::RequestLost) and [`Status`](Self::Status).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The request is forwarded only after a time from `least` to below `least + jitter`.
    ///
    /// It adds to what else happens to the request.
    Delay {
        /// The shortest time.
        least: Duration,
        /// How much longer it may take; 0 for always the same.
        jitter: Duration,
    },
    /// The connection closes, and nothing is forwarded.
    RequestLost,
    /// This HTTP status with an empty body is the answer, and nothing is forwarded.
    Status {
        /// 200 to 599.
        status: u16,
        /// The seconds of the header `Retry-After`, if there is to be one.
        retry_after: Option<u64>,
    },
    /// The request is forwarded and has its effect; its answer is lost.
    AnswerLost(Loss),
    /// The request has its effect; half of the answer's body arrives, then a TCP reset.
    ResetMidBody,
    /// The request has its effect; its answer is complete as HTTP, but only the first half of the
    /// JSON.
    TruncatedJson,
    /// The request has its effect; its answer is a page of HTML with status 200.
    NotJson,
    /// A WebSocket connection closes without a closing handshake when it has been open this long.
    ClosedAfter(Duration),
    /// A batch of more calls than this is refused as a whole, by one error object, and not
    /// forwarded.
    BatchLimit(usize),
    /// The answer to a call names an id that nobody used.
    WrongId,
    /// The answer to a call is this error.
    RpcError {
        /// The code of the error.
        code: i64,
        /// The message of the error.
        message: String,
        /// Whether the node carries the call out nevertheless.
        forwarded: bool,
    },
    /// The call is carried out; its result is null.
    NullResult,
    /// `eth_sendRawTransaction` answers the transaction's hash, but the node never sees it. Other
    /// methods are as ever.
    TransactionForgotten,
    /// Everything is answered as of so many blocks before the head, by a node that knows no more.
    ///
    /// It holds for all calls of a request, and adds to what else happens to it. A send still
    /// reaches the node. Reads by a block's hash, filters and prices are those of the node itself.
    Stale {
        /// How far behind, in blocks.
        blocks: u64,
    },
    /// The answers of a batch come in another order.
    ///
    /// It adds to what else happens to the request.
    OutOfOrder,
}

/// How an answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// The connection closes in place of an answer.
    Closed,
    /// A proxy answers 504 in its place.
    GatewayTimeout,
    /// No answer ever comes, and the connection stays open.
    Hangs,
}

/// The part of an exchange that a fault concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Adds to whatever else happens.
    Condition,
    /// The request as a whole.
    Exchange,
    /// One call.
    Call,
}

impl Fault {
    /// The request is forwarded this much later.
    pub const fn delay(time: Duration) -> Self {
        Self::Delay {
            least: time,
            jitter: Duration::ZERO,
        }
    }

    /// This HTTP status is the answer, and nothing is forwarded.
    pub const fn status(status: u16) -> Self {
        Self::Status {
            status,
            retry_after: None,
        }
    }

    /// Status 429 with these seconds as `Retry-After` is the answer, and nothing is forwarded.
    pub const fn too_many_requests(retry_after: u64) -> Self {
        Self::Status {
            status: 429,
            retry_after: Some(retry_after),
        }
    }

    /// This error is the answer to a call, which is not forwarded.
    pub fn rpc_error(code: i64, message: impl Into<String>) -> Self {
        Self::RpcError {
            code,
            message: message.into(),
            forwarded: false,
        }
    }

    pub(super) const fn reach(&self) -> Reach {
        match self {
            Self::Delay { .. } | Self::Stale { .. } | Self::OutOfOrder => Reach::Condition,
            Self::RequestLost
            | Self::Status { .. }
            | Self::AnswerLost(_)
            | Self::ResetMidBody
            | Self::TruncatedJson
            | Self::NotJson
            | Self::ClosedAfter(_)
            | Self::BatchLimit(_) => Reach::Exchange,
            Self::WrongId
            | Self::RpcError { .. }
            | Self::NullResult
            | Self::TransactionForgotten => Reach::Call,
        }
    }
}

/// What happens to the chain now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChainFault {
    /// The latest 1 to `deepest` blocks are replaced; their last transaction is dropped, or all
    /// are, or all are delayed.
    Reorg {
        /// The most blocks.
        deepest: u64,
    },
    /// The mempool forgets the latest 1 to `most` waiting transactions.
    DropPending {
        /// The most transactions.
        most: usize,
    },
    /// The next block's base fee jumps.
    BaseFeeSpike {
        /// The base fee, in wei per gas.
        wei: u64,
    },
    /// The chain's clock goes wrong by up to `most` seconds, ahead or behind.
    ClockSkew {
        /// The most seconds.
        most: u32,
    },
}
