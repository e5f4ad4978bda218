//! Runs side by side, like with like: all figures are of the days that every run has. A difference is given only where the
//! runs count in the same way; where their prices, costs, capital, calendar or program differ, it would be of these.

use crate::run_report::track_book::{TrackBook, track_books};
use crate::run_report::{Values, values};
use crate::summary::{LONGEST_HOLDING, unfinished_until};
use crate::sweep::Answer;
use crate::two_tracks::left_out;
use anyhow::{Result, ensure};
use run::question::{self, Conventions};
use run::run_reader::RunReader;
use schemas::events::{Bars, Track};
use schemas::{Body, Day, Topic};
use serde::Serialize;
use shell::event_reader::each_event;
use statistics::{Comparison, compare as compare_returns};
use std::collections::{BTreeMap, BTreeSet};

/// Runs side by side.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedRuns {
    /// The days that every run has; all figures are of these.
    pub days: usize,
    /// The first and the last of them.
    pub period: Option<(Day, Day)>,
    /// The runs, in the order given.
    pub runs: Vec<ComparedRun>,
    /// The union of all days.
    #[serde(skip)]
    pub all_days: Vec<Day>,
}

/// One of them.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedRun {
    /// Its id.
    pub run: String,
    /// What it was asked otherwise than the first run, a sentence each.
    pub asked_otherwise: Vec<String>,
    /// Whether it has not reached the day that it was asked for.
    pub unfinished: bool,
    /// Days of the others that it lacks.
    pub days_lacking: usize,
    /// Both tracks.
    pub tracks: Vec<ComparedTrack>,
}

/// A track of one of them.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedTrack {
    /// The track.
    pub track: Track,
    /// Its figures, on the common days.
    pub figures: Values,
    /// Its daily returns less those of the first run; none for the first run itself.
    pub difference: Option<Answer<Comparison>>,
    /// Equity on each of the union's days; none on a day that the run lacks.
    #[serde(skip)]
    pub equity: Vec<Option<f64>>,
}

/// A run that was read.
struct Read {
    id: String,
    conventions: Conventions,
    seed: u64,
    books: Vec<TrackBook>,
    bars: BTreeMap<Day, u64>,
}

impl Read {
    fn days(&self) -> BTreeSet<Day> {
        self.books.first().into_iter().flat_map(|book| &book.changes).map(|(day, _)| *day).collect()
    }
}

/// Compares two runs or more.
///
/// # Errors
/// A run cannot be read, or no day is in all of them.
pub fn compare(readers: &[RunReader]) -> Result<ComparedRuns> {
    ensure!(readers.len() > 1, "name two runs or more; `butterquant runs list` has their names");
    let mut read: Vec<Read> = Vec::with_capacity(readers.len());
    for reader in readers {
        read.push(Read {
            id: reader.run.id.clone(),
            conventions: Conventions::of(&reader.opened),
            seed: reader.opened.settings.seed as u64,
            books: track_books(reader)?,
            bars: bars_by_day(reader)?,
        });
    }
    let common = read.iter().map(Read::days).reduce(|all, of| &all & &of).unwrap_or_default();
    let union = read.iter().map(Read::days).reduce(|all, of| &all | &of).unwrap_or_default();
    ensure!(
        !common.is_empty(),
        "no day is in all of the runs; `butterquant runs list` shows their days"
    );
    let first = &read[0];
    let mut runs = Vec::with_capacity(read.len());
    for (run, reader) in read.iter().zip(readers) {
        let why = reasons_against(first, run, &common);
        let settings = [&readers[0].opened.settings, &reader.opened.settings];
        let mut tracks = Vec::with_capacity(run.books.len());
        for (book, base) in run.books.iter().zip(&first.books) {
            let left_out = settings.into_iter().find_map(|of| left_out(of, book.track));
            let difference =
                (run.id != first.id).then(|| match why.as_ref().or(left_out.as_ref()) {
                    None => Answer::of(difference(book, base, &common, first.seed)),
                    Some(why) => Answer::Refused { refused: why.clone() },
                });
            tracks.push(ComparedTrack {
                track: book.track,
                figures: values(book, Some(&common))?,
                difference,
                equity: equity(book, &union),
            });
        }
        runs.push(ComparedRun {
            run: run.id.clone(),
            asked_otherwise: question::differences_of_runs(&readers[0].opened, &reader.opened),
            unfinished: unfinished_until(reader)?.is_some(),
            days_lacking: union.len() - run.days().len(),
            tracks,
        });
    }
    Ok(ComparedRuns {
        days: common.len(),
        period: common.first().copied().zip(common.last().copied()),
        runs,
        all_days: union.into_iter().collect(),
    })
}

/// Why the difference of two runs would be one of conventions, in a sentence.
fn reasons_against(first: &Read, other: &Read, common: &BTreeSet<Day>) -> Option<String> {
    let mut reasons = first.conventions.differing(&other.conventions);
    let bars = |read: &Read, day| read.bars.get(day).copied();
    if let Some(day) = common.iter().find(|day| bars(first, *day) != bars(other, *day)) {
        reasons.push(format!("the prices or tickers, from {day} on"));
    }
    (!reasons.is_empty()).then(|| format!("the runs differ in {}", reasons.join(", ")))
}

fn difference(
    book: &TrackBook,
    base: &TrackBook,
    common: &BTreeSet<Day>,
    seed: u64,
) -> Result<Comparison> {
    let returns = |book: &TrackBook| {
        let among = book.changes.iter().filter(|(day, _)| common.contains(day));
        among.map(|(_, change)| change.dollars() / book.capital.dollars()).collect::<Vec<f64>>()
    };
    Ok(compare_returns(&returns(book), &returns(base), LONGEST_HOLDING, seed)?)
}

fn equity(book: &TrackBook, union: &BTreeSet<Day>) -> Vec<Option<f64>> {
    let mut equity = book.capital;
    let by_day: BTreeMap<Day, f64> = book
        .changes
        .iter()
        .map(|(day, change)| {
            equity += *change;
            (*day, equity.dollars())
        })
        .collect();
    union.iter().map(|day| by_day.get(day).copied()).collect()
}

/// A sum over the bars, splits, dividends and the index of each day, equal for equal ones whatever their order.
fn bars_by_day(reader: &RunReader) -> Result<BTreeMap<Day, u64>> {
    let mut days: BTreeMap<Day, u64> = BTreeMap::new();
    each_event(&*reader.log, Topic::Bars, reader.partitions, &mut |event| {
        let text = match &event.body {
            Body::Bars(Bars::BarClosed(bar)) => {
                let of = [bar.open, bar.high, bar.low, bar.close, bar.volume].map(f64::to_bits);
                format!("{} {of:x?}", event.ticker)
            }
            Body::Bars(Bars::CorporateAction(action)) => format!("{} {action:?}", event.ticker),
            // Every partition has the same index.
            Body::Bars(Bars::DayClosed(marker)) if marker.partition == 0 => {
                format!("^ {:?}", marker.vix)
            }
            _ => return Ok(()),
        };
        let hash = schemas::id::sha256_hex(text.as_bytes());
        let sum = days.entry(event.day).or_default();
        *sum = sum.wrapping_add(u64::from_str_radix(&hash[..16], 16).unwrap_or_default());
        Ok(())
    })?;
    Ok(days)
}
