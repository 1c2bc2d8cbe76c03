//! Typed calls: from a call struct to call data, and from return data to the call's output.

use std::error::Error;

use ethers_contract::EthCall;
use ethers_core::abi::{AbiDecode, AbiEncode, AbiError};
use ogpu_types::HexBytes;

/// A contract function with its arguments, tied to what it returns.
///
/// Implemented by every generated `…Call` struct.
pub trait ContractCall: EthCall {
    /// The function's return values; [`NoOutput`] for a function without any.
    type Output: AbiDecode;

    /// The call data: selector and arguments.
    fn call_data(self) -> HexBytes
    where
        Self: Sized,
    {
        AbiEncode::encode(self).into()
    }

    /// Reads the return data of this function.
    ///
    /// # Errors
    ///
    /// [`DecodeError::NoData`] when nothing came back though the function returns something: there
    /// is no such contract at the address. [`DecodeError::Malformed`] when the data is not what
    /// the function returns: another kind of contract is there, or the node's answer is damaged.
    fn decode_output(data: &[u8]) -> Result<Self::Output, DecodeError> {
        Self::Output::decode(data).map_err(|source| {
            let function = Self::abi_signature().into_owned();
            if data.is_empty() {
                DecodeError::NoData { function }
            } else {
                DecodeError::Malformed {
                    function,
                    length: data.len(),
                    source: Box::new(source),
                }
            }
        })
    }
}

/// The output of a function that returns nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoOutput;

impl AbiDecode for NoOutput {
    fn decode(_: impl AsRef<[u8]>) -> Result<Self, AbiError> {
        Ok(Self)
    }
}

/// Why return data could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The address answered with no data at all, as an address without a contract does.
    #[error("`{function}` returned no data: no such contract at this address")]
    NoData {
        /// The function's signature.
        function: String,
    },
    /// The data does not have the function's return types.
    #[error("`{function}` returned {length} bytes that are not its return values")]
    Malformed {
        /// The function's signature.
        function: String,
        /// How many bytes were returned.
        length: usize,
        /// What the ABI decoder says.
        source: Box<dyn Error + Send + Sync>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{controller, nexus, source, task};
    use ethers_core::types::U256;

    #[test]
    fn call_data_starts_with_the_selector() {
        let data = source::GetStatusCall.call_data();
        assert_eq!(data.as_ref(), [0x4e, 0x69, 0xd5, 0x60]);
    }

    #[test]
    fn arguments_survive_a_round_trip() {
        let call = task::GetResponsesOfCall {
            lower: 3.into(),
            upper: U256::MAX,
        };
        let data = call.clone().call_data();
        assert_eq!(task::GetResponsesOfCall::decode(&data).unwrap(), call);
    }

    #[test]
    fn a_returned_struct_is_read_as_one_tuple() {
        let params = crate::generated::shared_types::SourceParams {
            image_metadata_url: "https://example.org/m.json".into(),
            min_payment: 7.into(),
            ..Default::default()
        };
        let data =
            ethers_core::abi::encode(&[ethers_core::abi::Tokenizable::into_token(params.clone())]);
        let read = source::GetSourceParamsCall::decode_output(&data).unwrap();
        assert_eq!(read.0, params);
    }

    #[test]
    fn flat_return_values_are_read_one_by_one() {
        use ethers_core::abi::Token;
        let data = ethers_core::abi::encode(&[
            Token::Address([1; 20].into()),
            Token::String("config".into()),
            Token::Uint(5.into()),
            Token::Uint(6.into()),
        ]);
        let read = task::TaskParamsCall::decode_output(&data).unwrap();
        assert_eq!(
            (read.config.as_str(), read.expiry_time),
            ("config", 5.into())
        );
    }

    #[test]
    fn no_data_is_told_apart_from_wrong_data() {
        assert!(matches!(
            task::GetPaymentCall::decode_output(&[]),
            Err(DecodeError::NoData { function }) if function == "getPayment()"
        ));
        assert!(matches!(
            task::GetPaymentCall::decode_output(&[1, 2, 3]),
            Err(DecodeError::Malformed { length: 3, .. })
        ));
    }

    #[test]
    fn functions_without_return_values_accept_no_data() {
        assert_eq!(
            controller::ConfirmResponseCall::decode_output(&[]).unwrap(),
            NoOutput
        );
        assert_eq!(
            nexus::InactivateSourceCall::decode_output(&[]).unwrap(),
            NoOutput
        );
    }
}
