//! What the series of a whole market show, so that a verb can name the faults in its data before it
//! computes from them.

use super::checks::{Closes, OwnDays, check_bars, check_index, missing_days, same_prices};
use super::finding::Finding;
use super::market::{Market, SourceError};
use schemas::Day;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The ticker of the volatility index.
pub const INDEX: &str = "^VIX";

/// The faults that show in the last `most` bars of every ticker up to and with `through`, and in as
/// many closes of the index; by kind, the worst first, then by ticker and day. A made-up market has none.
///
/// # Errors
/// The market can no longer be read.
pub fn findings(
    market: &mut dyn Market,
    through: Day,
    most: usize,
) -> Result<Vec<Finding>, SourceError> {
    if market.is_made_up() {
        return Ok(Vec::new());
    }
    let (mut found, mut stocks, mut closes) = (Vec::new(), Vec::new(), Vec::new());
    let last = market.days().iter().copied().rfind(|day| *day <= through).unwrap_or(through);
    for ticker in market.universe().to_vec() {
        let bars = market.past(&ticker, through + 1, most)?;
        let days: Vec<Day> = bars.iter().map(|bar| bar.bar_day).collect();
        found.extend(check_bars(&ticker, &bars));
        closes.extend(Closes::of(&ticker, &bars, last));
        let within = |one: &Finding| one.day > days.first().copied() && one.day <= Some(through);
        found.extend(market.remarks(&ticker).into_iter().filter(within));
        stocks.push(OwnDays { ticker, days });
    }
    found.extend(same_prices(&closes));
    let of_index = market.index_past(through + 1, most)?;
    found.extend(check_index(INDEX, &of_index));
    let index = of_index.iter().map(|(day, _)| *day).collect();
    let index = OwnDays { ticker: INDEX.to_owned(), days: index };
    let has_row = |ticker: &str, day: Day| market.has_row(ticker, day);
    found.extend(missing_days(&stocks, &index, market.calendar(), &has_row));
    found.sort_by(|a, b| (a.kind, &a.ticker, a.day).cmp(&(b.kind, &b.ticker, b.day)));
    Ok(found)
}

/// The faults that `day` shows beside the bars of an analysis before it, without the moves that are `confirmed`.
///
/// # Errors
/// The market can no longer be read.
pub fn findings_of(
    market: &mut dyn Market,
    day: Day,
    confirmed: &BTreeMap<(String, Day), Option<f64>>,
) -> Result<Vec<Finding>, SourceError> {
    let mut found = findings(market, day, quant::WINDOW)?;
    let settled =
        |one: &Finding| one.kind.is_move() && confirmed.contains_key(&(one.ticker.clone(), day));
    found.retain(|one| one.day == Some(day) && !settled(one));
    Ok(found)
}

/// The findings that have a day, the worst first: by kind, then by size.
pub fn worst_first(found: &[Finding]) -> Vec<&Finding> {
    let mut dated: Vec<&Finding> = found.iter().filter(|one| one.day.is_some()).collect();
    dated.sort_by_key(|one| (one.kind, Reverse((1e6 * one.size) as i64)));
    dated
}

#[cfg(test)]
mod tests {
    use super::super::finding::FindingKind::{self, HundredfoldPrice, StalePrices, SuspectedSplit};
    use super::*;
    use schemas::TradingCalendar;

    #[test]
    fn a_made_up_market_has_no_findings() {
        let mut market =
            super::super::open("sim:1,stocks=2,days=20", None, TradingCalendar::Nyse).unwrap();
        assert_eq!(findings(&mut *market, Day(i32::MAX - 1), usize::MAX).unwrap(), []);
    }

    #[test]
    fn the_worst_is_of_the_worst_kind_and_the_largest() {
        let one = |kind: FindingKind, day: Option<i32>, size: f64| Finding {
            ticker: "A".into(),
            day: day.map(Day),
            kind,
            size,
            what: String::new(),
            remedy: String::new(),
        };
        let found = [
            one(StalePrices, Some(1), 90.0),
            one(SuspectedSplit, Some(2), 0.4),
            one(SuspectedSplit, Some(3), 1.4),
            one(HundredfoldPrice, Some(4), 4.6),
            one(HundredfoldPrice, None, 9.0),
        ];
        let days: Vec<i32> = worst_first(&found).iter().map(|one| one.day.unwrap().0).collect();
        assert_eq!(days, [4, 3, 2, 1]);
    }
}
