//! Labelled rows from days that are over, to train a run's first model. They are drawn from strata
//! of the volatility index, so that rare high volatility is represented, and weighted back to each
//! stratum's frequency.
//!
//! 1. Nothing on or after `before` is read: a row's features are those known at its close, and
//!    its evaluation day lies before `before`, with a later trading day also before it (a label is
//!    known only then).
//! 2. A day is eligible only if its longest possible butterfly is over by then; otherwise the last
//!    weeks would hold short ones alone.
//! 3. The draw is without replacement and spread evenly over a stratum's days. A row that is
//!    refused or has no label is replaced by another, of the same day first.
//! 4. Equal plans and data give equal rows, whatever the number of threads.

mod days;
mod rows;
mod strata;
#[cfg(test)]
mod tests;

pub use strata::Stratum;

use crate::analyses::Keeper;
use crate::source::{Market, SourceError};
use days::MarketHistory;
use rows::{DrawnRow, RowJob};
use schemas::events::{Pricing, Sample, Samples};
use schemas::{Day, Event};
use std::collections::BTreeMap;
use std::fmt;
use strata::StratumDraw;

/// The history to draw.
#[derive(Clone, PartialEq, Debug)]
pub struct HistoryPlan {
    /// Rows wanted from days with the index below 15.
    pub low: usize,
    /// Rows wanted from days with the index from 15 to below 25.
    pub normal: usize,
    /// Rows wanted from days with the index at 25 and above.
    pub high: usize,
    /// Only days before this one are read.
    pub before: Day,
    /// The day of the events: the run's opening.
    pub opening_day: Day,
    /// Selects the rows.
    pub seed: u64,
    /// Option pricing.
    pub pricing: Pricing,
    /// Worker threads; the result does not depend on them.
    pub threads: usize,
}

impl HistoryPlan {
    /// 2,000, 3,000 and 2,000 rows from the days before `before`, as events of `opening_day`.
    pub fn new(before: Day, opening_day: Day) -> HistoryPlan {
        let (low, normal, high) = (2_000, 3_000, 2_000);
        let pricing = Pricing::default();
        HistoryPlan { low, normal, high, before, opening_day, seed: 7, pricing, threads: 2 }
    }

    /// The same plan with `rows` rows in all, in the ratio two to three to two.
    pub fn of_rows(self, rows: usize) -> HistoryPlan {
        let (low, normal) = (rows * 2 / 7, rows * 3 / 7);
        HistoryPlan { low, normal, high: rows - low - normal, ..self }
    }

    fn wanted(&self, stratum: Stratum) -> usize {
        match stratum {
            Stratum::Low => self.low,
            Stratum::Normal => self.normal,
            Stratum::High => self.high,
        }
    }
}

/// The draw of one stratum.
#[derive(Clone, PartialEq, Debug)]
pub struct StratumReport {
    /// The stratum.
    pub stratum: Stratum,
    /// Rows wanted.
    pub wanted: usize,
    /// Its eligible days.
    pub eligible_days: usize,
    /// Bars on those days, the rows to draw from.
    pub eligible_rows: usize,
    /// Rows drawn.
    pub drawn: usize,
    /// Weight of each of its rows; 0 without rows.
    pub weight: f64,
}

impl fmt::Display for StratumReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StratumReport { stratum, wanted, eligible_days, eligible_rows, drawn, weight } = self;
        write!(
            f,
            "{} volatility ({}): {drawn} of {wanted} rows, from {eligible_days} days with {eligible_rows} bars, weight {weight:.3}",
            stratum.name(),
            stratum.range(),
        )?;
        if drawn < wanted {
            f.write_str("; it has no more")?;
        }
        Ok(())
    }
}

/// The result of the draw.
#[derive(Clone, PartialEq, Debug)]
pub struct HistoryReport {
    /// Low, normal, high.
    pub strata: Vec<StratumReport>,
    /// Candidates that gave no row, by refusal or label code.
    pub refused: BTreeMap<&'static str, usize>,
    /// First and last day of the rows.
    pub span: Option<(Day, Day)>,
}

/// The drawn rows and the report.
#[derive(Clone, PartialEq, Debug)]
pub struct History {
    /// `SampleDrawn`, ascending by day and ticker.
    pub samples: Vec<Event>,
    /// How the draw went.
    pub report: HistoryReport,
}

/// History cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The market cannot be read.
    #[error("the market's days cannot be read")]
    Source(#[from] SourceError),
    /// No day can give a row.
    #[error(
        "none of the {days} trading days before {before} can give a row ({with_vix} of them have the volatility index): a row needs 252 bars before it and about 45 days after it; load earlier days or begin the run later"
    )]
    NoEligibleDay {
        /// As planned.
        before: Day,
        /// Trading days read.
        days: usize,
        /// Those with a close of the index.
        with_vix: usize,
    },
}

/// Draws history from `market`, with the analyses that `keeper` has; `progress` gets the rows done and their total.
///
/// # Errors
/// [`HistoryError`]. A stratum that is too small is not an error; the report shows it.
pub fn draw(
    market: &mut dyn Market,
    plan: &HistoryPlan,
    keeper: &Keeper,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<History, HistoryError> {
    let days = MarketHistory::read(market, plan.before)?;
    let eligible = days.eligible();
    if eligible.is_empty() {
        return Err(HistoryError::NoEligibleDay {
            before: plan.before,
            days: days.days.len(),
            with_vix: days.vix.iter().flatten().count(),
        });
    }
    let mut draws: Vec<StratumDraw> = Stratum::ALL
        .map(|stratum| StratumDraw::new(stratum, plan.wanted(stratum), &days, &eligible, plan.seed))
        .into();
    let of = draws.iter().map(|draw| draw.wanted.min(draw.available_rows())).sum();
    let mut drawn: Vec<Vec<DrawnRow>> = vec![Vec::new(); draws.len()];
    let mut refused: BTreeMap<&'static str, usize> = BTreeMap::new();
    loop {
        let mut jobs: Vec<RowJob> = Vec::new();
        let mut owners = Vec::new();
        for (owner, draw) in draws.iter_mut().enumerate() {
            let more = draw.next();
            owners.extend(more.iter().map(|_| owner));
            jobs.extend(more);
        }
        if jobs.is_empty() {
            break;
        }
        let before: usize = drawn.iter().map(Vec::len).sum();
        let progress = &mut |done| progress(before + done, of);
        let results = rows::build(&days, &jobs, &plan.pricing, keeper, plan.threads, progress);
        for ((job, owner), result) in jobs.iter().zip(owners).zip(results) {
            match result {
                Ok(row) => {
                    draws[owner].drawn(job.day);
                    drawn[owner].push(row);
                }
                Err(code) => *refused.entry(code).or_insert(0) += 1,
            }
        }
    }
    Ok(history(&days, plan, &draws, drawn, refused))
}

/// The events and the report.
fn history(
    days: &MarketHistory,
    plan: &HistoryPlan,
    draws: &[StratumDraw],
    drawn: Vec<Vec<DrawnRow>>,
    refused: BTreeMap<&'static str, usize>,
) -> History {
    let all_days: usize = draws.iter().map(StratumDraw::days).sum();
    let all_rows: usize = drawn.iter().map(Vec::len).sum();
    let mut samples = Vec::new();
    let mut strata = Vec::new();
    for (draw, rows) in draws.iter().zip(drawn) {
        let share = |part: usize, of: usize| part as f64 / of as f64;
        let weight = match rows.len() {
            0 => 0.0,
            n => share(draw.days(), all_days) / share(n, all_rows),
        };
        strata.push(StratumReport {
            stratum: draw.stratum,
            wanted: draw.wanted,
            eligible_days: draw.days(),
            eligible_rows: draw.available_rows(),
            drawn: rows.len(),
            weight,
        });
        samples.extend(rows.into_iter().map(|row| {
            let ticker = &days.tickers[row.ticker].name;
            let stratum = draw.stratum.name().to_owned();
            let sample = Sample { weight, stratum, ..row.sample };
            let about = [ticker.as_str(), &sample.as_of.to_string()];
            let key = (sample.as_of, ticker.clone());
            (key, Event::new(plan.opening_day, ticker, &about, Samples::SampleDrawn(sample)))
        }));
    }
    samples.sort_by(|(a, _), (b, _)| a.cmp(b));
    let first_and_last = samples.first().zip(samples.last());
    let span = first_and_last.map(|((first, _), (last, _))| (first.0, last.0));
    let samples = samples.into_iter().map(|(_, event)| event).collect();
    History { samples, report: HistoryReport { strata, refused, span } }
}
