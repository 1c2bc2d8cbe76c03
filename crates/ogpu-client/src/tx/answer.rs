//! What a failed offer means.

use ogpu_tx::{Meaning, NodeAnswer, classify};

use crate::{
    http::HttpError,
    rpc::{RpcCause, RpcError},
};

/// Reads the meaning of a failed `eth_sendRawTransaction`.
pub(super) fn meaning(error: &RpcError) -> Meaning {
    let answer = NodeAnswer {
        method: "eth_sendRawTransaction",
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
        RpcCause::Http(_) | RpcCause::Malformed { .. } => Meaning::Unclear,
    }
}
