//! The days of a run and both tracks on them: equity, drawdown, exposure, and returns by month.

use super::rounding::{fraction, rounded};
use super::track_book::TrackBook;
use schemas::{Day, Money};
use serde::Serialize;
use statistics::falls;
use std::collections::BTreeMap;

/// The days, and series with a value for each.
#[derive(Clone, Debug, Serialize)]
pub struct Curves {
    /// Days since 1970-01-01.
    pub days: Vec<i32>,
    /// Both tracks.
    pub tracks: Vec<TrackCurve>,
    /// The volatility index.
    pub index: Option<IndexSeries>,
}

/// An index by day.
#[derive(Clone, Debug, Serialize)]
pub struct IndexSeries {
    /// Its name.
    pub name: &'static str,
    /// A value for each day; none where it is not known.
    pub values: Vec<Option<f64>>,
}

/// A track by day.
#[derive(Clone, Debug, Serialize)]
pub struct TrackCurve {
    /// The track.
    pub name: &'static str,
    /// Capital and all changes so far, dollars.
    pub equity: Vec<f64>,
    /// Equity ÷ its highest point so far − 1.
    pub drawdown: Vec<f64>,
    /// Capital at risk ÷ capital.
    pub exposure: Vec<f64>,
    /// Returns by calendar month.
    pub monthly: Vec<MonthlyRow>,
}

/// The months of a year.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MonthlyRow {
    /// The year.
    pub year: i32,
    /// Sum of the daily changes ÷ capital, January first; none for a month without a day.
    pub months: [Option<f64>; 12],
    /// Of the year.
    pub total: f64,
}

/// The curves of both tracks, which have the same days; `index` has closes by day.
pub(super) fn curves(books: &[TrackBook], index: &BTreeMap<Day, f64>) -> Curves {
    let days: Vec<Day> = books
        .first()
        .map(|book| book.changes.iter().map(|(day, _)| *day).collect())
        .unwrap_or_default();
    let closes: Vec<Option<f64>> =
        days.iter().map(|day| index.get(day).map(|close| rounded(*close, 4))).collect();
    let known = closes.iter().any(Option::is_some);
    Curves {
        days: days.iter().map(|day| day.0).collect(),
        tracks: books.iter().map(curve).collect(),
        index: known.then_some(IndexSeries { name: "^VIX close", values: closes }),
    }
}

fn curve(book: &TrackBook) -> TrackCurve {
    let equity = book.changes.iter().scan(book.capital, |equity, (_, change)| {
        *equity += *change;
        Some(rounded(equity.dollars(), 2))
    });
    TrackCurve {
        name: book.track.name(),
        equity: equity.collect(),
        drawdown: falls(&book.changes, book.capital).iter().map(|fall| fraction(-fall)).collect(),
        exposure: book.exposure.iter().copied().map(fraction).collect(),
        monthly: monthly(book),
    }
}

fn monthly(book: &TrackBook) -> Vec<MonthlyRow> {
    let mut months: BTreeMap<(i32, u32), Money> = BTreeMap::new();
    for (day, change) in &book.changes {
        let (year, month, _) = day.ymd();
        *months.entry((year, month)).or_default() += *change;
    }
    let mut rows: Vec<MonthlyRow> = Vec::new();
    for ((year, month), change) in months {
        if rows.last().is_none_or(|row| row.year != year) {
            rows.push(MonthlyRow { year, months: [None; 12], total: 0.0 });
        }
        let share = change.dollars() / book.capital.dollars();
        if let Some(row) = rows.last_mut() {
            row.months[month as usize - 1] = Some(fraction(share));
            row.total += share;
        }
    }
    rows.iter_mut().for_each(|row| row.total = fraction(row.total));
    rows
}

#[cfg(test)]
mod tests {
    use super::super::testkit::book;
    use super::*;

    #[test]
    fn a_curve_begins_with_the_first_change_and_falls_below_its_highest_point() {
        let mut book = book(&[100, -220, 0, 10], Vec::new());
        book.capital = Money(1_000_000_000);
        book.changes.iter_mut().for_each(|(_, change)| change.0 *= 1_000_000);
        let index = BTreeMap::from([(Day(10), 16.912_345), (Day(12), 17.0)]);
        let found = curves(&[book], &index);
        assert_eq!(found.days, [10, 11, 12, 13]);
        assert_eq!(found.tracks[0].equity, [1_100.0, 880.0, 880.0, 890.0]);
        assert_eq!(found.tracks[0].drawdown, [0.0, -0.2, -0.2, fraction(-210.0 / 1_100.0)]);
        assert_eq!(found.index.unwrap().values, [Some(16.9123), None, Some(17.0), None]);
        assert!(curves(&[], &index).index.is_none());
    }

    #[test]
    fn months_without_a_day_are_empty_and_years_add_up() {
        let mut book = book(&[10, 20, -5, 40], Vec::new());
        let dates = ["2016-12-30", "2017-01-02", "2017-01-31", "2017-03-01"];
        let dated = dates.iter().zip(&mut book.changes);
        dated.for_each(|(date, change)| change.0 = date.parse().unwrap());
        let found = monthly(&book);
        assert_eq!((found.len(), found[0].year, found[0].months[11]), (2, 2016, Some(0.01)));
        assert_eq!(found[1].months[..4], [Some(0.015), None, Some(0.04), None]);
        assert_eq!(found[1].total, 0.055);
    }
}
