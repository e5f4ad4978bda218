//! `market`: faults in a market's data, and what only a person can say about its prices.

mod check;
mod close;
mod confirm;
mod move_of_day;
mod worst;

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;

/// The verbs of `market`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Check a market's data: files, rows and whole series of prices
    ///
    /// Lists what was wrong with files and rows and what its prices show: moves that look like
    /// splits nobody named, spikes and levels that nothing explains, prices in another unit or far
    /// from the close, closes outside their own low to high (adjusted for dividends where the other
    /// prices are not), trading days left out, days filled forward with a volume of 0, a volatility
    /// index that jumps or is given as a fraction. How splits of the files' own columns were read is
    /// told too, and is no fault. A picture shows the worst five with the prices around them. A move
    /// that `market confirm` has settled in the run is not listed. Exit code 1 if anything is found.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(check::Args),
    /// Say whether a suspected split is a split or a real move of the price
    ///
    /// A close-to-close move near a share ratio (2:1, 3:2, 1:10 …) that the market does not name as
    /// a split refuses its ticker, with the code SUSPECTED_SPLIT, for as long as the move is among
    /// the 252 closes of an analysis. `split` brings everything from before the day to the new
    /// share count; `move` takes the prices as they are. The word is an event on `controls` and
    /// counts from the next day that the run takes in.
    #[command(after_help = CONFIRM_EXAMPLES)]
    Confirm(confirm::Args),
    /// Close a day of the market with what is there
    ///
    /// `up` and `run source` publish a day once every ticker of the day before has its bar, the index
    /// has its close, and no file has changed for a while (source_quiet_s). What is missing is waited
    /// for until an hour of the next day (source_missing_until), or until this word. A trading day
    /// without any bar is then no trading day of the run.
    Close(close::Args),
}

const CHECK_EXAMPLES: &str = "\
Examples:
  butterquant market check csv:prices                    # a table, and market-check.png in the data folder
  butterquant market check csv:prices --out faults.svg
  butterquant market check parquet:prices --no-picture -o json
  butterquant market check csv:prices -q || echo 'look at the data first'";

const CONFIRM_EXAMPLES: &str = "\
Examples:
  butterquant rankings                                         # the refusals, with day and ratio
  butterquant market confirm AAPL 2018-06-12 split             # the ratio is read from the prices
  butterquant market confirm AAPL 2018-06-12 split --ratio 4:1
  butterquant market confirm AMD 2016-04-22 move               # it did rise by 52 % on that day";

/// Runs the verb.
pub(crate) fn run(config: &Config, verb: &Verb) -> Result<Found> {
    match verb {
        Verb::Check(args) => check::run(config, args),
        Verb::Confirm(args) => confirm::run(config, args),
        Verb::Close(args) => close::run(config, args),
    }
}
