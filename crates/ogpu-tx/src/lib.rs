#![doc = include_str!("../README.md")]

mod account;
mod action;
mod classify;
mod event;
mod fees;
mod intent;
mod meaning;
mod nonces;
mod policy;

pub use account::Account;
pub use action::{Action, NotSentCause, Verdict};
pub use classify::{NodeAnswer, classify, is_too_often};
pub use event::{Event, IntentEvent, Version};
pub use fees::{FeeCaps, Fees};
pub use meaning::Meaning;
pub use policy::Policy;

use serde::{Deserialize, Serialize};

/// Names an intent inside one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntentId(pub u64);

/// A moment, in milliseconds since any fixed one: the machines only compare.
pub type Millis = u64;
