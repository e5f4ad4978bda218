//! Tickers with the closes of another one: a file under a wrong name, or a copy that would be traded twice.

use super::super::finding::{Finding, FindingKind};
use schemas::Day;
use schemas::events::Bar;
use schemas::id::sha256_hex;
use std::collections::BTreeMap;

/// Days before the last one that are compared. The newest are not: one of two copies may end a little earlier.
const DAYS: std::ops::Range<i32> = 20..110;
/// Closes that must be there to be compared.
const LEAST: usize = 40;

/// A ticker and a digest of its closes.
pub(in super::super) struct Closes {
    ticker: String,
    digest: String,
}

impl Closes {
    /// Of `bars`, up to the day `through`; `None` if they are too few.
    pub(in super::super) fn of(ticker: &str, bars: &[Bar], through: Day) -> Option<Closes> {
        let compared = |bar: &&Bar| DAYS.contains(&(through.0 - bar.bar_day.0));
        let bytes = |bar: &Bar| [u64::from(bar.bar_day.0.unsigned_abs()), bar.close.to_bits()];
        let numbers: Vec<u64> = bars.iter().filter(compared).flat_map(bytes).collect();
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let enough = numbers.len() / 2 >= LEAST;
        enough.then(|| Closes { ticker: ticker.to_owned(), digest: sha256_hex(&bytes) })
    }
}

/// The tickers whose closes another one has too, each but the first of those.
pub(in super::super) fn same_prices(closes: &[Closes]) -> Vec<Finding> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for Closes { ticker, digest } in closes {
        let other = *first.entry(digest).or_insert(ticker);
        if other != ticker {
            found.push(Finding {
                ticker: ticker.clone(),
                day: None,
                kind: FindingKind::SamePrices,
                size: 1.0,
                what: format!("its closes are those of {other}, so one of the two is a copy"),
                remedy: "delete the copy, or load the right prices".to_owned(),
            });
        }
    }
    found
}
