//! What a metric is called and means.

/// What a metric is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MetricKind {
    /// Only grows, until its process starts anew.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// Values counted by size, with their sum.
    Histogram,
}

impl MetricKind {
    /// Its word in the text format.
    pub fn name(self) -> &'static str {
        match self {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        }
    }
}

/// A metric: its name, labels and meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Declared {
    /// Its name, with the unit last.
    pub name: &'static str,
    /// What it is.
    pub kind: MetricKind,
    /// The labels of its samples, in order.
    pub labels: &'static [&'static str],
    /// What it means, a sentence.
    pub help: &'static str,
}

impl Declared {
    /// A gauge.
    pub const fn gauge(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Declared {
        Declared { name, kind: MetricKind::Gauge, labels, help }
    }

    /// A counter.
    pub const fn counter(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Declared {
        Declared { name, kind: MetricKind::Counter, labels, help }
    }

    /// A histogram.
    pub const fn histogram(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Declared {
        Declared { name, kind: MetricKind::Histogram, labels, help }
    }
}
