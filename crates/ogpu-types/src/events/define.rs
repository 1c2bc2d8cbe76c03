//! How events are defined, and their JSON.

use serde::{Deserialize, Serialize};

use crate::{EventContract, Json};

/// The JSON of an event of the streams. The arguments are kept as text until the event's name is
/// known: what buffers values on the way to a tagged enum would round large numbers.
#[derive(Serialize, Deserialize)]
pub(super) struct Envelope {
    pub(super) contract: EventContract,
    pub(super) event: String,
    pub(super) args: Json,
}

/// The JSON of an event whose name does not tell which contract it is of.
#[derive(Serialize, Deserialize)]
pub(super) struct BareEnvelope {
    pub(super) event: String,
    pub(super) args: Json,
}

/// Defines the events of one contract, or of one kind of contracts: an enum with its names, and how
/// it is read and written.
macro_rules! contract_events {
    (
        $(#[$attribute:meta])*
        $kind:ident of $contract:ident { $($events:tt)+ }
    ) => {
        $crate::events::define::event_enum! {
            $(#[$attribute])*
            ///
            /// The JSON is `{"contract": "…", "event": "…", "args": {…}}`, with the contract's names
            /// of the arguments.
            $kind { $($events)+ }
        }

        impl $kind {
            /// The contract that emits it.
            #[must_use]
            pub const fn contract(&self) -> $crate::EventContract {
                $crate::EventContract::$contract
            }

            pub(super) fn from_envelope<E: serde::de::Error>(
                envelope: &$crate::events::define::Envelope,
            ) -> Result<Self, E> {
                if envelope.contract != $crate::EventContract::$contract {
                    return Err(E::invalid_value(
                        serde::de::Unexpected::Str(envelope.contract.as_str()),
                        &$crate::EventContract::$contract.as_str(),
                    ));
                }
                Self::from_parts(&envelope.event, &envelope.args)
            }
        }

        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let envelope = $crate::events::define::Envelope {
                    contract: self.contract(),
                    event: self.name().to_owned(),
                    args: self.args().map_err(serde::ser::Error::custom)?,
                };
                envelope.serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let envelope = $crate::events::define::Envelope::deserialize(deserializer)?;
                Self::from_envelope(&envelope)
            }
        }
    };
    (
        $(#[$attribute:meta])*
        $kind:ident { $($events:tt)+ }
    ) => {
        $crate::events::define::event_enum! {
            $(#[$attribute])*
            ///
            /// The JSON is `{"event": "…", "args": {…}}`, with the contract's names of the arguments.
            $kind { $($events)+ }
        }

        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let envelope = $crate::events::define::BareEnvelope {
                    event: self.name().to_owned(),
                    args: self.args().map_err(serde::ser::Error::custom)?,
                };
                envelope.serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let envelope = $crate::events::define::BareEnvelope::deserialize(deserializer)?;
                Self::from_parts(&envelope.event, &envelope.args)
            }
        }
    };
}

/// An enum of events with their names, and its parts as they are in JSON.
macro_rules! event_enum {
    (
        $(#[$attribute:meta])*
        $kind:ident {
            $(
                $(#[$event_attribute:meta])*
                $event:ident {
                    $($(#[$argument_attribute:meta])* $argument:ident: $type:ty,)+
                }
            )+
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $kind {
            $(
                $(#[$event_attribute])*
                $event { $($(#[$argument_attribute])* $argument: $type,)+ },
            )+
        }

        impl $kind {
            /// The names of all its events.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($event)),+];

            /// The event's name, as the contract has it.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$event { .. } => stringify!($event),)+
                }
            }

            fn args(&self) -> Result<$crate::Json, $crate::JsonError> {
                match self {
                    $(
                        Self::$event { $($argument),+ } => {
                            #[derive(serde::Serialize)]
                            #[serde(rename_all = "camelCase")]
                            struct Args<'a> { $($argument: &'a $type),+ }
                            $crate::Json::new(&Args { $($argument),+ })
                        }
                    )+
                }
            }

            fn from_parts<E: serde::de::Error>(name: &str, args: &$crate::Json) -> Result<Self, E> {
                // The cause of a shape that does not fit says where and why.
                let cause = |error: $crate::JsonError| match error {
                    $crate::JsonError::Shape { source } => E::custom(source),
                    error => E::custom(error),
                };
                match name {
                    $(
                        stringify!($event) => {
                            #[derive(serde::Deserialize)]
                            #[serde(rename_all = "camelCase")]
                            struct Args { $($argument: $type),+ }
                            let Args { $($argument),+ } = args.parse().map_err(cause)?;
                            Ok(Self::$event { $($argument),+ })
                        }
                    )+
                    name => Err(E::unknown_variant(
                        &$crate::excerpt::excerpt(name),
                        Self::NAMES,
                    )),
                }
            }
        }
    };
}

pub(super) use {contract_events, event_enum};
