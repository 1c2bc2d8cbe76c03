//! What a node says of an offered transaction, and what it means.

use crate::Meaning;

/// An answer to `eth_sendRawTransaction` that is no hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeAnswer<'a> {
    /// The method that was called.
    pub method: &'a str,
    /// The code of the JSON-RPC error; `None` if there was no such error.
    pub code: Option<i64>,
    /// The message of the JSON-RPC error, or empty.
    pub message: &'a str,
    /// The data of the JSON-RPC error, as text: some nodes put the reason there.
    pub data: Option<&'a str>,
    /// The HTTP status; `None` on other transports.
    pub status: Option<u16>,
}

/// Reads the meaning of an answer.
///
/// The standard knows no codes for it, so the text decides, which every node words its own way.
/// What keeps a transaction alive is looked for first, and what refuses it last: a text that could
/// be both is no refusal. A text that nobody knows is [`Meaning::Unclear`].
pub fn classify(answer: &NodeAnswer<'_>) -> Meaning {
    if !answer.method.starts_with("eth_sendRawTransaction") {
        return Meaning::Unclear;
    }
    let mut text = answer.message.to_ascii_lowercase();
    if let Some(data) = answer.data {
        text.push('\n');
        text.push_str(&data.to_ascii_lowercase());
    }
    match (of_text(&text), answer.code, answer.status) {
        (Meaning::Unclear, Some(code), status) => of_code(code, status),
        (Meaning::Unclear, None, Some(status)) => of_status(status),
        (meaning, ..) => meaning,
    }
}

/// Whether a JSON-RPC error to any method says that the node is asked too often.
///
/// The code for an exceeded limit (-32005) is also that of logs that are too many.
pub fn is_too_often(code: i64, message: &str) -> bool {
    let text = message.to_ascii_lowercase();
    let contains = |known: &&str| text.contains(known);
    code == 429
        || TOO_OFTEN.iter().any(contains)
        || (code == -32005 && !["result", "range"].iter().any(contains))
}

fn of_code(code: i64, status: Option<u16>) -> Meaning {
    match (code, status) {
        // Limit exceeded, in two customs.
        (-32005 | 429, _) | (_, Some(429)) => Meaning::NotTaken,
        // No such method, bad parameters, no request at all: it was not looked at.
        (-32602..=-32600, _) => Meaning::Refused,
        _ => Meaning::Unclear,
    }
}

/// A status that says why a request was not looked at, rather than what became of it.
fn of_status(status: u16) -> Meaning {
    match status {
        429 => Meaning::NotTaken,
        400..=405 | 413 | 415 => Meaning::Refused,
        _ => Meaning::Unclear,
    }
}

fn of_text(text: &str) -> Meaning {
    let order = [
        (ALREADY_KNOWN, Meaning::AlreadyKnown),
        (NONCE_TOO_LOW, Meaning::NonceTooLow),
        (OCCUPIED, Meaning::Occupied),
        (TOO_OFTEN, Meaning::NotTaken),
        (NOT_TAKEN, Meaning::NotTaken),
        (UNDERPRICED, Meaning::Underpriced),
        (REFUSED, Meaning::Refused),
    ];
    if is_known(text) {
        return Meaning::AlreadyKnown;
    }
    order
        .into_iter()
        .find(|(known, _)| known.iter().any(|known| text.contains(known)))
        .map_or(Meaning::Unclear, |(_, meaning)| meaning)
}

/// "Known transaction", but not "unknown transaction".
fn is_known(text: &str) -> bool {
    text.match_indices("known transaction")
        .any(|(at, _)| !text[..at].ends_with("un"))
}

const ALREADY_KNOWN: &[&str] = &[
    "already known",
    "alreadyknown",
    "already imported",
    "alreadyimported",
    "with same hash",
    "same hash was already",
    "already in mempool",
    "transaction already exists",
];

const NONCE_TOO_LOW: &[&str] = &[
    "nonce too low",
    "nonce is too low",
    "old nonce",
    "oldnonce",
    "nonce has already been used",
    "transaction already finalized",
    "invalid transaction nonce",
    "pool(stale)",
];

const OCCUPIED: &[&str] = &[
    "replacement transaction underpriced",
    "replacement underpriced",
    "replacementnotallowed",
    "could not replace existing",
    "to replace existing transaction",
    "another transaction with same nonce",
    "ownnoncealreadyused",
];

const TOO_OFTEN: &[&str] = &[
    "rate limit",
    "ratelimit",
    "rate exceeded",
    "too many requests",
    "request limit",
    "request count exceeded",
    "requests per second",
    "compute units",
    "capacity exceeded",
    "quota exceeded",
];

const NOT_TAKEN: &[&str] = &[
    // Too many transactions.
    "pool is full",
    "in txpool is full",
    "txpooloverflow",
    "pool overflow",
    "account limit exceeded",
    "in-flight transaction limit",
    "future transaction tries to replace pending",
    "spammer",
    "already reserved",
    "type conflict",
    "congestion",
    // Others have to come first.
    "nonce too high",
    "nonce is too high",
    "nonce-too-high",
    "nonce gap",
    "noncegap",
    "gapped-nonce",
    "nonce too far",
    "too distant from current sender nonce",
    "exceeds next nonce",
    "transaction with a lower nonce exists",
    // Nobody is there yet.
    "is syncing",
    "sync is still in progress",
    "pool not enabled",
];

const UNDERPRICED: &[&str] = &[
    "underpriced",
    "fee too low",
    "feetoolow",
    "gas price too low",
    "gas price is too low",
    "gas price below",
    "less than block base fee",
    "lower than the block base fee",
    "below current base fee",
    "too low for the next block",
    "too many transactions in the queue",
    "tip too low",
];

const REFUSED: &[&str] = &[
    // The account cannot pay.
    "insufficient funds",
    "insufficientfunds",
    "insufficient balance",
    "insufficient maxfeepergas for sender balance",
    "not enough funds",
    "enough funds to send",
    "upfront cost exceeds",
    // Gas.
    "intrinsic gas",
    "intrinsicgas",
    "transaction gas is too low",
    "exceeds block gas limit",
    "gas limit reached",
    "gas limit exceeded",
    "gaslimitexceeded",
    "gas limit is too high",
    "gas limit too high",
    "gas limit is greater than",
    "current gas limit",
    "gas is beyond limit",
    "gas uint64 overflow",
    "gasuintoverflow",
    // Fees that make no sense, or more than the node passes on.
    "exceeds the configured cap",
    "fee cap exceeded",
    "fee too high",
    "tip above max fee",
    "higher than max fee per gas",
    "exceeds max fee per gas",
    "higher than fee cap",
    // The sender, or the chain that it signed for.
    "invalid sender",
    "failedtoresolvesender",
    "recover sender",
    "sender not an eoa",
    "senderiscontract",
    "not authorized to send transactions",
    "invalid signature",
    "invalid transaction v, r, s",
    "only replay-protected",
    "invalid chain id",
    "wrong chain",
    "chainid not supported",
    "chain id mismatch",
    "is banned in local queue",
    // The bytes.
    "transaction type not supported",
    "unsupported transaction type",
    "invalid transaction type",
    "failed to decode signed transaction",
    "typed transaction too short",
    "rlp: ",
    "invalid rlp",
    "rlptoolong",
    "oversized data",
    "transaction too large",
    "transaction is too big",
    "max initcode size exceeded",
    "initcode too large",
    "negative value",
    "int256overflow",
    "transaction cost overflow",
    "nonce has max value",
];
