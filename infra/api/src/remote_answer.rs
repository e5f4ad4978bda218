//! A typed answer of the process that owns the run, over HTTP.

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use web::fetch;

/// The JSON document at `path`, as a `T`.
///
/// # Errors
/// As [`fetch`]; or the document is not a `T`.
pub(crate) fn remote_answer<T: DeserializeOwned>(
    endpoint: &str,
    path: &str,
    token: Option<&str>,
) -> Result<T> {
    serde_json::from_value(fetch(endpoint, path, token)?).with_context(|| {
        format!("{endpoint}{path} cannot be read; run the same version on both sides")
    })
}
