//! What a test does to the chain itself, on either backend.

use ogpu_client::{Client, RpcError};
use ogpu_types::TxHash;
use serde::Deserialize;
use serde_json::{Value, json};

use super::DevnetError;
use crate::chain::{ChainHandle, Orphans, Reorg, ReorgRefused};

/// A hold on the chain below a network; it does not keep it running.
#[derive(Debug, Clone)]
pub(crate) struct ChainControl {
    chain: Chain,
    /// The block that the network was complete with: nothing up to it is ever replaced.
    complete: u64,
}

#[derive(Debug, Clone)]
enum Chain {
    Embedded(ChainHandle),
    Anvil(Client),
}

/// A block as far as its transactions' hashes go.
#[derive(Deserialize)]
struct Block {
    transactions: Vec<TxHash>,
}

impl ChainControl {
    pub(super) fn embedded(chain: ChainHandle) -> Self {
        Self {
            complete: chain.block_number(),
            chain: Chain::Embedded(chain),
        }
    }

    pub(super) async fn anvil(client: Client) -> Result<Self, DevnetError> {
        let complete = head(&client).await.map_err(failed("ask for the head"))?;
        Ok(Self {
            chain: Chain::Anvil(client),
            complete,
        })
    }

    pub(crate) async fn reorg(&self, depth: u64, orphans: Orphans) -> Result<Reorg, DevnetError> {
        const STEP: &str = "replace blocks";
        let head = match &self.chain {
            Chain::Embedded(chain) => chain.block_number(),
            Chain::Anvil(client) => head(client).await.map_err(failed(STEP))?,
        };
        let deepest = head.saturating_sub(self.complete);
        if depth == 0 || depth > deepest {
            let source = ReorgRefused { depth, deepest };
            return Err(DevnetError::Reorg { source });
        }
        match &self.chain {
            Chain::Embedded(chain) => {
                let chain = chain.clone();
                // It executes transactions.
                tokio::task::spawn_blocking(move || chain.reorg(depth, orphans))
                    .await
                    .expect("the ledger does not panic, and a runtime that ends takes this with it")
                    .map_err(|source| DevnetError::Reorg { source })
            }
            Chain::Anvil(client) if orphans == Orphans::Dropped => {
                empty_blocks(client, head, depth)
                    .await
                    .map_err(failed(STEP))
            }
            Chain::Anvil(_) => Err(DevnetError::Unsupported {
                step: "keep transactions of replaced blocks",
            }),
        }
    }

    pub(crate) async fn drop_pending(&self, most: usize) -> Result<Vec<TxHash>, DevnetError> {
        match &self.chain {
            Chain::Embedded(chain) => Ok(chain.drop_pending(most)),
            Chain::Anvil(client) => forget(client, most)
                .await
                .map_err(failed("drop waiting transactions")),
        }
    }

    pub(crate) async fn spike_base_fee(&self, wei: u64) -> Result<(), DevnetError> {
        const STEP: &str = "set the next block's base fee";
        match &self.chain {
            Chain::Embedded(chain) if chain.spike_base_fee(wei) => Ok(()),
            Chain::Embedded(_) => Err(DevnetError::Unsupported { step: STEP }),
            Chain::Anvil(client) => client
                .rpc()
                .call::<Value>("anvil_setNextBlockBaseFeePerGas", [format!("{wei:#x}")])
                .await
                .map(drop)
                .map_err(failed(STEP)),
        }
    }

    pub(crate) fn set_least_tip(&self, wei: u128) -> Result<(), DevnetError> {
        self.embedded_only("refuse low tips", |chain| chain.set_least_tip(wei))
    }

    pub(crate) fn skew_clock(&self, seconds: i64) -> Result<(), DevnetError> {
        self.embedded_only("skew the clock", |chain| chain.skew_clock(seconds))
    }

    fn embedded_only(
        &self,
        step: &'static str,
        act: impl FnOnce(&ChainHandle),
    ) -> Result<(), DevnetError> {
        match &self.chain {
            Chain::Embedded(chain) => {
                act(chain);
                Ok(())
            }
            Chain::Anvil(_) => Err(DevnetError::Unsupported { step }),
        }
    }
}

fn failed(step: &'static str) -> impl FnOnce(RpcError) -> DevnetError {
    DevnetError::command(step)
}

async fn head(client: &Client) -> Result<u64, RpcError> {
    let head: String = client.rpc().call("eth_blockNumber", ()).await?;
    Ok(u64::from_str_radix(head.trim_start_matches("0x"), 16).unwrap_or(0))
}

/// Replaces anvil's latest blocks by empty ones.
async fn empty_blocks(client: &Client, head: u64, depth: u64) -> Result<Reorg, RpcError> {
    let first_block = head + 1 - depth;
    let mut dropped = Vec::new();
    for number in first_block..=head {
        dropped.extend(transactions(client, &format!("{number:#x}")).await?);
    }
    let none: [Value; 0] = [];
    client
        .rpc()
        .call::<Value>("anvil_reorg", json!([depth, none]))
        .await?;
    Ok(Reorg {
        first_block,
        dropped,
        kept: Vec::new(),
    })
}

/// Has anvil forget the last of the transactions that its next block would hold.
async fn forget(client: &Client, most: usize) -> Result<Vec<TxHash>, RpcError> {
    let mut waiting = transactions(client, "pending").await?;
    waiting.reverse();
    waiting.truncate(most);
    for hash in &waiting {
        client
            .rpc()
            .call::<Value>("anvil_dropTransaction", [hash])
            .await?;
    }
    Ok(waiting)
}

async fn transactions(client: &Client, block: &str) -> Result<Vec<TxHash>, RpcError> {
    let block: Option<Block> = client
        .rpc()
        .call("eth_getBlockByNumber", json!([block, false]))
        .await?;
    Ok(block.map(|block| block.transactions).unwrap_or_default())
}
