#![doc = include_str!("../README.md")]

mod account;
mod fees;
mod intent;
mod meaning;
mod nonces;

pub use account::{Account, Action, Event, Policy};
pub use fees::{FeeCaps, Fees};
pub use intent::{IntentEvent, NotSentCause, Verdict, Version};
pub use meaning::Meaning;

use serde::{Deserialize, Serialize};

/// Names an intent inside one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntentId(pub u64);

/// A moment, in milliseconds since any fixed one: the machines only compare.
pub type Millis = u64;
