// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Controller} from "./Controller.sol";
import {Manager} from "./Manager.sol";
import {Ownable} from "./Ownable.sol";
import {pageOf} from "./Paging.sol";
import {Response} from "./Response.sol";
import {CONTROLLER_ROLE, PROVIDER_ROLE} from "./Roles.sol";
import {Source} from "./Source.sol";
import {Task} from "./Task.sol";
import {Terminal} from "./Terminal.sol";
import {
    DeliveryMethod,
    ResponseParams,
    ResponseStatus,
    SourceParams,
    SourceStatus,
    TaskStatus,
    requireOpen
} from "./Types.sol";
import {Vault} from "./Vault.sol";

/// @title The registry of sources and the provider's desk.
/// @notice Owns every source, task and response, and emits the events of all of them.
contract Nexus is Ownable {
    bytes32 public constant CONTROLLER = CONTROLLER_ROLE;
    bytes32 public constant PROVIDER = PROVIDER_ROLE;

    // All bits of `SourceParams.imageEnvironments`.
    uint8 private constant ALL_ENVIRONMENTS = 7;

    address public manager;
    address public terminal;
    address public vault;

    address[] public clients;
    address[] public sources;
    // An index into `sources` plus one, so that 0 says "not here".
    mapping(address => uint256) public sourceId;
    mapping(address => address[]) public sourcesOf;
    mapping(address => uint256) public activeSourceCountOf;

    // The controller that published a task. It holds the payment's client, and so is asked to settle the task.
    mapping(address task => address) private _controllerOf;

    event Attempted(address task, address provider, uint256 suggestedPayment);
    event Registered(address provider, uint256 registrantId, address source, uint8 preferredEnvironment);
    event ResponseStatusChanged(address response, ResponseStatus status);
    event ResponseSubmitted(address response, address task);
    event SourcePublished(address source);
    event SourceStatusChanged(address source, SourceStatus status);
    event SourceUpdated(address source, SourceParams sourceParams);
    event TaskPublished(address task, address source);
    event TaskStatusChanged(address task, TaskStatus status);

    constructor(address manager_, address terminal_) Ownable(msg.sender) {
        manager = manager_;
        terminal = terminal_;
    }

    modifier onlyController() {
        require(checkController(msg.sender), "NotController");
        _;
    }

    modifier onlyKnownSource(address source) {
        require(sourceId[source] != 0, "UnknownSource");
        _;
    }

    modifier onlyKnownTask(address task) {
        require(_controllerOf[task] != address(0), "UnknownTask");
        _;
    }

    // Providers act by themselves, through their master, or through an agent of their master.
    modifier onlyFor(address provider) {
        if (msg.sender != provider) {
            address master = Terminal(terminal).masterOf(provider);
            bool mayAct = msg.sender == master || Terminal(terminal).getIsAgentOf(master, msg.sender);
            require(mayAct, "NotProvider");
        }
        _;
    }

    function setManager(address _manager) external onlyOwner {
        manager = _manager;
    }

    function setTerminal(address _terminal) external onlyOwner {
        terminal = _terminal;
    }

    function setVault(address _vault) external onlyOwner {
        vault = _vault;
    }

    function publishSource(SourceParams calldata _sourceParams) external {
        _requireValid(_sourceParams);
        address source = address(new Source(address(this), _sourceParams));
        sources.push(source);
        sourceId[source] = sources.length;
        if (sourcesOf[msg.sender].length == 0) clients.push(msg.sender);
        sourcesOf[msg.sender].push(source);
        activeSourceCountOf[msg.sender]++;
        emit SourcePublished(source);
    }

    function updateSource(address source, SourceParams calldata _sourceParams) external onlyKnownSource(source) {
        require(Source(source).getClient() == msg.sender, "NotOwner");
        _requireValid(_sourceParams);
        Source(source).setSourceParams(_sourceParams);
        emit SourceUpdated(source, _sourceParams);
    }

    function inactivateSource(address source) external onlyKnownSource(source) {
        require(Source(source).getClient() == msg.sender, "NotOwner");
        require(Source(source).getStatus() == SourceStatus.ACTIVE, "SourceInactive");
        _setSourceStatus(source, SourceStatus.INACTIVE);
    }

    function register(address source, address provider, uint8 preferredEnvironment)
        external
        onlyKnownSource(source)
        onlyFor(provider)
    {
        require(Source(source).getStatus() == SourceStatus.ACTIVE, "SourceInactive");
        uint256 lockup = Vault(vault).getLockupOf(provider);
        require(lockup >= Vault(vault).MIN_LOCKUP_PER_SOURCE(), "InsufficientLockup");
        require(lockup >= Source(source).getSourceParams().minAvailableLockup, "InsufficientLockup");
        require(Vault(vault).isEligible(provider), "NotEligible");
        uint256 registrantId = Source(source).register(provider, preferredEnvironment);
        emit Registered(provider, registrantId, source, preferredEnvironment);
    }

    function unregister(address source, address provider) external onlyKnownSource(source) onlyFor(provider) {
        Source(source).unregister(provider);
    }

    /// @param suggestedPayment Advisory, in wei: it appears in the event alone.
    function attempt(address task, address provider, uint256 suggestedPayment)
        external
        onlyKnownTask(task)
        onlyFor(provider)
    {
        TaskStatus status = Task(task).getStatus();
        requireOpen(status);
        if (_isExpired(task)) {
            // Not a revert, as deployed: the late attempt is what ends the task.
            Controller(_controllerOf[task]).cancelTask(task);
            return;
        }
        require(Source(Task(task).getSource()).getRegistrantId(provider) != 0, "NotRegistered");
        require(Vault(vault).isEligible(provider), "NotEligible");
        Task(task).attempt(provider);
        emit Attempted(task, provider, suggestedPayment);
        // Later attempts change nothing: a task that has responses stays RESPONDED.
        if (status == TaskStatus.NEW) _setTaskStatus(task, TaskStatus.ATTEMPTED);
    }

    function submitResponse(ResponseParams calldata _responseParams) external onlyKnownTask(_responseParams.task) {
        address task = _responseParams.task;
        require(msg.sender == _responseParams.provider, "NotProvider");
        TaskStatus status = Task(task).getStatus();
        requireOpen(status);
        require(!_isExpired(task), "Expired");
        address response = address(new Response(address(this), _responseParams));
        Task(task).submitResponse(response, msg.sender);
        emit ResponseSubmitted(response, task);
        if (status != TaskStatus.RESPONDED) _setTaskStatus(task, TaskStatus.RESPONDED);
        if (Task(task).getDeliveryMethod() == DeliveryMethod.FIRST_RESPONSE) {
            Controller(_controllerOf[task]).confirmResponse(response);
        }
    }

    /// @notice Enters a task that the calling controller published.
    function emitTaskPublished(address task, address source) external onlyController onlyKnownSource(source) {
        require(_controllerOf[task] == address(0), "AlreadyPublished");
        _controllerOf[task] = msg.sender;
        Source(source).publishTask(task);
        emit TaskPublished(task, source);
    }

    function setTaskStatus(address task, TaskStatus status) external onlyController onlyKnownTask(task) {
        _setTaskStatus(task, status);
    }

    function setResponseStatus(address response, ResponseStatus status) external onlyController {
        if (status == ResponseStatus.CONFIRMED) Response(response).confirm();
        else Response(response).setStatus(status);
        emit ResponseStatusChanged(response, status);
    }

    function setSourceStatus(address source, SourceStatus status) external onlyController onlyKnownSource(source) {
        _setSourceStatus(source, status);
    }

    function getActiveSourceCount(address client) external view returns (uint256) {
        return activeSourceCountOf[client];
    }

    function getSourceCount() external view returns (uint256) {
        return sources.length;
    }

    function getSourceId(address source) external view returns (uint256) {
        return sourceId[source];
    }

    function getSources(uint256 lower, uint256 upper) external view returns (address[] memory) {
        return pageOf(sources, lower, upper);
    }

    function checkController(address account) public view returns (bool) {
        return Manager(manager).hasRole(CONTROLLER_ROLE, account);
    }

    function _setTaskStatus(address task, TaskStatus status) private {
        Task(task).setStatus(status);
        emit TaskStatusChanged(task, status);
    }

    function _setSourceStatus(address source, SourceStatus status) private {
        if (Source(source).getStatus() != status) {
            address client = Source(source).getClient();
            if (status == SourceStatus.ACTIVE) activeSourceCountOf[client]++;
            else activeSourceCountOf[client]--;
        }
        Source(source).setStatus(status);
        emit SourceStatusChanged(source, status);
    }

    // A source stays with the client that published it: the lists by client depend on that.
    function _requireValid(SourceParams calldata params) private view {
        require(params.client == msg.sender, "NotOwner");
        uint8 environments = params.imageEnvironments;
        require(environments != 0 && environments <= ALL_ENVIRONMENTS, "InvalidEnvironment");
    }

    function _isExpired(address task) private view returns (bool) {
        return block.timestamp >= Task(task).getExpiryTime();
    }
}
