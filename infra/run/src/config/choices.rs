//! Values that a key chooses from.

use telemetry::LogFormat;

/// A key's values, each with its name and what it means.
pub trait Choice: Copy + PartialEq + Send + Sync + 'static {
    /// Every value, its name and its meaning.
    const ALL: &'static [(Self, &'static str, &'static str)];

    /// The value called `name`, in any case.
    fn parse(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(value, _, _)| *value)
    }

    /// Its name.
    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(value, _, _)| *value == self).map_or("", |(_, name, _)| name)
    }

    /// Every name.
    fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|(_, name, _)| *name).collect()
    }
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Tables and sentences.
    Human,
    /// One JSON document.
    Json,
}

impl Choice for Output {
    const ALL: &'static [(Output, &'static str, &'static str)] = &[
        (Output::Human, "human", "Tables and sentences"),
        (Output::Json, "json", "One JSON document"),
    ];
}

impl Choice for LogFormat {
    const ALL: &'static [(LogFormat, &'static str, &'static str)] = &[
        (LogFormat::Human, "human", "Sentences"),
        (LogFormat::Json, "json", "One JSON object a line"),
    ];
}

/// Where the log lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogHome {
    /// In the data folder; nothing to install.
    Embedded,
    /// On an Apache Kafka cluster.
    Kafka,
}

impl Choice for LogHome {
    const ALL: &'static [(LogHome, &'static str, &'static str)] = &[
        (LogHome::Embedded, "embedded", "In the data folder; nothing to install"),
        (LogHome::Kafka, "kafka", "On an Apache Kafka cluster"),
    ];
}

/// How much a condition of the run matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It will hurt if nobody looks at it.
    Warn,
    /// It hurts now.
    Critical,
}

impl Choice for Severity {
    const ALL: &'static [(Severity, &'static str, &'static str)] = &[
        (Severity::Warn, "warn", "It will hurt if nobody looks at it"),
        (Severity::Critical, "critical", "It hurts now"),
    ];
}

/// The shape of what a webhook is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertShape {
    /// Every field of the alert.
    Json,
    /// What a Slack webhook takes.
    Slack,
}

impl Choice for AlertShape {
    const ALL: &'static [(AlertShape, &'static str, &'static str)] = &[
        (AlertShape::Json, "json", "Every field of the alert"),
        (AlertShape::Slack, "slack", "What a Slack webhook takes"),
    ];
}

/// Where models run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// CUDA where it works, else the CPU.
    Auto,
    /// CUDA, or an error.
    Cuda,
    /// The CPU.
    Cpu,
    /// candle, whether ONNX Runtime is there or not.
    Candle,
}

impl Choice for Provider {
    const ALL: &'static [(Provider, &'static str, &'static str)] = &[
        (Provider::Auto, "auto", "CUDA where it works, else the CPU"),
        (Provider::Cuda, "cuda", "CUDA, or an error"),
        (Provider::Cpu, "cpu", "The CPU: ONNX Runtime where it is found, else candle"),
        (Provider::Candle, "candle", "candle on the CPU, though ONNX Runtime is found"),
    ];
}
