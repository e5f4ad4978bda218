//! What a split does to candidates that have no label yet.

use super::{check, matured, near};
use crate::testkit::{bar, bars_closed, late_split, price, split};

#[test]
fn a_split_brings_the_strikes_to_the_new_share_count() {
    let halved = matured(check(|n, events| match n {
        ..80 => events,
        _ => {
            let price = price(n) / 2.0;
            let mut events = vec![bar(n, "A", price, price), bars_closed(n, Some(20.0))];
            if n == 80 {
                events.insert(0, split(n, "A", 2.0));
                events.insert(0, split(n, "A", f64::INFINITY));
            }
            events
        }
    }));
    near(halved.entry_debit, 6.197895994569001 / 2.0);
    near(halved.exit_debit, 8.019555981023933 / 2.0);
}

#[test]
fn a_split_that_is_known_late_changes_only_what_is_older() {
    // The prices are those of the split above; it is known on day 84, and of day 80 or of day 70,
    // from when on everything was in new shares already.
    let with = |of: i32, from: i32| {
        matured(check(move |n, events| {
            let mut events = match n < from {
                true => events,
                false => {
                    let price = price(n) / 2.0;
                    vec![bar(n, "A", price, price), bars_closed(n, Some(20.0))]
                }
            };
            if n == 84 {
                events.insert(0, late_split(n, "A", of, 2.0));
            }
            events
        }))
    };
    near(with(80, 80).exit_debit, 8.019555981023933 / 2.0);
    // Scanned on day 70, at prices of that day: its strikes stay as they are.
    near(with(70, 99).entry_debit, 6.197895994569001);
}
