// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Nexus} from "./Nexus.sol";
import {Ownable} from "./Ownable.sol";
import {Response} from "./Response.sol";
import {Source} from "./Source.sol";
import {Task} from "./Task.sol";
import {Terminal} from "./Terminal.sol";
import {
    ResponseParams,
    ResponseStatus,
    SourceParams,
    SourceStatus,
    TaskParams,
    TaskStatus,
    requireOpen
} from "./Types.sol";
import {Vault} from "./Vault.sol";

/// @title The client's desk: publishes tasks, confirms or cancels them, and moves their payments.
contract Controller is Ownable {
    address public nexus;
    address public terminal;
    address public vault;

    // Who published a task and pays for it. A task has no such field.
    mapping(address task => address) private _clientOf;

    constructor(address nexus_, address terminal_, address vault_) Ownable(msg.sender) {
        nexus = nexus_;
        terminal = terminal_;
        vault = vault_;
    }

    function setNexus(address _nexus) external onlyOwner {
        nexus = _nexus;
    }

    function setTerminal(address _terminal) external onlyOwner {
        terminal = _terminal;
    }

    function setVault(address _vault) external onlyOwner {
        vault = _vault;
    }

    /// @notice Publishes a task for any active source, paid from the caller's Vault balance.
    function publishTask(TaskParams calldata _taskParams) external {
        require(Nexus(nexus).getSourceId(_taskParams.source) != 0, "UnknownSource");
        Source source = Source(_taskParams.source);
        SourceParams memory sourceParams = source.getSourceParams();
        require(source.getStatus() == SourceStatus.ACTIVE, "SourceInactive");
        require(_taskParams.expiryTime > block.timestamp, "Expired");
        // A difference, because a sum could overflow.
        require(_taskParams.expiryTime - block.timestamp <= sourceParams.maxExpiryDuration, "InvalidExpiry");
        require(_taskParams.payment >= sourceParams.minPayment, "InvalidPayment");

        address task = address(new Task(nexus, _taskParams, sourceParams.deliveryMethod));
        _clientOf[task] = msg.sender;
        Vault(vault).freezePayment(msg.sender, task, _taskParams.payment);
        // Its emitter is the Nexus, as deployed.
        Nexus(nexus).emitTaskPublished(task, _taskParams.source);
    }

    /// @notice Takes back a task that nobody attempted. Called by the Nexus it ends an expired task instead.
    /// @dev The Nexus finds the expiry, but only this contract knows whom to give the payment back.
    function cancelTask(address task) external {
        address client = _authorizedClientOf(task);
        TaskStatus status = Task(task).getStatus();
        requireOpen(status);
        bool isExpiry = msg.sender == nexus;
        require(isExpiry || status == TaskStatus.NEW, "InvalidStatus");
        Nexus(nexus).setTaskStatus(task, isExpiry ? TaskStatus.EXPIRED : TaskStatus.CANCELED);
        Vault(vault).releasePayment(client, task);
    }

    /// @notice Chooses the winning response and pays its provider.
    /// The Nexus calls it for the first response of a task whose delivery method says so.
    function confirmResponse(address response) external {
        require(response.code.length != 0, "UnknownResponse");
        ResponseParams memory params = Response(response).getResponseParams();
        address client = _authorizedClientOf(params.task);
        Task task = Task(params.task);
        // A contract that only looks like a response is not in the task's books.
        require(task.responseOf(params.provider) == response, "UnknownResponse");
        require(Response(response).getStatus() != ResponseStatus.CONFIRMED, "AlreadyConfirmed");
        requireOpen(task.getStatus());

        Nexus(nexus).setResponseStatus(response, ResponseStatus.CONFIRMED);
        Nexus(nexus).setTaskStatus(params.task, TaskStatus.FINALIZED);
        // The task's payment, not the response's, which is advisory.
        Vault(vault).processPayment(client, params.provider, params.task, task.getPayment());
    }

    function _authorizedClientOf(address task) private view returns (address client) {
        client = _clientOf[task];
        require(client != address(0), "UnknownTask");
        bool mayAct = msg.sender == client || msg.sender == nexus || Terminal(terminal).isAgentOf(client, msg.sender);
        require(mayAct, "NotOwner");
    }
}
