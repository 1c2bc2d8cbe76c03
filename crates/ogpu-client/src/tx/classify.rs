//! What a node's answer to a sent transaction means.

use ogpu_tx::Meaning;

use crate::{
    http::HttpError,
    rpc::{NodeError, RpcCause, RpcError},
};

/// Reads the meaning of an error.
///
/// Only what is known to mean a refusal counts as one; everything else stays unclear, since taking
/// an arrived transaction for a refused one can pay twice.
pub(super) fn meaning(error: &RpcError) -> Meaning {
    match &error.cause {
        RpcCause::Http(http) if http.never_left() => Meaning::NotTaken,
        RpcCause::Http(HttpError::Status { status, .. }) => classify_status(*status),
        RpcCause::Node(node) => classify_node(node),
        RpcCause::Http(_) | RpcCause::Malformed { .. } => Meaning::Unclear,
    }
}

/// A status that says why a request was not looked at, rather than what became of it.
fn classify_status(status: u16) -> Meaning {
    match status {
        429 => Meaning::NotTaken,
        400 | 401 | 403 | 404 | 405 | 413 | 415 => Meaning::Refused,
        _ => Meaning::Unclear,
    }
}

fn classify_node(node: &NodeError) -> Meaning {
    // JSON-RPC's own: no such method, bad parameters, no request at all.
    const NOT_LOOKED_AT: [i64; 3] = [-32601, -32602, -32600];
    match classify_text(&node.message) {
        Meaning::Unclear if NOT_LOOKED_AT.contains(&node.code) => Meaning::Refused,
        Meaning::Unclear if node.code == -32005 => Meaning::NotTaken,
        meaning => meaning,
    }
}

fn classify_text(text: &str) -> Meaning {
    const KNOWN: [&str; 2] = ["already known", "already imported"];
    const NONCE_USED: [&str; 4] = ["nonce too low", "nonce is too low", "old nonce", "oldnonce"];
    const REFUSED: [&str; 19] = [
        "insufficient funds",
        "insufficient balance",
        "intrinsic gas too low",
        "exceeds block gas limit",
        "gas limit exceeded",
        "underpriced",
        "fee too low",
        "gas price too low",
        "max fee per gas less than block base fee",
        "fee cap less than block base fee",
        "tip above max fee",
        "max priority fee per gas higher than max fee",
        "exceeds the configured cap",
        "transaction type not supported",
        "nonce too high",
        "invalid sender",
        "invalid chain id",
        "oversized data",
        "max initcode size exceeded",
    ];
    let text = text.to_ascii_lowercase();
    let any = |known: &[&str]| known.iter().any(|known| text.contains(known));
    if any(&KNOWN) || text.starts_with("known transaction") {
        Meaning::AlreadyKnown
    } else if any(&NONCE_USED) {
        Meaning::NonceTooLow
    } else if any(&REFUSED) {
        Meaning::Refused
    } else {
        Meaning::Unclear
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_common_nodes_are_understood() {
        for (text, meaning) in [
            ("already known", Meaning::AlreadyKnown),
            ("ALREADY_EXISTS: already known", Meaning::AlreadyKnown),
            ("AlreadyKnown: already known", Meaning::AlreadyKnown),
            ("Known transaction", Meaning::AlreadyKnown),
            ("known transaction: 0x12", Meaning::AlreadyKnown),
            ("transaction already imported", Meaning::AlreadyKnown),
            (
                "nonce too low: next nonce 5, tx nonce 4",
                Meaning::NonceTooLow,
            ),
            ("Nonce too low", Meaning::NonceTooLow),
            (
                "OldNonce, Current nonce: 5, nonce of rejected tx: 4",
                Meaning::NonceTooLow,
            ),
            (
                "insufficient funds for gas * price + value: balance 0",
                Meaning::Refused,
            ),
            (
                "Insufficient funds for gas * price + value",
                Meaning::Refused,
            ),
            ("replacement transaction underpriced", Meaning::Refused),
            ("transaction underpriced: gas tip cap 0", Meaning::Refused),
            (
                "intrinsic gas too low: gas 1, minimum needed 21000",
                Meaning::Refused,
            ),
            (
                "max fee per gas less than block base fee: address 0x0",
                Meaning::Refused,
            ),
            ("exceeds block gas limit", Meaning::Refused),
            (
                "tx fee (12.00 ether) exceeds the configured cap (1.00 ether)",
                Meaning::Refused,
            ),
            ("nonce too high", Meaning::Refused),
            ("unknown transaction type", Meaning::Unclear),
            ("internal error", Meaning::Unclear),
            ("execution timeout", Meaning::Unclear),
            ("", Meaning::Unclear),
        ] {
            assert_eq!(classify_text(text), meaning, "{text}");
        }
    }

    #[test]
    fn a_request_that_was_not_looked_at_is_told_from_one_that_may_have_been() {
        assert_eq!(classify_status(404), Meaning::Refused);
        assert_eq!(classify_status(429), Meaning::NotTaken);
        for status in [408, 500, 502, 503, 504] {
            assert_eq!(classify_status(status), Meaning::Unclear, "{status}");
        }
        let node = |code, message: &str| {
            serde_json::from_value(serde_json::json!({ "code": code, "message": message }))
                .map(|node: NodeError| classify_node(&node))
                .unwrap()
        };
        assert_eq!(node(-32601, "the method does not exist"), Meaning::Refused);
        assert_eq!(node(-32602, "invalid params"), Meaning::Refused);
        assert_eq!(node(-32005, "slow down"), Meaning::NotTaken);
        assert_eq!(node(-32603, "internal error"), Meaning::Unclear);
        assert_eq!(node(-32603, "nonce too low"), Meaning::NonceTooLow);
    }
}
