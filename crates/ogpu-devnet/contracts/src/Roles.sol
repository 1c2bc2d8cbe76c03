// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @dev May move tasks, responses, sources and payments. Held by the Controller, and by the Terminal, which needs it
/// to grant and revoke `PROVIDER_ROLE`.
bytes32 constant CONTROLLER_ROLE = keccak256("CONTROLLER");

/// @dev May sanction accounts and waive sanctions.
bytes32 constant JUDGE_ROLE = keccak256("JUDGE");

/// @dev Marks providers that announced a master. No call depends on it.
bytes32 constant PROVIDER_ROLE = keccak256("PROVIDER");

/// @dev Administers the roles above, `PROVIDER_ROLE` excepted.
bytes32 constant ADMIN_ROLE = 0x00;
