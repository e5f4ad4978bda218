//! The command lines of model versions.

use clap::{Args, Subcommand};
use schemas::Day;
use std::path::PathBuf;

/// The models on the log.
#[derive(Subcommand, Debug)]
pub(crate) enum ModelVerb {
    /// Every version: when, by which rule, what came of it
    List,
    /// One version: manifest, metrics, verdict
    Show {
        /// The version
        version: i64,
    },
    /// What differs between two versions: settings, data, figures, weights, scores on the same rows
    #[command(after_help = "Example: butterquant model diff 1 2")]
    Diff {
        /// The one
        one: i64,
        /// The other
        other: i64,
    },
    /// Put a version that passed its gate in force from the next day on
    ///
    /// It is said on `controls`; the retrainer answers at the day's end on `models`, and from the
    /// next day on every scorer uses it. A challenger that is being watched falls, unless it is the
    /// one that is promoted.
    #[command(
        after_help = "Example: butterquant model promote 3 --reason \"calibration is better\""
    )]
    Promote(PromoteArgs),
    /// Put an earlier version back in force, at once
    ///
    /// It is said on `controls`; scorers that run use it from their next batch on, in the middle of
    /// a day. Without a version it is the champion before the one in force.
    #[command(after_help = "Example: butterquant model rollback --reason \"drift\"")]
    Rollback(RollbackArgs),
    /// Check versions or a file: hash, seal, shape, contract, test vectors in every engine, and the
    /// artifact folder against the log; exit 1 when anything is wrong
    #[command(after_help = "Examples: butterquant model verify; butterquant model verify 2; \
                            butterquant model verify success_model_v2.onnx")]
    Verify {
        /// A version or an ONNX file (default: every version on the log)
        what: Option<String>,
    },
    /// Latency and speed of scoring with every provider there is, and what ran each node; exit 1
    /// when one event takes longer than the budget
    #[command(after_help = BENCH_JSON)]
    Bench(ModelBenchArgs),
    /// What a version's log loss rests on: permutation importance by scan days, and a picture
    #[command(after_help = "Example: butterquant model explain 2 --out importance.svg")]
    Explain(ExplainArgs),
    /// Which model scored an order, a candidate, or a ticker on a day
    #[command(
        after_help = "Examples: butterquant model which 17; butterquant model which --ticker \
                            AAPL --day 2018-06-29; butterquant model which --day 2018-06-29"
    )]
    Which(WhichArgs),
}

const BENCH_JSON: &str = "\
Example: butterquant model bench --provider cpu -o json

A scorer under load scores the events at hand in one call, 256 at most, and waits for no more: the
time of 256 rows is what that adds to the first of them.

With -o json:
  model             what was measured: version or file, sha256, kind, widths
  machine           cpu, cores, load (one minute, all processes), profile, target, version
  providers[]       provider, explanation, nodes (node, operator, provider that ran it), batches
                    (rows, rounds, median_us, p99_us, rows_per_second), event: decision (features
                    in memory to the decision in memory) and wire (Avro bytes in, Avro bytes out),
                    each count, median_us, p99_us
  absent[]          provider and why it cannot be measured here
  in_use            what --provider chooses
  budget_us         --budget-us
  within_budget     whether event.decision.p99_us of the one in use is";

/// A promotion.
#[derive(Args, Debug)]
pub(crate) struct PromoteArgs {
    /// The version
    pub version: i64,
    /// Why, for the record
    #[arg(long, default_value = "by an operator")]
    pub reason: String,
}

/// A rollback.
#[derive(Args, Debug)]
pub(crate) struct RollbackArgs {
    /// The version (default: the champion before the one in force)
    pub version: Option<i64>,
    /// Why, for the record
    #[arg(long, default_value = "by an operator")]
    pub reason: String,
}

/// A measurement of scoring.
#[derive(Args, Debug)]
pub(crate) struct ModelBenchArgs {
    /// A version or an ONNX file (default: the champion of the run, or a model made up for this)
    pub what: Option<String>,
    /// What one event may take at the 99th percentile, microseconds (default: 50, on a GPU 1000)
    #[arg(long, value_name = "µS")]
    pub budget_us: Option<f64>,
    /// Share of the usual rounds to measure
    #[arg(long, default_value_t = 1.0, hide = true)]
    pub share: f64,
}

/// An explanation.
#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The version
    pub version: i64,
    /// Where to draw it, .png or .svg (default: models/importance_vN.png in the run's folder)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How often each feature is dealt among the days
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    pub repeats: u32,
    /// Decides how
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// What to look for.
#[derive(Args, Debug)]
pub(crate) struct WhichArgs {
    /// The broker's order id, or a candidate's event id
    pub what: Option<String>,
    /// A ticker, with --day
    #[arg(long)]
    pub ticker: Option<String>,
    /// A day: with --ticker its candidate, alone every model that scored on it
    #[arg(long, value_name = "DATE")]
    pub day: Option<Day>,
}
