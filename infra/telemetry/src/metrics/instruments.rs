//! What the roles of this process measure while they work: latencies, publishes, failures. A measurement costs a few
//! atomic additions, and nothing that is measured is ever read by a decision.
//!
//! 1. A clock is read for metrics only: no value of this file reaches a machine.
//! 2. Labels are bounded: roles, providers and causes are words of this program.

use super::declared::Declared;
use super::exposition::Exposition;
use super::measures::{
    ALL, DAY, DECIDED, DECIDED_AGE, DECIDED_DAY, EVENT, FAILING, LAST_CLOSE, PUBLISH, PUBLISHED,
    RETRIES, SCORED, SCORING,
};
use parking_lot::Mutex;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds: a call of the engine takes 20 µs to some milliseconds.
const OF_CALLS: [f64; 12] =
    [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 0.1, 1.0];
/// Seconds: from a publish on the embedded log to a wait for a broker.
const OF_WAITS: [f64; 14] =
    [5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];
/// Days whose publish is remembered until every role has closed them.
const OPEN_DAYS: usize = 32;

/// The decisions that a role has published last.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LastDecision {
    /// When, Unix seconds.
    pub at: f64,
    /// The newest day of the data behind them, in days since 1970.
    pub day: i32,
    /// When that day closed, Unix seconds.
    pub closed: f64,
}

/// Starts a measurement of a call of the engine; what it returns is to be called with the number of rows.
pub type CallTimer = Arc<dyn Fn() -> Box<dyn FnOnce(usize)> + Send + Sync>;

/// What the roles of a process measure.
pub struct Instruments {
    scoring: HistogramVec,
    scored: IntCounterVec,
    publish: HistogramVec,
    published: IntCounterVec,
    event: HistogramVec,
    day: HistogramVec,
    retries: IntCounterVec,
    failing: IntGaugeVec,
    decided: Mutex<BTreeMap<&'static str, LastDecision>>,
    closed: Mutex<BTreeMap<String, f64>>,
    /// When the source published the last days.
    open: Mutex<BTreeMap<i32, Instant>>,
    provider: OnceLock<String>,
}

impl Default for Instruments {
    fn default() -> Instruments {
        Instruments {
            scoring: histogram(&SCORING, &OF_CALLS),
            scored: counter(&SCORED),
            publish: histogram(&PUBLISH, &OF_WAITS),
            published: counter(&PUBLISHED),
            event: histogram(&EVENT, &OF_WAITS),
            day: histogram(&DAY, &OF_WAITS),
            retries: counter(&RETRIES),
            failing: gauge(&FAILING),
            decided: Mutex::default(),
            closed: Mutex::default(),
            open: Mutex::default(),
            provider: OnceLock::new(),
        }
    }
}

#[expect(clippy::expect_used, reason = "names and labels are constants, and a test makes them all")]
fn histogram(of: &Declared, buckets: &[f64]) -> HistogramVec {
    let options = HistogramOpts::new(of.name, of.help).buckets(buckets.to_vec());
    HistogramVec::new(options, of.labels).expect(of.name)
}

#[expect(clippy::expect_used, reason = "names and labels are constants, and a test makes them all")]
fn counter(of: &Declared) -> IntCounterVec {
    IntCounterVec::new(Opts::new(of.name, of.help), of.labels).expect(of.name)
}

#[expect(clippy::expect_used, reason = "names and labels are constants, and a test makes them all")]
fn gauge(of: &Declared) -> IntGaugeVec {
    IntGaugeVec::new(Opts::new(of.name, of.help), of.labels).expect(of.name)
}

/// The wall time, Unix seconds.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

impl Instruments {
    /// Every metric measured here.
    pub fn declared() -> &'static [&'static Declared] {
        &ALL
    }

    /// The engine that this process scores with; empty where it scores nothing.
    pub fn provider(&self) -> &str {
        self.provider.get().map_or("", String::as_str)
    }

    /// Measures the calls of the engine `provider`.
    pub fn scoring_timer(&self, provider: &str) -> CallTimer {
        self.provider.get_or_init(|| provider.to_owned());
        let seconds = self.scoring.with_label_values(&[provider]);
        let rows = self.scored.with_label_values(&[provider]);
        Arc::new(move || {
            let (seconds, rows, begun) = (seconds.clone(), rows.clone(), Instant::now());
            Box::new(move |scored| {
                seconds.observe(begun.elapsed().as_secs_f64());
                rows.inc_by(scored as u64);
            })
        })
    }

    /// A transaction of `role` has been confirmed, after `took`.
    pub fn published(&self, role: &'static str, records: usize, took: Duration) {
        self.publish.with_label_values(&[role]).observe(took.as_secs_f64());
        self.published.with_label_values(&[role]).inc_by(records as u64);
    }

    /// Inputs of `role` that arrived then, and how many, have been answered.
    pub fn answered(&self, role: &'static str, arrivals: impl IntoIterator<Item = (Instant, u32)>) {
        let seconds = self.event.with_label_values(&[role]).local();
        for (arrived, count) in arrivals {
            let waited = arrived.elapsed().as_secs_f64();
            (0..count).for_each(|_| seconds.observe(waited));
        }
    }

    /// `role` has published decisions on data up to `day`, which closed at `closed`, Unix seconds.
    pub fn decided(&self, role: &'static str, day: i32, closed: f64) {
        self.decided.lock().insert(role, LastDecision { at: now(), day, closed });
    }

    /// The source has published a day.
    pub fn day_published(&self, day: i32) {
        let mut open = self.open.lock();
        open.insert(day, Instant::now());
        while open.len() > OPEN_DAYS {
            open.pop_first();
        }
    }

    /// A unit of `role` has closed the days after `before` up to `closed`.
    pub fn day_closed(&self, role: &str, before: i32, closed: i32) {
        let seconds = self.day.with_label_values(&[role]);
        for (_, published) in self.open.lock().range(before.saturating_add(1)..=closed) {
            seconds.observe(published.elapsed().as_secs_f64());
        }
        self.closed.lock().insert(role.to_owned(), now());
    }

    /// A round of an instance of `role` has failed, the last `in_a_row`.
    pub fn failed(&self, role: &str, instance: &str, cause: &'static str, in_a_row: u32) {
        self.retries.with_label_values(&[role, cause]).inc();
        self.failing.with_label_values(&[instance]).set(i64::from(in_a_row));
    }

    /// An instance works again.
    pub fn works_again(&self, instance: &str) {
        self.failing.with_label_values(&[instance]).set(0);
    }

    /// Shows everything measured so far.
    pub fn show(&self, shown: &mut Exposition) {
        shown.collect(&self.scoring);
        shown.collect(&self.scored);
        shown.collect(&self.publish);
        shown.collect(&self.published);
        shown.collect(&self.event);
        shown.collect(&self.day);
        shown.collect(&self.retries);
        shown.collect(&self.failing);
        let decided = self.decided.lock().clone();
        let of = |figure: fn(&LastDecision) -> f64| {
            decided.iter().map(move |(role, last)| ([*role], figure(last))).collect::<Vec<_>>()
        };
        shown.add(&DECIDED, of(|last| last.at));
        shown.add(&DECIDED_DAY, of(|last| f64::from(last.day)));
        shown.add(&DECIDED_AGE, of(|last| last.at - last.closed));
        let closed = self.closed.lock().clone();
        shown.add(&LAST_CLOSE, closed.iter().map(|(role, at)| ([role], *at)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(of: &Instruments) -> String {
        let mut shown = Exposition::default();
        of.show(&mut shown);
        shown.text(&ALL)
    }

    #[test]
    fn what_is_measured_is_shown() {
        let of = Instruments::default();
        let timer = of.scoring_timer("candle-cpu");
        timer()(3);
        timer()(1);
        of.published("scorer", 4, Duration::from_millis(3));
        of.answered("scorer", [(Instant::now(), 3), (Instant::now(), 1)]);
        of.day_published(17_711);
        of.day_published(17_712);
        of.day_closed("scorer", 17_710, 17_711);
        of.failed("scorer", "scorer-0", "log_away", 2);
        of.decided("executor", 17_711, 1_530_302_400.0);
        let text = text(&of);
        for line in [
            "butterquant_scoring_seconds_count{provider=\"candle-cpu\"} 2",
            "butterquant_scored_rows_total{provider=\"candle-cpu\"} 4",
            "butterquant_publish_seconds_bucket{role=\"scorer\",le=\"0.005\"} 1",
            "butterquant_publish_seconds_sum{role=\"scorer\"} 0.003",
            "butterquant_published_records_total{role=\"scorer\"} 4",
            "butterquant_event_seconds_count{role=\"scorer\"} 4",
            "butterquant_day_seconds_count{role=\"scorer\"} 1",
            "butterquant_retries_total{cause=\"log_away\",role=\"scorer\"} 1",
            "butterquant_failures_in_a_row{member=\"scorer-0\"} 2",
            "butterquant_last_decision_day{role=\"executor\"} 17711",
            "butterquant_last_day_closed_timestamp_seconds{role=\"scorer\"} ",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        of.works_again("scorer-0");
        assert!(self::text(&of).contains("butterquant_failures_in_a_row{member=\"scorer-0\"} 0"));
    }

    #[test]
    fn days_that_nobody_closes_are_forgotten() {
        let of = Instruments::default();
        (0..100).for_each(|day| of.day_published(day));
        assert_eq!(of.open.lock().len(), OPEN_DAYS);
        of.day_closed("broker", -1, 99);
        assert!(text(&of).contains("butterquant_day_seconds_count{role=\"broker\"} 32"));
    }
}
