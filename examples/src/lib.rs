//! What the examples share: the network they run on, and a source and a task to start from.
//!
//! Every example runs on a dev network that it starts itself. `--chain testnet` (or `mainnet`, where
//! money is real) runs those that connect through [`Network`] on a live one, with the key in
//! `CLIENT_PRIVATE_KEY`.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use std::{
    error::Error,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ogpu_client::{
    ChainConfig, ChainId, Client, DeliveryMethod, ImageEnvironments, Response, Role, Signer,
    SourceAddress, SourceInfo, TaskAddress, TaskInfo, TaskInput, Wei,
};
use ogpu_devnet::{Devnet, SimulatedProvider};
use serde_json::json;

/// What an example's `main` returns.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Any error, which prints with all its causes when `main` returns it.
pub struct Failure(Box<dyn Error>);

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, "\n  because: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// How long the examples' tasks may be answered.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// The network that an example runs on.
#[derive(Debug)]
pub struct Network {
    /// A client of it.
    pub client: Client,
    /// The account that publishes and pays.
    pub account: Signer,
    devnet: Option<Devnet>,
    providers: Vec<SimulatedProvider>,
}

impl Network {
    /// Starts a dev network, or connects to the one that `--chain` names.
    ///
    /// # Errors
    ///
    /// When the arguments name no network, or the live network's key is missing.
    pub async fn connect() -> Result<Self> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match arguments[..] {
            [] | ["--chain", "devnet"] => Self::dev().await,
            ["--chain", "testnet"] => Self::live(ChainId::OGPU_TESTNET),
            ["--chain", "mainnet"] => Self::live(ChainId::OGPU_MAINNET),
            _ => Err("usage: [--chain devnet|testnet|mainnet]".into()),
        }
    }

    async fn dev() -> Result<Self> {
        let devnet = Devnet::start().await?;
        Ok(Self {
            client: devnet.client(),
            account: devnet.accounts().client().clone(),
            devnet: Some(devnet),
            providers: Vec::new(),
        })
    }

    fn live(chain: ChainId) -> Result<Self> {
        let account = Signer::from_env()?;
        // Through the process-wide default, so that `OGPU_RPC_URL` may name the node.
        ChainConfig::set_chain(chain)?;
        let client = Client::builder().signer(account.clone()).build()?;
        Ok(Self {
            client,
            account,
            devnet: None,
            providers: Vec::new(),
        })
    }

    /// An agent's key: the dev network's, or the one in `AGENT_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// When the live network's key is missing.
    pub fn agent(&self) -> Result<Signer> {
        match &self.devnet {
            Some(devnet) => Ok(devnet.accounts().agent().clone()),
            None => Ok(Signer::from_role(Role::Agent)?),
        }
    }

    /// On a dev network, starts a provider that serves the source; a live one has its own.
    ///
    /// # Errors
    ///
    /// When the provider cannot register.
    pub async fn serve(&mut self, source: SourceAddress) -> Result<()> {
        if let Some(devnet) = &self.devnet {
            let provider = devnet.provider(shout).start().await?;
            provider.serve(source).await?;
            self.providers.push(provider);
        }
        Ok(())
    }

    /// Publishes the examples' source and has it served.
    ///
    /// # Errors
    ///
    /// When publishing fails.
    pub async fn published_source(&mut self) -> Result<SourceAddress> {
        let source = self.client.publish_source(&example_source()).await?;
        self.serve(source.address).await?;
        Ok(source.address)
    }

    /// Publishes a task to the source, paid from a fresh deposit.
    ///
    /// # Errors
    ///
    /// When depositing or publishing fails.
    pub async fn published_task(&self, source: SourceAddress) -> Result<TaskAddress> {
        let task = example_task(source)?;
        self.client
            .vault()
            .deposit(self.account.address(), task.payment, &self.account)
            .await?;
        Ok(self.client.publish_task(&task).await?.address)
    }

    /// Waits until the task has a response.
    ///
    /// # Errors
    ///
    /// When the task can get none any more, or an hour has passed.
    pub async fn first_response(&self, task: TaskAddress) -> Result<Response> {
        if self.devnet.is_none() {
            println!("waiting for a provider to answer; Ctrl-C stops the wait, not the task");
        }
        Ok(self.client.task(task).wait_for_response().await?)
    }

    /// An amount as people read it, with the chain's currency.
    pub fn amount(&self, amount: Wei) -> String {
        let currency = self.client.chain().currency();
        format!(
            "{} {}",
            amount.format_units(currency.decimals),
            currency.symbol
        )
    }
}

/// What the dev network's provider does: it answers in capitals.
async fn shout(input: TaskInput) -> serde_json::Value {
    let data: serde_json::Value = input.data().unwrap_or_default();
    let text = data["text"].as_str().unwrap_or_default();
    json!({ "text": text.to_uppercase() })
}

/// The source that the examples publish.
pub fn example_source() -> SourceInfo {
    SourceInfo {
        name: "shout".into(),
        description: "Answers in capitals".into(),
        logo_url: "https://example.org/shout.png".into(),
        image_envs: ImageEnvironments::cpu("https://example.org/shout/docker-compose.yml"),
        min_payment: Wei::from_gwei(10_000_000),
        min_available_lockup: Wei::ZERO,
        max_expiry_duration: 24 * 60 * 60,
        delivery_method: DeliveryMethod::ManualConfirmation,
    }
}

/// A task for that source.
///
/// # Errors
///
/// Never for this input; a value without JSON form could not be a task's data.
pub fn example_task(source: SourceAddress) -> Result<TaskInfo> {
    Ok(TaskInfo {
        source,
        config: TaskInput::new("shout", &json!({ "text": "hello, gpu" }))?,
        expiry_time: (SystemTime::now() + LIFE)
            .duration_since(UNIX_EPOCH)?
            .as_secs(),
        payment: Wei::parse_ether("0.01")?,
    })
}

/// The programs in the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
