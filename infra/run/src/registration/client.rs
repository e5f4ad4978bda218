//! The client of an external schema registry. Its user and password are never shown.

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use schemas::registry::MEDIA_TYPE;
use serde_json::Value;
use std::time::Duration;
use ureq::http::{Request, header};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// The longest that one call may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Splits a registry's address into the address proper and the user and password it may hold.
///
/// # Errors
/// The address is not valid; the message does not repeat it.
pub fn address(url: &str) -> Result<(String, Option<String>)> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    if !["http", "https"].contains(&scheme) {
        bail!("schema_registry: the address must begin with http:// or https://");
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => {
            (Some(percent_decode_str(user).decode_utf8_lossy().into_owned()), host)
        }
        None => (None, authority),
    };
    if host.is_empty() {
        bail!("schema_registry: the address names no host; write it as http://127.0.0.1:8081");
    }
    Ok((format!("{scheme}://{host}{}", path.trim_end_matches('/')), user))
}

/// A client of one registry.
pub struct Client {
    /// The registry's address.
    pub base: String,
    authorization: Option<String>,
    agent: ureq::Agent,
}

impl Client {
    /// A client of the registry at `url`; `auth` (`user:password`) overrides the one in the address.
    pub fn new(url: &str, auth: Option<&str>) -> Result<Client> {
        let (base, own) = address(url)?;
        let auth = auth.map(str::to_owned).or(own);
        let authorization = auth.map(|auth| format!("Basic {}", STANDARD.encode(auth)));
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        // The system's OpenSSL with the authorities it trusts, or those in SSL_CERT_FILE.
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let agent = config.timeout_global(Some(PATIENCE)).tls_config(tls).build().into();
        Ok(Client { base, authorization, agent })
    }

    /// The document at `path`; `None` if the registry answers 404.
    pub fn get(&self, path: &str) -> Result<Option<Value>> {
        match self.call("GET", path, None)? {
            (404, _) => Ok(None),
            (status, body) => self.expect_success("GET", path, status, body).map(Some),
        }
    }

    /// Makes a change; the inner error is the registry's refusal.
    pub fn change(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Result<Value, String>> {
        let (status, body) = self.call(method, path, body)?;
        match status {
            401 | 500.. => self.expect_success(method, path, status, body).map(Ok),
            400.. => Ok(Err(error_text(status, &body))),
            _ => Ok(Ok(body)),
        }
    }

    fn expect_success(&self, method: &str, path: &str, status: u16, body: Value) -> Result<Value> {
        match status {
            200..300 => Ok(body),
            401 | 403 => bail!(
                "the schema registry at {} requires the right user and password ({}); set BUTTERQUANT_SCHEMA_REGISTRY_AUTH to user:password",
                self.base,
                error_text(status, &body)
            ),
            _ => bail!(
                "the schema registry at {} answers {method} {path} with {}",
                self.base,
                error_text(status, &body)
            ),
        }
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::ACCEPT, MEDIA_TYPE)
            .header(header::CONTENT_TYPE, MEDIA_TYPE);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let unreachable = || format!("the schema registry at {} cannot be reached", self.base);
        let mut response = self
            .agent
            .run(request.body(body).with_context(unreachable)?)
            .with_context(unreachable)?;
        let text = response.body_mut().read_to_string().with_context(unreachable)?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok((response.status().as_u16(), body))
    }
}

/// A registry's error as a sentence.
fn error_text(status: u16, body: &Value) -> String {
    let message = body["message"].as_str().or(body.as_str()).unwrap_or_default();
    let short: String = message.chars().take(300).collect();
    match body["error_code"].as_u64() {
        Some(code) => format!("{code}: {short}"),
        None => format!("{status}: {short}"),
    }
}
