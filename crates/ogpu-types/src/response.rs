//! Responses: what providers answer to a task.

use serde::{Deserialize, Serialize};

use crate::{Address, ResponseAddress, ResponseStatus, TaskAddress, Wei};

/// A response as its contract holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The response's own address.
    pub address: ResponseAddress,
    /// The task that it answers.
    pub task: TaskAddress,
    /// The provider that submitted it.
    pub provider: Address,
    /// The result: usually the URL where it is pinned, sometimes the payload itself.
    pub data: String,
    /// What the provider asked for. Advisory: the task's payment is what is paid.
    pub payment: Wei,
    /// Whether it is the confirmed one.
    pub status: ResponseStatus,
    /// When it was submitted, in unix seconds.
    pub timestamp: u64,
    /// Whether the client, or the delivery method, confirmed it.
    pub confirmed: bool,
}

/// The response that a task was paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmedResponse {
    /// The response's address.
    pub address: ResponseAddress,
    /// The result: usually the URL where it is pinned, sometimes the payload itself.
    pub data: String,
}

/// The parameters with which a provider submits a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseParams {
    /// The task that it answers.
    pub task: TaskAddress,
    /// The provider that submits it.
    pub provider: Address,
    /// The result: usually the URL where it is pinned, sometimes the payload itself.
    pub data: String,
    /// What the provider asks for. Advisory: the task's payment is what is paid.
    pub payment: Wei,
}
