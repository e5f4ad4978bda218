//! What a split does to a book: the worth stays, and only what was opened before it changes.

use super::books::{CAPITAL, holding, mark, quiet};
use super::{filled, intents};
use crate::testkit::{bar, bars_closed, closed, day, late_split, split};
use schemas::{Money, Topic};

#[test]
fn a_split_makes_more_shares_of_a_lower_price_and_changes_no_worth() {
    let mut driven = holding(day(72) + -7);
    driven.take([split(72, "A", 0.0), split(72, "A", f64::NAN), split(72, "A", 2.0)]);
    driven.take([
        bar(72, "A", 50.0, 50.0),
        bars_closed(72, Some(20.0)),
        closed(Topic::Predictions, 72),
    ]);
    let decided = driven.end(day(72));
    // Worth 5 − 0 a share, 200 shares a contract.
    let paid = Money(1_710_000_000);
    assert_eq!(mark(&decided).0, CAPITAL + Money(3_000_000_000) - paid);
    let (_, close) = &intents(&decided)[0];
    assert_eq!((close.structure.centre, close.structure.wing, close.quantity), (50.0, 5.0, 3));

    driven.take(filled(73, &decided, 4_500_000, 250_000));
    driven.take([bars_closed(73, Some(20.0)), closed(Topic::Predictions, 73)]);
    assert_eq!(mark(&driven.end(day(73))).0, CAPITAL + Money(2_550_000_000) - paid);
}

#[test]
fn a_split_that_is_known_late_changes_only_positions_from_before_its_day() {
    // Opened on day 71.
    for (of, expected) in [(72, (50.0, 5.0)), (71, (100.0, 10.0))] {
        let mut driven = holding(day(75));
        driven.controls.settings.take_profit = 9.0;
        for n in 71..75 {
            quiet(&mut driven, n, 20.0);
        }
        driven.take([late_split(75, "A", of, 2.0)]);
        let decided = quiet(&mut driven, 75, 20.0);
        let (_, close) = &intents(&decided)[0];
        assert_eq!((close.structure.centre, close.structure.wing), expected, "of day {of}");
    }
}
