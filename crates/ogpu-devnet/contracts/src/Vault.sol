// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Manager} from "./Manager.sol";
import {Nexus} from "./Nexus.sol";
import {ADMIN_ROLE, JUDGE_ROLE} from "./Roles.sol";

/// @title The money of the network: balances, lockups, unbonding, sanctions and the payments held for open tasks.
/// @notice All amounts are in wei.
contract Vault {
    address public immutable manager;
    address public immutable nexus;
    address public terminal;

    uint256 public MIN_LOCKUP_PER_SOURCE = 0.1 ether;
    uint256 public UNBONDING_PERIOD = 7 days;

    mapping(address => uint256) public balanceOf;
    mapping(address => uint256) public lockupOf;
    mapping(address => uint256) public unbondingOf;
    // The Unix time at which an account's unbonding amount can be claimed.
    mapping(address => uint256) public unbondingTimestamp;
    mapping(address => uint256) public frozenPayment;
    mapping(address => uint256) public totalEarningsOf;
    mapping(address => uint256) public sanctionOf;
    uint256 public sanctionedAmount;
    // Recorded only: nothing public says what it grants.
    mapping(address => bool) public isWhitelisted;

    // What `frozenPayment` is made of: releasing and paying name a task, not an amount.
    mapping(address client => mapping(address task => uint256)) private _escrowOf;

    event Claimed(address account, uint256 amount);
    event Deposited(address account, uint256 amount);
    event Locked(address account, uint256 amount);
    event Sanctioned(address account, uint256 amount);
    event Unbonded(address account, uint256 amount);
    event UnbondingCanceled(address account, uint256 amount);
    event Waived(address account, uint256 amount);
    event Withdrawn(address account, uint256 amount);

    constructor(address manager_, address nexus_, address terminal_) {
        manager = manager_;
        nexus = nexus_;
        terminal = terminal_;
    }

    modifier onlyAdmin() {
        require(Manager(manager).hasRole(ADMIN_ROLE, msg.sender), "NotAdmin");
        _;
    }

    modifier onlyJudge() {
        require(Manager(manager).hasRole(JUDGE_ROLE, msg.sender), "NotJudge");
        _;
    }

    modifier onlyController() {
        require(Nexus(nexus).checkController(msg.sender), "NotController");
        _;
    }

    function setTerminal(address _terminal) external onlyAdmin {
        terminal = _terminal;
    }

    function setMaxUnbondingPeriod(uint256 period) external onlyAdmin {
        UNBONDING_PERIOD = period;
    }

    function setMinLockupPerSource(uint256 amount) external onlyAdmin {
        MIN_LOCKUP_PER_SOURCE = amount;
    }

    function setWhitelist(address account, bool value) external onlyAdmin {
        isWhitelisted[account] = value;
    }

    /// @notice Credits the value sent to `account`.
    function deposit(address account) external payable {
        emit Deposited(account, msg.value);
        if (msg.sender == terminal) {
            // A master funds its provider through the Terminal, straight into the lockup.
            lockupOf[account] += msg.value;
            emit Locked(account, msg.value);
        } else {
            balanceOf[account] += msg.value;
        }
    }

    function withdraw(uint256 amount) external {
        _takeBalance(msg.sender, amount);
        emit Withdrawn(msg.sender, amount);
        _send(msg.sender, amount);
    }

    function lock(uint256 amount) external {
        _takeBalance(msg.sender, amount);
        lockupOf[msg.sender] += amount;
        emit Locked(msg.sender, amount);
    }

    /// @notice Starts to free a part of the lockup. A further call restarts the wait for the whole.
    function unbond(uint256 amount) external {
        _takeLockup(msg.sender, amount);
        unbondingOf[msg.sender] += amount;
        unbondingTimestamp[msg.sender] = block.timestamp + UNBONDING_PERIOD;
        emit Unbonded(msg.sender, amount);
    }

    function cancelUnbonding() external {
        uint256 amount = _takeUnbonding();
        lockupOf[msg.sender] += amount;
        emit UnbondingCanceled(msg.sender, amount);
    }

    function claim() external {
        require(block.timestamp >= unbondingTimestamp[msg.sender], "UnbondingNotElapsed");
        uint256 amount = _takeUnbonding();
        balanceOf[msg.sender] += amount;
        emit Claimed(msg.sender, amount);
    }

    function freezePayment(address client, address task, uint256 amount) external onlyController {
        _takeBalance(client, amount);
        frozenPayment[client] += amount;
        _escrowOf[client][task] += amount;
    }

    function releasePayment(address client, address task) external onlyController {
        balanceOf[client] += _takeEscrow(client, task);
    }

    /// @notice Frees a payment whatever its task's status. Confirming a response of that task fails from then on.
    function forceReleasePayment(address client, address task) external onlyAdmin {
        balanceOf[client] += _takeEscrow(client, task);
    }

    /// @notice Pays a provider from what is frozen for the task. What is left goes back to the client.
    function processPayment(address client, address provider, address task, uint256 amount)
        external
        onlyController
    {
        uint256 escrow = _takeEscrow(client, task);
        require(escrow >= amount, "InsufficientBalance");
        balanceOf[client] += escrow - amount;
        balanceOf[provider] += amount;
        totalEarningsOf[provider] += amount;
    }

    /// @notice Takes a part of an account's lockup until it is waived, or withdrawn for good.
    function sanction(address account, uint256 amount) external onlyJudge {
        _takeLockup(account, amount);
        sanctionOf[account] += amount;
        sanctionedAmount += amount;
        emit Sanctioned(account, amount);
    }

    function waive(address account, uint256 amount) external onlyJudge {
        require(sanctionOf[account] >= amount, "InsufficientBalance");
        sanctionOf[account] -= amount;
        sanctionedAmount -= amount;
        lockupOf[account] += amount;
        emit Waived(account, amount);
    }

    /// @notice Pays the whole sanction of an account out to the calling administrator.
    function withdrawSanctionOf(address account) external onlyAdmin {
        uint256 amount = sanctionOf[account];
        sanctionOf[account] = 0;
        sanctionedAmount -= amount;
        emit Withdrawn(msg.sender, amount);
        _send(msg.sender, amount);
    }

    /// @notice Pays an account all it holds, without waiting. Payments frozen for tasks and sanctions stay.
    function emergencyExit(address account) external onlyAdmin {
        uint256 amount = balanceOf[account] + lockupOf[account] + unbondingOf[account];
        balanceOf[account] = 0;
        lockupOf[account] = 0;
        unbondingOf[account] = 0;
        unbondingTimestamp[account] = 0;
        emit Withdrawn(account, amount);
        _send(account, amount);
    }

    function getBalanceOf(address account) external view returns (uint256) {
        return balanceOf[account];
    }

    function getLockupOf(address account) external view returns (uint256) {
        return lockupOf[account];
    }

    /// @notice Whether an account may serve tasks. The minimum is held against the whole lockup, not per source.
    function isEligible(address account) external view returns (bool) {
        return lockupOf[account] >= MIN_LOCKUP_PER_SOURCE && sanctionOf[account] == 0;
    }

    function _takeBalance(address account, uint256 amount) private {
        require(balanceOf[account] >= amount, "InsufficientBalance");
        balanceOf[account] -= amount;
    }

    function _takeLockup(address account, uint256 amount) private {
        require(lockupOf[account] >= amount, "InsufficientLockup");
        lockupOf[account] -= amount;
    }

    function _takeUnbonding() private returns (uint256 amount) {
        amount = unbondingOf[msg.sender];
        require(amount != 0, "NothingUnbonding");
        unbondingOf[msg.sender] = 0;
        unbondingTimestamp[msg.sender] = 0;
    }

    function _takeEscrow(address client, address task) private returns (uint256 amount) {
        amount = _escrowOf[client][task];
        _escrowOf[client][task] = 0;
        frozenPayment[client] -= amount;
    }

    // Always the last step of a call: the receiver may call back.
    function _send(address account, uint256 amount) private {
        (bool sent,) = account.call{value: amount}("");
        require(sent, "TransferFailed");
    }
}
