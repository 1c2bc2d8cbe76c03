//! `nonce_info` and `fix_nonce`.

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
