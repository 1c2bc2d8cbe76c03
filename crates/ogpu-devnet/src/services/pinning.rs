//! The pinning service: takes a file, answers its link.

use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

use super::refusal::refusal;
use super::script::{Script, Service};
use super::store::{ContentStore, Upload};

/// The most content that the pinning service takes, in bytes: 64 MiB.
pub const MAX_CONTENT_BYTES: usize = 64 << 20;

/// The path that uploads are posted to.
pub(super) const PATH: &str = "/file/create";

/// Why a form is refused.
#[derive(Debug, thiserror::Error)]
enum FormError {
    #[error("the request is no multipart form: {reason}")]
    NoForm { reason: String },
    #[error("the form is malformed: {reason}")]
    Malformed { reason: String },
    #[error("the form has no part; send one named `file`")]
    NoPart,
    #[error("the form has several parts; send only one, named `file`")]
    SeveralParts,
    #[error("the form's part is named `{name}`; name it `file`")]
    WrongName { name: String },
    #[error("the part `file` has no file name")]
    NoFileName,
    #[error("the part `file` has no content type")]
    NoContentType,
    #[error("the content is larger than {MAX_CONTENT_BYTES} bytes")]
    TooLarge,
}

impl From<MultipartError> for FormError {
    fn from(error: MultipartError) -> Self {
        Self::Malformed {
            reason: error.body_text(),
        }
    }
}

pub(super) fn router(script: Script, store: ContentStore) -> Router {
    Router::new()
        .route(PATH, post(create))
        // The limit is on the content, not on the form around it.
        .layer(DefaultBodyLimit::disable())
        .with_state((script, store))
}

async fn create(
    State((script, store)): State<(Script, ContentStore)>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let scripted = script.next(Service::Pinning);
    // Read before any answer: one that comes while the client still writes may be lost to it.
    let upload = read_form(form).await;
    if let Ok(upload) = &upload {
        store.record(upload.clone());
    }
    scripted.give(async move { pin(&store, upload) }).await
}

fn pin(store: &ContentStore, upload: Result<Upload, FormError>) -> Response {
    match upload {
        Ok(upload) => {
            let link = store.put(upload.content, &upload.content_type);
            (StatusCode::CREATED, Json(json!({ "link": link }))).into_response()
        }
        Err(error) => refusal(StatusCode::BAD_REQUEST, error),
    }
}

/// Reads a form to its end, even where its beginning is wrong already.
async fn read_form(form: Result<Multipart, MultipartRejection>) -> Result<Upload, FormError> {
    let mut form = form.map_err(|rejection| FormError::NoForm {
        reason: rejection.body_text(),
    })?;
    let mut upload = None;
    while let Some(part) = form.next_field().await? {
        upload = Some(match upload {
            None => read_part(part).await,
            Some(_) => Err(FormError::SeveralParts),
        });
    }
    upload.unwrap_or(Err(FormError::NoPart))
}

async fn read_part(mut part: Field<'_>) -> Result<Upload, FormError> {
    let name = part.name().unwrap_or_default();
    if name != "file" {
        return Err(FormError::WrongName {
            name: name.to_owned(),
        });
    }
    let file_name = part.file_name().ok_or(FormError::NoFileName)?.to_owned();
    let content_type = part
        .content_type()
        .ok_or(FormError::NoContentType)?
        .to_owned();
    let mut content = Vec::new();
    while let Some(chunk) = part.chunk().await? {
        if content.len() + chunk.len() > MAX_CONTENT_BYTES {
            return Err(FormError::TooLarge);
        }
        content.extend_from_slice(&chunk);
    }
    Ok(Upload {
        file_name,
        content_type,
        content,
    })
}
