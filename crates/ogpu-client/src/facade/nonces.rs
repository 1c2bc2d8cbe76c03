//! `nonce_info`, `fix_nonce`, and having nonces counted anew.

use std::{future::IntoFuture, ops::Range};

use futures::future::BoxFuture;
use ogpu_types::{Address, Receipt, Wei};

use crate::{Client, Error, NonceInfo, Signer, deadline::Deadline, tx::Unblocking};

impl Client {
    /// The account's nonces as the chain, the node's pool and this client know them.
    ///
    /// Round trips: one.
    ///
    /// # Errors
    ///
    /// [`Error::Transaction`] when the node cannot say, or the account's journal is in use.
    #[tracing::instrument(skip_all, fields(%account))]
    pub async fn nonce_info(&self, account: Address) -> Result<NonceInfo, Error> {
        self.engine()
            .nonce_info(account, Deadline::after(self.write_timeout()))
            .await
            .map_err(Error::transaction)
    }

    /// What it takes to free an account whose transactions are stuck: a transfer of nothing to
    /// itself at every nonce that something waits under, at fees that replace it. Nothing is sent
    /// until the fix is awaited.
    ///
    /// What is replaced does not take effect; calls that still wait for it end as superseded.
    ///
    /// ```no_run
    /// # async fn example(client: ogpu_client::Client, signer: ogpu_client::Signer) -> Result<(), ogpu_client::Error> {
    /// let fix = client.fix_nonce(&signer).await?;
    /// println!("{} transactions, {} wei", fix.nonces().count(), fix.cost());
    /// let receipts = fix.await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Transaction`] when the node cannot say, or the account cannot pay.
    #[tracing::instrument(skip_all, fields(account = %signer.address()))]
    pub async fn fix_nonce(&self, signer: &Signer) -> Result<NonceFix, Error> {
        self.check_chain().await?;
        let plan = self
            .engine()
            .plan_unblocking(signer.address(), Deadline::after(self.write_timeout()))
            .await
            .map_err(Error::transaction)?;
        Ok(NonceFix {
            client: self.clone(),
            signer: signer.clone(),
            plan,
        })
    }

    /// Has the account's next write ask the chain for its nonce, although transactions of this client
    /// are under way. What is under way stays so, and keeps its nonces.
    ///
    /// No write needs this to be right: a client counts by itself whenever nothing of the account's is
    /// under way, and takes another nonce when the chain shows that one is used. It is for when another
    /// program has sent from the account just now: without it the next write may take the same nonce,
    /// and then waits until the other transaction is mined, or replaces it.
    ///
    /// Round trips: none; the next write asks along with the rest that it asks.
    pub fn reset_nonce_cache(&self, account: Address) {
        self.engine().reset_nonces(account);
    }

    /// [`reset_nonce_cache`](Self::reset_nonce_cache) for all accounts that this client, or a clone of
    /// it, has sent from.
    pub fn clear_all_nonce_caches(&self) {
        self.engine().reset_all_nonces();
    }
}

/// What would free an account, not sent yet: see [`Client::fix_nonce`].
#[derive(Debug)]
#[must_use = "a fix does nothing until it is awaited"]
pub struct NonceFix {
    client: Client,
    signer: Signer,
    plan: Unblocking,
}

impl NonceFix {
    /// The nonces that would be used up; empty when nothing waits.
    pub fn nonces(&self) -> Range<u64> {
        self.plan.nonces.clone()
    }

    /// What all of it costs at most, in wei, at the fees that the chain asks now.
    pub fn cost(&self) -> Wei {
        self.at(self.plan.transfer.fees.ceiling())
    }

    /// What all of it costs at most, in wei, where the fees have to be raised above what is to be
    /// replaced: about ten times as much, within the client's limits.
    pub fn max_cost(&self) -> Wei {
        self.at(self.plan.most)
    }

    fn at(&self, price: Wei) -> Wei {
        let count = self.plan.nonces.end - self.plan.nonces.start;
        price
            .checked_mul(self.plan.transfer.gas_limit)
            .and_then(|each| each.checked_mul(count))
            .unwrap_or(Wei::from_be_bytes([0xff; 32]))
    }
}

impl IntoFuture for NonceFix {
    type Output = Result<Vec<Receipt>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    /// Sends what is to be sent, and waits for the receipts inside the client's write timeout. A
    /// nonce that is used meanwhile needs nothing, and gives no receipt.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let deadline = Deadline::after(self.client.write_timeout());
            self.client
                .engine()
                .unblock(self.plan, &self.signer, deadline)
                .await
                .map_err(Error::transaction)
        })
    }
}
