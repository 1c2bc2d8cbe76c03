// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "./Ownable.sol";
import {ResponseParams, ResponseStatus} from "./Types.sol";

/// @title One provider's response to a task.
/// @notice The Nexus owns it and makes every change.
contract Response is Ownable {
    ResponseParams public responseParams;
    ResponseStatus public status;
    uint256 public immutable responseTimestamp;
    bool public confirmedFinal;

    constructor(address nexus, ResponseParams memory params) Ownable(nexus) {
        responseParams = params;
        responseTimestamp = block.timestamp;
    }

    /// @notice Confirms for good: no status can be set from then on.
    function confirm() external onlyOwner {
        _setStatus(ResponseStatus.CONFIRMED);
        confirmedFinal = true;
    }

    function setStatus(ResponseStatus _status) external onlyOwner {
        _setStatus(_status);
    }

    function getResponseParams() external view returns (ResponseParams memory) {
        return responseParams;
    }

    function getStatus() external view returns (ResponseStatus) {
        return status;
    }

    function _setStatus(ResponseStatus _status) private {
        require(!confirmedFinal, "AlreadyConfirmed");
        status = _status;
    }
}
