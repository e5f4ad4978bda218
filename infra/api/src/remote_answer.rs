//! A typed answer of the process that owns the run, over HTTP.

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use web::{fetch, fetch_within};

/// The JSON document at `path`, as a `T`.
///
/// # Errors
/// As [`fetch`]; or the document is not a `T`.
pub(crate) fn remote_answer<T: DeserializeOwned>(
    endpoint: &str,
    path: &str,
    token: Option<&str>,
) -> Result<T> {
    read(endpoint, path, fetch(endpoint, path, token)?)
}

/// The same within `limit`.
///
/// # Errors
/// As [`remote_answer`].
pub(crate) fn remote_answer_within<T: DeserializeOwned>(
    endpoint: &str,
    path: &str,
    token: Option<&str>,
    limit: Duration,
) -> Result<T> {
    read(endpoint, path, fetch_within(endpoint, path, token, limit)?)
}

fn read<T: DeserializeOwned>(endpoint: &str, path: &str, found: Value) -> Result<T> {
    serde_json::from_value(found).with_context(|| {
        format!("{endpoint}{path} cannot be read; run the same version on both sides")
    })
}
