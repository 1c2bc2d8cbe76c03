//! Between the generated structs and the types of `ogpu-types`.
//!
//! Towards the chain every value fits. From the chain, an enum's number may be one that this
//! version does not know: that is an error which carries the number. Times and durations are
//! 256-bit on chain and 64-bit here: larger ones read as `u64::MAX` seconds, half a trillion years.

use ethers_core::types::U256;
use ogpu_types as types;

use crate::{controller, generated::shared_types, task};

/// Why a value from the chain has no counterpart in `ogpu-types`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// A number that is not a known value of an enum.
    #[error("the contract answered with an enum value that this version does not know")]
    UnknownEnumValue {
        /// Which enum, and the number.
        #[from]
        source: types::UnknownEnumValue,
    },
    /// Environment bits that this version does not know.
    #[error("the contract answered with environments that this version does not know")]
    UnknownEnvironment {
        /// The bits.
        #[from]
        source: types::EnvironmentError,
    },
}

/// Seconds of a 256-bit time or duration, at most `u64::MAX`.
pub fn seconds(value: U256) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

impl From<&types::SourceParams> for shared_types::SourceParams {
    fn from(params: &types::SourceParams) -> Self {
        Self {
            client: params.client.into(),
            image_metadata_url: params.image_metadata_url.clone(),
            image_environments: params.image_environments.bits(),
            min_payment: params.min_payment.into(),
            min_available_lockup: params.min_available_lockup.into(),
            max_expiry_duration: params.max_expiry_duration.into(),
            privacy_enabled: params.privacy_enabled,
            optional_params_url: params.optional_params_url.clone(),
            delivery_method: params.delivery_method.into(),
            last_update_time: params.last_update_time.into(),
        }
    }
}

impl TryFrom<shared_types::SourceParams> for types::SourceParams {
    type Error = ConvertError;

    fn try_from(params: shared_types::SourceParams) -> Result<Self, ConvertError> {
        Ok(Self {
            client: params.client.into(),
            image_metadata_url: params.image_metadata_url,
            image_environments: params.image_environments.try_into()?,
            min_payment: params.min_payment.into(),
            min_available_lockup: params.min_available_lockup.into(),
            max_expiry_duration: seconds(params.max_expiry_duration),
            privacy_enabled: params.privacy_enabled,
            optional_params_url: params.optional_params_url,
            delivery_method: params.delivery_method.try_into()?,
            last_update_time: seconds(params.last_update_time),
        })
    }
}

impl From<&types::TaskParams> for controller::TaskParams {
    fn from(params: &types::TaskParams) -> Self {
        Self {
            source: params.source.into(),
            config: params.config.clone(),
            expiry_time: params.expiry_time.into(),
            payment: params.payment.into(),
        }
    }
}

impl From<task::TaskParamsReturn> for types::TaskParams {
    fn from(params: task::TaskParamsReturn) -> Self {
        Self {
            source: params.source.into(),
            config: params.config,
            expiry_time: seconds(params.expiry_time),
            payment: params.payment.into(),
        }
    }
}

impl From<&types::ResponseParams> for shared_types::ResponseParams {
    fn from(params: &types::ResponseParams) -> Self {
        Self {
            task: params.task.into(),
            provider: params.provider.into(),
            data: params.data.clone(),
            payment: params.payment.into(),
        }
    }
}

impl From<shared_types::ResponseParams> for types::ResponseParams {
    fn from(params: shared_types::ResponseParams) -> Self {
        Self {
            task: params.task.into(),
            provider: params.provider.into(),
            data: params.data,
            payment: params.payment.into(),
        }
    }
}
