//! Trading days that one ticker's rows leave out while the other tickers have theirs: a halt, or rows
//! that were lost. The analysis takes the rows around them as consecutive.

use super::super::finding::{Finding, FindingKind};
use schemas::{Day, TradingCalendar};
use std::collections::BTreeMap;

/// Share of the other tickers that must have a bar for a day to count.
const OTHERS: f64 = 0.9;

/// A ticker and the days of its bars, ascending.
pub(in super::super) struct OwnDays {
    pub(in super::super) ticker: String,
    pub(in super::super) days: Vec<Day>,
}

/// For each of `stocks`, and for `index` beside them, the days between its own that it lacks: `calendar` requires a
/// bar, nearly all others have theirs, and no row that is told elsewhere is there, by `has_row`.
pub(in super::super) fn missing_days(
    stocks: &[OwnDays],
    index: &OwnDays,
    calendar: TradingCalendar,
    has_row: &dyn Fn(&str, Day) -> bool,
) -> Vec<Finding> {
    let crowd = crowd(stocks);
    let mut required: BTreeMap<Day, bool> = BTreeMap::new();
    let mut found = Vec::new();
    for (of, own) in stocks.iter().map(|of| (of, 1)).chain([(index, 0)]) {
        let (Some(first), Some(last)) = (of.days.first(), of.days.last()) else { continue };
        let from = crowd.partition_point(|day| day.day <= *first);
        let until = crowd.partition_point(|day| day.day < *last);
        let lacks = |day: &&CrowdDay| {
            let others = day.within.saturating_sub(own);
            others > 0
                && day.bars as f64 >= OTHERS * others as f64
                && of.days.binary_search(&day.day).is_err()
        };
        let days: Vec<Day> = crowd[from.min(until)..until]
            .iter()
            .filter(lacks)
            .map(|day| day.day)
            .filter(|day| *required.entry(*day).or_insert_with(|| calendar.requires(*day)))
            .filter(|day| !has_row(&of.ticker, *day))
            .collect();
        found.extend(finding(&of.ticker, (*first, *last), &days));
    }
    found
}

/// A day on which some stock has a bar.
struct CrowdDay {
    day: Day,
    /// Stocks with a bar.
    bars: usize,
    /// Stocks with a bar on it, or before it and after it.
    within: usize,
}

fn crowd(stocks: &[OwnDays]) -> Vec<CrowdDay> {
    // Bars, first bars and last bars by day.
    let mut counts: BTreeMap<Day, [usize; 3]> = BTreeMap::new();
    for stock in stocks {
        for (at, day) in stock.days.iter().enumerate() {
            let count = counts.entry(*day).or_default();
            count[0] += 1;
            count[1] += usize::from(at == 0);
            count[2] += usize::from(at + 1 == stock.days.len());
        }
    }
    let mut open = 0;
    let day = |(day, [bars, begin, end]): (Day, [usize; 3])| {
        let within = open + begin;
        open = within - end;
        CrowdDay { day, bars, within }
    };
    counts.into_iter().map(day).collect()
}

fn finding(ticker: &str, (first, last): (Day, Day), days: &[Day]) -> Option<Finding> {
    let day = *days.first()?;
    let what = match days.len() {
        1 => format!("the trading day {day} has no row, between {first} and {last}"),
        count => {
            format!("{count} trading days between {first} and {last} have no row, the first {day}")
        }
    };
    Some(Finding {
        ticker: ticker.to_owned(),
        day: Some(day),
        kind: FindingKind::MissingDays,
        size: days.len() as f64,
        what,
        remedy: "load the rows if it did trade; the rows around them are taken as consecutive"
            .to_owned(),
    })
}
