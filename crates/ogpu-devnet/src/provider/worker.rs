//! What a provider does with each task.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use ogpu_chain::Contract;
use ogpu_client::{Error, Signer};
use ogpu_contracts::{ContractCall, nexus, shared_types, task};
use ogpu_types::{ResponseParams, SourceAddress, TaskAddress, TaskInput, Wei};
use tokio::{sync::broadcast, task::JoinSet};

use super::{
    feed::NewTask,
    running::{AnswerKind, Conduct, send},
};
use crate::network::Shared;

/// Listens for tasks of the served sources and handles each on its own.
pub(super) async fn run(
    shared: Arc<Shared>,
    signer: Signer,
    conduct: Conduct,
    served: Arc<Mutex<HashSet<SourceAddress>>>,
    mut tasks: broadcast::Receiver<NewTask>,
) {
    // Dropped with this future: the tasks in hand end with the provider.
    let mut in_hand = JoinSet::new();
    loop {
        let new = match tasks.recv().await {
            Ok(new) => new,
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                tracing::warn!(provider = %signer.address(), missed, "a provider was too slow to see tasks");
                continue;
            }
            Err(broadcast::error::RecvError::Closed) => return,
        };
        let is_served = served
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&new.source);
        if is_served {
            let (shared, signer, conduct) = (Arc::clone(&shared), signer.clone(), conduct.clone());
            in_hand.spawn(async move {
                if let Err(error) = handle(&shared, &signer, &conduct, new.task).await {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::warn!(provider = %signer.address(), task = %new.task, error, "a provider gave a task up");
                }
            });
        }
        while in_hand.try_join_next().is_some() {}
    }
}

/// Why a provider gave a task up.
#[derive(Debug, thiserror::Error)]
enum GivenUp {
    #[error("a call failed")]
    Call {
        #[from]
        source: Error,
    },
    #[error("the task could not be read: {0}")]
    Unreadable(String),
    #[error("the task's content is no task input")]
    Input(#[source] serde_json::Error),
    #[error("the answer is no JSON")]
    Answer(#[source] serde_json::Error),
}

async fn handle(
    shared: &Shared,
    signer: &Signer,
    conduct: &Conduct,
    task: TaskAddress,
) -> Result<(), GivenUp> {
    if matches!(conduct.answer, AnswerKind::Idle) {
        return Ok(());
    }
    let provider = shared.client.provider(signer.address());
    provider.attempt(task, Wei::ZERO).signer(signer).await?;

    let params = task_params(shared, task).await?;
    // What is pinned here is read in process: scripts and faults of the gateway are for clients.
    let input: TaskInput = match shared.store.content(&params.config) {
        Some(content) => serde_json::from_slice(&content).map_err(GivenUp::Input)?,
        None => shared.client.fetch_ipfs_json(&params.config).await?,
    };
    tokio::time::sleep(conduct.delay).await;
    let answer = || async {
        (conduct.handler)(input)
            .await
            .map(|answer| answer.to_string())
            .map_err(GivenUp::Answer)
    };
    let data = match &conduct.answer {
        AnswerKind::Nothing | AnswerKind::Idle => return Ok(()),
        AnswerKind::Fixed(text) => text.clone(),
        AnswerKind::Inline => answer().await?,
        AnswerKind::Link => shared.store.put(answer().await?, "application/json"),
    };
    let response = shared_types::ResponseParams::from(&ResponseParams {
        task,
        provider: signer.address(),
        data,
        payment: params.payment,
    });
    let submit = nexus::SubmitResponseCall {
        response_params: response,
    };
    send(shared, signer, Contract::Nexus, submit).await?;
    Ok(())
}

async fn task_params(
    shared: &Shared,
    task: TaskAddress,
) -> Result<ogpu_types::TaskParams, GivenUp> {
    let call = serde_json::json!([
        { "to": task, "data": task::TaskParamsCall.call_data() },
        "latest"
    ]);
    let data: ogpu_types::HexBytes = shared
        .client
        .rpc()
        .call("eth_call", call)
        .await
        .map_err(|error| GivenUp::Unreadable(error.to_string()))?;
    task::TaskParamsCall::decode_output(data.as_ref())
        .map(Into::into)
        .map_err(|error| GivenUp::Unreadable(error.to_string()))
}
