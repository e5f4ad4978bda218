//! Prometheus' text format, version 0.0.4, written metric by metric.

use std::fmt::{Display, Write};

/// The content type of the format.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4";

/// Labels of a sample: name and value.
pub(crate) type Labels<'a> = &'a [(&'a str, &'a str)];

/// Metrics as text.
#[derive(Default)]
pub(crate) struct Exposition(String);

/// A metric whose samples are being written.
pub(crate) struct Metric<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl Exposition {
    /// Starts the gauge `name`.
    pub(crate) fn gauge(&mut self, name: &'static str, help: &str) -> Metric<'_> {
        self.metric(name, "gauge", help)
    }

    /// Starts the counter `name`.
    pub(crate) fn counter(&mut self, name: &'static str, help: &str) -> Metric<'_> {
        self.metric(name, "counter", help)
    }

    fn metric(&mut self, name: &'static str, kind: &str, help: &str) -> Metric<'_> {
        let mut metric = Metric { text: &mut self.0, name };
        metric.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
        metric
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

impl Metric<'_> {
    /// Writes one sample.
    pub(crate) fn sample(&mut self, labels: Labels<'_>, value: impl Display) {
        let name = self.name;
        if labels.is_empty() {
            return self.line(format_args!("{name} {value}"));
        }
        let labels = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
        let labels = labels.collect::<Vec<_>>().join(",");
        self.line(format_args!("{name}{{{labels}}} {value}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.text, "{line}"); // writing to a String cannot fail
    }
}

/// A label's value with the characters escaped that would end it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_are_escaped() {
        let mut text = Exposition::default();
        text.counter("met_total", "Events met.").sample(&[("a", "x\"y\\z\n"), ("b", "")], 3);
        assert_eq!(
            text.into_text(),
            "# HELP met_total Events met.\n# TYPE met_total counter\nmet_total{a=\"x\\\"y\\\\z\\n\",b=\"\"} 3\n"
        );
    }
}
