//! `model`: the versions on the log, what differs between them, what they rest on, which of them
//! scored what, how fast they are, and putting one in force.

mod bench;
mod diff;
mod explain;
mod list;
mod promote;
mod rollback;
mod show;
mod verify;
mod which;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The models on the log.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Every version: when, by which rule, what came of it
    List,
    /// One version: manifest, metrics, verdict
    Show(show::Args),
    /// What differs between two versions: settings, data, figures, weights, scores on the same rows
    #[command(after_help = "Example: butterquant model diff 1 2")]
    Diff(diff::Args),
    /// Put a version that passed its gate in force from the next day on
    ///
    /// It is said on `controls`; the retrainer answers at the day's end on `models`, and from the
    /// next day on every scorer uses it. A challenger that is being watched falls, unless it is the
    /// one that is promoted.
    #[command(
        after_help = "Example: butterquant model promote 3 --reason \"calibration is better\""
    )]
    Promote(promote::Args),
    /// Put an earlier version back in force, at once
    ///
    /// It is said on `controls`; scorers that run use it from their next batch on, in the middle of
    /// a day. Without a version it is the champion before the one in force.
    #[command(after_help = "Example: butterquant model rollback --reason \"drift\"")]
    Rollback(rollback::Args),
    /// Check versions or a file: hash, seal, shape, contract, test vectors in every engine, and the
    /// artifact folder against the log; exit 1 when anything is wrong
    #[command(after_help = "Examples: butterquant model verify; butterquant model verify 2; \
                            butterquant model verify success_model_v2.onnx")]
    Verify(verify::Args),
    /// Latency and speed of scoring with every provider there is, and what ran each node; exit 1
    /// when one event takes longer than the budget
    #[command(after_help = BENCH_JSON)]
    Bench(bench::Args),
    /// What a version's log loss rests on: permutation importance by scan days, and a picture
    #[command(after_help = "Example: butterquant model explain 2 --out importance.svg")]
    Explain(explain::Args),
    /// Which model scored an order, a candidate, or a ticker on a day
    #[command(
        after_help = "Examples: butterquant model which 17; butterquant model which --ticker \
                            AAPL --day 2018-06-29; butterquant model which --day 2018-06-29"
    )]
    Which(which::Args),
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

/// Carries out one of them.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::List => list::run(config),
        Verb::Show(args) => show::run(config, args),
        Verb::Diff(args) => diff::run(config, args),
        Verb::Promote(args) => promote::run(config, args),
        Verb::Rollback(args) => rollback::run(config, args),
        Verb::Verify(args) => verify::run(config, args),
        Verb::Bench(args) => bench::run(config, args),
        Verb::Explain(args) => explain::run(config, args),
        Verb::Which(args) => which::run(config, args),
    }
}
