//! An event of any of the contracts.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{EventContract, NexusEvent, TerminalEvent, VaultEvent, define::Envelope};

/// An event of the protocol.
///
/// The JSON is that of the contract's own event, which names the contract.
///
/// ```
/// use ogpu_types::ProtocolEvent;
///
/// let json = r#"{"contract":"vault","event":"Deposited","args":{
///     "account":"0xF87bb2f3edB991a998992f14d35fE142e6Bb50b1","amount":"1000000000000000000"}}"#;
/// let event: ProtocolEvent = serde_json::from_str(json)?;
/// assert_eq!(event.name(), "Deposited");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProtocolEvent {
    /// Of the nexus.
    Nexus(NexusEvent),
    /// Of the terminal.
    Terminal(TerminalEvent),
    /// Of the vault.
    Vault(VaultEvent),
}

impl ProtocolEvent {
    /// The event's name in its contract, such as `TaskPublished`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Nexus(event) => event.name(),
            Self::Terminal(event) => event.name(),
            Self::Vault(event) => event.name(),
        }
    }

    /// The contract that emits it.
    #[must_use]
    pub const fn contract(&self) -> EventContract {
        match self {
            Self::Nexus(event) => event.contract(),
            Self::Terminal(event) => event.contract(),
            Self::Vault(event) => event.contract(),
        }
    }
}

impl From<NexusEvent> for ProtocolEvent {
    fn from(event: NexusEvent) -> Self {
        Self::Nexus(event)
    }
}

impl From<TerminalEvent> for ProtocolEvent {
    fn from(event: TerminalEvent) -> Self {
        Self::Terminal(event)
    }
}

impl From<VaultEvent> for ProtocolEvent {
    fn from(event: VaultEvent) -> Self {
        Self::Vault(event)
    }
}

impl Serialize for ProtocolEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nexus(event) => event.serialize(serializer),
            Self::Terminal(event) => event.serialize(serializer),
            Self::Vault(event) => event.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ProtocolEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let envelope = Envelope::deserialize(deserializer)?;
        match envelope.contract {
            EventContract::Nexus => NexusEvent::from_envelope(&envelope).map(Self::Nexus),
            EventContract::Terminal => TerminalEvent::from_envelope(&envelope).map(Self::Terminal),
            EventContract::Vault => VaultEvent::from_envelope(&envelope).map(Self::Vault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, Wei};

    const LARGEST: &str =
        "115792089237316195423570985008687907853269984665640564039457584007913129639935";

    fn deposit() -> ProtocolEvent {
        let event = VaultEvent::Deposited {
            account: Address::ZERO,
            amount: Wei::MAX,
        };
        event.into()
    }

    #[test]
    fn the_json_names_contract_event_and_arguments_as_the_abi_does() {
        let event = ProtocolEvent::from(NexusEvent::Attempted {
            task: Address::ZERO.into(),
            provider: Address::ZERO,
            suggested_payment: Wei::from(7_u64),
        });
        let zero = Address::ZERO;
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            format!(
                r#"{{"contract":"nexus","event":"Attempted","args":{{"task":"{zero}","provider":"{zero}","suggestedPayment":"7"}}}}"#
            )
        );
    }

    #[test]
    fn the_largest_amount_is_read_exactly_as_text_and_as_a_number_in_any_order_of_keys() {
        let zero = Address::ZERO;
        for amount in [format!("\"{LARGEST}\""), LARGEST.to_owned()] {
            let args = format!(r#""args":{{"amount":{amount},"account":"{zero}"}}"#);
            for json in [
                format!(r#"{{"contract":"vault","event":"Deposited",{args}}}"#),
                format!(r#"{{{args},"event":"Deposited","later":1,"contract":"vault"}}"#),
            ] {
                assert_eq!(
                    serde_json::from_str::<ProtocolEvent>(&json).unwrap(),
                    deposit(),
                    "{json}"
                );
            }
        }
    }

    #[test]
    fn an_event_of_another_contract_or_name_is_refused() {
        let json = serde_json::to_string(&deposit()).unwrap();
        assert!(serde_json::from_str::<VaultEvent>(&json).is_ok());
        let error = serde_json::from_str::<NexusEvent>(&json).unwrap_err();
        assert!(error.to_string().contains("nexus"), "{error}");
        let unheard = json.replace("Deposited", "Unheard");
        let error = serde_json::from_str::<ProtocolEvent>(&unheard).unwrap_err();
        assert!(error.to_string().contains("`Unheard`"), "{error}");
        let incomplete = json.replace("amount", "sum");
        let error = serde_json::from_str::<ProtocolEvent>(&incomplete).unwrap_err();
        assert!(error.to_string().contains("`amount`"), "{error}");
    }
}
