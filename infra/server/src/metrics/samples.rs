//! Samples of metrics, as the files beside this one make them.

use telemetry::metrics::{Declared, Exposition};

/// Seconds of a day.
pub(super) const DAY: f64 = 86_400.0;

/// Samples of some metrics: of each, the values of its labels and the value.
pub(super) type Samples = Vec<(&'static Declared, Vec<(Vec<String>, f64)>)>;

/// The values of labels.
pub(super) fn labels<const N: usize>(of: [&str; N]) -> Vec<String> {
    of.map(str::to_owned).to_vec()
}

/// Adds samples to a page.
pub(super) fn put(shown: &mut Exposition, samples: &Samples) {
    for (declared, samples) in samples {
        shown.add(declared, samples.iter().map(|(labels, value)| (labels, *value)));
    }
}
