//! The report of `bench pipeline`: every figure with the conditions of its measurement, and its limit if it
//! has one.

use super::streams::{STREAMS_LATENCY, STREAMS_SPEED};
use super::{day, hop, scale, streams};
use crate::bench::machine::Machine;
use crate::bench::measure::Latency;
use crate::printer;
use report::tables;
use run::config::LogHome;
use serde::Serialize;
use std::collections::BTreeMap;

/// The least share of a scorer's throughput in that of a plain librdkafka copy.
const SHARE_OF_PLAIN: f64 = 0.5;
/// The least share of their summed rates that limited scorers reach together.
const SHARE_OF_RATE: f64 = 0.95;
/// Scan to prediction, and last prediction to last order: the 99th percentile, in milliseconds.
const P99_MS: [f64; 2] = [20.0, 100.0]; // on the embedded log, on Kafka

/// All measurements.
#[derive(Serialize)]
pub(crate) struct PipelineReport {
    pub log: String,
    pub partitions: u32,
    pub provider: String,
    pub machine: Machine,
    pub settings: Settings,
    pub hop: hop::Hop,
    pub steady: Option<hop::Steady>,
    pub streams: Option<streams::Streams>,
    pub day: Option<day::OrderLatency>,
    pub scale: Option<scale::Scale>,
    pub limits: Vec<Limit>,
}

/// The settings of the loop.
#[derive(Serialize)]
pub(crate) struct Settings {
    pub max_records: usize,
    pub save_every: u32,
    pub backlog: usize,
    /// Copies of each partition; `None` leaves it to the brokers.
    pub replication: Option<u32>,
    /// The librdkafka properties of producer and reader set by this program or passed through, without
    /// secrets.
    pub kafka: BTreeMap<String, String>,
}

/// A limit and the figure that must meet it.
#[derive(Serialize)]
pub(crate) struct Limit {
    pub what: &'static str,
    pub measured: f64,
    /// The limit itself.
    pub wanted: f64,
    pub at_most: bool,
    pub met: bool,
}

impl PipelineReport {
    /// Compares the measurements with their limits.
    pub(crate) fn judge(&mut self, home: LogHome) {
        let p99_ms = P99_MS[usize::from(home == LogHome::Kafka)];
        let mut limits = Vec::new();
        let mut limit = |what, measured: f64, wanted: f64, at_most: bool| {
            let met = if at_most { measured <= wanted } else { measured >= wanted };
            limits.push(Limit { what, measured, wanted, at_most, met });
        };
        if let Some(share) = self.hop.share_of_plain {
            limit(PLAIN, share, SHARE_OF_PLAIN, false);
        }
        if let Some(steady) = &self.steady {
            limit(STEADY, steady.due_to_prediction.p99_ms, p99_ms, true);
        }
        if let Some(streams) = &self.streams {
            limit(STREAMS_SPEED, streams.times_events_per_second, 1.0, false);
            limit(STREAMS_LATENCY, streams.times_shorter_p99, 1.0, false);
        }
        if let Some(day) = &self.day {
            limit(DAY, day.last_prediction_to_last_order.p99_ms, p99_ms, true);
        }
        if let Some(scale) = &self.scale {
            let least = scale.phases.iter().map(|phase| phase.share).fold(1.0, f64::min);
            limit(SCALE, least, SHARE_OF_RATE, false);
            limit(EXACT, (scale.twice + scale.missing) as f64, 0.0, true);
        }
        self.limits = limits;
    }

    /// Prints the report as a table.
    pub(crate) fn print(&self) {
        printer::line(self.machine.to_string());
        printer::line(format!(
            "log: {}, {} partitions; scored by {}; at most {} records a transaction",
            self.log, self.partitions, self.provider, self.settings.max_records
        ));
        printer::line("");
        printer::line(tables::table(&["measurement", "measured>", "limit>", "how"], self.rows()));
        for limit in self.limits.iter().filter(|limit| !limit.met) {
            printer::line(format!(
                "missed: {}; check the load of the machine first, which is {} now",
                limit.what,
                Machine::here().load
            ));
        }
    }

    fn wanted(&self, what: &str) -> String {
        let Some(limit) = self.limits.iter().find(|limit| limit.what == what) else {
            return String::new();
        };
        let sign = if limit.at_most { "≤" } else { "≥" };
        match what {
            PLAIN | SCALE => format!("{sign} {:.0} %", limit.wanted * 100.0),
            STEADY | DAY => format!("{sign} {:.0} ms", limit.wanted),
            _ => format!("{sign} {:.0}", limit.wanted),
        }
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let row = |what: &str, measured: String, how: String| {
            vec![what.to_owned(), measured, self.wanted(what), how]
        };
        let hop = &self.hop;
        let mut rows = vec![
            row(
                "features to predictions",
                format!("{:.0} events/s", hop.events_per_second),
                format!("one scorer, {} events from a backlog", hop.events),
            ),
            row(
                "",
                format!("{:.0} events/CPU-s", hop.events_per_cpu_second),
                format!("{:.1} CPU-seconds of this process", hop.cpu_seconds),
            ),
        ];
        if let (Some(plain), Some(share)) = (hop.plain_events_per_second, hop.share_of_plain) {
            let how = format!("plain librdkafka, {plain:.0} events/s, no transactions");
            rows.push(row(PLAIN, format!("{:.0} %", share * 100.0), how));
        }
        let times = |what: &str, latency: &Latency, how: String| {
            let measured = format!("{:.1} / {:.1} ms", latency.median_ms, latency.p99_ms);
            let how = format!("{how}; median / 99th percentile of {}", latency.count);
            row(what, measured, how)
        };
        if let Some(steady) = &self.steady {
            let how = format!(
                "{} scans/s after {} s of warming up, from when each was due",
                steady.rate, steady.warm_up_seconds
            );
            rows.push(times(STEADY, &steady.due_to_prediction, how));
            let how = "from when its publish was acknowledged".to_owned();
            rows.push(times("", &steady.published_to_prediction, how));
        }
        rows.extend(
            self.streams
                .iter()
                .flat_map(streams::Streams::rows)
                .map(|(what, measured, how)| row(what, measured, how)),
        );
        if let Some(day) = &self.day {
            let how = format!("all roles, 100 stocks, {} orders", day.orders);
            rows.push(times(DAY, &day.last_prediction_to_last_order, how));
        }
        if let Some(scale) = &self.scale {
            for phase in &scale.phases {
                rows.push(row(
                    SCALE,
                    format!("{:.0} events/s", phase.events_per_second),
                    format!(
                        "{} processes, {:.1} % of {} each, {:.0} s to settle",
                        phase.scorers,
                        phase.share * 100.0,
                        phase.rate_each,
                        phase.settled_after_seconds
                    ),
                ));
            }
            rows.push(row(
                EXACT,
                (scale.twice + scale.missing).to_string(),
                format!("{} twice, {} missing", scale.twice, scale.missing),
            ));
        }
        rows
    }
}

const PLAIN: &str = "of a plain copy";
const STEADY: &str = "scan to prediction";
const DAY: &str = "last prediction to last order";
const SCALE: &str = "scorers held to a rate";
const EXACT: &str = "events twice or missing";
