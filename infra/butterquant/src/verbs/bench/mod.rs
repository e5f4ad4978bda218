//! `bench`: measures the program on this machine.

mod pipeline;
mod scan;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// What is measured.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// How long full analyses take: each on one thread, all tickers on several, and the memory
    #[command(after_help = BENCH_SCAN_JSON)]
    Scan(scan::Args),
    /// How fast events go through the loop on this log, embedded or Kafka: features to
    /// predictions at full speed and at a fixed rate, a day's last prediction to its last order,
    /// and scorers in processes of their own adding up
    #[command(after_help = BENCH_PIPELINE_JSON)]
    Pipeline(pipeline::Args),
}

const BENCH_SCAN_JSON: &str = "\
With -o json:
  source, tickers, days  what was analysed: every ticker at the close of each of the last days
  settings               how options were priced
  machine                cpu, cores, load (one minute, all processes), profile, target, version
  warm_up                analyses made first and not timed
  refused                analyses refused, not timed either
  latency                single analyses on one thread: count, min_ms, median_ms, p99_ms, max_ms,
                         mean_ms
  scans                  scans of all tickers: threads, wall_ms of each, median_ms, max_ms
  memory[]               analyses made, windows_held meanwhile, peak_kib (VmHWM; null if unknown),
                         reset (whether the peak was set back before; Linux only)
Reading or simulating the market is not part of any time.";

const BENCH_PIPELINE_JSON: &str = "\
With -o json:
  log, partitions, machine, provider, settings   what it was measured with; settings.kafka is what
            this program sets of librdkafka's producer and reader, and what was passed through
  hop       features to predictions from a backlog, one scorer in this process: events, seconds,
            events_per_second, cpu_seconds (of this process, both sides of it),
            events_per_cpu_second; on Kafka plain_events_per_second (what plain librdkafka copies
            between two topics of this broker) and share_of_plain
  steady    scans and features at a fixed rate: rate, warm_up_seconds (at that rate before those
            that count), due_to_prediction (from the moment the scan was due to the moment a
            subscriber has its prediction), published_to_prediction
  streams   with --streams: applications[] (name, settings, events_per_s, events_per_cpu_s; p50_ms,
            p99_ms, max_ms from a record that can be read), times_events_per_second (this program's
            over the best of them), times_shorter_p99 (the best of theirs over this program's)
  day       one day at a time through every role: a day's last prediction marker, as a subscriber
            has it, to its last order marker; days, orders
  scale     phases[]: scorers, rate_each, events_per_second, share (of scorers x rate),
            settled_after_seconds (until all partitions were read again); and of all
            events through every rebalance: events, twice (predicted more than once), missing
  limits[]  what is wanted of some of these: what, measured, wanted, at_most, met
Times are in milliseconds: count, min_ms, median_ms, p99_ms, max_ms, mean_ms.
It works in runs of its own, named bench-..., which it removes afterwards. Exit code 1: a limit was
missed.";

/// Carries out one of them.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::Scan(args) => scan::run(config, args),
        Verb::Pipeline(args) => pipeline::run(config, args),
    }
}
