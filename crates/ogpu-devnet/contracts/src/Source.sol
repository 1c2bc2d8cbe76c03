// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "./Ownable.sol";
import {pageFromStartOf} from "./Paging.sol";
import {SourceParams, SourceStatus} from "./Types.sol";

/// @title One published source: its parameters, the providers registered to run it and the tasks published for it.
/// @notice The Nexus owns it and makes every change.
contract Source is Ownable {
    address public immutable nexus;
    SourceStatus public status;
    SourceParams public sourceParams;

    // Holes, as deployed: unregistering leaves a zero address, and the count keeps it.
    address[] public registrants;
    // An index into `registrants` plus one, so that 0 says "not registered".
    mapping(address => uint256) public registrantId;
    mapping(address => uint8) public preferredEnvironmentOf;
    address[] public tasks;

    constructor(address nexus_, SourceParams memory params) Ownable(nexus_) {
        nexus = nexus_;
        sourceParams = params;
    }

    function setSourceParams(SourceParams calldata _sourceParams) external onlyOwner {
        sourceParams = _sourceParams;
    }

    function setStatus(SourceStatus _status) external onlyOwner {
        status = _status;
    }

    function publishTask(address task) external onlyOwner {
        tasks.push(task);
    }

    /// @return The new registrant id.
    function register(address provider, uint8 preferredEnvironment) external onlyOwner returns (uint256) {
        require(registrantId[provider] == 0, "AlreadyRegistered");
        require(_isOneSupportedEnvironment(preferredEnvironment), "InvalidEnvironment");
        registrants.push(provider);
        registrantId[provider] = registrants.length;
        preferredEnvironmentOf[provider] = preferredEnvironment;
        return registrants.length;
    }

    function unregister(address provider) external onlyOwner {
        uint256 id = registrantId[provider];
        require(id != 0, "NotRegistered");
        registrants[id - 1] = address(0);
        registrantId[provider] = 0;
        preferredEnvironmentOf[provider] = 0;
    }

    function getClient() external view returns (address) {
        return sourceParams.client;
    }

    function getSourceParams() external view returns (SourceParams memory) {
        return sourceParams;
    }

    function getStatus() external view returns (SourceStatus) {
        return status;
    }

    function getRegistrantCount() external view returns (uint256) {
        return registrants.length;
    }

    function getRegistrantId(address provider) external view returns (uint256) {
        return registrantId[provider];
    }

    function getRegistrants(uint256 lower, uint256 upper) external view returns (address[] memory) {
        return pageFromStartOf(registrants, lower, upper);
    }

    function getTaskCount() external view returns (uint256) {
        return tasks.length;
    }

    function getTasks(uint256 lower, uint256 upper) external view returns (address[] memory) {
        return pageFromStartOf(tasks, lower, upper);
    }

    function _isOneSupportedEnvironment(uint8 environment) private view returns (bool) {
        if (environment == 0) return false;
        bool isOneBit = environment & (environment - 1) == 0;
        return isOneBit && environment & sourceParams.imageEnvironments != 0;
    }
}
