// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "./Ownable.sol";
import {pageOf} from "./Paging.sol";
import {Response} from "./Response.sol";
import {DeliveryMethod, ResponseStatus, TaskParams, TaskStatus} from "./Types.sol";

/// @title One published task: its parameters, its status, and the attempts and responses of providers.
/// @notice The Nexus owns it and makes every change.
contract Task is Ownable {
    TaskParams public taskParams;
    DeliveryMethod public deliveryMethod;
    TaskStatus public status;
    address public winningProvider;

    address[] public attempters;
    uint256[] public attemptTimestamps;
    // An index into `attempters` plus one, so that 0 says "did not attempt".
    mapping(address => uint256) public attempterId;
    mapping(address => address) public responseOf;
    // By keccak256 of the response's data. Equal payloads of different providers are accepted.
    mapping(bytes32 => bool) public isAlreadySubmitted;

    constructor(address nexus, TaskParams memory params, DeliveryMethod method) Ownable(nexus) {
        taskParams = params;
        deliveryMethod = method;
    }

    function attempt(address provider) external onlyOwner {
        require(attempterId[provider] == 0, "AlreadyAttempted");
        attempters.push(provider);
        attemptTimestamps.push(block.timestamp);
        attempterId[provider] = attempters.length;
    }

    function submitResponse(address response, address provider) external onlyOwner {
        require(attempterId[provider] != 0, "NotAttempted");
        require(responseOf[provider] == address(0), "AlreadySubmitted");
        responseOf[provider] = response;
        isAlreadySubmitted[keccak256(bytes(Response(response).getResponseParams().data))] = true;
    }

    function setStatus(TaskStatus _status) external onlyOwner {
        status = _status;
        if (_status == TaskStatus.FINALIZED) winningProvider = _findWinner();
    }

    function getAttemptCount() external view returns (uint256) {
        return attempters.length;
    }

    function getAttempterId(address provider) external view returns (uint256) {
        return attempterId[provider];
    }

    function getAttempters(uint256 lower, uint256 upper) external view returns (address[] memory) {
        return pageOf(attempters, lower, upper);
    }

    // Inclusive bounds, as deployed.
    function getAttemptTimestamps(uint256 lower, uint256 upper) external view returns (uint256[] memory) {
        uint256[] memory page = new uint256[](upper - lower + 1);
        for (uint256 i = lower; i <= upper; i++) {
            page[i - lower] = attemptTimestamps[i];
        }
        return page;
    }

    /// @notice The responses of the attempters in these positions, zero where one has not responded.
    // It runs over attempters, as deployed: the interface keeps no list of responses.
    function getResponsesOf(uint256 lower, uint256 upper) external view returns (address[] memory) {
        address[] memory page = pageOf(attempters, lower, upper);
        for (uint256 i = 0; i < page.length; i++) {
            page[i] = responseOf[page[i]];
        }
        return page;
    }

    function getDeliveryMethod() external view returns (DeliveryMethod) {
        return deliveryMethod;
    }

    function getExpiryTime() external view returns (uint256) {
        return taskParams.expiryTime;
    }

    function getPayment() external view returns (uint256) {
        return taskParams.payment;
    }

    function getSource() external view returns (address) {
        return taskParams.source;
    }

    function getStatus() external view returns (TaskStatus) {
        return status;
    }

    // The interface has no setter for the winner, but its response is confirmed before the task is finalized.
    function _findWinner() private view returns (address) {
        for (uint256 i = 0; i < attempters.length; i++) {
            address response = responseOf[attempters[i]];
            if (response == address(0)) continue;
            if (Response(response).getStatus() == ResponseStatus.CONFIRMED) return attempters[i];
        }
        return address(0);
    }
}
