//! Where alerts go, and when.

use super::choices::{AlertShape, Severity};
use super::layered::Config;
use anyhow::Result;
use std::time::Duration;

/// Where alerts go, and when.
#[derive(Clone)]
pub struct AlertSettings {
    /// The address they are posted to; a secret.
    pub webhook: Option<String>,
    /// The shape of what is posted.
    pub shape: AlertShape,
    /// The program that is started with each.
    pub command: Option<String>,
    /// The least severity that is sent.
    pub minimum: Severity,
    /// How long a condition must hold, or be gone, before it is told.
    pub after: Duration,
    /// After what time an alert that still holds is sent again, if ever.
    pub repeat: Option<Duration>,
}

impl AlertSettings {
    /// Whether alerts are sent to anybody.
    pub fn is_sent(&self) -> bool {
        self.webhook.is_some() || self.command.is_some()
    }
}

impl Config {
    /// Where alerts go, and when.
    ///
    /// # Errors
    /// A value does not fit its key.
    pub fn alerts(&self) -> Result<AlertSettings> {
        let given = |key: &str| Some(self.text(key).to_owned()).filter(|text| !text.is_empty());
        let hours: f64 = self.parse("alerts.repeat_h")?;
        Ok(AlertSettings {
            webhook: given("alerts.webhook"),
            shape: self.choice("alerts.shape")?,
            command: given("alerts.command"),
            minimum: self.choice("alerts.minimum")?,
            after: Duration::try_from_secs_f64(self.parse("alerts.after_s")?)?,
            repeat: (hours > 0.0)
                .then(|| Duration::try_from_secs_f64(hours * 3_600.0))
                .transpose()?,
        })
    }
}
