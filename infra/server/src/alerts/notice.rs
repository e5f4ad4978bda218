//! What is sent of an alert, in each shape.

use api::conditions::Condition;
use run::config::{AlertShape, Choice, Severity};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shell::operator_word::rfc3339;
use std::time::{Duration, UNIX_EPOCH};

/// Characters of a text that are sent, at most: Slack refuses more, and a pipe takes no more at once.
const LONGEST: usize = 2_800;

/// What has become of an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertStatus {
    /// It holds, and was not told before, or was less severe.
    Raised,
    /// It still holds.
    Repeated,
    /// It holds no more.
    Recovered,
    /// Nothing has happened: a person tries whether alerts arrive.
    Test,
}

impl AlertStatus {
    fn word(self) -> &'static str {
        match self {
            AlertStatus::Raised => "raised",
            AlertStatus::Repeated => "still there",
            AlertStatus::Recovered => "recovered",
            AlertStatus::Test => "test",
        }
    }
}

/// An alert on its way to somebody.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Notice {
    /// What has become of it.
    pub status: AlertStatus,
    /// The run.
    pub run: String,
    /// The host of the process that sends it.
    pub host: String,
    /// Since when the condition holds, RFC 3339.
    pub since: String,
    /// When this was written, RFC 3339.
    pub at: String,
    /// The condition; of one that recovered, as it was last.
    #[serde(flatten)]
    pub condition: Condition,
}

impl Notice {
    /// Of the run `run`; the times are in milliseconds since 1970.
    pub fn new(status: AlertStatus, condition: Condition, run: &str, times: (i64, i64)) -> Notice {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let time = |ms: i64| rfc3339(UNIX_EPOCH + Duration::from_millis(ms.unsigned_abs()));
        let Condition { key, severity, summary, detail, remedy } = condition;
        let cut = |text: String| text.chars().take(LONGEST).collect::<String>();
        let (summary, detail, remedy) = (cut(summary), cut(detail), cut(remedy));
        Notice {
            status,
            run: run.to_owned(),
            host: host.trim().to_owned(),
            since: time(times.0),
            at: time(times.1),
            condition: Condition { key, severity, summary, detail, remedy },
        }
    }

    /// A line about it.
    pub fn line(&self) -> String {
        let Notice { status, run, condition, .. } = self;
        let severity = condition.severity.name().to_uppercase();
        format!("[{severity}] {} ({}, run {run})", condition.summary, status.word())
    }

    /// What a webhook of `shape` is sent.
    pub fn body(&self, shape: AlertShape) -> Value {
        match shape {
            AlertShape::Json => json!(self),
            AlertShape::Slack => self.slack(),
        }
    }

    /// The parts as environment variables of a command.
    pub(super) fn variables(&self) -> [(&'static str, String); 9] {
        let Condition { key, severity, summary, detail, remedy } = &self.condition;
        let status = json!(self.status).as_str().unwrap_or_default().to_owned();
        [
            ("ALERT_STATUS", status),
            ("ALERT_KEY", key.clone()),
            ("ALERT_SEVERITY", severity.name().to_owned()),
            ("ALERT_SUMMARY", summary.clone()),
            ("ALERT_DETAIL", detail.clone()),
            ("ALERT_REMEDY", remedy.clone()),
            ("ALERT_RUN", self.run.clone()),
            ("ALERT_HOST", self.host.clone()),
            ("ALERT_SINCE", self.since.clone()),
        ]
    }

    /// `text` is what notifications show, the block in the attachment what the channel shows.
    fn slack(&self) -> Value {
        let colour = match (self.status, self.condition.severity) {
            (AlertStatus::Recovered | AlertStatus::Test, _) => "#2e7d32",
            (_, Severity::Warn) => "#f9a825",
            (_, Severity::Critical) => "#c62828",
        };
        let Condition { key, summary, detail, remedy, .. } = &self.condition;
        let parts = [
            format!("*{}*", escaped(summary)),
            escaped(detail),
            format!("_{}_", escaped(remedy)),
            format!("`{}` since {} on {}", escaped(key), self.since, escaped(&self.host)),
        ];
        let shown = parts.into_iter().filter(|part| !part.is_empty() && part != "__");
        let text: String = shown.collect::<Vec<_>>().join("\n").chars().take(LONGEST).collect();
        let section = json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } });
        json!({
            "text": escaped(&self.line()),
            "attachments": [{ "color": colour, "blocks": [section] }],
        })
    }
}

/// Slack's three control characters.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(status: AlertStatus) -> Notice {
        let condition = Condition {
            key: "halted/ButterAI".to_owned(),
            severity: Severity::Critical,
            summary: "ButterAI is halted & <stays> so".to_owned(),
            detail: "x".repeat(10_000),
            remedy: "`butterquant resume`".to_owned(),
        };
        Notice::new(status, condition, "live", (1_530_565_384_000, 1_530_565_385_000))
    }

    #[test]
    fn json_has_every_field_and_times_that_programs_read() {
        let body = notice(AlertStatus::Raised).body(AlertShape::Json);
        assert_eq!((&body["status"], &body["severity"]), (&json!("raised"), &json!("critical")));
        assert_eq!(
            (&body["since"], &body["run"]),
            (&json!("2018-07-02T21:03:04Z"), &json!("live"))
        );
        assert_eq!(body["key"], "halted/ButterAI");
    }

    #[test]
    fn slack_gets_text_it_takes() {
        let body = notice(AlertStatus::Recovered).body(AlertShape::Slack);
        assert_eq!(
            body["text"],
            "[CRITICAL] ButterAI is halted &amp; &lt;stays&gt; so (recovered, run live)"
        );
        let shown = &body["attachments"][0];
        assert_eq!(shown["color"], "#2e7d32");
        let text = shown["blocks"][0]["text"]["text"].as_str().unwrap();
        assert!(text.starts_with("*ButterAI is halted") && text.len() <= 3_000, "{}", text.len());
    }
}
