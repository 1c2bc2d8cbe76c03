//! Which transaction used a nonce: proof that another one did.

use ogpu_types::{Address, TxHash};
use serde::Deserialize;

use crate::rpc::{BlockId, Quantity, Rpc};

/// How far back is looked at first: most nodes have states of so many blocks.
const WINDOW: u64 = 128;

#[derive(Debug, Deserialize)]
struct FullBlock {
    transactions: Vec<Transaction>,
}

#[derive(Debug, Deserialize)]
struct Transaction {
    hash: TxHash,
    from: Address,
    nonce: Quantity,
}

/// The transaction that used the account's nonce, in a block that has `depth` blocks, its own
/// included.
///
/// `None` when it is not known, be it that the nonce is free, or that the node no longer has what
/// would tell. A count alone proves nothing: it may have been the very transaction whose receipt a
/// node has not indexed yet, or has pruned.
pub(super) async fn find(rpc: &Rpc, account: Address, nonce: u64, depth: u64) -> Option<TxHash> {
    let head = rpc
        .call::<Quantity>("eth_blockNumber", ())
        .await
        .ok()?
        .to_u64()?;
    // `None` where the node does not have the block's state.
    let used_at = async |block: u64| -> Option<bool> {
        let params = (account, BlockId::Number(block));
        let count = rpc
            .call::<Quantity>("eth_getTransactionCount", params)
            .await;
        Some(count.ok()?.to_u64()? > nonce)
    };
    let mut used = head.checked_sub(depth.saturating_sub(1))?;
    if !used_at(used).await? {
        return None;
    }
    let mut unused = used.saturating_sub(WINDOW);
    if unused > 0 && used_at(unused).await == Some(true) {
        used = unused;
        unused = 0;
    }
    while used - unused > 1 {
        let middle = unused + (used - unused) / 2;
        // Of what is older than the states that the node has, nothing is claimed.
        if used_at(middle).await == Some(true) {
            used = middle;
        } else {
            unused = middle;
        }
    }
    let block = rpc
        .call::<FullBlock>("eth_getBlockByNumber", (BlockId::Number(used), true))
        .await
        .ok()?;
    let by = block
        .transactions
        .iter()
        .find(|tx| tx.from == account && tx.nonce.to_u64() == Some(nonce))?;
    Some(by.hash)
}
