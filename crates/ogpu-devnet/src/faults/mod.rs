//! Faults in front of the node and in the services, by a plan with a seed.
//!
//! A [`FaultPlan`] consists of [`Rule`]s: which [`Fault`] happens where ([`Target`]) and how often.
//! A network that is started with one puts a reverse proxy in front of its node, and clients that
//! follow [`Devnet::chain_spec`](crate::Devnet::chain_spec) come through it. The network's own
//! set-up and its simulated providers do not, and neither does who asks at
//! [`Devnet::node_url`](crate::Devnet::node_url): there is the truth, to compare with.
//!
//! ```
//! use ogpu_devnet::Devnet;
//! use ogpu_devnet::faults::{Fault, FaultPlan, Loss, Rule};
//! use ogpu_types::Wei;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let send = "eth_sendRawTransaction";
//! let plan = FaultPlan::seeded(1)
//!     .rule(Rule::method(send, Fault::AnswerLost(Loss::Closed)).first(1));
//! let devnet = Devnet::builder().faults(plan).start().await?;
//! let account = devnet.accounts().client();
//!
//! // The node has the transaction, and the client never hears of it.
//! devnet.client().vault().deposit(account.address(), Wei::from_ether(5), account).await?;
//!
//! let log = devnet.faults().log();
//! assert_eq!(log.faulty(), 1);
//! println!("{} requests, {} sends", log.requests(), log.transactions_offered());
//! # Ok(())
//! # }
//! ```
//!
//! # What is the same every time
//!
//! The same plan decides the same about the same requests in the same order, at each door on its
//! own: the fate of a rule's nth request depends on the seed, the rule's place in the plan, and n.
//! Not covered is the order itself: with concurrent requests, a client's timing decides which is the
//! nth. Nor is what a fault finds: which transactions a reorganisation hits depends on when it
//! comes. The faults of the chain come at the same distances of time and in the same shapes.

mod connection;
mod decide;
mod dice;
mod driver;
mod endpoint;
mod exchange;
mod fault;
mod log;
mod node;
mod plan;
mod rule;
mod services;
mod stale;
mod warden;

pub use endpoint::{Endpoint, Faults};
pub use fault::{ChainFault, Fault, Loss};
pub use log::{Door, Exchange, FaultLog};
pub use plan::FaultPlan;
pub use rule::{Rule, Target};

pub(crate) use endpoint::NodeDoor;
pub(crate) use services::serve_services;
pub(crate) use warden::Warden;

/// The method that offers a signed transaction.
const SEND: &str = "eth_sendRawTransaction";
