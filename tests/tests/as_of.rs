//! A drawn row knows nothing of the future: its features use bars up to its day, its label bars up to
//! its evaluation day.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use producers::source::MarketDay;
use schemas::{Day, TradingCalendar};
use tests::held::{Rows, drawn, simulated};

/// 340 days of three stocks.
fn days() -> Vec<MarketDay> {
    simulated(11, 3, 340)
}

#[test]
fn bars_after_its_day_change_no_feature_and_bars_after_its_evaluation_no_label() {
    let plain = days();
    let known = plain[285].day;
    let mut spoilt = plain.clone();
    for (n, day) in spoilt.iter_mut().enumerate().filter(|(_, day)| day.day > known) {
        let factor = if n % 2 == 0 { 1.03 } else { 0.98 };
        for (_, bar) in &mut day.bars {
            for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
                *price *= factor;
            }
            bar.volume *= 1.0 + factor;
        }
        day.vix = day.vix.map(|vix| vix + 1.5);
    }
    let (plain, spoilt) = (drawn(&plain), drawn(&spoilt));
    let [mut over, mut held, mut later] = [0; 3];
    for (key, row) in &plain {
        // A candidate that cannot be opened at its changed price has no row.
        let Some(other) = spoilt.get(key) else {
            assert!(row.evaluation_day > known, "{key:?}");
            continue;
        };
        if row.evaluation_day <= known {
            assert_eq!(row, other);
            over += 1;
        } else if row.as_of <= known {
            assert_eq!(row.values, other.values, "{key:?}");
            assert_eq!((row.score, &row.stratum), (other.score, &other.stratum), "{key:?}");
            assert_ne!(row.roi, other.roi, "{key:?}");
            held += 1;
        } else {
            assert_ne!(row.values, other.values, "{key:?}");
            later += 1;
        }
    }
    assert!(over > 30 && held > 30 && later > 30, "{over} {held} {later}");
}

#[test]
fn the_day_after_the_evaluation_is_all_that_a_label_needs() {
    let days = days();
    let all = drawn(&days);
    let mut at_once = false;
    for known in 310..316 {
        let last = days[known - 1].day;
        let longest = |as_of: Day| quant::Term::longest(as_of, TradingCalendar::None);
        let over = all.iter().filter(|((_, as_of), _)| longest(*as_of) < last);
        let over: Rows = over.map(|(key, row)| (key.clone(), row.clone())).collect();
        assert_eq!(drawn(&days[..known]), over);
        assert!(over.len() > 60, "{}", over.len());
        let marked = over.values().map(|row| row.evaluation_day).max();
        at_once |= marked == Some(days[known - 2].day);
    }
    assert!(at_once, "of no market cut was the last evaluation on the last day but one");
}
