//! `market confirm`: says whether a suspected split is a split or a move of the price.

use super::move_of_day::MoveOfDay;
use crate::arg_ranges::date;
use crate::confirmed_moves::moves_on;
use crate::exit::Found;
use crate::operator::{operator_name, published};
use crate::printer;
use anyhow::{Context, Result, ensure};
use quant::{PriceBar, PriceHistory};
use run::config::Config;
use run::data_dir::{self, OpenLog, RunDir};
use schemas::events::{Controls, MoveConfirmed};
use schemas::{Day, Topic, partition_of};
use shell::event_reader::sound_events;
use shell::operator_word::OperatorWord;
use shell::{open, record_codec};

/// Arguments of `market confirm`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Ticker that moved
    pub ticker: String,
    /// First day of the new prices, as the refusal names it
    #[arg(value_name = "DATE", value_parser = date)]
    pub day: Day,
    /// What the move was
    #[arg(value_enum)]
    pub what: Move,
    /// New shares for old ones, with `split` [default: the ratio that explains the move]
    #[arg(long, value_name = "NEW:OLD", value_parser = ratio)]
    pub ratio: Option<f64>,
    /// Who confirms it, for the record [default: user@host]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// What a move was.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// The shares were split or merged
    Split,
    /// The price itself moved
    Move,
}

/// `4:1`, `1:10`, `1.5`: new shares per old share.
fn ratio(text: &str) -> Result<f64, String> {
    let (new, old) = text.split_once(':').unwrap_or((text, "1"));
    let number = |part: &str| part.trim().parse::<f64>().ok().filter(|number| *number > 0.0);
    let ratio = number(new).zip(number(old)).map(|(new, old)| new / old);
    let known = ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0 && *ratio != 1.0);
    known.ok_or_else(|| "write new and old shares, such as 4:1, 3:2 or 1:10".to_owned())
}

/// Publishes what the move was.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let Args { what, day, .. } = *args;
    ensure!(
        what == Move::Split || args.ratio.is_none(),
        "a move of the price has no ratio; leave --ratio out, or confirm a split"
    );
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let ticker = args.ticker.trim().to_ascii_uppercase();
    let bars = bars(&opened, &run, &ticker)?;
    let confirmed = moves_on(&*opened.log)?;
    let of_day = MoveOfDay { ticker: &ticker, day, bars: &bars, confirmed: &confirmed };
    let split_ratio = match what {
        Move::Split => Some(of_day.split(args.ratio)?),
        Move::Move => of_day.real_move().map(|()| None)?,
    };
    if of_day.said() == Some(split_ratio) {
        let it = of_day.in_words(split_ratio);
        let json = serde_json::json!({ "run": run.id, "already": true });
        printer::show(config.output()?, &json, |_| {
            printer::line(format!("{it} already; nothing was changed in run {}", run.id));
        })?;
        return Ok(Found::Nothing);
    }
    let confirmed = MoveConfirmed { ticker: ticker.clone(), move_day: day, split_ratio };
    let word = Controls::MoveConfirmed(confirmed);
    let given = OperatorWord::now(&operator_name(args.by.as_ref()));
    let offset = open::say_with(&*opened.log, word, &given, None)?;
    published(config, &run, offset, &consequence(&ticker, day, split_ratio))
}

/// The ticker's bars that an analysis can read, as the run has them now.
fn bars(opened: &OpenLog, run: &RunDir, ticker: &str) -> Result<Vec<PriceBar>> {
    let log = &*opened.log;
    let total = data_dir::partitions(log)?;
    let partition = partition_of(ticker, total);
    let mut history: PriceHistory = PriceHistory::default();
    let mut reader = eventlog::PartitionReader::new(log)?;
    let records = reader.to_end(log, &record_codec::place(Topic::Bars, partition))?;
    for event in sound_events(records, Topic::Bars, partition, total) {
        let (_, event) = event?;
        if event.ticker == ticker {
            history.apply(&event);
        }
    }
    let window = history.window(ticker).with_context(|| {
        format!("run {} has no bars of {ticker}; check the ticker's spelling", run.id)
    })?;
    Ok(window.bars().to_vec())
}

/// What the word does, as a sentence that goes on with the run.
fn consequence(ticker: &str, day: Day, split_ratio: Option<f64>) -> String {
    match split_ratio {
        Some(ratio) => format!(
            "{ticker} was split on {day}, {ratio} new shares for one: with the next day that the \
             run takes in, its earlier prices and what was opened or ordered before {day} are \
             brought to the new share count, and it is scanned again; confirmed"
        ),
        None => format!(
            "{ticker} moved on {day}: its prices stand, and it is scanned again from the next day \
             on; confirmed"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::ratio;

    #[test]
    fn a_ratio_is_new_to_old_or_a_number() {
        for (text, value) in [("4:1", 4.0), ("3:2", 1.5), ("1:10", 0.1), ("2", 2.0), ("0.5", 0.5)] {
            assert_eq!(ratio(text), Ok(value), "{text}");
        }
        for text in ["", "1:1", "0:1", "4:0", "-2", "NaN", "inf", "four", "4:1:1"] {
            assert!(ratio(text).is_err(), "{text}");
        }
    }
}
