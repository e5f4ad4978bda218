//! What a track can pay for: its cash bounds what it buys, whatever its risk budget says.

use super::books::CAPITAL;
use super::{check, executor, filled, intents, line, marks, today};
use crate::testkit::day;
use schemas::events::{Action, Orders, Settings, Track};
use schemas::{Body, Event, Money};

/// Dollars in millionths.
fn dollars(dollars: i64) -> Money {
    Money(dollars * 1_000_000)
}

/// Contracts of each order to open, by ticker.
fn contracts(decided: &[Event]) -> Vec<(String, i64)> {
    let intents = intents(decided).into_iter();
    let open = intents.filter(|(_, intent)| intent.action == Action::Open);
    open.map(|(event, intent)| (event.ticker, intent.quantity)).collect()
}

const TWO: [(&str, f64, Option<f64>); 2] = [("A", 0.0, Some(0.3)), ("B", 0.0, Some(0.2))];

#[test]
fn a_track_buys_what_its_cash_pays_for_at_the_highest_tradable_price() {
    // A wing of 10 trades up to 9.50: 950 dollars a contract. One contract risks 650 at the close.
    for (capital, budget, expected) in [
        (949, 900, "AI NO_CASH A; AI NO_CASH B"),
        (950, 900, "AI opens A; AI NO_CASH B"),
        (1_900, 900, "AI opens A; AI opens B"),
        // The budget has room for two of each, the cash for three contracts.
        (2_850, 1_300, "AI opens A; AI opens B"),
    ] {
        let given = |settings: &mut Settings| {
            (settings.capital, settings.risk_per_trade) = (dollars(capital), dollars(budget));
        };
        check(given, &TWO, expected);
    }
    // A run from before that rule replays as it was.
    let before = |settings: &mut Settings| {
        (settings.capital, settings.risk_per_trade) = (dollars(100), dollars(900));
        settings.pays_in_full = false;
    };
    check(before, &TWO, "AI opens A; AI opens B");
    let mut driven = executor(&["A", "B"]);
    driven.controls.settings.capital = dollars(2_850);
    driven.controls.settings.risk_per_trade = dollars(1_300);
    driven.take(today(70, &TWO));
    let decided = driven.end(day(70));
    assert_eq!(contracts(&decided), [("A".to_owned(), 2), ("B".to_owned(), 1)]);
}

#[test]
fn what_was_paid_and_lost_is_gone_and_what_came_back_can_be_spent_again() {
    let mut driven = executor(&["A", "B"]);
    driven.controls.settings.capital = dollars(1_000);
    driven.take(today(70, &TWO[..1]));
    let bought = driven.end(day(70));
    // 6.50 + 0.20 a share: 330 dollars are left, which pay for nothing.
    driven.take(filled(71, &bought, 6_500_000, 200_000));
    driven.take(today(71, &[("B", 0.0, Some(0.2))]));
    let decided = driven.end(day(71));
    assert_eq!(line(&decided), "AI NO_CASH B");
    let Body::Orders(Orders::OrderRefused(refused)) = &decided[0].body else {
        panic!("{decided:?}")
    };
    assert!(refused.reason.contains("cash of 330"), "{}", refused.reason);
    assert!(refused.reason.contains("up to 950"), "{}", refused.reason);
}

#[test]
fn what_an_order_still_at_the_broker_may_cost_is_kept_back() {
    // Two contracts' worth: the order of yesterday, which the broker still works, and one more.
    for (capital, expected) in [(1_899, "AI NO_CASH B"), (1_900, "AI opens B")] {
        let mut driven = executor(&["A", "B"]);
        driven.controls.settings.capital = dollars(capital);
        driven.take(today(70, &TWO[..1]));
        assert_eq!(line(&driven.end(day(70))), "AI opens A");
        driven.take(today(71, &[("B", 0.0, Some(0.2))]));
        assert_eq!(line(&driven.end(day(71))), expected, "{capital}");
    }
}

#[test]
fn a_share_of_the_equity_sizes_positions_and_shrinks_with_it() {
    let sized = |share: f64, capital: Money| {
        let mut driven = executor(&["A"]);
        driven.controls.settings.capital = capital;
        driven.controls.settings.risk_share = Some(share);
        driven.take(today(70, &TWO[..1]));
        let decided = driven.end(day(70));
        (line(&decided), contracts(&decided).first().map(|(_, quantity)| *quantity))
    };
    // 2 % of 100,000 are three contracts of 650; of 50,000 one; of 32,499 none.
    assert_eq!(sized(0.02, CAPITAL).1, Some(3));
    assert_eq!(sized(0.02, dollars(50_000)).1, Some(1));
    assert_eq!(sized(0.02, dollars(32_499)), ("AI TOO_LARGE A".to_owned(), None));
    assert_eq!(sized(0.02, Money(-1)), ("AI TOO_LARGE A".to_owned(), None));
}

#[test]
fn a_track_that_is_left_out_opens_nothing_says_so_and_still_leaves_what_it_holds() {
    let both = [("A", 61.0, Some(0.2))];
    let only = |settings: &mut Settings| settings.tracks = vec![Track::ButterBaseline];
    check(only, &both, "Base opens A");
    let mut driven = executor(&["A"]);
    driven.take(today(70, &both));
    let bought = driven.end(day(70));
    assert_eq!(line(&bought), "AI opens A; Base opens A");
    driven.take(filled(71, &bought, 6_500_000, 200_000));
    driven.controls.settings.tracks = vec![Track::ButterBaseline];
    let mut closed = Vec::new();
    for n in 71..96 {
        driven.take(today(n, &[]));
        closed = driven.end(day(n));
        if !intents(&closed).is_empty() {
            break;
        }
    }
    assert_eq!(line(&closed), "AI closes A; Base closes A");
    let marks = marks(&closed);
    let note = marks[0].note.as_deref().unwrap_or_default();
    assert!(note.contains("settings.tracks"), "{marks:?}");
    assert_eq!(marks[1].note, None);
}
