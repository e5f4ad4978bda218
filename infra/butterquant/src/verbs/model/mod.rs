//! `model`: lists, compares, explains, verifies, measures, promotes and rolls back the models on the log.

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

/// The verbs of `model`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// List every version with its trigger, its dates and the gate's verdict
    List,
    /// Show one version: manifest, metrics, verdict
    Show(show::Args),
    /// Compare two versions: settings, data, metrics, weights, scores on the same rows
    #[command(after_help = "Example: butterquant model diff 1 2")]
    Diff(diff::Args),
    /// Make a version that passed its gate champion from the next day on
    ///
    /// The request is an event on `controls`; the retrainer answers it on `models` at the end of the
    /// day, and every scorer uses the version from the next day on. A challenger being watched is
    /// dropped, unless it is the version promoted.
    #[command(after_help = "Example: butterquant model promote 3 --why \"calibration is better\"")]
    Promote(promote::Args),
    /// Make an earlier version champion again, effective at once
    ///
    /// The rollback is an event on `controls`; running scorers use the version from their next batch
    /// on, even in the middle of a day. Without a version, it goes back to the previous champion.
    #[command(after_help = "Example: butterquant model rollback --why \"drift\"")]
    Rollback(rollback::Args),
    /// Verify versions or a file: hash, seal, shape, contract, test vectors in every engine, and the
    /// artifact folder against the log; exit 1 when a check fails
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(verify::Args),
    /// Measure latency and throughput of scoring with every available provider; exit 1 when one event
    /// takes longer than the budget
    #[command(after_help = BENCH_JSON)]
    Bench(bench::Args),
    /// Explain which features a version relies on: permutation importance by scan days, and a picture
    #[command(after_help = "Example: butterquant model explain 2 --out importance.svg")]
    Explain(explain::Args),
    /// Find which model scored an order, a candidate, or a ticker on a day
    #[command(
        after_help = WHICH_EXAMPLES
    )]
    Which(which::Args),
}

const VERIFY_EXAMPLES: &str = "\
Examples:
  butterquant model verify
  butterquant model verify 2
  butterquant model verify success_model_v2.onnx";

const WHICH_EXAMPLES: &str = "\
Examples:
  butterquant model which 17
  butterquant model which --ticker AAPL --day 2018-06-29
  butterquant model which --day 2018-06-29";

const BENCH_JSON: &str = "\
Example: butterquant model bench --provider cpu -o json

A scorer under load scores all waiting events in one call, 256 at most: the time of 256 rows is the
delay that this adds for the first of them.

With -o json:
  model             what was measured: version or file, sha256, kind, widths
  machine           cpu, cores, load (one minute, all processes), profile, target, version
  providers[]       provider, explanation, nodes (node, operator, provider that ran it), batches
                    (rows, rounds, median_us, p99_us, rows_per_second), event: decision (features
                    in memory to the decision in memory) and wire (Avro bytes in, Avro bytes out),
                    each count, median_us, p99_us
  absent[]          provider and why it cannot be measured here
  in_use            the provider that --provider chooses
  budget_us         --budget-us
  within_budget     whether event.decision.p99_us of the provider in use is within budget_us";

/// Runs the verb.
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
