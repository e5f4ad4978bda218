//! The market that a verb reads, and what is said of its data before it is used.

use crate::confirmed_moves::{Moves, moves_of, without_confirmed};
use crate::printer;
use crate::version::VERSION;
use anyhow::{Context, Result};
use producers::source::{Market, MarketDay, SourceError, findings};
use run::config::Config;
use run::kept_analyses::keeper;
use run::run_request::RunRequest;
use schemas::events::Settings;
use schemas::{Day, TradingCalendar};
use std::time::{Duration, Instant};

/// Lines about a market's data that a verb prints; `market check` prints all.
const SHOWN: usize = 10;

/// The error when no market is given.
pub(crate) const NOT_NAMED: &str = "no market is named; add --source csv:DIR or --source sim:SEED";

/// The name of the market: the one given, or the one configured.
///
/// # Errors
/// Neither is set.
pub(crate) fn named(config: &Config, asked: Option<&String>) -> Result<String> {
    let named = asked.cloned().or_else(|| config.source()).context(NOT_NAMED)?;
    Ok(producers::source::absolute(&named))
}

/// The days that a verb computes from, whose faults it names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reads {
    /// The first day analysed; an analysis looks back on 252 bars. `None` for all of the past.
    from: Option<Day>,
    /// The last day; `None` for the market's last.
    to: Option<Day>,
}

impl Reads {
    /// All days.
    pub(crate) const ALL: Reads = Reads { from: None, to: None };

    /// What the analyses of one day look back on; without a day, those of the market's last.
    pub(crate) fn day(day: Option<Day>) -> Reads {
        Reads::days(day, day)
    }

    /// The same of the days from `from` to `to`, each the market's last where it is not given.
    pub(crate) fn days(from: Option<Day>, to: Option<Day>) -> Reads {
        Reads { from: from.or(Some(Day(i32::MAX))), to }
    }

    /// All of the past up to and with `to`, if rows are drawn from it, or those analyses alone.
    pub(crate) fn with_history(self, rows: usize) -> Reads {
        if rows > 0 { Reads { from: None, ..self } } else { self }
    }

    /// The last of `days` that is read, and how many bars up to it are.
    fn span(self, days: &[Day]) -> Option<(Day, usize)> {
        let until = self.to.map_or(days.len(), |to| days.partition_point(|day| *day <= to));
        let last = *days[..until].last()?;
        let Some(from) = self.from else { return Some((last, usize::MAX)) };
        let scanned = until.saturating_sub(days.partition_point(|day| *day < from)).max(1);
        Some((last, quant::WINDOW + scanned - 1))
    }
}

/// Opens the market called `source`, with some of its tickers or all, and prints what is wrong with
/// its data.
///
/// # Errors
/// There is no such market, or none of its data can be read.
pub(crate) fn open(
    config: &Config,
    source: &str,
    tickers: Option<&[String]>,
    reads: Reads,
) -> Result<Box<dyn Market>> {
    open_beside(config, source, tickers, reads, &|| moves_of(config))
}

/// As [`open`], with the moves that the run has confirmed.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_beside(
    config: &Config,
    source: &str,
    tickers: Option<&[String]>,
    reads: Reads,
    confirmed: &dyn Fn() -> Result<Moves>,
) -> Result<Box<dyn Market>> {
    let mut market = opened(config, source, tickers)?;
    let mut said: Vec<String> = market.problems().iter().map(ToString::to_string).collect();
    if let Some((last, most)) = reads.span(market.days()) {
        let found = findings(&mut *market, last, most)?;
        // A run that cannot be read is an error where it is used, not here.
        let found = without_confirmed(found, &|| Ok(confirmed().unwrap_or_default()))?;
        said.extend(found.iter().map(ToString::to_string));
    }
    say(&said, source);
    Ok(market)
}

/// Opens it and prints nothing about its data.
///
/// # Errors
/// As [`open`].
pub(crate) fn opened(
    config: &Config,
    source: &str,
    tickers: Option<&[String]>,
) -> Result<Box<dyn Market>> {
    let (steps, calendar) = (printer::steps(config)?, config.calendar()?);
    Ok(steps.during("market", || when_files_can_be_opened(source, tickers, calendar))?)
}

/// Opens it; waits while too many files are open, and says so once.
fn when_files_can_be_opened(
    source: &str,
    tickers: Option<&[String]>,
    calendar: TradingCalendar,
) -> Result<Box<dyn Market>, SourceError> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let mut begun = None;
    loop {
        match producers::source::open(source, tickers, calendar) {
            Err(error @ SourceError::NoFileLeft { .. }) => {
                if begun.is_none() {
                    tracing::warn!("waits for a minute at most: {error}");
                }
                if begun.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                    return Err(error);
                }
                std::thread::sleep(Duration::from_millis(200));
            }
            opened => return opened,
        }
    }
}

/// The settings of decisions on `market`, whose calendar they follow.
///
/// # Errors
/// A configured value does not fit its key.
pub(crate) fn settings(config: &Config, market: &dyn Market) -> Result<Settings> {
    Ok(Settings { calendar: market.calendar(), ..config.settings()? })
}

/// A run of `market`, called `source`, that scans from a day, with everything else at its default.
///
/// # Errors
/// As [`settings`], or the scoring engine cannot be loaded.
pub(crate) fn request(
    config: &Config,
    market: &dyn Market,
    kind: &'static str,
    source: &str,
    scan_from: Day,
) -> Result<RunRequest> {
    Ok(RunRequest {
        kind,
        source: source.to_owned(),
        scan_from,
        last_day: None,
        tickers: Vec::new(),
        history: 0,
        given: None,
        keeper: keeper(config)?,
        settings: settings(config, market)?,
        confirmed: Vec::new(),
        engine: config.scoring()?.engine()?,
        config_sha256: config.sha256(),
        code_version: VERSION,
    })
}

/// The market's `day` as it is now.
pub(crate) fn day(market: &mut dyn Market, day: Day) -> Result<MarketDay> {
    let given = market.next_day(Some(day + -1))?.filter(|given| given.day == day);
    Ok(given.unwrap_or_else(|| MarketDay { day, ..MarketDay::default() }))
}

/// Prints the problems in a market's files to standard error; the rest of the data is used.
pub(crate) fn report_problems(market: &dyn Market, source: &str) {
    let said: Vec<String> = market.problems().iter().map(ToString::to_string).collect();
    say(&said, source);
}

fn say(lines: &[String], source: &str) {
    for line in lines.iter().take(SHOWN) {
        telemetry::say!("{line}");
    }
    if lines.len() > SHOWN {
        let more = lines.len() - SHOWN;
        telemetry::say!("… and {more} more; `butterquant market check {source}` lists all");
    }
}

#[cfg(test)]
mod tests {
    use super::Reads;
    use schemas::Day;

    #[test]
    fn a_verb_names_the_faults_of_what_it_computes_from() {
        let days: Vec<Day> = (0..1_000).map(Day).collect();
        let day = |day: i32| Some(Day(day));
        for (reads, last, most) in [
            (Reads::ALL, 999, usize::MAX),
            (Reads::day(None), 999, 252),
            (Reads::day(day(500)), 500, 252),
            (Reads::days(day(500), day(509)), 509, 261),
            (Reads::days(day(990), None), 999, 261),
            (Reads::days(None, day(500)), 500, 252),
            (Reads::days(day(500), day(509)).with_history(0), 509, 261),
            (Reads::days(day(500), day(509)).with_history(1), 509, usize::MAX),
        ] {
            assert_eq!(reads.span(&days), Some((Day(last), most)), "{reads:?}");
        }
        assert_eq!(Reads::day(day(-1)).span(&days), None);
        assert_eq!(Reads::ALL.span(&[]), None);
    }
}
