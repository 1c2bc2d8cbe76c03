//! What was written down of an intent.

use ogpu_types::Address;

use super::{Engine, TxError, engine::within};
use crate::{IdempotencyKey, JournalEntry, deadline::Deadline};

impl Engine {
    /// What the account's journal has under this key.
    pub(crate) async fn noted(
        &self,
        account: Address,
        key: &IdempotencyKey,
        deadline: Deadline,
    ) -> Result<Option<JournalEntry>, TxError> {
        let lane = self.lane(account, deadline).await?;
        within(deadline, lane.journal.find(key)).await
    }
}
