//! Why a dev network did not start, or a part of it failed.

use std::{io, path::PathBuf};

use ogpu_chain::SpecError;
use ogpu_client::{BuildError, Error, RpcError};

use super::backend::AnvilProblem;
use crate::{
    chain::{NodeError, ReorgRefused},
    services::ServicesError,
};

/// A dev network that did not start, or could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevnetError {
    /// The embedded chain did not start.
    #[error("the embedded chain did not start")]
    Node {
        /// Why.
        #[source]
        source: NodeError,
    },
    /// The anvil process did not start.
    #[error("anvil (`{}`) did not start", program.display())]
    Anvil {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        problem: AnvilProblem,
    },
    /// The off-chain services did not start.
    #[error("the off-chain services did not start")]
    Services {
        /// Why.
        #[source]
        source: ServicesError,
    },
    /// The faulty door in front of the node could not be opened.
    #[error(
        "could not listen on 127.0.0.1:{port} in front of the node; use port 0 for any free one"
    )]
    Door {
        /// The TCP port asked for.
        port: u16,
        /// What the operating system said.
        source: io::Error,
    },
    /// A reorganisation is not possible; the chain is as it was.
    #[error("cannot reorganise the chain")]
    Reorg {
        /// Why.
        #[source]
        source: ReorgRefused,
    },
    /// The chain below the network has no such thing.
    #[error(
        "cannot {step}: the chain below this network has no such thing; use the embedded chain with a base fee"
    )]
    Unsupported {
        /// What was to be done.
        step: &'static str,
    },
    /// The description of the network is refused.
    #[error("the network cannot be described")]
    Spec {
        /// Why.
        #[source]
        source: SpecError,
    },
    /// A client of the network could not be built.
    #[error("no client of the network can be built")]
    Client {
        /// Why.
        #[source]
        source: BuildError,
    },
    /// A transaction of the network itself failed.
    #[error("cannot {step}")]
    Setup {
        /// What was to be done.
        step: &'static str,
        /// Why it failed.
        #[source]
        source: Box<Error>,
    },
    /// The chain refused a command of development chains.
    #[error("cannot {step}")]
    Command {
        /// What was to be done.
        step: &'static str,
        /// Why it failed.
        #[source]
        source: Box<RpcError>,
    },
}

impl DevnetError {
    pub(crate) fn setup(step: &'static str) -> impl FnOnce(Error) -> Self {
        move |source| Self::Setup {
            step,
            source: Box::new(source),
        }
    }

    pub(crate) fn command(step: &'static str) -> impl FnOnce(RpcError) -> Self {
        move |source| Self::Command {
            step,
            source: Box::new(source),
        }
    }
}
