//! The client: GET of a JSON document.

use anyhow::{Context, Result, anyhow};
use std::time::Duration;

/// The longest that a call may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Gets the JSON document at `path` from the process that serves `endpoint`.
///
/// # Errors
/// The endpoint does not answer in ten seconds, refuses the token, answers with an error, or with
/// something other than JSON.
pub fn fetch(endpoint: &str, path: &str, token: Option<&str>) -> Result<serde_json::Value> {
    fetch_within(endpoint, path, token, TIMEOUT)
}

/// The same within `limit`.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_within(
    endpoint: &str,
    path: &str,
    token: Option<&str>,
    limit: Duration,
) -> Result<serde_json::Value> {
    let url = format!("{endpoint}{path}");
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(limit))
        .proxy(None)
        .http_status_as_error(false)
        .build()
        .into();
    let mut request = agent.get(&url);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut response = request
        .call()
        .with_context(|| format!("{url} does not answer; is the process there alive?"))?;
    let status = response.status().as_u16();
    let body: serde_json::Value = response.body_mut().read_json().with_context(|| {
        format!("{url} answered {status} without JSON; run the same version on both sides")
    })?;
    match status {
        200 => Ok(body),
        401 => Err(anyhow!(
            "{url} requires a token; set the same `token` here, such as in BUTTERQUANT_TOKEN"
        )),
        _ => Err(anyhow!(
            "{url} answered {status}: {}",
            body["error"].as_str().unwrap_or("no reason given")
        )),
    }
}
