#![doc = include_str!("../README.md")]

mod address;
mod block_ref;
mod chain_id;
mod environment;
mod events;
mod excerpt;
mod hash32;
mod hex_bytes;
mod hex_text;
mod image_environments;
mod json;
mod json_text;
mod protocol_enum;
mod receipt;
mod response;
mod serde_text;
mod snapshot;
mod source;
mod status;
mod task;
mod task_input;
mod typed_address;
mod validation;
mod wei;

pub use address::{Address, AddressError};
pub use block_ref::BlockRef;
pub use chain_id::{ChainId, ChainIdError};
pub use environment::{
    Environment, EnvironmentError, combine_environments, environment_names, parse_environments,
};
pub use events::{
    EventContract, LoggedEvent, ManagerEvent, NexusEvent, OwnershipEvent, ProtocolEvent,
    TerminalEvent, VaultEvent,
};
pub use hash32::{Hash32, TxHash};
pub use hex_bytes::HexBytes;
pub use hex_text::HexError;
pub use image_environments::ImageEnvironments;
pub use json::{Json, JsonError};
pub use protocol_enum::{UnknownEnumName, UnknownEnumValue};
pub use receipt::{Log, Receipt};
pub use response::{ConfirmedResponse, Response, ResponseParams};
pub use snapshot::{
    MasterSnapshot, ProviderSnapshot, ResponseSnapshot, SourceSnapshot, TaskSnapshot,
};
pub use source::{SourceInfo, SourceMetadata, SourceParams};
pub use status::{DeliveryMethod, ResponseStatus, SourceStatus, TaskStatus, TransactionStatus};
pub use task::{TaskInfo, TaskParams};
pub use task_input::{TaskInput, TaskInputError};
pub use typed_address::{ResponseAddress, SourceAddress, TaskAddress};
pub use validation::ValidationError;
pub use wei::{Wei, WeiError};
