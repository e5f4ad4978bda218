//! Metrics of one scrape as Prometheus' text format, version 0.0.4. A metric that has no sample at the moment keeps its
//! `# HELP` and `# TYPE` lines, so that rules and pages can be compared with what is served.

use super::declared::{Declared, MetricKind};
use prometheus::core::Collector;
use prometheus::proto::{Metric, MetricFamily};
use prometheus::{CounterVec, GaugeVec, Opts, TextEncoder};
use std::collections::BTreeMap;
use std::fmt::{Debug, Write};

/// The content type of the format.
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// The metrics of one scrape.
#[derive(Default)]
pub struct Exposition {
    families: BTreeMap<String, MetricFamily>,
}

impl Exposition {
    /// Adds the samples of a gauge or a counter: the values of its labels, and the value. Samples that do not have the
    /// declared labels are a defect of the program; they are left out and logged.
    pub fn add<L: AsRef<[S]>, S: AsRef<str> + Debug>(
        &mut self,
        declared: &Declared,
        samples: impl IntoIterator<Item = (L, f64)>,
    ) {
        if let Err(error) = self.try_add(declared, samples) {
            tracing::error!("{} is not served: {error}", declared.name);
        }
    }

    fn try_add<L: AsRef<[S]>, S: AsRef<str> + Debug>(
        &mut self,
        declared: &Declared,
        samples: impl IntoIterator<Item = (L, f64)>,
    ) -> prometheus::Result<()> {
        let options = Opts::new(declared.name, declared.help);
        match declared.kind {
            MetricKind::Counter => {
                let counter = CounterVec::new(options, declared.labels)?;
                for (labels, value) in samples {
                    counter.get_metric_with_label_values(labels.as_ref())?.inc_by(value.max(0.0));
                }
                self.collect(&counter);
            }
            MetricKind::Gauge | MetricKind::Histogram => {
                let gauge = GaugeVec::new(options, declared.labels)?;
                for (labels, value) in samples {
                    gauge.get_metric_with_label_values(labels.as_ref())?.set(value);
                }
                self.collect(&gauge);
            }
        }
        Ok(())
    }

    /// Adds the one sample of a metric without labels.
    pub fn one(&mut self, declared: &Declared, value: f64) {
        let none: [&str; 0] = [];
        self.add(declared, [(none, value)]);
    }

    /// Adds what a collector of the library has counted.
    pub(super) fn collect(&mut self, collector: &dyn Collector) {
        for mut family in collector.collect() {
            // The library's own registry sorts too.
            family.mut_metric().sort_by(|a, b| of_labels(a).cmp(of_labels(b)));
            if !family.get_metric().is_empty() {
                self.families.insert(family.name().to_owned(), family);
            }
        }
    }

    /// The text of `all` metrics, in that order.
    pub fn text(mut self, all: &[&Declared]) -> String {
        let mut text = String::new();
        for Declared { name, kind, help, .. } in all {
            match self.families.remove(*name) {
                Some(family) => {
                    if let Err(error) = TextEncoder::new().encode_utf8(&[family], &mut text) {
                        tracing::error!("{name} is not served: {error}");
                    }
                }
                None => {
                    // Writing to a String cannot fail.
                    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {}", kind.name());
                }
            }
        }
        for name in self.families.keys() {
            tracing::error!("{name} is in no list of metrics, and is not served");
        }
        text
    }
}

/// The values of a sample's labels, which come in the order of their names.
fn of_labels(metric: &Metric) -> impl Iterator<Item = &str> {
    metric.get_label().iter().map(|label| label.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MET: Declared = Declared::counter("met_total", &["a", "b"], "Events met.");
    const LEFT: Declared = Declared::gauge("left", &[], "Events left.");

    #[test]
    fn label_values_are_escaped_and_a_metric_without_samples_is_still_named() {
        let mut shown = Exposition::default();
        shown.add(&MET, [(["x\"y\\z\n", ""], 3.0)]);
        assert_eq!(
            shown.text(&[&MET, &LEFT]),
            "# HELP met_total Events met.\n# TYPE met_total counter\nmet_total{a=\"x\\\"y\\\\z\\n\",b=\"\"} 3\n# HELP left Events left.\n# TYPE left gauge\n"
        );
    }

    #[test]
    fn samples_with_other_labels_than_declared_are_left_out() {
        let mut shown = Exposition::default();
        shown.add(&MET, [(["one label"], 1.0)]);
        shown.one(&LEFT, f64::NAN);
        let text = shown.text(&[&MET, &LEFT]);
        assert!(!text.contains("one label") && text.ends_with("left NaN\n"), "{text}");
    }
}
