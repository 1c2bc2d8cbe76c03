//! A network with a source to publish to, and short ways to what the tests need.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ogpu_client::{
    Address, Client, DeliveryMethod, ImageEnvironments, Response, Signer, SourceAddress,
    SourceInfo, TaskAddress, TaskInfo, TaskInput, TransactionRequest, Wei, types::HexBytes,
};
use ogpu_contracts::{ContractCall, response};
use ogpu_devnet::{Devnet, DevnetBuilder, SimulatedProvider};
use serde_json::json;

/// What every task of the tests pays.
pub(crate) const PAYMENT: Wei = Wei::from_gwei(50_000_000);
/// What every source of the tests asks for.
pub(crate) const MIN_PAYMENT: Wei = Wei::from_gwei(10_000_000);
/// How long the tests' sources let a task live, in seconds.
pub(crate) const MAX_EXPIRY: u64 = 24 * 60 * 60;

pub(crate) struct Network {
    pub(crate) devnet: Devnet,
    pub(crate) client: Client,
    pub(crate) account: Signer,
}

impl Network {
    pub(crate) async fn start() -> Self {
        Self::start_with(Devnet::builder()).await
    }

    pub(crate) async fn start_with(builder: DevnetBuilder) -> Self {
        let devnet = builder.start().await.unwrap();
        Self {
            client: devnet.client(),
            account: devnet.accounts().client().clone(),
            devnet,
        }
    }

    /// A client of the same network with other options.
    pub(crate) fn client_with(
        &self,
        options: impl FnOnce(ogpu_client::ClientBuilder) -> ogpu_client::ClientBuilder,
    ) -> Client {
        let builder = Client::builder()
            .chain(self.devnet.chain_spec())
            .signer(self.account.clone());
        options(builder).build().unwrap()
    }

    pub(crate) async fn deposit(&self, amount: Wei) {
        self.client
            .vault()
            .deposit(self.account.address(), amount, &self.account)
            .await
            .unwrap();
    }

    pub(crate) async fn source(&self, delivery: DeliveryMethod) -> SourceAddress {
        self.client
            .publish_source(&source_info(delivery))
            .await
            .unwrap()
            .address
    }

    /// A task to the source, paid from a fresh deposit.
    pub(crate) async fn task(&self, source: SourceAddress) -> TaskAddress {
        self.deposit(PAYMENT).await;
        self.client
            .publish_task(&task_info(source))
            .await
            .unwrap()
            .address
    }

    /// A provider that serves the source and echoes the input's data.
    pub(crate) async fn echo(&self, source: SourceAddress) -> SimulatedProvider {
        let provider = self
            .devnet
            .provider(|input: TaskInput| async move {
                json!({ "echo": input.data::<serde_json::Value>().unwrap() })
            })
            .start()
            .await
            .unwrap();
        provider.serve(source).await.unwrap();
        provider
    }

    /// Waits until the task has as many responses.
    pub(crate) async fn responses(&self, task: TaskAddress, count: usize) -> Vec<Response> {
        eventually("the responses", || async {
            let found = self.client.get_task_responses(task, ..).await.unwrap();
            (found.len() >= count).then_some(found)
        })
        .await
    }

    /// A source with a provider, a task, and its first response.
    pub(crate) async fn answered(
        &self,
        delivery: DeliveryMethod,
    ) -> (TaskAddress, Response, SimulatedProvider) {
        let source = self.source(delivery).await;
        let provider = self.echo(source).await;
        let task = self.task(source).await;
        let response = self.responses(task, 1).await.remove(0);
        (task, response, provider)
    }

    /// One transaction that the facade has no call for.
    pub(crate) async fn send(&self, signer: &Signer, to: Address, call: impl ContractCall) {
        self.client
            .send_transaction(TransactionRequest::call(to, call.call_data()))
            .signer(signer)
            .await
            .unwrap();
    }

    /// One typed read.
    pub(crate) async fn read<C: ContractCall>(
        &self,
        contract: impl Into<Address>,
        call: C,
    ) -> C::Output {
        let call = json!([{ "to": contract.into(), "data": call.call_data() }, "latest"]);
        let data: HexBytes = self.client.rpc().call("eth_call", call).await.unwrap();
        C::decode_output(data.as_ref()).unwrap()
    }

    /// The newest block's time, in unix seconds.
    pub(crate) async fn chain_time(&self) -> u64 {
        let block: serde_json::Value = self
            .client
            .rpc()
            .call("eth_getBlockByNumber", json!(["latest", false]))
            .await
            .unwrap();
        let time = block["timestamp"].as_str().unwrap();
        u64::from_str_radix(time.trim_start_matches("0x"), 16).unwrap()
    }

    pub(crate) async fn cancel(&self, task: TaskAddress) {
        self.client.cancel_task(task).await.unwrap();
    }

    pub(crate) async fn inactivate(&self, source: SourceAddress) {
        self.client.inactivate_source(source).await.unwrap();
    }

    pub(crate) async fn allow_agent(&self, agent: Address) {
        self.client.set_agent(agent, true).await.unwrap();
    }
}

pub(crate) fn source_info(delivery_method: DeliveryMethod) -> SourceInfo {
    SourceInfo {
        name: "echo".into(),
        description: "says what it hears".into(),
        logo_url: "https://example.org/logo.png".into(),
        image_envs: ImageEnvironments::cpu("https://example.org/compose.yml"),
        min_payment: MIN_PAYMENT,
        min_available_lockup: Wei::ZERO,
        max_expiry_duration: MAX_EXPIRY,
        delivery_method,
    }
}

pub(crate) fn task_info(source: SourceAddress) -> TaskInfo {
    TaskInfo {
        source,
        config: TaskInput::new("run", &json!({ "n": 1 })).unwrap(),
        expiry_time: now() + 3600,
        payment: PAYMENT,
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// Looks again until there is something to see; a minute without it is a failure.
pub(crate) async fn eventually<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), looking)
        .await
        .unwrap_or_else(|_| panic!("{what} did not come within a minute"))
}

/// The init code of the network's own `Response` contract: anybody can deploy one.
fn response_init_code() -> Vec<u8> {
    let artifact = include_str!("../../../ogpu-devnet/artifacts/Response.json");
    let artifact: serde_json::Value = serde_json::from_str(artifact).unwrap();
    let code: HexBytes = artifact["bytecode"].as_str().unwrap().parse().unwrap();
    code.into_vec()
}

impl Network {
    /// A confirmed response to the task in all but its descent: it is the forger's.
    pub(crate) async fn forged_response(&self, task: TaskAddress, forger: &Signer) -> Address {
        let forged = self.unconfirmed_forgery(task, forger).await;
        self.send(forger, forged, response::ConfirmCall).await;
        forged
    }

    /// A response to the task that the task does not know of.
    pub(crate) async fn unconfirmed_forgery(&self, task: TaskAddress, forger: &Signer) -> Address {
        use ethers_core::abi::{Token, encode};
        let arguments = encode(&[
            Token::Address(forger.address().into()),
            Token::Tuple(vec![
                Token::Address(task.into()),
                Token::Address(forger.address().into()),
                Token::String("forged".into()),
                Token::Uint(PAYMENT.into()),
            ]),
        ]);
        let code = [response_init_code(), arguments].concat();
        let receipt = self
            .client
            .send_transaction(TransactionRequest::deploy(code))
            .signer(forger)
            .await
            .unwrap();
        receipt.contract_address.unwrap()
    }
}
