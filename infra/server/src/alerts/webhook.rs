//! Alerts by HTTP POST. The address is a secret: no message holds it.

use super::channel::{Carrier, NotDelivered};
use super::notice::Notice;
use run::config::AlertShape;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// The longest that a call may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A webhook.
pub(super) struct Webhook {
    address: String,
    shape: AlertShape,
    agent: Agent,
}

impl Webhook {
    pub(super) fn new(address: &str, shape: AlertShape) -> Webhook {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.timeout_global(Some(PATIENCE)).tls_config(tls).build().into();
        Webhook { address: address.to_owned(), shape, agent }
    }

    /// `said` without the address, and without what stands behind its host.
    fn without_address(&self, said: &str) -> String {
        let after_host = self.address.splitn(4, '/').nth(3).filter(|path| path.len() > 3);
        let said = said.replace(&self.address, "***");
        after_host.map_or(said.clone(), |path| said.replace(path, "***"))
    }
}

impl Carrier for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn carry(&self, notice: &Notice) -> Result<(), NotDelivered> {
        let body = notice.body(self.shape).to_string();
        let call = self.agent.post(&self.address).content_type("application/json").send(&body);
        let answer = call.map_err(|error| NotDelivered {
            why: self.without_address(&error.to_string()),
            again: true,
        })?;
        let status = answer.status().as_u16();
        if answer.status().is_success() {
            return Ok(());
        }
        // Too slow, too many: it may take the next one. Anything else below 500 is a wrong address.
        let again = status >= 500 || [408, 429].contains(&status);
        Err(NotDelivered { why: format!("it answered {status}"), again })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_holds_the_address() {
        let webhook = Webhook::new("https://hooks.host/services/T0/s3cret", AlertShape::Slack);
        let said = "https: bad uri: https://hooks.host/services/T0/s3cret, path services/T0/s3cret";
        let said = webhook.without_address(said);
        assert!(!said.contains("s3cret") && said.contains("***"), "{said}");
    }
}
