//! Plans of faults by name.

use std::time::Duration;

use anyhow::{Result, bail};
use ogpu_devnet::faults::{ChainFault, Fault, FaultPlan, Loss, Rule};

const SEND: &str = "eth_sendRawTransaction";

/// A plan of faults that has a name.
#[derive(Debug)]
pub(crate) struct Preset {
    pub(crate) name: &'static str,
    /// What happens, for readers.
    pub(crate) about: &'static str,
    make: fn(u64) -> FaultPlan,
}

impl Preset {
    pub(crate) fn plan(&self, seed: u64) -> FaultPlan {
        (self.make)(seed)
    }
}

/// Every preset: all faults at once, none, and each alone.
pub(crate) const PRESETS: &[Preset] = &[
    Preset {
        name: "none",
        about: "nothing",
        make: FaultPlan::seeded,
    },
    Preset {
        name: "heavy",
        about: "everything at once: one request in five",
        make: FaultPlan::heavy,
    },
    Preset {
        name: "answer-lost",
        about: "every answer to a sent transaction is lost: the connection closes",
        make: |seed| on_sends(seed, Fault::AnswerLost(Loss::Closed)),
    },
    Preset {
        name: "answer-lost-504",
        about: "every answer to a sent transaction is lost: status 504",
        make: |seed| on_sends(seed, Fault::AnswerLost(Loss::GatewayTimeout)),
    },
    Preset {
        name: "first-answer-lost",
        about: "the first answer to a sent transaction is lost",
        make: |seed| {
            FaultPlan::seeded(seed)
                .rule(Rule::method(SEND, Fault::AnswerLost(Loss::Closed)).first(1))
        },
    },
    Preset {
        name: "too-many-requests",
        about: "more than 20 requests in a second get status 429",
        make: |seed| {
            let limit = Rule::rpc(Fault::too_many_requests(1)).above(20, Duration::from_secs(1));
            FaultPlan::seeded(seed).rule(limit)
        },
    },
    Preset {
        name: "server-errors",
        about: "one request in five gets status 503",
        make: |seed| everywhere(seed, Fault::status(503), 0.2),
    },
    Preset {
        name: "slow-node",
        about: "every request takes 200 to 800 ms longer",
        make: |seed| {
            let delay = Fault::Delay {
                least: Duration::from_millis(200),
                jitter: Duration::from_millis(600),
            };
            everywhere(seed, delay, 1.0)
        },
    },
    Preset {
        name: "stale-replica",
        about: "one request in two is answered by a replica 3 blocks behind",
        make: |seed| everywhere(seed, Fault::Stale { blocks: 3 }, 0.5),
    },
    Preset {
        name: "reorgs",
        about: "1 to 3 blocks are replaced about every 0.7 s",
        make: |seed| {
            FaultPlan::seeded(seed)
                .chain(Duration::from_millis(700), ChainFault::Reorg { deepest: 3 })
        },
    },
    Preset {
        name: "mempool-drops",
        about: "1 to 5 waiting transactions are forgotten about every 400 ms",
        make: |seed| {
            FaultPlan::seeded(seed).chain(
                Duration::from_millis(400),
                ChainFault::DropPending { most: 5 },
            )
        },
    },
    Preset {
        name: "base-fee-spikes",
        about: "the base fee jumps to 20 gwei about every 3 s",
        make: |seed| {
            let spike = ChainFault::BaseFeeSpike {
                wei: 20_000_000_000,
            };
            FaultPlan::seeded(seed).chain(Duration::from_secs(3), spike)
        },
    },
];

fn on_sends(seed: u64, fault: Fault) -> FaultPlan {
    FaultPlan::seeded(seed).rule(Rule::method(SEND, fault))
}

fn everywhere(seed: u64, fault: Fault, probability: f64) -> FaultPlan {
    FaultPlan::seeded(seed).rule(Rule::rpc(fault).with_probability(probability))
}

/// The preset with this name.
pub(crate) fn find(name: &str) -> Result<&'static Preset> {
    match PRESETS.iter().find(|preset| preset.name == name) {
        Some(preset) => Ok(preset),
        None => {
            let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
            bail!(
                "there are no faults of the name `{name}`, but: {}",
                names.join(", ")
            )
        }
    }
}
