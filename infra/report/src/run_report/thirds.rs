//! The regimes that trades are grouped by: thirds of the run's own days by the volatility index, so that each has as many
//! days as the others, whatever the years were like.

use super::curves::Curves;
use schemas::Day;
use std::collections::BTreeMap;

/// The days of a run in three equal parts by the close of the volatility index.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Thirds {
    closes: BTreeMap<Day, f64>,
    /// Where the second and the third part begin.
    from: [f64; 2],
}

impl Thirds {
    /// The part that `day` is in: 0, 1 or 2; none for a day without a close.
    pub(super) fn of(&self, day: Day) -> Option<usize> {
        let close = *self.closes.get(&day)?;
        Some(self.from.iter().filter(|from| close >= **from).count())
    }

    /// The name of a part.
    pub(super) fn name(third: usize) -> &'static str {
        ["low", "middle", "high"][third.min(2)]
    }

    /// What the parts are.
    pub(super) fn definition(&self) -> String {
        format!(
            "Third of the run's days by the close of ^VIX on the scan day: low below {:.2}, middle, high from {:.2} on",
            self.from[0], self.from[1]
        )
    }
}

/// The thirds of the days in `curves`; none without closes.
pub(super) fn thirds(curves: &Curves) -> Option<Thirds> {
    let closes = curves.days.iter().zip(&curves.index.as_ref()?.values);
    let closes: BTreeMap<Day, f64> =
        closes.filter_map(|(day, close)| Some((Day(*day), (*close)?))).collect();
    let mut sorted: Vec<f64> = closes.values().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let at = |third: usize| sorted.get(third * sorted.len() / 3).copied();
    let from = [at(1)?, at(2)?];
    Some(Thirds { closes, from })
}

#[cfg(test)]
mod tests {
    use super::super::curves::curves;
    use super::super::testkit::book;
    use super::*;

    #[test]
    fn days_are_cut_into_thirds_by_the_index() {
        let book = book(&[0; 6], Vec::new());
        let index = (10..).map(Day).zip([12.0, 11.0, 13.0, 20.0, 30.0, 19.0]).collect();
        let found = thirds(&curves(&[book], &index)).unwrap();
        let all: Vec<_> = (10..17).map(|day| found.of(Day(day)).map(Thirds::name)).collect();
        let [low, middle, high] = [Some("low"), Some("middle"), Some("high")];
        assert_eq!(all, [low, low, middle, high, high, middle, None]);
        assert!(found.definition().contains("below 13.00, middle, high from 20.00"));
    }
}
