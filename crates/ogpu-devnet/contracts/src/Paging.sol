// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @dev One page of an address array.
/// Inclusive bounds, as deployed: `upper` is the last index read, and reading past the end is `Panic(0x32)`.
function pageOf(address[] storage items, uint256 lower, uint256 upper) view returns (address[] memory page) {
    page = new address[](upper - lower + 1);
    for (uint256 i = lower; i <= upper; i++) {
        page[i - lower] = items[i];
    }
}

/// @dev One page of an address array, for the getters of a source.
/// The result is indexed by the absolute position, as deployed, so that any `lower > 0` ends in `Panic(0x32)`.
function pageFromStartOf(address[] storage items, uint256 lower, uint256 upper) view returns (address[] memory page) {
    page = new address[](upper - lower + 1);
    for (uint256 i = lower; i <= upper; i++) {
        page[i] = items[i];
    }
}
