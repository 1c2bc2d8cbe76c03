//! Publishes tasks one after the other by ethers 2, as its documentation shows it: a provider over
//! HTTP, a wallet around it, and `send().await?.await?`.

use std::{error::Error, sync::Arc, time::{Duration, Instant}};

use ethers::{
    contract::abigen,
    middleware::SignerMiddleware,
    providers::{Http, Provider},
    signers::{LocalWallet, Signer},
    types::{Address, U256},
};
use serde_json::{json, Value};

abigen!(
    Controller,
    r#"[
        struct TaskParams { address source; string config; uint256 expiryTime; uint256 payment; }
        function publishTask(TaskParams taskParams)
    ]"#
);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let order: Value = serde_json::from_str(&std::env::args().nth(1).ok_or("no order")?)?;
    let text = |name: &str| order[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| order[name].as_u64().unwrap_or_default();

    let provider = Provider::<Http>::try_from(text("rpc"))?.interval(Duration::from_millis(100));
    let wallet: LocalWallet = text("key").parse()?;
    let client = SignerMiddleware::new(provider, wallet.with_chain_id(number("chain")));
    let address: Address = text("controller").parse()?;
    let controller = Controller::new(address, Arc::new(client));

    for task in 0..number("tasks") {
        let started = Instant::now();
        let params = TaskParams {
            source: text("source").parse()?,
            config: text("config"),
            expiry_time: U256::from(number("expiry")),
            payment: U256::from(number("payment") + task),
        };
        let outcome = async {
            let receipt = controller.publish_task(params).send().await?.await?;
            Ok::<_, Box<dyn Error>>(receipt.is_some())
        };
        let (ok, error) = match outcome.await {
            Ok(found) => (found, "no receipt".to_owned()),
            Err(error) => (false, error.to_string()),
        };
        let millis = started.elapsed().as_millis() as u64;
        println!("{}", json!({ "number": task, "ok": ok, "millis": millis, "error": error }));
        if !ok {
            // As somebody does who has just seen a failure.
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    Ok(())
}
