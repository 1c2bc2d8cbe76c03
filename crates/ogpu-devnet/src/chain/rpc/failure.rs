//! The ledger's errors as JSON-RPC error objects, with geth's codes.

use alloy_primitives::Bytes;
use jsonrpsee_server::types::error::INVALID_PARAMS_CODE;
use jsonrpsee_server::types::{ErrorObject, ErrorObjectOwned};

use crate::chain::ledger::{CallFailed, Missing, Refused, TimeGoesBack};

/// geth's code for whatever has no code of its own.
const SERVER_ERROR: i32 = -32000;

/// geth's code for a reverted execution, whose output is the error's data.
const REVERTED: i32 = 3;

impl From<Refused> for ErrorObject<'static> {
    fn from(refused: Refused) -> Self {
        server_error(refused.to_string())
    }
}

impl From<Missing> for ErrorObject<'static> {
    fn from(missing: Missing) -> Self {
        server_error(missing.to_string())
    }
}

impl From<CallFailed> for ErrorObject<'static> {
    fn from(failed: CallFailed) -> Self {
        let message = failed.to_string();
        match failed {
            CallFailed::Reverted { output } => ErrorObject::owned(REVERTED, message, Some(output)),
            CallFailed::Halted(_) | CallFailed::GasAllowance { .. } | CallFailed::Invalid(_) => {
                server_error(message)
            }
        }
    }
}

impl From<TimeGoesBack> for ErrorObject<'static> {
    fn from(error: TimeGoesBack) -> Self {
        invalid_params(error.to_string())
    }
}

pub(super) fn filter_not_found() -> ErrorObjectOwned {
    server_error("filter not found".to_owned())
}

pub(super) fn invalid_params(message: String) -> ErrorObjectOwned {
    ErrorObject::owned(INVALID_PARAMS_CODE, message, None::<Bytes>)
}

fn server_error(message: String) -> ErrorObjectOwned {
    ErrorObject::owned(SERVER_ERROR, message, None::<Bytes>)
}
