//! Which transaction used a nonce: proof that another one did.

use ogpu_types::{Address, TxHash};
use serde::Deserialize;

use crate::rpc::{BlockId, Quantity, Rpc};

/// How far back a node without old states is asked.
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

/// The transaction that used the account's nonce; `Some(None)` when it is used, but so long ago
/// that the node does not say by which; `None` when it is not known to be used.
pub(super) async fn find(rpc: &Rpc, account: Address, nonce: u64) -> Option<Option<TxHash>> {
    let head = rpc
        .call::<Quantity>("eth_blockNumber", ())
        .await
        .ok()?
        .to_u64()?;
    let used_at = async |block: u64| -> Option<bool> {
        let params = (account, BlockId::Number(block));
        let count = rpc
            .call::<Quantity>("eth_getTransactionCount", params)
            .await;
        Some(count.ok()?.to_u64()? > nonce)
    };
    if !used_at(head).await? {
        return None;
    }
    let mut unused = head.saturating_sub(WINDOW);
    let mut used = head;
    if unused > 0 && used_at(unused).await.unwrap_or(true) {
        return Some(None);
    }
    while used - unused > 1 {
        let middle = unused + (used - unused) / 2;
        if used_at(middle).await? {
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
    Some(Some(by.hash))
}
