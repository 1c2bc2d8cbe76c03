//! A program with a key for each role and a client without one: every call is signed by its role.
//!
//! The keys come from the working directory's `.env`, which a process has once: so this is the only
//! test of its program.

use ogpu_client::{
    Address, Client, DeliveryMethod, ImageEnvironments, Receipt, Signer, SourceInfo, TaskInfo,
    TaskInput, TaskStatus, Wei, Write, types::Environment,
};
use ogpu_devnet::Devnet;
use serde_json::json;

const VARIABLES: [&str; 4] = [
    "CLIENT_PRIVATE_KEY",
    "PROVIDER_PRIVATE_KEY",
    "MASTER_PRIVATE_KEY",
    "AGENT_PRIVATE_KEY",
];

/// Puts a key for each role into a `.env` file, and goes where it is.
async fn roles(devnet: &Devnet, directory: &std::path::Path) -> [Signer; 4] {
    let keys: [[u8; 32]; 4] = [[0x51; 32], [0x52; 32], [0x53; 32], [0x54; 32]];
    let lines: String = VARIABLES
        .iter()
        .zip(keys)
        .map(|(variable, key)| format!("{variable}=0x{}\n", hex::encode(key)))
        .collect();
    std::fs::write(directory.join(".env"), lines).unwrap();
    std::env::set_current_dir(directory).unwrap();
    let signers = keys.map(|key| Signer::from_bytes(&key).unwrap());
    for signer in &signers {
        let balance = Wei::from_ether(100);
        devnet.set_balance(signer.address(), balance).await.unwrap();
    }
    signers
}

async fn signed_by(account: Address, write: Write<Receipt>) {
    let receipt = write.await.unwrap();
    assert!(receipt.succeeded());
    assert_eq!(receipt.from, account);
}

#[tokio::test]
async fn each_call_is_signed_by_its_role() {
    let devnet = Devnet::start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let signers = roles(&devnet, directory.path()).await;
    let [client_account, provider, master, agent] =
        [0, 1, 2, 3].map(|role: usize| signers[role].address());
    let client = Client::builder()
        .chain(devnet.chain_spec())
        .build()
        .unwrap();
    let (as_provider, as_master) = (client.provider(provider), client.master(master));
    let as_agent = client.agent();

    signed_by(
        master,
        as_master.announce_provider(provider, Wei::from_ether(1)),
    )
    .await;
    signed_by(provider, as_provider.announce_master(master)).await;
    signed_by(master, as_master.set_agent(agent, true)).await;
    signed_by(provider, client.terminal().set_default_agent_disabled(true)).await;
    signed_by(client_account, client.set_agent(agent, true)).await;

    let info = SourceInfo {
        name: "echo".into(),
        description: String::new(),
        logo_url: String::new(),
        image_envs: ImageEnvironments::cpu("https://example.org/compose.yml"),
        min_payment: Wei::ZERO,
        min_available_lockup: Wei::ZERO,
        max_expiry_duration: 3_600,
        delivery_method: DeliveryMethod::ManualConfirmation,
    };
    let published = client.publish_source(&info).await.unwrap();
    assert_eq!(published.receipt.from, client_account);
    let source = client.source(published.address);
    signed_by(client_account, source.update(&info)).await;

    let cpu = Environment::CPU;
    signed_by(provider, as_provider.register(source.address(), cpu)).await;
    signed_by(provider, as_provider.unregister(source.address())).await;
    signed_by(agent, as_agent.register_to(source.address(), provider, cpu)).await;

    let task = TaskInfo {
        source: source.address(),
        config: TaskInput::new("run", &json!(1)).unwrap(),
        expiry_time: chain_time(&client).await + 600,
        payment: Wei::ZERO,
    };
    let cancelled = client.publish_task(&task).await.unwrap().address;
    signed_by(client_account, client.cancel_task(cancelled)).await;
    let task = client.publish_task(&task).await.unwrap().address;
    signed_by(agent, as_agent.attempt(task, provider, Wei::ZERO)).await;
    let status = client.get_task_status(task).await.unwrap();
    assert_eq!(status, TaskStatus::Attempted);

    signed_by(agent, as_agent.unregister_from(source.address(), provider)).await;
    signed_by(
        master,
        as_master.remove_container(provider, source.address()),
    )
    .await;
    signed_by(master, as_master.remove_provider(provider)).await;
    signed_by(client_account, source.inactivate()).await;

    // A key of the client's own comes before every role's.
    let own = devnet.client();
    let disable = own.terminal().set_default_agent_disabled(true);
    signed_by(own.address().unwrap(), disable).await;
    // And a key of the call's own before that.
    let disable = own.terminal().set_default_agent_disabled(false);
    signed_by(agent, disable.signer(&signers[3])).await;
}

/// The newest block's time, in unix seconds.
async fn chain_time(client: &Client) -> u64 {
    let block: serde_json::Value = client
        .rpc()
        .call("eth_getBlockByNumber", json!(["latest", false]))
        .await
        .unwrap();
    let time = block["timestamp"].as_str().unwrap();
    u64::from_str_radix(time.trim_start_matches("0x"), 16).unwrap()
}
