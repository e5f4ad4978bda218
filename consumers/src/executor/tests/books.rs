//! What the executor's books hold: changed by fills alone, right to the millionth of a dollar,
//! left when profit is taken, when time is up, and never twice.

use super::{ended, executor, filled, intents, line, marks, today};
use crate::executor::Executor;
use crate::testkit::{Driven, bar, bars_closed, closed, day, market, price, scanned_until, scored};
use schemas::events::{Acknowledged, Alias, Execution, Fills, Track};
use schemas::{Day, Event, Money, Topic, TradingCalendar};

/// Holds A since day 71 on the AI track, three contracts at 5.50 + 0.20, evaluated on
/// `evaluation`.
pub(super) fn holding(evaluation: Day) -> Driven<Executor> {
    let mut driven = executor(&["A"]);
    driven.controls.settings.risk_per_trade = Money(2_000_000_000);
    let scan = scanned_until(70, "A", 0.0, evaluation);
    driven.take(market(70, &["A"]));
    driven.take([
        scan.clone(),
        scored(&scan, Alias::Champion, 0.2),
        closed(Topic::Predictions, 70),
    ]);
    let decided = driven.end(day(70));
    assert_eq!(line(&decided), "AI opens A");
    driven.take(filled(71, &decided, 5_500_000, 200_000));
    driven
}

/// Day `n` with the index at `vix`.
pub(super) fn quiet(driven: &mut Driven<Executor>, n: i32, vix: f64) -> Vec<Event> {
    driven.take([bar(n, "A", price(n), price(n)), bars_closed(n, Some(vix))]);
    driven.take([closed(Topic::Predictions, n)]);
    driven.end(day(n))
}

/// Equity and its change of the AI track, the positions held.
pub(super) fn mark(decided: &[Event]) -> (Money, Money, i64) {
    let mark = &marks(decided)[0];
    assert_eq!(mark.track, Track::ButterAI);
    (mark.equity, mark.change, mark.open_positions)
}

pub(super) const CAPITAL: Money = Money(100_000_000_000);

#[test]
fn numbers_out_of_all_proportion_end_nobody() {
    let mut driven = executor(&["A", "B"]);
    let mut scan = scanned_until(70, "A", 99.0, day(70) + 25);
    if let schemas::Body::Scans(schemas::events::Scans::CandidateScanned(scan)) = &mut scan.body {
        scan.risk = 9e12;
    }
    driven.take(market(70, &["A", "B"]));
    driven.take([scan.clone(), scored(&scan, Alias::Champion, 0.2)]);
    driven.take([closed(Topic::Predictions, 70)]);
    assert_eq!(intents(&driven.end(day(70))), []);

    let mut driven = holding(day(95));
    let scan = scanned_until(70, "B", 0.0, day(95));
    for (quantity, price) in [(i64::MAX, i64::MAX), (i64::MIN, i64::MIN), (i64::MAX, 0)] {
        let done = Execution {
            candidate: scan.id,
            quantity,
            price: Money(price),
            fees: Money(i64::MAX),
            ..Execution::default()
        };
        driven.take([Event::new(day(71), "B", &["x"], Fills::OrderExecuted(done))]);
    }
    quiet(&mut driven, 71, 20.0);
}

#[test]
fn an_intent_changes_no_book_and_fills_change_it_to_the_millionth() {
    let mut driven = executor(&["A"]);
    driven.controls.settings.risk_per_trade = Money(2_000_000_000);
    // Expires on day 71, so that its mark there is its payoff.
    let scan = scanned_until(70, "A", 0.0, day(71) + -7);
    driven.take(market(70, &["A"]));
    driven.take([
        scan.clone(),
        scored(&scan, Alias::Champion, 0.2),
        closed(Topic::Predictions, 70),
    ]);
    let decided = driven.end(day(70));
    assert_eq!(intents(&decided)[0].1.quantity, 3); // 2,000 / 650
    assert_eq!(mark(&decided), (CAPITAL, Money::ZERO, 0));

    // Paid 6.358023 × 300; worth 10 − |101 − 100| = 9 a share.
    driven.take(filled(71, &decided, 6_123_456, 234_567));
    let decided = quiet(&mut driven, 71, 20.0);
    let gained = Money(2_700_000_000 - 1_907_406_900);
    assert_eq!(mark(&decided), (CAPITAL + gained, gained, 1));
    assert_eq!(line(&decided), "AI closes A");

    // Received 8.25 × 300.
    driven.take(filled(72, &decided, 8_500_000, 250_000));
    let gained = Money(2_475_000_000 - 1_907_406_900);
    assert_eq!(mark(&quiet(&mut driven, 72, 20.0)), (CAPITAL + gained, Money(-225_000_000), 0));
}

#[test]
fn nobody_pays_to_get_rid_of_a_butterfly() {
    let mut driven = holding(day(71));
    let decided = quiet(&mut driven, 71, 20.0);
    driven.take(filled(72, &decided, 10_000, 66_000));
    assert_eq!(mark(&quiet(&mut driven, 72, 20.0)).0, CAPITAL + Money(-1_710_000_000));
}

#[test]
fn a_stock_that_stops_trading_is_closed_when_its_time_is_up() {
    let mut driven = holding(day(89));
    driven.controls.settings.take_profit = 9.0;
    for n in 71..76 {
        quiet(&mut driven, n, 20.0);
    }
    let mut without = |n: i32| {
        driven.take([bars_closed(n, Some(90.0)), closed(Topic::Predictions, n)]);
        driven.end(day(n))
    };
    for n in 76..89 {
        assert_eq!(line(&without(n)), "", "day {n}");
    }
    let decided = without(89);
    assert_eq!(line(&decided), "AI closes A");
    // Its volatility is that of its last bar; the index of later days is not its own.
    let sigma = intents(&decided)[0].1.sigma;
    assert!((0.1..0.2).contains(&sigma), "{sigma}");
    driven.take(filled(90, &decided, 5_000_000, 100_000));
    driven.take([bars_closed(90, Some(20.0)), closed(Topic::Predictions, 90)]);
    assert_eq!(mark(&driven.end(day(90))).2, 0);
}

#[test]
fn capital_paid_in_or_taken_out_is_no_gain_and_no_loss() {
    let marked_on = |capital: Money| {
        let mut driven = holding(day(95));
        let (before, _, held) = mark(&quiet(&mut driven, 71, 20.0));
        assert_eq!(held, 1);
        driven.controls.settings.capital = capital;
        let (equity, change, _) = mark(&quiet(&mut driven, 72, 21.0));
        assert_eq!((equity - capital) - (before - CAPITAL), change);
        change
    };
    let gained = marked_on(CAPITAL);
    assert_ne!(gained, Money::ZERO);
    for capital in [Money(CAPITAL.0 / 2), Money(CAPITAL.0 * 3)] {
        assert_eq!(marked_on(capital), gained);
    }
}

#[test]
fn profit_is_taken_at_70_percent_of_the_maximum_only_after_a_fall_of_volatility() {
    for (vix, take_profit, expected) in
        [(20.0, 0.7, ""), (3.0, 0.7, "AI closes A"), (3.0, 1.0, ""), (0.5, 0.9, "AI closes A")]
    {
        let mut driven = holding(day(70) + 25);
        driven.controls.settings.take_profit = take_profit;
        for n in 71..74 {
            assert_eq!(line(&quiet(&mut driven, n, 20.0)), "", "day {n}");
        }
        let decided = quiet(&mut driven, 74, vix);
        assert_eq!(line(&decided), expected, "index at {vix}");
        for (_, intent) in intents(&decided) {
            assert!(intent.reason.starts_with("take profit"), "{}", intent.reason);
            assert!(intent.value >= take_profit, "{}", intent.value);
        }
    }
}

#[test]
fn time_is_up_on_the_last_weekday_on_or_before_the_evaluation_day() {
    // Day 74 is a Friday, 75 the Monday after it.
    for (evaluation, last) in
        [(day(73), 73), (day(74), 74), (day(74) + 1, 74), (day(74) + 2, 74), (day(75), 75)]
    {
        let mut driven = holding(evaluation);
        driven.controls.settings.take_profit = 9.0;
        for n in 71..last {
            assert_eq!(line(&quiet(&mut driven, n, 20.0)), "", "{evaluation}, day {n}");
        }
        let decided = quiet(&mut driven, last, 20.0);
        assert_eq!(line(&decided), "AI closes A", "{evaluation}");
        assert!(intents(&decided)[0].1.reason.contains("evaluation day"));
    }
}

#[test]
fn an_exit_does_not_wait_for_a_holiday() {
    // Day 99 is the Friday before Memorial Day 2015-05-25, which is weekday 100.
    for (calendar, last) in [(TradingCalendar::Nyse, 99), (TradingCalendar::None, 100)] {
        let mut driven = holding(day(100));
        driven.controls.settings.calendar = calendar;
        driven.controls.settings.take_profit = 9.0;
        for n in 71..last {
            assert_eq!(line(&quiet(&mut driven, n, 20.0)), "", "{calendar}, day {n}");
        }
        assert_eq!(line(&quiet(&mut driven, last, 20.0)), "AI closes A", "{calendar}");
    }
}

#[test]
fn a_close_that_works_is_not_repeated_and_one_that_was_cancelled_is() {
    let mut driven = holding(day(71));
    let first = quiet(&mut driven, 71, 20.0);
    assert_eq!(line(&quiet(&mut driven, 72, 20.0)), "");
    driven.take(ended(73, &first, Fills::OrderCancelled));
    let second = quiet(&mut driven, 73, 20.0);
    assert_eq!(line(&second), "AI closes A");
    assert!(intents(&second)[0].1.broker_order_id > intents(&first)[0].1.broker_order_id);
    // Of unknown fate: it is not sent again.
    driven.take(ended(74, &second, Fills::OrderUnknown));
    assert_eq!(line(&quiet(&mut driven, 74, 20.0)), "");
}

#[test]
fn a_company_held_or_ordered_is_not_opened_again_and_counts_towards_the_limit() {
    let all = ["A", "GOOG", "GOOGL"];
    let mut driven = executor(&all);
    driven.controls.settings.max_open = 1;
    driven.take(today(70, &[("GOOG", 0.0, Some(0.2))]));
    let decided = driven.end(day(70));
    for n in [71, 72] {
        // First ordered and unanswered, then held.
        driven.take(today(n, &[("GOOGL", 0.0, Some(0.3)), ("A", 0.0, Some(0.2))]));
        let refused = "AI COMPANY_HELD GOOGL; AI POSITION_LIMIT A";
        assert_eq!(line(&driven.end(day(n))), refused, "day {n}");
        driven.take(filled(n, &decided, 5_000_000, 0).into_iter().filter(|_| n == 71));
    }
    driven.controls.settings.max_open = 2;
    driven.take(today(73, &[("A", 0.0, Some(0.2)), ("B", 0.0, Some(0.3))]));
    assert_eq!(line(&driven.end(day(73))), "AI opens B; AI POSITION_LIMIT A");
}

#[test]
fn an_order_of_unknown_fate_blocks_its_track_until_every_one_is_settled() {
    let mut driven = executor(&["A", "B", "C", "D"]);
    driven.take(today(70, &[("A", 61.0, Some(0.2)), ("B", 0.0, Some(0.3))]));
    let decided = driven.end(day(70));
    assert_eq!(line(&decided), "AI opens B; AI opens A; Base opens A");
    let (b, a) = (&decided[0..1], &decided[1..2]);
    driven.take([ended(71, b, Fills::OrderUnknown), ended(71, a, Fills::OrderUnknown)].concat());
    let c = [("C", 61.0, Some(0.2))];
    driven.take(today(71, &c));
    assert_eq!(line(&driven.end(day(71))), "AI UNSETTLED C; Base opens C");
    driven.take(ended(72, a, Fills::OrderRejected));
    driven.take(today(72, &c));
    assert_eq!(line(&driven.end(day(72))), "AI UNSETTLED C; Base COMPANY_HELD C");
    driven.take(filled(73, b, 5_000_000, 0));
    driven.take(today(73, &c));
    let decided = driven.end(day(73));
    assert_eq!(line(&decided), "AI opens C; Base COMPANY_HELD C");
    // That the broker has the order, working, settles it as well.
    driven.take(ended(74, &decided[..1], Fills::OrderUnknown));
    let has = Acknowledged {
        broker_order_id: intents(&decided)[0].1.broker_order_id,
        track: Track::ButterAI,
    };
    driven.take([Event::new(day(74), "C", &["C"], Fills::OrderAcknowledged(has))]);
    driven.take(today(74, &[("D", 0.0, Some(0.2))]));
    assert_eq!(line(&driven.end(day(74))), "AI opens D");
}
