//! Bars and index closes that changed after their day: which scans were made from bars that have since been
//! corrected.

use schemas::events::Bars;
use schemas::{Body, Day, Event};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The volatility index among the tickers.
const INDEX: &str = "^VIX";

/// What a later day changed of a ticker's past.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CorrectedBars {
    /// The ticker; `^VIX` for the index.
    pub ticker: String,
    /// The first day that changed. A split changes every day before the one it takes effect on.
    pub first: Option<Day>,
    /// The last day that changed.
    pub last: Day,
    /// The trading day on which the change was published.
    pub corrected_on: Day,
}

impl CorrectedBars {
    /// Whether a scan of `day` was made from a bar that this changed.
    pub(super) fn concerns(&self, day: Day) -> bool {
        self.corrected_on > day && self.first.is_none_or(|first| first <= day)
    }
}

/// The corrections of `day`, by ticker. A split of the day itself changes no scan before it: prices of another share
/// count are the same prices.
pub(super) fn of_day(day: Day, events: &[Event]) -> Vec<CorrectedBars> {
    let mut found: BTreeMap<String, CorrectedBars> = BTreeMap::new();
    let mut add = |ticker: &str, first: Option<Day>, last: Day| {
        let of = found.entry(ticker.to_owned()).or_insert_with(|| CorrectedBars {
            ticker: ticker.to_owned(),
            first,
            last,
            corrected_on: day,
        });
        // `None`, from the beginning, is the least.
        of.first = of.first.min(first);
        of.last = of.last.max(last);
    };
    for event in events.iter().filter(|event| event.day == day) {
        match &event.body {
            Body::Bars(Bars::BarCorrected(bar)) => {
                add(&event.ticker, Some(bar.bar_day), bar.bar_day);
            }
            Body::Bars(Bars::CorporateAction(action)) if action.split().is_some() => {
                let late = action.effective_day < day;
                let last = action.effective_day + -1;
                late.then(|| add(&event.ticker, None, last));
            }
            Body::Bars(Bars::IndexLoaded(index)) => {
                index.closes.iter().for_each(|of| add(INDEX, Some(of.index_day), of.index_day));
            }
            _ => {}
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::events::{Bar, CorporateAction, IndexClose, IndexHistory};

    #[test]
    fn a_correction_concerns_the_scans_between_its_bar_and_its_own_day() {
        let (on, bar_day) = (Day(100), Day(90));
        let bar = Bar { bar_day, ..Bar::default() };
        let split = |effective_day| CorporateAction {
            effective_day,
            split_ratio: Some(2.0),
            dividend: None,
        };
        let closes = vec![IndexClose { index_day: Day(99), close: 15.0 }];
        let events = [
            Event::new(on, "A", &["A"], Bars::BarCorrected(bar)),
            Event::new(on, "B", &["B"], Bars::CorporateAction(split(Day(95)))),
            Event::new(on, "C", &["C"], Bars::CorporateAction(split(on))),
            Event::new(on, "", &["0"], Bars::IndexLoaded(IndexHistory { partition: 0, closes })),
        ];
        let found = of_day(on, &events);
        let concerned = |day: i32| -> Vec<&str> {
            let of = found.iter().filter(|of| of.concerns(Day(day)));
            of.map(|of| of.ticker.as_str()).collect()
        };
        assert_eq!(concerned(89), ["B"]);
        assert_eq!(concerned(92), ["A", "B"]);
        assert_eq!(concerned(99), ["A", "B", "^VIX"]);
        assert_eq!(concerned(100), [""; 0]);
        assert_eq!((found[1].first, found[1].last), (None, Day(94)));
    }
}
