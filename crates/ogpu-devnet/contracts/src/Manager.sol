// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ADMIN_ROLE, CONTROLLER_ROLE, JUDGE_ROLE, PROVIDER_ROLE} from "./Roles.sol";

/// @title The roles of the network: who may act as controller, judge and provider.
contract Manager {
    bytes32 public constant CONTROLLER = CONTROLLER_ROLE;
    bytes32 public constant DEFAULT_ADMIN_ROLE = ADMIN_ROLE;
    bytes32 public constant JUDGE = JUDGE_ROLE;
    bytes32 public constant PROVIDER = PROVIDER_ROLE;

    // The published interface identifiers of access control and of interface detection itself.
    bytes4 private constant ACCESS_CONTROL_ID = 0x7965db0b;
    bytes4 private constant INTERFACE_DETECTION_ID = 0x01ffc9a7;

    mapping(bytes32 role => mapping(address account => bool)) private _members;
    mapping(bytes32 role => bytes32) private _adminOf;

    error AccessControlBadConfirmation();
    error AccessControlUnauthorizedAccount(address account, bytes32 neededRole);

    event RoleAdminChanged(
        bytes32 indexed role,
        bytes32 indexed previousAdminRole,
        bytes32 indexed newAdminRole
    );
    event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
    event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);

    /// @dev The deployer administers the network and judges its providers.
    constructor() {
        _grant(ADMIN_ROLE, msg.sender);
        _grant(JUDGE_ROLE, msg.sender);
        // The Terminal hands out this role, and should not need the power over all others for it.
        _adminOf[PROVIDER_ROLE] = CONTROLLER_ROLE;
        emit RoleAdminChanged(PROVIDER_ROLE, ADMIN_ROLE, CONTROLLER_ROLE);
    }

    modifier onlyAdminOf(bytes32 role) {
        bytes32 needed = _adminOf[role];
        if (!_members[needed][msg.sender]) revert AccessControlUnauthorizedAccount(msg.sender, needed);
        _;
    }

    function grantRole(bytes32 role, address account) external onlyAdminOf(role) {
        _grant(role, account);
    }

    function revokeRole(bytes32 role, address account) external onlyAdminOf(role) {
        _revoke(role, account);
    }

    /// @param callerConfirmation The caller's own address, against renouncing by mistake.
    function renounceRole(bytes32 role, address callerConfirmation) external {
        if (callerConfirmation != msg.sender) revert AccessControlBadConfirmation();
        _revoke(role, msg.sender);
    }

    function hasRole(bytes32 role, address account) external view returns (bool) {
        return _members[role][account];
    }

    function getRoleAdmin(bytes32 role) external view returns (bytes32) {
        return _adminOf[role];
    }

    // Virtual only because the published interface says `view` where `pure` would do.
    function supportsInterface(bytes4 interfaceId) external view virtual returns (bool) {
        return interfaceId == ACCESS_CONTROL_ID || interfaceId == INTERFACE_DETECTION_ID;
    }

    function _grant(bytes32 role, address account) private {
        if (_members[role][account]) return;
        _members[role][account] = true;
        emit RoleGranted(role, account, msg.sender);
    }

    function _revoke(bytes32 role, address account) private {
        if (!_members[role][account]) return;
        _members[role][account] = false;
        emit RoleRevoked(role, account, msg.sender);
    }
}
