//! A made-up future: what stands after one day of a market is replaced, so that whoever decides on that day or before and
//! comes to another decision has looked ahead. Days up to and with that day stay as they are, to the last bit.
//!
//! Each ticker has a walk of its own, drawn from the seed, the day and the ticker's name. A plausible future continues
//! from the last day without a cliff, so that no check of a whole file has a reason to refuse it; a wild one has nothing
//! to do with the past.

use super::altered::Alteration;
use super::market::Market;
use crate::rng::RandomStream;
use schemas::Day;
use schemas::events::Bar;
use schemas::id::sha256_hex;
use std::collections::HashMap;

/// A day's move of a plausible future beside the true one: standard deviation, as a fraction.
const MOVE: f64 = 0.02;
/// The same of the index.
const INDEX_MOVE: f64 = 0.05;
/// By how much a plausible future multiplies what it replaces, at most and at least.
const FURTHEST: (f64, f64) = (0.2, 5.0);
/// The same of a wild one, each day anew.
const WILD: (f64, f64) = (0.3, 3.0);
/// By how much volumes are multiplied.
const VOLUMES: (f64, f64) = (0.05, 20.0);
/// Share of rows that a file no longer has, plausible and wild.
const DROPPED: [f64; 2] = [0.02, 0.1];
/// Share of rows of a wild future that name a split.
const SPLITS: f64 = 0.01;
/// The ratios of these splits, new shares per old share.
const RATIOS: [f64; 4] = [2.0, 4.0, 0.5, 1.05];
/// Points that a close of the index may have; files outside of 5 … 150 would be refused.
const LEVELS: (f64, f64) = (5.5, 145.0);

/// The future to put in place of the true one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Poison {
    /// The last day that stays as it is.
    pub after: Day,
    /// The seed of everything made up.
    pub seed: u64,
    /// Whether each row is drawn without regard to those before.
    pub wild: bool,
}

/// What becomes of one day of one ticker.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Change {
    price: f64,
    volume: f64,
    /// Whether a file has no row for it.
    pub(super) dropped: bool,
    /// New shares per old share, where a file names a split.
    pub(super) split: Option<f64>,
}

/// The made-up days of one ticker, drawn one after another.
pub(super) struct Walk {
    poison: Poison,
    is_index: bool,
    random: RandomStream,
    days: Vec<Change>,
}

impl Walk {
    /// Of `ticker`, a stock or the index.
    pub(super) fn of(poison: Poison, ticker: &str, is_index: bool) -> Walk {
        let stream = sha256_hex(format!("{} {ticker}", poison.after).as_bytes());
        let stream = u64::from_str_radix(&stream[..16], 16).unwrap_or(0);
        Walk { poison, is_index, random: RandomStream::new(poison.seed, stream), days: Vec::new() }
    }

    /// What becomes of `day`; `None` where it stays as it is.
    pub(super) fn on(&mut self, day: Day) -> Option<Change> {
        let at = usize::try_from(day - self.poison.after).ok()?.checked_sub(1)?;
        while self.days.len() <= at {
            let next = self.draw();
            self.days.push(next);
        }
        Some(self.days[at])
    }

    fn draw(&mut self) -> Change {
        let (random, wild) = (&mut self.random, self.poison.wild);
        let before = self.days.last().map_or(1.0, |before| before.price);
        let step = if self.is_index { INDEX_MOVE } else { MOVE };
        let moved = before * (1.0 + step * random.normal());
        let price = match wild {
            true => random.between(WILD.0, WILD.1),
            false => moved.clamp(FURTHEST.0, FURTHEST.1),
        };
        let volume = random.between(VOLUMES.0, VOLUMES.1);
        let dropped = random.uniform() < DROPPED[usize::from(wild)];
        let split = (wild && random.uniform() < SPLITS).then(|| RATIOS[random.below(RATIOS.len())]);
        Change { price, volume, dropped, split }
    }
}

impl Change {
    /// Changes a bar of a stock, which stays a valid one.
    pub(super) fn apply(self, bar: &mut Bar) {
        scale(bar, self.price);
        bar.volume = (bar.volume * self.volume).round();
    }

    /// The same of the index, whose close stays a level that it can have.
    pub(super) fn apply_to_index(self, bar: &mut Bar) {
        let close = (bar.close * self.price).clamp(LEVELS.0, LEVELS.1);
        scale(bar, close / bar.close);
    }
}

fn scale(bar: &mut Bar, factor: f64) {
    for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
        *price *= factor;
    }
}

/// The poison for a market that reads no files: rows cannot be dropped there, and no split be named.
pub(super) struct PoisonedBars {
    poison: Poison,
    walks: HashMap<String, Walk>,
    index: Walk,
}

impl PoisonedBars {
    pub(super) fn new(poison: Poison) -> PoisonedBars {
        PoisonedBars { poison, walks: HashMap::new(), index: Walk::of(poison, "^VIX", true) }
    }
}

impl Alteration for PoisonedBars {
    fn bar(&mut self, _: &mut dyn Market, ticker: &str, bar: &mut Bar) {
        let poison = self.poison;
        let walk = self.walks.entry(ticker.to_owned());
        let walk = walk.or_insert_with(|| Walk::of(poison, ticker, false));
        if let Some(change) = walk.on(bar.bar_day) {
            change.apply(bar);
        }
    }

    fn index(&mut self, day: Day, close: f64) -> f64 {
        let mut bar = Bar { bar_day: day, close, ..Bar::default() };
        if let Some(change) = self.index.on(day) {
            change.apply_to_index(&mut bar);
        }
        bar.close
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(day: i32) -> Bar {
        Bar { bar_day: Day(day), open: 10.0, high: 12.0, low: 9.0, close: 11.0, volume: 1_000.0 }
    }

    #[test]
    fn the_past_stays_and_every_day_of_the_future_is_another_valid_bar() {
        for wild in [false, true] {
            let poison = Poison { after: Day(100), seed: 1, wild };
            let mut walk = Walk::of(poison, "A", false);
            assert!((0..=100).all(|day| walk.on(Day(day)).is_none()));
            let mut before = 11.0;
            for day in 101..400 {
                let mut changed = bar(day);
                walk.on(Day(day)).unwrap().apply(&mut changed);
                let Bar { open, high, low, close, volume, .. } = changed;
                assert!(0.0 < low && low <= open.min(close) && open.max(close) <= high);
                assert!(volume > 0.0 && close != 11.0, "{day}");
                assert!(wild || (close / before - 1.0f64).abs() < 0.13, "{day}: a cliff");
                before = close;
            }
        }
    }

    #[test]
    fn a_future_is_drawn_by_day_seed_and_ticker_in_any_order() {
        let poison = Poison { after: Day(100), seed: 1, wild: true };
        let draw = |poison, ticker: &str, days: &[i32]| {
            let mut walk = Walk::of(poison, ticker, false);
            days.iter().map(|day| walk.on(Day(*day)).unwrap().price).collect::<Vec<_>>()
        };
        let ascending = draw(poison, "A", &[101, 150]);
        assert_eq!(draw(poison, "A", &[150, 101]), [ascending[1], ascending[0]]);
        assert_ne!(draw(poison, "B", &[101, 150]), ascending);
        assert_ne!(draw(Poison { seed: 2, ..poison }, "A", &[101, 150]), ascending);
        assert_ne!(draw(Poison { after: Day(99), ..poison }, "A", &[101, 150]), ascending);
    }

    #[test]
    fn the_index_keeps_to_the_levels_that_it_can_have() {
        let mut bars = PoisonedBars::new(Poison { after: Day(0), seed: 3, wild: true });
        let closes: Vec<f64> =
            (1..500).map(|day| bars.index(Day(day), 8.0 + f64::from(day % 80))).collect();
        assert!(closes.iter().all(|close| (5.0..=150.0).contains(close)), "{closes:?}");
        assert_eq!(bars.index(Day(0), 16.0), 16.0);
    }
}
