//! When a day of the market is complete. Whoever writes the files writes one after another, and a day that is
//! published cannot be taken back: so a day is published once every ticker of the day before has its bar, the index
//! has its close, and nothing has changed for a while. What is still missing then is waited for until an hour of the
//! next day, or until an operator releases the day. This is the only place of the source that reads a clock.

use crate::error::ShellError;
use crate::status_board::SourceWait;
use producers::source::{KnownMarket, Market, MarketDay};
use schemas::Day;
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What is missing is waited for this many times as long as a complete day.
const PATIENCE: u32 = 20;
/// Tickers that a sentence names.
const NAMED: usize = 8;

/// When a running source publishes a day.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Closing {
    /// How long nothing must have changed.
    pub quiet: Duration,
    /// Minute of the next day, UTC, from which a day is published without what it lacks.
    pub missing_until: u32,
}

/// A day that may be published next, and what is known around it.
pub(super) struct Candidate<'a> {
    pub(super) today: &'a MarketDay,
    /// The last day published.
    pub(super) last: Day,
    /// The market as the log holds it.
    pub(super) known: &'a KnownMarket,
    /// Days that an operator has released.
    pub(super) released: &'a BTreeSet<Day>,
}

impl Closing {
    /// What the candidate still waits for at `now`; `None` publishes it.
    pub(super) fn waits(
        &self,
        candidate: &Candidate<'_>,
        market: &mut dyn Market,
        now: SystemTime,
    ) -> Result<Option<SourceWait>, ShellError> {
        let since = |time: Option<SystemTime>| {
            time.map_or(Duration::MAX, |time| now.duration_since(time).unwrap_or_default())
        };
        let (age, rests) = (since(market.last_change()), since(market.last_write()));
        let Candidate { today, last, known, released } = *candidate;
        if let Some(empty) = empty_session(market, last, today.day, released) {
            let lacks = format!("no ticker has a bar of {empty}, a trading day");
            return Ok(self.lacking(empty, Vec::new(), &lacks, age, now));
        }
        if released.contains(&today.day) {
            return Ok(None);
        }
        if rests < self.quiet {
            let waits_for = format!(
                "{} until nothing has changed for {} s",
                today.day,
                self.quiet.as_secs_f64()
            );
            return Ok(Some(SourceWait { day: today.day, missing: Vec::new(), waits_for }));
        }
        let missing = missing(known, market, today, last)?;
        if missing.is_empty() {
            return Ok(None);
        }
        let lacks = format!("{} has no bar of {}", today.day, named(&missing));
        Ok(self.lacking(today.day, missing, &lacks, age, now))
    }

    fn lacking(
        &self,
        day: Day,
        missing: Vec<String>,
        lacks: &str,
        age: Duration,
        now: SystemTime,
    ) -> Option<SourceWait> {
        let hour = Duration::from_secs(u64::from(self.missing_until) * 60);
        let until = UNIX_EPOCH + Duration::from_secs((day + 1).0.max(0) as u64 * 86_400) + hour;
        if now >= until && age >= self.quiet * PATIENCE {
            return None;
        }
        let minutes = self.missing_until;
        let waits_for = format!(
            "{lacks}; it is waited for until {} {:02}:{:02} UTC and until nothing has changed for {} s, or until `butterquant market close {day}`",
            day + 1,
            minutes / 60,
            minutes % 60,
            (self.quiet * PATIENCE).as_secs_f64(),
        );
        Some(SourceWait { day, missing, waits_for })
    }
}

/// The first trading day between the last one and `day` on which no ticker has a bar.
fn empty_session(
    market: &dyn Market,
    last: Day,
    day: Day,
    released: &BTreeSet<Day>,
) -> Option<Day> {
    let calendar = market.calendar();
    let between = (last.0.saturating_add(1)..day.0).map(Day);
    between.filter(|at| calendar.requires(*at)).find(|at| !released.contains(at))
}

/// Tickers, and the index, that have a close of the day before and none of this one. By the log, as a file that is
/// being written may have lost its past for a moment; on a run's first day by the market.
fn missing(
    known: &KnownMarket,
    market: &mut dyn Market,
    today: &MarketDay,
    last: Day,
) -> Result<Vec<String>, ShellError> {
    if !known.is_empty() {
        let has = |ticker: &&String| today.bars.iter().any(|(of, _)| of == *ticker);
        let lacks = known.with_bar_on(last).filter(|ticker| !has(ticker)).cloned();
        let index = today.vix.is_none() && known.index_has(last);
        return Ok(lacks.chain(index.then(|| "^VIX".to_owned())).collect());
    }
    let at = market.days().partition_point(|day| *day < today.day);
    let Some(before) = at.checked_sub(1).map(|at| market.days()[at]) else { return Ok(Vec::new()) };
    let mut missing = Vec::new();
    for (ticker, _) in &today.missing {
        let last = market.past(ticker, today.day, 1)?;
        if last.first().is_some_and(|bar| bar.bar_day >= before) {
            missing.push(ticker.clone());
        }
    }
    if today.vix.is_none() {
        let last = market.index_past(today.day, 1)?;
        missing.extend(last.first().filter(|(day, _)| *day >= before).map(|_| "^VIX".to_owned()));
    }
    Ok(missing)
}

fn named(tickers: &[String]) -> String {
    let first = tickers[..tickers.len().min(NAMED)].join(", ");
    match tickers.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
