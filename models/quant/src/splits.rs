//! Moves of a price that are probably splits which the source did not name. Such a cliff raises
//! volatility, score and rank: an unadjusted 4:1 split came out as rank 1.

use crate::window::PriceBar;
use schemas::{Day, Figure};
use std::fmt;

/// The ratios in which shares are split, new to old; merged shares have their inverses.
const RATIOS: [(u32, u32); 10] =
    [(3, 2), (2, 1), (3, 1), (4, 1), (5, 1), (7, 1), (8, 1), (10, 1), (15, 1), (20, 1)];
/// A move is a ratio's within this share of it.
const WITHIN: f64 = 0.01;
/// The same of ratios from 2 on: hardly any price halves or doubles in a day by itself, and on the day of a split the
/// price moves as well. With 1 % a third of unadjusted splits of four stocks, put on days of 2018, went unnoticed.
const WITHIN_LARGE: f64 = 0.05;
/// Smaller moves are never suspected. The nearest ratio is 1.5, so this only spares work.
const LEAST: f64 = 1.4;

/// New shares for old ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShareRatio {
    new: u32,
    old: u32,
}

impl ShareRatio {
    /// New shares per old share.
    pub fn value(self) -> f64 {
        f64::from(self.new) / f64::from(self.old)
    }

    /// The ratio that explains a move from one close to the next.
    fn of(before: f64, after: f64) -> Option<ShareRatio> {
        let (split, merged) = (before / after, after / before);
        if split.max(merged) <= LEAST {
            return None;
        }
        let near = |ratio: f64, (new, old): (u32, u32)| {
            let within = if new >= 2 * old { WITHIN_LARGE } else { WITHIN };
            (ratio * f64::from(old) / f64::from(new) - 1.0).abs() <= within
        };
        RATIOS.into_iter().find_map(|(new, old)| {
            if near(split, (new, old)) {
                Some(ShareRatio { new, old })
            } else {
                near(merged, (new, old)).then_some(ShareRatio { new: old, old: new })
            }
        })
    }
}

/// `4:1`, new to old.
impl fmt::Display for ShareRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.new, self.old)
    }
}

/// A close-to-close move that looks like a split.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SuspectedSplit {
    /// The first day of the new prices.
    pub day: Day,
    /// The ratio that would explain the move.
    pub ratio: ShareRatio,
    /// The day and close before it.
    pub before: (Day, f64),
    /// The close of `day`.
    pub after: f64,
}

/// `its close went from 189.31 on 2018-06-11 to 47.33 on 2018-06-12, which looks like a 4:1 split`
impl fmt::Display for SuspectedSplit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SuspectedSplit { day, ratio, before: (day_before, before), after } = self;
        let (before, after) = (Figure(*before), Figure(*after));
        write!(
            f,
            "its close went from {before} on {day_before} to {after} on {day}, which looks like a {ratio} split"
        )
    }
}

/// The moves between consecutive bars that look like splits, ascending by day. A known split leaves
/// none, because it has brought the bars before it to the new share count.
pub fn suspected_splits(bars: &[PriceBar]) -> impl Iterator<Item = SuspectedSplit> + '_ {
    bars.windows(2).filter_map(|pair| {
        // Overnight there is less of the day's own move.
        let ratio = ShareRatio::of(pair[0].close, pair[1].close)
            .or_else(|| ShareRatio::of(pair[0].close, pair[1].open))?;
        let (day, before, after) = (pair[1].day, (pair[0].day, pair[0].close), pair[1].close);
        Some(SuspectedSplit { day, ratio, before, after })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(closes: &[f64]) -> Vec<(i32, String)> {
        let bars: Vec<PriceBar> = (0..)
            .zip(closes)
            .map(|(day, &close)| {
                let day = Day(day);
                PriceBar { day, open: close, high: close, low: close, close, volume: 1.0 }
            })
            .collect();
        suspected_splits(&bars).map(|found| (found.day.0, found.ratio.to_string())).collect()
    }

    #[test]
    fn a_move_near_a_share_ratio_is_suspected_and_any_other_is_not() {
        for (before, after, ratio) in [
            (189.32, 47.5, "4:1"),
            (100.0, 50.4, "2:1"),
            (100.0, 67.0, "3:2"),
            (10.0, 99.5, "1:10"),
            (100.0, 149.0, "2:3"),
            (2_000.0, 100.9, "20:1"),
            (100.0, 48.5, "2:1"),
            // AMD's own rise of 52 % is as near to a ratio as a split: a person has to tell.
            (10.0, 15.1, "2:3"),
        ] {
            assert_eq!(found(&[before, before, after, after]), [(2, ratio.to_owned())]);
        }
        for (before, after) in [(100.0, 71.0), (100.0, 62.0), (100.0, 44.0), (1.0, 6.0)] {
            assert_eq!(found(&[before, after]), [], "{before} {after}");
        }
        assert_eq!(found(&[100.0]), []);
        assert_eq!(found(&[8.0, 4.0, 8.0]), [(1, "2:1".to_owned()), (2, "1:2".to_owned())]);
    }

    #[test]
    fn it_names_both_closes_and_days() {
        let (day, before): (Day, Day) =
            ("2018-06-12".parse().unwrap(), "2018-06-11".parse().unwrap());
        let ratio = ShareRatio { new: 4, old: 1 };
        let found = SuspectedSplit { day, ratio, before: (before, 189.2), after: 47.3 };
        let said = "its close went from 189.2 on 2018-06-11 to 47.3 on 2018-06-12, which looks \
                    like a 4:1 split";
        assert_eq!((found.to_string().as_str(), ratio.value()), (said, 4.0));
        let huge = SuspectedSplit { before: (before, 4e300), after: 1e300, ..found };
        assert!(huge.to_string().len() < said.len() + 3, "{huge}");
    }
}
