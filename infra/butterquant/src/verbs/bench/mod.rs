//! `bench`: measures the program on this machine.

mod learning;
mod pipeline;
mod scan;
mod train;

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
    /// Measure a training with its assessments, beside PyTorch on the same rows and epochs
    ///
    /// Both on one thread. PyTorch trains the network alone; this program fits its regressions and assesses
    /// all of them too. Without a Python that has PyTorch only this program is measured.
    #[command(after_help = BENCH_TRAIN_JSON)]
    Train(train::Args),
    /// Walk models forward over a market: champion, refit every time, network, ridge, score and class prior
    ///
    /// Rows of every ticker and day are labelled, then walked day by day: trainings begin by month and count,
    /// the gate judges them, and what passes is in force after its shadow days. Every predictor is asked about
    /// the same rows of later days. With --seeds several simulated markets are walked and pooled.
    #[command(after_help = BENCH_LEARNING_JSON)]
    Learning(learning::Args),
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

const BENCH_TRAIN_JSON: &str = "\
With -o json:
  source, rows, held_out  what was trained on, and what the model was judged on
  settings         of the training: seed, epochs, batch, hidden, learning_rate, weight_decay,
                   dropout, patience, validation_share, minimum_rows
  machine          cpu, cores, load (one minute, all processes), profile, target, version
  training         seconds of each, best_seconds, cpu_seconds (mean of all); parts of the fastest:
                   until_network (rows checked, five regressions), choosing_epochs, on_all_rows
                   (regression, network, assessments, bytes); epochs_run, best_epoch,
                   network_log_loss and logistic_log_loss of the validation days
  pytorch          version, seconds of each, best_seconds, network_log_loss; null without PyTorch
  without_pytorch  why there is none, and how to install it
  ratio            best_seconds over PyTorch's
  limits[]         what, measured, at_most, met: 1.0 s (above 10,000 rows in proportion), ratio 1.0
No time includes drawing the rows or loading PyTorch and its first steps. Exit code 1: a limit was missed.";

const BENCH_LEARNING_JSON: &str = "\
With -o json:
  machine     cpu, cores, load (one minute, all processes), profile, target, version
  settings    of the trainings: retrain_outcomes, min_training_rows, training_epochs, shadow_days, seed
  markets[]   source, rows, scan_days, first_day, last_day, judged_days (after the first training),
              champion_days (of these), block (longest holding in trading days); trainings,
              without_model[] (why trainings gave none), networks (trainings that shipped the
              network), refused (models by kind of reason), promotions[] (day, days until the next, log_loss, before: that of the
              champion before it or of the class prior), drawing (windows: trainings with more than
              10,000 rows, least_rows, most_rows, cost: log loss of the ridge regression on the rows
              drawn less that on all; null without such trainings)
    comparisons[]  on (which days), of, over, days, log_loss and other_log_loss (means of daily
              means, in nats), gain (how much lower the first is), standard_error, above (with 95 %
              confidence, one-sided), p_value (one-sided): from the gate's block bootstrap, null
              where the days are fewer than one and a half blocks
  pooled[]    with --seeds, each comparison over the markets: markets, log_loss, other_log_loss, gain,
              low and high (95 %), better, surely_better, surely_worse (numbers of markets)
The class prior is that of all rows known at the newest training.

Examples:
  butterquant bench learning --source csv:prices --picture gains.png
  butterquant bench learning --source sim:1,stocks=40,days=1100 --seeds 1,2,3";

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::Scan(args) => scan::run(config, args),
        Verb::Pipeline(args) => pipeline::run(config, args),
        Verb::Train(args) => train::run(config, args),
        Verb::Learning(args) => learning::run(config, args),
    }
}
