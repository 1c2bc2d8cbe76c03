//! A contract that tries to be paid twice, assembled by hand.

use ethers_core::types::Address;
use ogpu_contracts::{ContractCall, vault::WithdrawCall};

/// Init code of a contract that withdraws from the Vault the amount that its caller names in the
/// words of the same call, and the same amount again as soon as it receives it.
///
/// It fails if the first withdrawal does, or if the second one ends for any other reason than the
/// Vault's refusal in words, such as too little gas.
pub(crate) fn greedy(vault: Address) -> Vec<u8> {
    let withdraw = WithdrawCall { amount: 0.into() }.call_data();
    let runtime = [
        // The selector, then the value received plus the argument: one of them is 0.
        &[0x63][..],
        &withdraw.as_slice()[..4],
        &[0x60, 0xe0, 0x1b, 0x60, 0x00, 0x52],
        &[0x60, 0x04, 0x35, 0x34, 0x01, 0x60, 0x04, 0x52],
        // Call the Vault with these 36 bytes and no value.
        &[0x60, 0x00, 0x60, 0x00, 0x60, 36, 0x60, 0x00, 0x60, 0x00],
        &[0x73],
        vault.as_bytes(),
        &[0x5a, 0xf1],
        // Success, or words returned to a receiver of value: stop behind the revert.
        &[0x34, 0x3d, 0x02, 0x17, 0x60, STOP, 0x57],
        &[0x60, 0x00, 0x60, 0x00, 0xfd],
        &[0x5b, 0x00],
    ]
    .concat();
    let length = u8::try_from(runtime.len()).expect("the code is short");
    // Return what follows these 11 bytes.
    let init = [
        0x60, length, 0x80, 0x60, 11, 0x60, 0x00, 0x39, 0x60, 0x00, 0xf3,
    ];
    [&init[..], &runtime].concat()
}

/// Where the runtime code stops: after all that stands before it above.
const STOP: u8 = 1 + 4 + 6 + 8 + 10 + 1 + 20 + 2 + 7 + 5;
