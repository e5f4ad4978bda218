//! What `journal` is asked for: which trades, in which order, and where to.

use crate::arg_ranges::{MOST_LINES, at_least_one, date, file_to_write};
use api::answers::{TRADE_COLUMNS, TradeColumn, TradeFilter, trade_column, type_name};
use schemas::Day;
use schemas::events::{Strategy, Track};
use std::path::{Path, PathBuf};

/// The strategies.
const STRATEGIES: [Strategy; 3] =
    [Strategy::CallButterfly, Strategy::PutButterfly, Strategy::IronButterfly];

/// Arguments of `journal`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Trades to show, the latest ones of those that fit [default: 30, and all with --export]
    #[arg(long, value_parser = at_least_one(MOST_LINES))]
    pub last: Option<usize>,
    /// Only trades of this track, such as ButterAI
    #[arg(long, value_parser = track)]
    pub track: Option<Track>,
    /// Only trades of these stocks, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub ticker: Vec<String>,
    /// Only trades closed on this day or later
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub from: Option<Day>,
    /// Only trades closed on this day or before
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub to: Option<Day>,
    /// Only butterflies of this type: call, put or iron
    #[arg(long = "type", value_name = "TYPE", value_parser = strategy)]
    pub strategy: Option<Strategy>,
    /// Only trades that gained
    #[arg(long, conflicts_with = "losers")]
    pub winners: bool,
    /// Only trades that lost
    #[arg(long)]
    pub losers: bool,
    /// Only trades closed for a reason with these words in it
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Sort by a column, ascending, or descending with `:desc`; without it the latest trade is first
    #[arg(long, value_name = "COLUMN[:desc]", value_parser = order)]
    pub sort: Option<(TradeColumn, bool)>,
    /// Write every column of the trades into this file instead: FILE.csv or FILE.parquet
    #[arg(long, value_name = "FILE", value_parser = table_file)]
    pub export: Option<PathBuf>,
}

impl Args {
    /// The trades that are wanted.
    pub(super) fn filter(&self) -> TradeFilter {
        TradeFilter {
            track: self.track,
            tickers: self.ticker.clone(),
            from: self.from,
            to: self.to,
            strategy: self.strategy,
            won: (self.winners || self.losers).then_some(self.winners),
            reason: self.reason.clone(),
        }
    }
}

/// Shown below the help: the columns and examples.
pub(crate) fn help() -> String {
    let mut text = "Columns, for --sort and in files:\n".to_owned();
    for TradeColumn { name, about, .. } in TRADE_COLUMNS {
        text.push_str(&format!("  {name:<15} {about}\n"));
    }
    text.push_str(
        "
Where a value is missing, CSV has nothing and Parquet a null. Below the table are the trades
shown, how many gained, their profit after fees, the mean of their ROI, and the profit factor
(gains ÷ losses).

Examples:
  butterquant journal --track ButterAI --losers --sort roi
  butterquant journal --ticker AAPL,MSFT --from 2018-01-01 --type put --last 200
  butterquant journal --sort profit:desc --export trades.csv
  butterquant journal --run ID --export trades.parquet",
    );
    text
}

/// Whether the file is to be Parquet.
pub(super) fn is_parquet(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

fn table_file(text: &str) -> Result<PathBuf, String> {
    let file = file_to_write(text)?;
    let is_csv = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    if is_csv || is_parquet(&file) {
        return Ok(file);
    }
    Err("its name must end in .csv or .parquet, which says how it is written".to_owned())
}

fn track(text: &str) -> Result<Track, String> {
    let found = Track::ALL.into_iter().find(|track| track.name().eq_ignore_ascii_case(text));
    found.ok_or_else(|| format!("the tracks are {}", Track::ALL.map(Track::name).join(", ")))
}

fn strategy(text: &str) -> Result<Strategy, String> {
    let found = STRATEGIES.into_iter().find(|of| type_name(*of).eq_ignore_ascii_case(text));
    found.ok_or_else(|| format!("the types are {}", STRATEGIES.map(type_name).join(", ")))
}

fn order(text: &str) -> Result<(TradeColumn, bool), String> {
    let (name, descending) = match text.split_once(':') {
        None => (text, false),
        Some((name, "asc")) => (name, false),
        Some((name, "desc")) => (name, true),
        Some((_, other)) => return Err(format!("{other:?} is no order; write asc or desc")),
    };
    let column = trade_column(name).ok_or_else(|| {
        let names = TRADE_COLUMNS.map(|column| column.name).join(", ");
        format!("no column is called {name:?}; the columns are {names}")
    })?;
    Ok((column, descending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_understood_or_refused_with_the_choices() {
        assert_eq!(track("butterai"), Ok(Track::ButterAI));
        assert!(track("x").unwrap_err().contains("ButterBaseline"));
        assert_eq!(strategy("Iron"), Ok(Strategy::IronButterfly));
        assert_eq!(strategy("box").unwrap_err(), "the types are call, put, iron");
        let found = |text: &str| order(text).map(|(column, descending)| (column.name, descending));
        assert_eq!(found("roi"), Ok(("roi", false)));
        assert_eq!(found("exit_day:desc"), Ok(("exit_day", true)));
        assert!(found("roi:down").unwrap_err().contains("asc or desc"));
        assert!(found("pnl").unwrap_err().contains("profit, at_risk, roi"));
        assert!(table_file("trades.xlsx").is_err() && table_file("trades.CSV").is_ok());
    }

    #[test]
    fn every_column_is_in_the_help() {
        let text = help();
        assert!(TRADE_COLUMNS.iter().all(|column| text.contains(column.about)));
    }
}
