#![doc = include_str!("../README.md")]

mod builder;
mod config;
mod contract;
mod endpoint;
mod error;
mod fields;
mod file;
mod registry;
mod resolve;
mod spec;

/// Where settings are looked for outside of the program.
pub use ogpu_env::{DotEnvError, Variables};

pub use builder::ChainSpecBuilder;
pub use config::ChainConfig;
pub use contract::Contract;
pub use endpoint::{Endpoint, EndpointError};
pub use error::ChainError;
pub use fields::SpecError;
pub use registry::Registry;
pub use resolve::{CHAIN_VARIABLE, RPC_URL_VARIABLE, Selection};
pub use spec::{ChainSpec, Currency, Services};
