//! What contracts say when they refuse.

use ethers_core::types::Address;
use ogpu_contracts::Revert;
use ogpu_types::Hash32;

/// `Error(string)` with exactly this text.
pub(crate) fn reason(text: &str) -> Revert {
    Revert::from_text(text.to_owned())
}

/// `Panic(uint256)`.
pub(crate) fn panic(code: u64) -> Revert {
    Revert::Panic { code }
}

/// A custom error.
pub(crate) fn custom(name: &str, args: &[(&str, String)]) -> Revert {
    Revert::Custom {
        name: name.to_owned(),
        args: args
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
    }
}

/// What a contract says to everybody but its owner.
pub(crate) fn unauthorized(account: Address) -> Revert {
    custom(
        "OwnableUnauthorizedAccount",
        &[("account", checksummed(account))],
    )
}

/// What the Manager says to those who do not administer a role.
pub(crate) fn lacks_role(account: Address, needed: [u8; 32]) -> Revert {
    custom(
        "AccessControlUnauthorizedAccount",
        &[
            ("account", checksummed(account)),
            ("neededRole", Hash32::new(needed).to_string()),
        ],
    )
}

fn checksummed(account: Address) -> String {
    ogpu_types::Address::from(account).to_string()
}
