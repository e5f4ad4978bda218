//! The body of an error response.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error as JSON, including the fields that clients of schema registries read.
pub fn error_reply(code: StatusCode, why: &str) -> Response {
    let body = json!({ "error": why, "error_code": code.as_u16(), "message": why });
    (code, Json(body)).into_response()
}
