// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Manager} from "./Manager.sol";
import {Ownable} from "./Ownable.sol";
import {PROVIDER_ROLE} from "./Roles.sol";
import {Vault} from "./Vault.sol";

/// @title Where masters and providers find each other, and where accounts name the agents that sign for them.
contract Terminal is Ownable {
    bytes32 public constant PROVIDER = PROVIDER_ROLE;

    // The scheduler: acts for every master that does not disable it.
    address private immutable _defaultAgent;

    address public manager;
    address public vault;

    mapping(address => string) public baseDataOf;
    mapping(address => string) public liveDataOf;
    mapping(address => bool) public defaultAgentDisabled;
    mapping(address => mapping(address => bool)) public isAgentOf;
    mapping(address => bool) public isMaster;
    mapping(address => bool) public isProvider;
    mapping(address => address) public masterOf;
    // The provider that a master was paired with last: a master may own several.
    mapping(address => address) public providerOf;

    // The two halves of a pairing. `masterOf` is set once both name each other, in whichever order.
    mapping(address master => mapping(address provider => bool)) private _announced;
    mapping(address provider => address master) private _answered;

    event AgentSet(address account, address agent, bool value);
    event BaseDataUpdated(address provider);
    event DefaultAgentDisabled(address master, bool value);
    event LiveDataUpdated(address provider);
    event MasterAnnounced(address provider, address master);
    event ProviderAnnounced(address provider, address master);
    event ProviderRemoved(address provider);
    event RemoveContainer(address provider, address source);

    /// @param defaultAgent The scheduler's address, or zero for a network without one.
    constructor(address manager_, address defaultAgent) Ownable(msg.sender) {
        manager = manager_;
        _defaultAgent = defaultAgent;
    }

    modifier onlyProvider() {
        require(isProvider[msg.sender], "NotProvider");
        _;
    }

    function setManager(address _manager) external onlyOwner {
        manager = _manager;
    }

    function setVault(address _vault) external onlyOwner {
        vault = _vault;
    }

    /// @notice The caller, as master, names a provider and adds to its lockup. Repeated calls add more.
    /// @param amount Must equal the value sent.
    function announceProvider(address provider, uint256 amount) external payable {
        require(msg.value == amount, "InvalidPayment");
        isMaster[msg.sender] = true;
        _announced[msg.sender][provider] = true;
        emit ProviderAnnounced(provider, msg.sender);
        _pairIfMutual(provider, msg.sender);
        if (amount != 0) Vault(vault).deposit{value: amount}(provider);
    }

    /// @notice The caller, as provider, names its master.
    function announceMaster(address master) external {
        require(masterOf[msg.sender] == address(0), "AlreadyPaired");
        isProvider[msg.sender] = true;
        _answered[msg.sender] = master;
        emit MasterAnnounced(msg.sender, master);
        _pairIfMutual(msg.sender, master);
        Manager(manager).grantRole(PROVIDER_ROLE, msg.sender);
    }

    /// @notice The caller, as master, takes back its announcement and so ends the pairing, if there is one.
    function removeProvider(address provider) external {
        require(_announced[msg.sender][provider], "NotMaster");
        _announced[msg.sender][provider] = false;
        if (masterOf[provider] == msg.sender) _unpair(provider);
        emit ProviderRemoved(provider);
    }

    /// @notice Tells the provider's runtime to stop a source. The event is all there is.
    function removeContainer(address provider, address source) external {
        require(masterOf[provider] == msg.sender, "NotMaster");
        emit RemoveContainer(provider, source);
    }

    function setAgent(address agent, bool value) external {
        // Clients and masters name agents. A provider does not, unless it is a master as well.
        require(!isProvider[msg.sender] || isMaster[msg.sender], "NotMaster");
        isAgentOf[msg.sender][agent] = value;
        emit AgentSet(msg.sender, agent, value);
    }

    function setDefaultAgentDisabled(bool value) external {
        defaultAgentDisabled[msg.sender] = value;
        emit DefaultAgentDisabled(msg.sender, value);
    }

    function setBaseData(string calldata _baseData) external onlyProvider {
        baseDataOf[msg.sender] = _baseData;
        emit BaseDataUpdated(msg.sender);
    }

    function setLiveData(string calldata _liveData) external onlyProvider {
        liveDataOf[msg.sender] = _liveData;
        emit LiveDataUpdated(msg.sender);
    }

    /// @notice Whether `agent` may act for a master's providers: named by the master, or the scheduler.
    /// @dev The scheduler acts for masters alone, so never for the zero master of an unpaired provider.
    function getIsAgentOf(address master, address agent) external view returns (bool) {
        if (isAgentOf[master][agent]) return true;
        return agent == _defaultAgent && isMaster[master] && !defaultAgentDisabled[master];
    }

    function getIsMaster(address master) external view returns (bool) {
        return isMaster[master];
    }

    function getMasterOf(address provider) external view returns (address) {
        return masterOf[provider];
    }

    function _pairIfMutual(address provider, address master) private {
        if (!_announced[master][provider] || _answered[provider] != master) return;
        masterOf[provider] = master;
        providerOf[master] = provider;
    }

    // Both sides have to announce again for a new pairing.
    function _unpair(address provider) private {
        masterOf[provider] = address(0);
        _answered[provider] = address(0);
        isProvider[provider] = false;
        if (providerOf[msg.sender] == provider) providerOf[msg.sender] = address(0);
        Manager(manager).revokeRole(PROVIDER_ROLE, provider);
    }
}
