//! What the answers to an offer mean.

use ogpu_tx::{Meaning, NodeAnswer, classify};
use ogpu_types::TxHash;

use crate::{
    http::HttpError,
    rpc::{RpcCause, RpcError},
};

const SEND_RAW: &str = "eth_sendRawTransaction";

/// What the answers of several endpoints to the same bytes mean together, and the error that says
/// so. Where one has them, or may have them, the others' refusals count for nothing.
pub(super) fn combined(answers: Vec<Result<TxHash, RpcError>>) -> (Meaning, Option<RpcError>) {
    let rank = |meaning: Meaning| match meaning {
        Meaning::Accepted => 0,
        Meaning::AlreadyKnown => 1,
        Meaning::Unclear => 2,
        Meaning::NonceTooLow => 3,
        Meaning::Underpriced => 4,
        Meaning::Occupied => 5,
        Meaning::NotTaken => 6,
        _ => 7,
    };
    answers
        .into_iter()
        .map(|answer| match answer {
            Ok(_) => (Meaning::Accepted, None),
            Err(error) => (meaning(&error), Some(error)),
        })
        .min_by_key(|(meaning, _)| rank(*meaning))
        .unwrap_or((Meaning::NotTaken, None))
}

/// Reads the meaning of a failed `eth_sendRawTransaction`.
fn meaning(error: &RpcError) -> Meaning {
    if error.method != SEND_RAW || error.tries == 0 {
        // It did not come to an offer.
        return Meaning::NotTaken;
    }
    let answer = NodeAnswer {
        method: SEND_RAW,
        ..NodeAnswer::default()
    };
    match &error.cause {
        RpcCause::Http(http) if http.never_left() => Meaning::NotTaken,
        RpcCause::Http(HttpError::Status { status, .. }) => classify(&NodeAnswer {
            status: Some(*status),
            ..answer
        }),
        RpcCause::Node(node) => classify(&NodeAnswer {
            code: Some(node.code),
            message: &node.message,
            data: node.data.as_ref().and_then(|data| data.as_str()),
            ..answer
        }),
        RpcCause::OtherChain { .. } => Meaning::NotTaken,
        RpcCause::Http(_) | RpcCause::Malformed { .. } | RpcCause::Lagging { .. } => {
            Meaning::Unclear
        }
    }
}
