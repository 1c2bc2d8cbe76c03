//! What a node's answer to a sent transaction means.

use crate::rpc::{RpcCause, RpcError};

/// The meaning of a failed `eth_sendRawTransaction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The node has these very bytes.
    AlreadyKnown,
    /// The account's nonce is past this one: perhaps through these bytes.
    NonceUsed,
    /// The node will not take these bytes, and does not have them.
    Refused,
    /// Nothing of the request has left this machine.
    NeverLeft,
    /// No way to tell: the bytes may have arrived.
    Unclear,
}

/// Reads the meaning of an error.
///
/// Only texts that are known to mean a refusal count as one; everything else stays unclear, since
/// taking an arrived transaction for a refused one can pay twice.
pub(super) fn classify(error: &RpcError) -> Meaning {
    match &error.cause {
        RpcCause::Http(http) if http.never_left() => Meaning::NeverLeft,
        RpcCause::Node(node) => classify_text(&node.message),
        RpcCause::Http(_) | RpcCause::Malformed { .. } => Meaning::Unclear,
    }
}

fn classify_text(text: &str) -> Meaning {
    const KNOWN: [&str; 3] = ["already known", "already imported", "known transaction"];
    const NONCE_USED: [&str; 4] = ["nonce too low", "nonce is too low", "old nonce", "oldnonce"];
    const REFUSED: [&str; 17] = [
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
        "transaction type not supported",
        "invalid sender",
        "invalid chain id",
        "oversized data",
        "max initcode size exceeded",
    ];
    let text = text.to_ascii_lowercase();
    let any = |known: &[&str]| known.iter().any(|known| text.contains(known));
    if any(&KNOWN) {
        Meaning::AlreadyKnown
    } else if any(&NONCE_USED) {
        Meaning::NonceUsed
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
            ("transaction already imported", Meaning::AlreadyKnown),
            (
                "nonce too low: next nonce 5, tx nonce 4",
                Meaning::NonceUsed,
            ),
            ("Nonce too low", Meaning::NonceUsed),
            (
                "OldNonce, Current nonce: 5, nonce of rejected tx: 4",
                Meaning::NonceUsed,
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
            ("internal error", Meaning::Unclear),
            ("execution timeout", Meaning::Unclear),
            ("", Meaning::Unclear),
        ] {
            assert_eq!(classify_text(text), meaning, "{text}");
        }
    }
}
