//! The network of a seed, and what its callers need on it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use ogpu_client::{
    ChainId, Client, DeliveryMethod, ImageEnvironments, SourceAddress, SourceInfo, Wei,
};
use ogpu_devnet::{Devnet, Mining, faults::FaultPlan};

use crate::intent::Account;

/// In the vault of each account; its tasks take a billionth of it.
pub(crate) const DEPOSIT: Wei = Wei::from_ether(100);
/// For gas.
const FUNDS: Wei = Wei::from_ether(10_000);
const DAY: u64 = 24 * 60 * 60;

pub(crate) struct Network {
    pub(crate) devnet: Devnet,
    pub(crate) seed: u64,
    pub(crate) source: SourceAddress,
    pub(crate) accounts: Vec<Account>,
    /// The expiry time of every task, in unix seconds.
    pub(crate) expiry_time: u64,
}

impl Network {
    /// A network without faults yet: a source, and accounts that have sent nothing.
    pub(crate) async fn start(chain: ChainId, block_time: Duration, seed: u64) -> Result<Self> {
        let devnet = Devnet::builder()
            .chain_id(chain.get())
            .mining(Mining::Interval(block_time))
            .faults(FaultPlan::none())
            .start()
            .await?;
        let accounts = Account::all(seed)?;
        let funder = devnet.accounts().client();
        let client = Client::builder()
            .chain(devnet.chain_spec())
            .rpc_url(devnet.node_url())
            .signer(funder.clone())
            .build()?;
        for account in &accounts {
            devnet.set_balance(account.address, FUNDS).await?;
            client
                .vault()
                .deposit(account.address, DEPOSIT, funder)
                .await?;
        }
        let source = client
            .publish_source(&SourceInfo {
                name: "soak".into(),
                description: String::new(),
                logo_url: String::new(),
                image_envs: ImageEnvironments::cpu("https://example.org/docker-compose.yml"),
                min_payment: Wei::ZERO,
                min_available_lockup: Wei::ZERO,
                max_expiry_duration: 7 * DAY,
                delivery_method: DeliveryMethod::ManualConfirmation,
            })
            .await?
            .address;
        // So far behind a replica may be that does not know the source yet.
        for _ in 0..4 {
            devnet.mine().await?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        Ok(Self {
            devnet,
            seed,
            source,
            accounts,
            expiry_time: now + DAY,
        })
    }
}
