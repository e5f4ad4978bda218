//! How good the champions' predictions turned out: over time, by regime, of late. Only scan days
//! of which every candidate has its outcome count: the first outcomes of a day are those of its
//! shortest holdings.

use crate::views::ScoredDay;
use schemas::Day;
use schemas::evaluation::{HIGH_VIX, NORMAL_VIX, RECENT_DAYS};
use serde::{Deserialize, Serialize};
use statistics::trading_days;
use success::{HeldOut, PredictionQuality, quality};

/// Closes of the volatility index from which it is normal, and high.
const REGIMES: [(&str, f64); 3] = [("low", 0.0), ("normal", NORMAL_VIX), ("high", HIGH_VIX)];

/// Figures of some scan days.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Period {
    /// `recent`, `2018-06`, `low`, `normal`, `high`.
    pub name: String,
    /// The first of them.
    pub first: Day,
    /// The last.
    pub last: Day,
    /// Theirs.
    #[serde(flatten)]
    pub quality: PredictionQuality,
}

/// Figures of all scan days.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct QualityReport {
    /// Scan days whose candidates have all matured.
    pub matured_days: usize,
    /// Scan days with a candidate that has not.
    pub open_days: usize,
    /// The last 60 matured scan days; none before the first.
    pub recent: Option<Period>,
    /// By calendar month of the scan day.
    pub months: Vec<Period>,
    /// By the volatility index on the scan day; a regime without a day is left out.
    pub regimes: Vec<Period>,
}

/// The figures of scan days, which ascend.
pub fn quality_report(days: &[(Day, ScoredDay)]) -> QualityReport {
    let matured: Vec<&(Day, ScoredDay)> = days.iter().filter(|(_, day)| day.matured()).collect();
    let mut months: Vec<(String, Vec<&(Day, ScoredDay)>)> = Vec::new();
    for one in &matured {
        let (year, month, _) = one.0.ymd();
        let name = format!("{year:04}-{month:02}");
        match months.last_mut() {
            Some((last, days)) if *last == name => days.push(one),
            _ => months.push((name, vec![one])),
        }
    }
    let of_regime = |(name, _): &(&str, f64)| {
        let days = matured.iter().copied();
        let days: Vec<_> = days.filter(|(_, day)| day.vix.map(regime) == Some(name)).collect();
        period(name, &days)
    };
    let recent = &matured[matured.len().saturating_sub(RECENT_DAYS)..];
    QualityReport {
        matured_days: matured.len(),
        open_days: days
            .iter()
            .filter(|(_, day)| !day.candidates.is_empty() && !day.matured())
            .count(),
        recent: period("recent", recent),
        months: months.iter().filter_map(|(name, days)| period(name, days)).collect(),
        regimes: REGIMES.iter().filter_map(of_regime).collect(),
    }
}

fn regime(vix: f64) -> &'static str {
    let held = REGIMES.iter().rev().find(|(_, from)| vix >= *from);
    held.map_or(REGIMES[0].0, |(name, _)| *name)
}

fn period(name: &str, days: &[&(Day, ScoredDay)]) -> Option<Period> {
    let (first, last) = (days.first()?.0, days.last()?.0);
    let (rows, block) = held_out(days.iter().copied());
    let quality = quality(&rows, block)?;
    Some(Period { name: name.to_owned(), first, last, quality })
}

/// The predictions of the scan days that have matured whole, with their outcomes, and the longest holding among them in
/// trading days.
pub fn matured_rows(days: &[(Day, ScoredDay)]) -> (Vec<HeldOut>, usize) {
    held_out(days.iter().filter(|(_, day)| day.matured()))
}

fn held_out<'a>(days: impl Iterator<Item = &'a (Day, ScoredDay)>) -> (Vec<HeldOut>, usize) {
    let (mut rows, mut longest) = (Vec::new(), 1);
    for (scan_day, of) in days {
        for one in &of.candidates {
            let Some(outcome) = one.outcome else { continue };
            longest = longest.max(outcome.evaluation_day - *scan_day);
            rows.push(HeldOut {
                scan_day: scan_day.0,
                class: outcome.class,
                weight: 1.0,
                probabilities: one.probabilities,
            });
        }
    }
    (rows, trading_days(longest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::{MaturedOutcome, ScoredCandidate};
    use schemas::EventId;

    /// A scan day whose two candidates are said to be Loss with 70 %; `classes` came.
    fn day(date: &str, vix: f64, classes: [Option<u8>; 2]) -> (Day, ScoredDay) {
        let day: Day = date.parse().unwrap();
        let outcome = |class: u8| MaturedOutcome { class, evaluation_day: day + 20 };
        let one = |class: Option<u8>| ScoredCandidate {
            candidate: EventId::default(),
            version: 1,
            probabilities: [0.7, 0.1, 0.1, 0.1],
            outcome: class.map(outcome),
        };
        (day, ScoredDay { vix: Some(vix), candidates: classes.map(one).into() })
    }

    #[test]
    fn days_that_have_matured_whole_are_counted_by_month_and_regime() {
        let report = quality_report(&[
            day("2018-06-28", 12.0, [Some(0), Some(0)]),
            day("2018-06-29", 15.0, [Some(0), Some(3)]),
            day("2018-07-02", 24.9, [Some(3), Some(3)]),
            day("2018-07-03", 25.0, [Some(1), Some(1)]),
            day("2018-07-05", 40.0, [Some(0), None]), // would be all right
        ]);
        assert_eq!((report.matured_days, report.open_days), (4, 1));
        let told = |periods: &[Period]| -> Vec<(String, u32, f64)> {
            let one = |of: &Period| (of.name.clone(), of.quality.days, of.quality.accuracy);
            periods.iter().map(one).collect()
        };
        let named = |name: &str, days, accuracy| (name.to_owned(), days, accuracy);
        assert_eq!(told(&report.months), [named("2018-06", 2, 0.75), named("2018-07", 2, 0.0)]);
        let regimes = [named("low", 1, 1.0), named("normal", 2, 0.25), named("high", 1, 0.0)];
        assert_eq!(told(&report.regimes), regimes);
        let recent = report.recent.unwrap();
        assert_eq!((recent.quality.rows, recent.first.to_string().as_str()), (8, "2018-06-28"));
        assert_eq!(quality_report(&[]).recent, None);
    }
}
