//! The body of an error.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error as JSON, with the fields that clients of schema registries read as well.
pub fn error_reply(code: StatusCode, why: &str) -> Response {
    let body = json!({ "error": why, "error_code": code.as_u16(), "message": why });
    (code, Json(body)).into_response()
}
