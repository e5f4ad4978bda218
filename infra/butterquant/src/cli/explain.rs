//! The command lines of what explains and measures: `analyze` and `bench`.

use clap::{Args, Subcommand};
use schemas::Day;
use std::path::PathBuf;

/// One analysis.
#[derive(Args, Debug)]
pub(crate) struct AnalyzeArgs {
    /// The ticker
    pub ticker: String,
    /// The market: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// At the close of this day, or of the last trading day before it (default: the last one)
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Day>,
    /// Where to draw it, .png or .svg (default: analysis/TICKER-DATE.png in the data folder)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What is measured.
#[derive(Subcommand, Debug)]
pub(crate) enum BenchVerb {
    /// How long full analyses take: each on one thread, all tickers on several, and the memory
    #[command(after_help = BENCH_SCAN_JSON)]
    Scan(BenchScanArgs),
    /// How fast events go through the loop on this log, embedded or Kafka: features to
    /// predictions at full speed and at a fixed rate, a day's last prediction to its last order,
    /// and scorers in processes of their own adding up
    #[command(after_help = BENCH_PIPELINE_JSON)]
    Pipeline(BenchPipelineArgs),
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

/// Measuring the loop.
#[derive(Args, Debug)]
pub(crate) struct BenchPipelineArgs {
    /// Events of the backlog
    #[arg(long, default_value_t = 100_000, value_parser = at_least_one(10_000_000))]
    pub events: usize,
    /// Events a second of the steady part; 0 leaves it out
    #[arg(long, default_value_t = 1_000)]
    pub rate: u32,
    /// Seconds of the steady part, after as many (30 at most) of warming up
    #[arg(long, default_value_t = 20)]
    pub seconds: u32,
    /// Days of the order part; 0 leaves it out
    #[arg(long, default_value_t = 120)]
    pub days: u32,
    /// Scorer processes of each phase of scaling out, separated by commas; 0 leaves it out
    #[arg(long, value_delimiter = ',', value_name = "N,N,...", default_values_t = [1, 2, 4])]
    pub scorers: Vec<u32>,
    /// Events a second each of these scorers is held to
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub scorer_rate: u32,
    /// Seconds a phase is measured, once its partitions have changed hands
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub scorer_seconds: u32,
    /// Measure Kafka Streams beside it by this script, tests/streams/measure of the sources (Java 17
    /// and Maven)
    #[arg(long, value_name = "FILE")]
    pub streams: Option<PathBuf>,
}

/// Measuring scans.
#[derive(Args, Debug)]
pub(crate) struct BenchScanArgs {
    /// The market: csv:DIR or sim:SEED (default: a simulated one of as many stocks)
    #[arg(long)]
    pub source: Option<String>,
    /// Tickers to analyse, the market's first
    #[arg(long, default_value_t = 100, value_parser = at_least_one(1_000))]
    pub tickers: usize,
    /// Days to analyse each at, the market's last
    #[arg(long, default_value_t = 5, value_parser = at_least_one(8))]
    pub days: usize,
    /// Threads of a scan
    #[arg(long, default_value_t = 2, value_parser = at_least_one(64))]
    pub threads: usize,
}

/// A whole number from 1 to `most`.
fn at_least_one(most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| format!("it must be a whole number from 1 to {most}"))
    }
}
