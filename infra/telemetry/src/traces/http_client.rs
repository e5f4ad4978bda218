//! The HTTP client of the exporter: the one that the rest of the program has, with a limit of time.

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// The longest that a collector may take.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct TraceClient(Agent);

impl TraceClient {
    pub(super) fn new() -> TraceClient {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = Agent::config_builder().http_status_as_error(false).tls_config(tls);
        TraceClient(config.timeout_global(Some(PATIENCE)).build().into())
    }
}

#[async_trait::async_trait]
impl HttpClient for TraceClient {
    /// Blocks: the exporter has a thread of its own.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut answer = self.0.run(request.map(|body| body.to_vec()))?;
        let body = answer.body_mut().read_to_vec()?;
        Ok(answer.map(|_| Bytes::from(body)))
    }
}
