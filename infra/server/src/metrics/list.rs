//! Every metric, in the order in which the page has them.

use super::{host, lag, letters, run, units, views};
use telemetry::metrics::{Declared, Instruments};

/// All of them.
pub(super) fn declared() -> Vec<&'static Declared> {
    let measured = Instruments::declared();
    [lag::ALL, run::ALL, units::ALL, letters::ALL, views::ALL, measured, host::ALL].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What Prometheus and its linter ask of names.
    #[test]
    fn every_metric_is_named_once_and_as_prometheus_names_them() {
        let all = declared();
        let names: BTreeSet<&str> = all.iter().map(|of| of.name).collect();
        assert_eq!(names.len(), all.len());
        for of in all {
            let counter = of.kind == telemetry::metrics::MetricKind::Counter;
            assert_eq!(of.name.ends_with("_total"), counter, "{of:?}");
            assert!(of.help.ends_with('.') && !of.help.contains('\n'), "{of:?}");
            assert!(of.labels.iter().all(|label| !["instance", "job", "le"].contains(label)));
        }
    }
}
