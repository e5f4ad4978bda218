//! `why`: explains a decision, from the bars that its scan saw to the result of the trade.

use crate::arg_ranges::date;
use crate::exit::Found;
use crate::printer;
use anyhow::{Result, bail};
use report::why::{Asked, Chains, Explanation, text};
use run::config::Config;
use run::data_dir;
use schemas::Day;
use serde::Serialize;

/// Arguments of `why`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Broker order id, execution id, event id or at least its first 8 digits; a ticker with --day
    pub what: String,
    /// With a ticker: the day of its scan
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub day: Option<Day>,
}

/// The examples in the help.
pub(super) const EXAMPLES: &str = "\
Examples:
  butterquant why 17                      # the order with this id, of either track
  butterquant why paper-17                # the execution with this id
  butterquant why 3f9a17c2                # the scan, order or fill whose event id begins so
  butterquant why AAPL --day 2018-06-29   # traded or not

With -o json:
  asked, headline  what was asked for, and the answer in a sentence
  candidate, ticker, day, faults[]
  steps[]          the timeline: name, track, day, where, age_days, age_trading_days, text
  prices, scan, scan_refused, features, prediction, shadow, model, training, controls, outcome
                   each link with where, event, day and controls_offset
  decisions[]      by track: threshold, rank, compared, over, verdict, others[]
  trades[]         by track: orders[] with answers[], results[], held";

/// The JSON.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    asked: Asked,
    headline: String,
    #[serde(flatten)]
    explanation: Explanation,
}

/// Explains it; exit 1 when the chain has a fault.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let partitions = data_dir::partitions(&*opened.log)?;
    let read = || Chains::read(&*opened.log, partitions);
    let chains = printer::steps(config)?.during("decisions", read)?;
    let found = match args.day {
        Some(day) => chains.find_scan(&args.what.to_uppercase(), day)?,
        None if args.what.is_empty() => bail!("name an order, a fill or a candidate"),
        None => chains.find(&args.what)?,
    };
    let mut explanation = chains.explain(&found.candidate)?;
    // Sentences that are on the log stay as they were recorded, with the commands that they name.
    explanation.faults.iter_mut().for_each(|fault| *fault = config.in_message(fault, &run.id));
    let headline = explanation.headline(&found.asked);
    let faults = !explanation.faults.is_empty();
    let answer = Answer { asked: found.asked, headline, explanation };
    printer::show(config.output()?, &answer, |answer| {
        printer::line(text(&answer.explanation, &answer.asked));
    })?;
    Ok(if faults { Found::Something } else { Found::Nothing })
}
