//! Whether a ticker's bars can be believed: a move that looks like a split which the source did
//! not name refuses the ticker until a person has said what it was.

use quant::{PriceBar, SuspectedSplit, suspected_splits};
use schemas::Day;
use std::collections::BTreeMap;

/// The refusal's code.
pub const SUSPECTED_SPLIT: &str = "SUSPECTED_SPLIT";

/// Moves that a person has judged, by ticker and day: the ratio of a split, or `None` for a move of
/// the price.
type Confirmed = BTreeMap<(String, Day), Option<f64>>;

/// The refusal's reason, for the first of the moves in `bars` that is not settled.
pub(super) fn of(ticker: &str, bars: &[PriceBar], confirmed: &Confirmed) -> Option<String> {
    suspected_splits(bars).find_map(|suspected| {
        let SuspectedSplit { day, .. } = suspected;
        match confirmed.get(&(ticker.to_owned(), day)) {
            Some(None) => None,
            Some(Some(ratio)) => Some(format!(
                "{suspected}, though a split of {ratio} new shares for one was confirmed: if that \
                 still shows after the run's next day, confirm the right ratio with `butterquant \
                 market confirm {ticker} {day} split --ratio NEW:OLD`"
            )),
            None => Some(format!(
                "{suspected}, and none is known for that day; if it is one, confirm it with \
                 `butterquant market confirm {ticker} {day} split`, and if the price itself moved, \
                 with `butterquant market confirm {ticker} {day} move`"
            )),
        }
    })
}
