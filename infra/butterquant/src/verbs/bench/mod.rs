//! `bench`: measures the program on this machine.

mod pipeline;
mod scan;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The verbs of `bench`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Measure full analyses: single ones, scans of all tickers on several threads, and memory
    #[command(after_help = BENCH_SCAN_JSON)]
    Scan(scan::Args),
    /// Measure the loop on the configured log
    ///
    /// It measures features to predictions at full speed and at a fixed rate, a day's last prediction
    /// to its last order, and whether the throughput of several scorer processes adds up.
    #[command(after_help = BENCH_PIPELINE_JSON)]
    Pipeline(pipeline::Args),
}

const BENCH_SCAN_JSON: &str = "\
With -o json:
  source, tickers, days  what was analysed: every ticker at the close of each of the last days
  settings               how options were priced
  machine                cpu, cores, load (one minute, all processes), profile, target, version
  warm_up                analyses before the measurements, not timed
  refused                analyses refused, not timed
  latency                single analyses on one thread: count, min_ms, median_ms, p99_ms, max_ms,
                         mean_ms
  scans                  scans of all tickers: threads, wall_ms of each, median_ms, max_ms
  memory[]               analyses, windows_held meanwhile, peak_kib (VmHWM; null if unknown), reset
                         (whether the peak was reset before; Linux only)
No time includes reading or simulating the market.";

const BENCH_PIPELINE_JSON: &str = "\
With -o json:
  log, partitions, machine, provider, settings   conditions; settings.kafka holds the librdkafka
            properties set by this program or passed through
  hop       features to predictions from a backlog, one scorer in this process: events, seconds,
            events_per_second, cpu_seconds (of this process, both sides of it),
            events_per_cpu_second; on Kafka plain_events_per_second (of a plain librdkafka copy
            between two topics of this broker) and share_of_plain
  steady    scans and features at a fixed rate: rate, warm_up_seconds (at that rate, not
            counted), due_to_prediction (from when the scan was due until a subscriber has its
            prediction), published_to_prediction
  streams   with --streams: applications[] (name, settings, events_per_s, events_per_cpu_s; p50_ms,
            p99_ms, max_ms from when a record can be read), times_events_per_second (this
            program's over the best of theirs), times_shorter_p99 (the best of theirs over this
            program's)
  day       one day at a time through every role: from a day's last prediction marker to its last
            order marker, as seen by a subscriber; days, orders
  scale     phases[]: scorers, rate_each, events_per_second, share (of scorers x rate),
            settled_after_seconds (until all partitions were being read again); and over
            every rebalance: events, twice (predicted more than once), missing
  limits[]  limits of some of these: what, measured, wanted, at_most, met
Times are in milliseconds: count, min_ms, median_ms, p99_ms, max_ms, mean_ms.
It works in runs of its own, named bench-..., and removes them afterwards. Exit code 1: a limit was
missed.";

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::Scan(args) => scan::run(config, args),
        Verb::Pipeline(args) => pipeline::run(config, args),
    }
}
