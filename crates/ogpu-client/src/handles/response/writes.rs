//! What a task's client does with a response.

use ogpu_types::Receipt;

use super::Response;
use crate::Write;

impl Response {
    /// Confirms the response, as [`Client::confirm_response`](crate::Client::confirm_response) does,
    /// and gives the whole receipt.
    ///
    /// # Errors
    ///
    /// As [`Client::confirm_response`](crate::Client::confirm_response).
    pub fn confirm(&self) -> Write<Receipt> {
        self.client.confirmation(self.address, |receipt| receipt)
    }
}
