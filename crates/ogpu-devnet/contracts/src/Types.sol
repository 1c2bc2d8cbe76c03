// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @dev How a task's winner is chosen: by its client, or the first response wins at once.
enum DeliveryMethod {
    MANUAL_CONFIRMATION,
    FIRST_RESPONSE
}

enum SourceStatus {
    ACTIVE,
    INACTIVE
}

enum TaskStatus {
    NEW,
    ATTEMPTED,
    RESPONDED,
    CANCELED,
    EXPIRED,
    FINALIZED
}

enum ResponseStatus {
    SUBMITTED,
    CONFIRMED
}

/// @dev `client` owns the source. `imageEnvironments` is a mask of CPU 1, NVIDIA 2 and AMD 4.
/// Amounts are in wei, `maxExpiryDuration` in seconds, `lastUpdateTime` a Unix time in seconds.
struct SourceParams {
    address client;
    string imageMetadataUrl;
    uint8 imageEnvironments;
    uint256 minPayment;
    uint256 minAvailableLockup;
    uint256 maxExpiryDuration;
    bool privacyEnabled;
    string optionalParamsUrl;
    DeliveryMethod deliveryMethod;
    uint256 lastUpdateTime;
}

/// @dev `config` is the URL of the task configuration, `expiryTime` a Unix time in seconds, `payment` in wei.
struct TaskParams {
    address source;
    string config;
    uint256 expiryTime;
    uint256 payment;
}

/// @dev `data` is a URL or the payload itself. `payment` is advisory: the task's own payment is paid.
struct ResponseParams {
    address task;
    address provider;
    string data;
    uint256 payment;
}

/// @dev Reverts unless the task still takes attempts, responses and decisions of its client.
function requireOpen(TaskStatus status) pure {
    require(status != TaskStatus.FINALIZED, "AlreadyFinalized");
    require(status != TaskStatus.EXPIRED, "Expired");
    require(status != TaskStatus.CANCELED, "InvalidStatus");
}
