//! The steps of a run.

use std::{future::pending, sync::Arc};

use ogpu_types::{DeliveryMethod, Response, ResponseAddress, TaskAddress, TaskInfo, TaskStatus};
use tracing::Span;

use super::{
    OnProgress, RunProgress, RunStage, RunTask, RunTaskCause, RunTaskError, TaskRun,
    candidates::Candidates,
    confirm::Confirmation,
    judge::{Candidate, Judging},
};
use crate::{
    Client, Error, IdempotencyKey, Payload, PublishedTask, Role, Signer, WaitError,
    deadline::Deadline,
    handles::into_response,
    waiting::{Change, TaskWatch, Verdict, passes, verdict},
};

/// A run under way.
pub(super) struct Run<'a> {
    client: Client,
    info: TaskInfo,
    signer: Option<Signer>,
    key: IdempotencyKey,
    deadline: Deadline,
    judging: Judging<'a>,
    on_progress: Option<OnProgress<'a>>,
    stage: RunStage,
    task: Option<TaskAddress>,
    response: Option<ResponseAddress>,
}

/// How a task gets its confirmed response.
enum Pick {
    /// It has it.
    Confirmed,
    /// By confirming this one.
    Confirm(ResponseAddress, Option<Arc<Candidate>>),
}

impl<'a> Run<'a> {
    pub(super) fn new(options: RunTask<'a>) -> Self {
        Self {
            client: options.client,
            info: options.info,
            signer: options.signer,
            key: options.key,
            deadline: Deadline::after(options.timeout),
            judging: options.judging,
            on_progress: options.on_progress,
            stage: RunStage::Publishing,
            task: None,
            response: None,
        }
    }

    pub(super) async fn run(mut self) -> Result<TaskRun, RunTaskError> {
        let made = self.make().await;
        made.map_err(|cause| RunTaskError {
            stage: self.stage,
            key: self.key,
            task: self.task,
            response: self.response,
            cause,
        })
    }

    async fn make(&mut self) -> Result<TaskRun, RunTaskCause> {
        let signer = match self.signer.take() {
            Some(signer) => signer,
            None => self.client.signer_for(Role::Client).await?,
        };
        let published = self.publish(&signer).await?;
        let task = published.address;

        self.stage = RunStage::Waiting;
        let client = self.client.clone();
        let confirmation = Confirmation::new(&client, &signer, self.deadline, &self.key, task);
        let pick = match confirmation.begun().await? {
            Some(response) => Pick::Confirm(response, None),
            None => {
                let deadline = self.deadline;
                let picked = deadline.bound(self.pick(task)).await;
                picked.unwrap_or_else(|| Err(timeout(deadline)))?
            }
        };

        let mut candidate = None;
        let mut transaction = None;
        if let Pick::Confirm(response, picked) = pick {
            self.stage = RunStage::Confirming;
            self.response = Some(response);
            self.report(RunProgress::Confirming(response));
            transaction = confirmation.make(response).await?;
            candidate = picked;
        }

        self.stage = RunStage::Fetching;
        let response = confirmed(&client, task, self.deadline).await?;
        self.response = Some(response.address);
        self.report(RunProgress::Confirmed(response.address));
        let payload = payload(&client, &response, candidate, self.deadline).await?;
        Ok(TaskRun {
            task: published,
            response,
            payload,
            confirmation: transaction,
        })
    }

    async fn publish(&mut self, signer: &Signer) -> Result<PublishedTask, Error> {
        let published = self
            .client
            .publish_task(&self.info)
            .signer(signer)
            .idempotency_key(self.key.clone())
            .timeout(self.deadline.remaining())
            .await?;
        self.task = Some(published.address);
        Span::current().record("task", tracing::field::display(published.address));
        self.report(RunProgress::Published(published.clone()));
        Ok(published)
    }

    /// Waits until the task is final, or one of its responses is to be confirmed.
    async fn pick(&mut self, task: TaskAddress) -> Result<Pick, RunTaskCause> {
        let mut watch = TaskWatch::of_published(&self.client, task);
        let mut candidates = Candidates::new(&self.client, self.deadline, self.judging.clone());
        let mut status = None;
        let mut is_closed = false;
        loop {
            self.response = candidates.best();
            if let Some(best) = candidates.choice(is_closed) {
                return Ok(Pick::Confirm(best.response.address, Some(best)));
            }
            if is_closed && candidates.is_idle() && candidates.count() > 0 {
                let responses = candidates.count();
                return Err(RunTaskCause::NoneAccepted { responses });
            }
            let closing = candidates.closing();
            let change = tokio::select! {
                change = watch.next() => change,
                step = candidates.next() => {
                    self.report(step);
                    continue;
                }
                () = passed(closing) => continue,
            };
            let change = change.map_err(|error| WaitError::watching(task, error))?;
            let state = change.state;
            if status.replace(state.status) != Some(state.status) {
                self.report(RunProgress::Status(state.status));
            }
            match verdict(TaskStatus::Finalized, &state) {
                Verdict::Reached => return Ok(Pick::Confirmed),
                Verdict::Open => {}
                Verdict::Unreachable | Verdict::Expired => {
                    return Err(WaitError::missed(task, TaskStatus::Finalized, &state).into());
                }
            }
            is_closed = state.is_closed();
            let responses = match responses_of(&self.client, task, &change).await {
                Ok(responses) => responses,
                Err(error) if passes(&error) || error.is_not_found() => {
                    watch.look_again();
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if change.is_look {
                candidates.forget_unless_among(&responses);
            }
            for response in responses {
                let address = response.address;
                if candidates.add(&response) {
                    self.report(RunProgress::Responded(response));
                }
                // The network does so itself, as a rule, and the task is final before this is seen.
                if state.delivery_method == DeliveryMethod::FirstResponse {
                    return Ok(Pick::Confirm(address, None));
                }
            }
        }
    }

    fn report(&mut self, step: RunProgress) {
        tracing::debug!(%step, "running a task");
        if let Some(on_progress) = &mut self.on_progress {
            on_progress(&step);
        }
    }
}

/// The responses that a change is about: all of a task that was looked at.
async fn responses_of(
    client: &Client,
    task: TaskAddress,
    change: &Change,
) -> Result<Vec<Response>, Error> {
    if !change.is_look {
        let read = client.response_snapshots(&change.responses).await?;
        return read
            .into_iter()
            .map(|response| response.map(into_response))
            .collect();
    }
    if change.state.status != TaskStatus::Responded {
        return Ok(Vec::new());
    }
    let mut responses = client.task(task).responses(..).await?;
    responses.sort_by_key(|response| response.timestamp);
    Ok(responses)
}

/// The confirmed response, as the chain has it.
async fn confirmed(
    client: &Client,
    task: TaskAddress,
    deadline: Deadline,
) -> Result<Response, RunTaskCause> {
    let wait = client.task(task).wait_finalized();
    match wait.timeout(deadline.remaining()).await {
        Err(WaitError::Timeout { .. }) => Err(timeout(deadline)),
        waited => Ok(waited?),
    }
}

/// What the confirmed response carries, fetched unless it is the candidate.
async fn payload(
    client: &Client,
    response: &Response,
    candidate: Option<Arc<Candidate>>,
    deadline: Deadline,
) -> Result<Payload, RunTaskCause> {
    if let Some(candidate) = candidate
        && candidate.response.address == response.address
    {
        return Ok(Arc::unwrap_or_clone(candidate).payload);
    }
    let options = client.service_options();
    let services = client.services();
    let fetching = services.payload(&response.data, options, deadline);
    match deadline.bound(fetching).await {
        Some(fetched) => Ok(fetched.map_err(Error::service)?),
        None => Err(timeout(deadline)),
    }
}

fn timeout(deadline: Deadline) -> RunTaskCause {
    RunTaskCause::Timeout {
        timeout: deadline.budget(),
    }
}

async fn passed(deadline: Option<Deadline>) {
    match deadline {
        Some(deadline) => {
            deadline.bound(pending::<()>()).await;
        }
        None => pending().await,
    }
}
