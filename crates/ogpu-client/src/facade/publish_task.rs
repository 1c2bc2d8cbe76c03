//! `publish_task`.

use futures::future::BoxFuture;
use ogpu_chain::Contract;
use ogpu_contracts::{ReasonWord, controller, convert, event, nexus, source, vault};
use ogpu_types::{
    Address, Receipt, SourceAddress, SourceStatus, TaskAddress, TaskInfo, TaskParams, TxHash, Wei,
};
use serde_json::json;
use tracing::{Span, field::Empty};

use crate::{
    At, Client, Error, ReadError, TransactionRequest, TxError, Upload, Write,
    clock::unix_now,
    read::{contract_call, decode, unknown_value},
    refusal::{Refusal, with_reason},
    rpc::{Block, Call},
    write::{Description, Operation, WriteContext},
};

/// A task on chain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedTask {
    /// The task's contract.
    pub address: TaskAddress,
    /// The transaction that published it.
    pub transaction_hash: TxHash,
    /// That transaction's receipt.
    pub receipt: Receipt,
}

impl Client {
    /// Publishes a task: checks it against the chain, uploads its configuration, then publishes it
    /// and has its payment frozen in the signer's vault balance.
    ///
    /// Round trips: one for all checks, one upload, and one each to prepare and to send the
    /// transaction, then one for each look at its receipt.
    ///
    /// # Errors
    ///
    /// Before anything is uploaded or spent: [`Error::Invalid`], [`Error::Signer`],
    /// [`Error::WrongChain`], [`Error::SourceNotFound`], [`Error::SourceInactive`],
    /// [`Error::PaymentTooLow`], [`Error::ExpiryTooFar`], [`Error::InsufficientVaultBalance`].
    /// Before anything is spent: [`Error::Service`], and [`Error::TaskExpired`] when the expiry time
    /// passes meanwhile. After that [`Error::Transaction`], whose [`outcome`](Error::outcome) says
    /// whether the task exists.
    pub fn publish_task(&self, info: &TaskInfo) -> Write<PublishedTask> {
        Write::new(self, PublishTask { info: info.clone() })
    }
}

struct PublishTask {
    info: TaskInfo,
}

impl Operation for PublishTask {
    type Output = PublishedTask;

    fn span(&self) -> Span {
        tracing::info_span!("publish_task", source = %self.info.source, account = Empty)
    }

    fn describe(&self) -> Description {
        let TaskInfo {
            source,
            config,
            payment,
            // A second try may well allow more time.
            expiry_time: _,
        } = &self.info;
        ("publish_task", json!([source, config, payment]))
    }

    fn request<'a>(
        &'a self,
        write: &'a WriteContext,
    ) -> BoxFuture<'a, Result<TransactionRequest, Error>> {
        Box::pin(request(write, &self.info))
    }

    fn explain<'a>(&'a self, write: &'a WriteContext, error: Error) -> BoxFuture<'a, Error> {
        let account = write.signer.address();
        Box::pin(explain(&write.client, error, &self.info, account))
    }

    fn finish(&self, client: &Client, receipt: Receipt) -> Result<PublishedTask, Error> {
        // Nexus is the emitter, though the controller was called.
        let nexus = client.contract(Contract::Nexus);
        match event::find::<nexus::TaskPublishedFilter>(&receipt.logs, nexus) {
            Some(event) if event.source == self.info.source.into() => Ok(PublishedTask {
                address: event.task.into(),
                transaction_hash: receipt.transaction_hash,
                receipt,
            }),
            _ => Err(Error::MissingEvent {
                event: "TaskPublished",
                emitter: nexus,
                receipt: Box::new(receipt),
            }),
        }
    }
}

async fn request(write: &WriteContext, info: &TaskInfo) -> Result<TransactionRequest, Error> {
    info.validate(unix_now())
        .map_err(|source| Error::Invalid { source })?;
    let client = &write.client;
    let account = write.signer.address();
    write
        .before_sending("checking the task against the chain", async {
            client.check_chain().await?;
            let terms = Terms::read(client, info.source, account, At::Head).await?;
            terms.check(info, account, unix_now())
        })
        .await?;
    let config =
        Upload::json("taskConfig.json", &info.config).map_err(|source| Error::Json { source })?;
    let config = write
        .before_sending(
            "uploading the configuration",
            client.pin_for(write, &config),
        )
        .await?;

    let call = controller::PublishTaskCall {
        task_params: (&TaskParams {
            source: info.source,
            config,
            expiry_time: info.expiry_time,
            payment: info.payment,
        })
            .into(),
    };
    let controller = client.contract(Contract::Controller);
    Ok(TransactionRequest::typed(controller, call).with_not_after(info.expiry_time))
}

/// What decides whether a source takes a task.
struct Terms {
    status: SourceStatus,
    min_payment: Wei,
    max_expiry_duration: u64,
    vault_balance: Wei,
    /// The head block's time, in unix seconds.
    chain_time: u64,
}

impl Terms {
    /// Reads the terms in one round trip.
    async fn read(
        client: &Client,
        address: SourceAddress,
        account: Address,
        at: At,
    ) -> Result<Self, Error> {
        let (source, block) = (address.address(), at.id());
        let rpc = client.rpc();
        let vault = client.contract(Contract::Vault);
        let calls = [
            Call::new("eth_getBlockByNumber", &json!([block, false])),
            contract_call(source, source::GetStatusCall, block),
            contract_call(source, source::GetSourceParamsCall, block),
            contract_call(vault, vault::BalanceOfCall(account.into()), block),
        ];
        let [head, status, params, balance] = rpc.batch_of(calls).await.map_err(Error::rpc)?;

        let head: Block = rpc
            .parse("eth_getBlockByNumber", head)
            .map_err(Error::rpc)?;
        let absent = |error: ReadError| error.or_absent(Error::SourceNotFound { address });
        let status = decode::<source::GetStatusCall>(rpc, source, status).map_err(absent)?;
        let params = decode::<source::GetSourceParamsCall>(rpc, source, params).map_err(absent)?;
        let balance = decode::<vault::BalanceOfCall>(rpc, vault, balance).map_err(Error::read)?;
        Ok(Self {
            status: SourceStatus::try_from(status.0).map_err(|error| {
                Error::read(unknown_value::<source::GetStatusCall>(source, error))
            })?,
            min_payment: params.0.min_payment.into(),
            max_expiry_duration: convert::seconds(params.0.max_expiry_duration),
            vault_balance: balance.0.into(),
            chain_time: head.timestamp,
        })
    }

    /// Whether the chain would take the task, as far as can be told before it is uploaded.
    ///
    /// An idle chain's head is old, and a clock that was moved runs ahead: the later time counts.
    fn check(&self, info: &TaskInfo, account: Address, host_time: u64) -> Result<(), Error> {
        let now = host_time.max(self.chain_time);
        let latest = now.saturating_add(self.max_expiry_duration);
        if self.status != SourceStatus::Active {
            return Err(Error::SourceInactive {
                source_address: info.source,
            });
        }
        if info.payment < self.min_payment {
            return Err(Error::PaymentTooLow {
                source_address: info.source,
                payment: info.payment,
                minimum: self.min_payment,
            });
        }
        if info.expiry_time <= now {
            return Err(Error::TaskExpired {
                expiry_time: info.expiry_time,
                now,
            });
        }
        if info.expiry_time > latest {
            return Err(Error::ExpiryTooFar {
                source_address: info.source,
                expiry_time: info.expiry_time,
                latest,
            });
        }
        if self.vault_balance < info.payment {
            return Err(Error::InsufficientVaultBalance {
                account,
                balance: self.vault_balance,
                required: info.payment,
            });
        }
        Ok(())
    }
}

/// The state may have moved since the checks: where the refusal's words say so, the checks are made
/// once more at the block that refused, for their numbers.
async fn explain(client: &Client, error: Error, info: &TaskInfo, account: Address) -> Error {
    if let Error::Transaction { source } = &error
        && let TxError::TooLate { now, .. } = &**source
    {
        return Error::TaskExpired {
            expiry_time: info.expiry_time,
            now: *now,
        };
    }
    let Some(Refusal { revert, at }) = Refusal::of(&error) else {
        return error;
    };
    let is_checked = matches!(
        revert.word(),
        Some(ReasonWord::SourceInactive | ReasonWord::Expired | ReasonWord::InsufficientBalance)
    );
    if !is_checked {
        return error;
    }
    let reason = match Terms::read(client, info.source, account, at).await {
        Ok(terms) => terms.check(info, account, unix_now()).err(),
        Err(_) => None,
    };
    with_reason(error, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ogpu_types::TaskInput;

    const NOW: u64 = 1_000;

    fn terms() -> Terms {
        Terms {
            status: SourceStatus::Active,
            min_payment: Wei::from(10_u64),
            max_expiry_duration: 100,
            vault_balance: Wei::from(50_u64),
            chain_time: NOW - 500,
        }
    }

    fn info(payment: u64, expiry_time: u64) -> TaskInfo {
        TaskInfo {
            source: Address::new([1; 20]).into(),
            config: TaskInput::new("f", &1).unwrap(),
            expiry_time,
            payment: payment.into(),
        }
    }

    fn check(terms: &Terms, info: &TaskInfo) -> Result<(), Error> {
        terms.check(info, Address::new([2; 20]), NOW)
    }

    #[test]
    fn the_limits_themselves_are_allowed() {
        assert!(check(&terms(), &info(10, NOW + 100)).is_ok());
        assert!(check(&terms(), &info(50, NOW + 1)).is_ok());
    }

    #[test]
    fn each_rule_has_its_own_error_with_the_numbers() {
        let inactive = Terms {
            status: SourceStatus::Inactive,
            ..terms()
        };
        let error = check(&inactive, &info(10, NOW + 1)).unwrap_err();
        assert!(matches!(error, Error::SourceInactive { .. }));

        let error = check(&terms(), &info(9, NOW + 1)).unwrap_err();
        assert!(matches!(
            error,
            Error::PaymentTooLow { payment, minimum, .. }
                if payment == Wei::from(9_u64) && minimum == Wei::from(10_u64)
        ));

        let error = check(&terms(), &info(10, NOW + 101)).unwrap_err();
        assert!(matches!(error, Error::ExpiryTooFar { latest, .. } if latest == NOW + 100));

        let error = check(&terms(), &info(10, NOW)).unwrap_err();
        assert!(matches!(error, Error::TaskExpired { now, .. } if now == NOW));

        let error = check(&terms(), &info(51, NOW + 1)).unwrap_err();
        assert!(matches!(
            error,
            Error::InsufficientVaultBalance { balance, required, .. }
                if balance == Wei::from(50_u64) && required == Wei::from(51_u64)
        ));
    }

    #[test]
    fn a_chain_whose_clock_runs_ahead_is_believed() {
        let ahead = Terms {
            chain_time: NOW + 1_000,
            ..terms()
        };
        let error = check(&ahead, &info(10, NOW + 1_000)).unwrap_err();
        assert!(matches!(error, Error::TaskExpired { .. }));
        assert!(check(&ahead, &info(10, NOW + 1_100)).is_ok());
    }
}
