//! A leak on purpose: each day's close is a mix of its own and the next day's, as a file has it whose closes are
//! written a day early or smoothed. A check for look-ahead that does not find it is worth nothing.

use super::altered::{Alteration, AlteredMarket};
use super::market::Market;
use schemas::Day;
use schemas::events::Bar;
use std::collections::{BTreeMap, HashMap};

/// How much of the next day's close is in a day's.
const SHARE: f64 = 0.5;

/// `market`, with the leak in it.
pub fn with_planted_leak(market: Box<dyn Market>) -> Box<dyn Market> {
    Box::new(AlteredMarket::new(market, Box::new(NextClose { closes: HashMap::new() })))
}

/// The closes of the day after each day that was asked for.
struct NextClose {
    closes: HashMap<Day, BTreeMap<String, f64>>,
}

impl Alteration for NextClose {
    fn bar(&mut self, market: &mut dyn Market, ticker: &str, bar: &mut Bar) {
        let next = self.closes.entry(bar.bar_day).or_insert_with(|| {
            // A market that cannot be read any more says so where it is asked for the day itself.
            let next = market.next_day(Some(bar.bar_day)).ok().flatten().unwrap_or_default();
            next.bars.into_iter().map(|(ticker, bar)| (ticker, bar.close)).collect()
        });
        let Some(next) = next.get(ticker) else { return };
        bar.close += SHARE * (next - bar.close);
        bar.high = bar.high.max(bar.close);
        bar.low = bar.low.min(bar.close);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::TradingCalendar;

    #[test]
    fn a_close_knows_the_next_one_in_the_day_and_in_the_past() {
        let open =
            || super::super::open("sim:1,stocks=2,days=30", None, TradingCalendar::Nyse).unwrap();
        let (mut plain, mut leaky) = (open(), with_planted_leak(open()));
        let day = plain.days()[10];
        let own = plain.next_day(Some(day + -1)).unwrap().unwrap().bars[0].1.close;
        let next = plain.next_day(Some(day)).unwrap().unwrap().bars[0].1.close;
        let leaked = leaky.next_day(Some(day + -1)).unwrap().unwrap().bars[0].1.clone();
        assert!((leaked.close - 0.5 * (own + next)).abs() < 1e-12 && own != next);
        assert!(leaked.low <= leaked.close && leaked.close <= leaked.high);
        assert_eq!(leaky.past("SIM001", day + 1, 1).unwrap(), [leaked]);
    }
}
