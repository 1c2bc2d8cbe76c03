//! The management API: a hint which response of a task is confirmed. It is never believed unseen.

use ogpu_types::{Address, ResponseAddress, TaskAddress};
use serde::Deserialize;

use super::{ServiceCause, ServiceError, ServiceOptions, Services, attempt};
use crate::{
    deadline::Deadline,
    http::{self, HttpError},
};

const SERVICE: &str = "management";

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    address: Address,
}

impl Services {
    /// The address that the API names for a task: perhaps the confirmed response's. `None` when it
    /// knows of none.
    #[tracing::instrument(level = "debug", skip_all, fields(%task))]
    pub(crate) async fn confirmed_response_hint(
        &self,
        task: TaskAddress,
        options: &ServiceOptions,
        deadline: Deadline,
    ) -> Result<Option<ResponseAddress>, ServiceError> {
        let endpoint = self
            .management
            .as_ref()
            .ok_or_else(|| ServiceError::not_configured(SERVICE))?;
        let limit = options.timeout;
        let of_task = endpoint.join([task.to_string().as_str()]);
        attempt(SERVICE, endpoint, options, deadline, || async {
            let response = self
                .http
                .get(of_task.as_url().clone())
                .send()
                .await
                .map_err(|error| ServiceCause::http(error, limit))?;
            match http::read_success(response, options.max_bytes, limit).await {
                Ok(body) => read_hint(&body, task),
                Err(HttpError::Status { status: 404, .. }) => Ok(None),
                Err(error) => Err(ServiceCause::Http(error)),
            }
        })
        .await
    }
}

fn read_hint(body: &[u8], task: TaskAddress) -> Result<Option<ResponseAddress>, ServiceCause> {
    let answer: Answer = serde_json::from_slice(body).map_err(ServiceCause::malformed)?;
    // Some answers name the task itself: no lie, only no answer.
    let named = answer.data.address;
    Ok((task != named).then(|| named.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tasks_own_address_is_no_answer() {
        let task = Address::new([1; 20]);
        let response = Address::new([2; 20]);
        let body = |address: Address| format!(r#"{{"data":{{"address":"{address}","x":1}}}}"#);
        let read = |text: &str| read_hint(text.as_bytes(), task.into()).unwrap();
        assert_eq!(read(&body(task)), None);
        assert_eq!(read(&body(response)), Some(response.into()));
        assert!(read_hint(br#"{"data":null}"#, task.into()).is_err());
    }
}
