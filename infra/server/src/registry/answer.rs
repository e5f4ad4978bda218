//! The answers of a registry: JSON of its media type, or an error with a code.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use schemas::registry::MEDIA_TYPE;
use serde_json::{Value, json};

/// What a route answers.
pub(super) type Answer = Result<RegistryJson, RegistryError>;

/// An answer's body.
pub(super) struct RegistryJson(pub(super) Value);

/// An error: a code that begins with the HTTP status, and a message.
pub(super) struct RegistryError(pub(super) u32, pub(super) String);

impl IntoResponse for RegistryJson {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, MEDIA_TYPE)], self.0.to_string()).into_response()
    }
}

impl IntoResponse for RegistryError {
    fn into_response(self) -> Response {
        let RegistryError(code, message) = self;
        let status = u16::try_from(if code > 999 { code / 100 } else { code });
        let status = status.ok().and_then(|status| StatusCode::from_u16(status).ok());
        let body = RegistryJson(json!({ "error_code": code, "message": message }));
        (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body).into_response()
    }
}
