//! What the paper broker answers to an order, given the day's bar and the controls.

mod external;

use super::Broker;
use crate::testkit::{Driven, bar, bars_closed, day, late_split, split, structure};
use schemas::events::{Action, Execution, Fills, OrderEnded, OrderIntent, Orders, Pricing, Track};
use schemas::role::Machine;
use schemas::{Body, Event, EventId, Money};

/// An order of day 70, after which A is at 100 ± 10, 31 days before its expiry on day 71.
fn order(id: i64, action: Action) -> Event {
    ordered(70, id, action, "A")
}

fn ordered(n: i32, id: i64, action: Action, ticker: &str) -> Event {
    let intent = OrderIntent {
        broker_order_id: id,
        action,
        candidate: EventId::of(&["scan", ticker], 0),
        structure: structure(70, day(70) + 25),
        quantity: 2,
        sigma: 0.16,
        pricing: Pricing::default(),
        ..OrderIntent::default()
    };
    let about = [ticker, &id.to_string(), &n.to_string()];
    Event::new(day(n), ticker, &about, Orders::OrderIntended(intent))
}

fn broker(orders: impl IntoIterator<Item = Event>) -> Driven<Broker> {
    let mut driven = Driven::new(Broker::default());
    driven.take(orders);
    driven
}

/// Day `n` with these bars.
fn trade(driven: &mut Driven<Broker>, n: i32, bars: impl IntoIterator<Item = Event>) -> Vec<Event> {
    driven.take(bars);
    driven.take([bars_closed(n, Some(20.0))]);
    let decided = driven.end(day(n));
    driven.restart(Broker::default());
    decided
}

fn ending(decided: &Event) -> &OrderEnded {
    match &decided.body {
        Body::Fills(Fills::OrderCancelled(ended) | Fills::OrderRejected(ended)) => ended,
        other => panic!("{other:?}"),
    }
}

/// The answers as one line.
fn line(decided: &[Event]) -> String {
    let word = |event: &Event| match &event.body {
        Body::Fills(Fills::OrderAcknowledged(of)) => format!("acknowledged {}", of.broker_order_id),
        Body::Fills(Fills::OrderExecuted(of)) => format!("executed {}", of.broker_order_id),
        Body::Fills(Fills::OrderCancelled(of)) => format!("{} {}", of.code, of.broker_order_id),
        Body::Fills(Fills::OrderRejected(of)) => {
            format!("rejected {} {}", of.code, of.broker_order_id)
        }
        Body::Fills(Fills::OrderUnknown(of)) => format!("unknown {}", of.broker_order_id),
        other => panic!("{other:?}"),
    };
    decided.iter().map(word).collect::<Vec<_>>().join("; ")
}

/// Given one order and these events of day 71, when the day ends, then this is answered.
fn check(action: Action, halted: bool, bars: Vec<Event>, expected: &str) {
    let mut driven = broker([order(7, action)]);
    if halted {
        driven.controls.halted.insert(Track::ButterAI, 5);
    }
    assert_eq!(line(&trade(&mut driven, 71, bars)), expected, "{action:?}, halted: {halted}");
}

#[test]
fn an_order_is_answered_once_by_what_its_day_allows() {
    let at = |open| vec![bar(71, "A", open, 150.0)];
    check(Action::Open, false, at(101.0), "acknowledged 7; executed 7");
    check(Action::Close, false, at(101.0), "acknowledged 7; executed 7");
    check(Action::Open, true, at(101.0), "HALTED 7");
    check(Action::Close, true, at(101.0), "acknowledged 7; executed 7");
    check(Action::Open, false, vec![], "acknowledged 7; NO_BAR 7");
    check(Action::Close, false, vec![], "acknowledged 7");
    // Far from its centre it is worth next to nothing: not opened, but always closed.
    check(Action::Open, false, at(200.0), "acknowledged 7; NOT_TRADABLE 7");
    check(Action::Close, false, at(200.0), "acknowledged 7; executed 7");
    for action in [Action::Open, Action::Close] {
        check(action, false, vec![split(71, "A", 2.0), bar(71, "A", 50.5, 50.0)], "SPLIT 7");
        let nothing = vec![split(71, "A", 0.0), split(71, "B", 2.0), bar(71, "A", 101.0, 100.0)];
        check(action, false, nothing, "acknowledged 7; executed 7");
    }
}

fn execution(decided: &[Event]) -> &Execution {
    match &decided.last().unwrap().body {
        Body::Fills(Fills::OrderExecuted(execution)) => execution,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_trades_at_the_open_with_the_costs_of_a_label() {
    // By hand (tests of Black-Scholes in Python): open, mid value, cost of one way.
    for (open, price, fees) in [(101.0, 6_197_896, 160_236), (97.0, 5_809_739, 144_654)] {
        for action in [Action::Open, Action::Close] {
            let mut driven = broker([order(7, action)]);
            let decided = trade(&mut driven, 71, [bar(71, "A", open, 130.0)]);
            let done = execution(&decided);
            assert_eq!((done.price, done.fees), (Money(price), Money(fees)), "{action:?}");
            assert_eq!((done.spot, done.sigma, done.quantity), (open, 0.16, 2));
            assert_eq!(decided[1].correlation, Some(done.candidate));

            let structure = structure(70, day(70) + 25);
            let entry = quant::entry(
                &(&structure).into(),
                day(71),
                open,
                0.16,
                &(&Pricing::default()).into(),
            );
            assert_eq!(Money::from_dollars(entry.debit), Some(done.price));
            assert_eq!(Money::from_dollars(entry.cost), Some(done.fees));
        }
    }
}

#[test]
fn under_halt_the_cancel_names_the_offset_and_the_id_is_used_up() {
    let mut driven = broker([order(7, Action::Open)]);
    driven.controls.halted.insert(Track::ButterAI, 5);
    let decided = trade(&mut driven, 71, [bar(71, "A", 101.0, 101.0)]);
    assert!(ending(&decided[0]).reason.contains("controls offset 5"));

    driven.controls.halted.clear();
    driven.take([ordered(71, 7, Action::Open, "A")]);
    assert_eq!(line(&trade(&mut driven, 72, [bar(72, "A", 101.0, 101.0)])), "rejected ID_USED 7");
}

#[test]
fn a_second_order_under_an_id_is_rejected_whatever_became_of_the_first() {
    // Both on one day: the first in the log stands.
    let mut driven = broker([ordered(70, 7, Action::Open, "B"), ordered(70, 7, Action::Open, "A")]);
    let decided = trade(&mut driven, 71, [bar(71, "A", 101.0, 101.0), bar(71, "B", 101.0, 101.0)]);
    let of = |ticker: &str| {
        line(&decided.iter().filter(|e| e.ticker == ticker).cloned().collect::<Vec<_>>())
    };
    assert_eq!(of("B"), "acknowledged 7; executed 7");
    assert_eq!(of("A"), "rejected ID_USED 7");

    // While the first still works.
    let mut driven = broker([order(8, Action::Close)]);
    assert_eq!(line(&trade(&mut driven, 71, [])), "acknowledged 8");
    driven.take([ordered(71, 8, Action::Close, "B")]);
    assert_eq!(line(&trade(&mut driven, 72, [bar(72, "B", 101.0, 101.0)])), "rejected ID_USED 8");
    assert_eq!(line(&trade(&mut driven, 73, [bar(73, "A", 101.0, 101.0)])), "executed 8");
}

#[test]
fn a_close_works_until_a_bar_comes_and_then_no_more() {
    let mut driven = broker([order(7, Action::Close)]);
    assert_eq!(line(&trade(&mut driven, 71, [])), "acknowledged 7");
    assert_eq!(line(&trade(&mut driven, 72, [bar(72, "B", 101.0, 101.0)])), "");
    let decided = trade(&mut driven, 73, [bar(73, "A", 97.0, 99.0)]);
    assert_eq!((line(&decided).as_str(), execution(&decided).spot), ("executed 7", 97.0));
    assert_eq!(line(&trade(&mut driven, 74, [bar(74, "A", 97.0, 99.0)])), "");
}

#[test]
fn when_its_stock_stopped_trading_a_close_is_settled_at_the_last_close_once_time_is_up() {
    // Evaluated on day 89; the last bar is day 80's.
    let stopped = || {
        let mut driven = broker([ordered(80, 7, Action::Close, "A")]);
        driven.take([bar(80, "A", 99.0, 97.0)]);
        for n in 81..90 {
            let first = if n == 81 { "acknowledged 7" } else { "" };
            assert_eq!(line(&trade(&mut driven, n, [bar(n, "B", 101.0, 101.0)])), first, "{n}");
        }
        driven
    };
    let decided = trade(&mut stopped(), 90, [bar(90, "B", 101.0, 101.0)]);
    let done = execution(&decided);
    assert_eq!((done.execution_id.as_str(), done.spot, done.sigma), ("settled-7", 97.0, 0.16));
    let butterfly = (&structure(70, day(70) + 25)).into();
    let worth = quant::mark(&butterfly, 97.0, 0.16, day(80), &(&Pricing::default()).into());
    assert_eq!(Some(done.price), Money::from_dollars(worth.debit));
    assert_eq!(Some(done.fees), Money::from_dollars(worth.cost));

    // If it trades on that day after all, it is a trade like any other.
    let decided = trade(&mut stopped(), 90, [bar(90, "A", 101.0, 101.0)]);
    assert_eq!((execution(&decided).execution_id.as_str(), line(&decided).as_str()), {
        ("paper-7", "executed 7")
    });
    // Without any close there is nothing to settle at.
    let mut unknown = broker([ordered(89, 7, Action::Close, "A")]);
    assert_eq!(line(&trade(&mut unknown, 90, [])), "acknowledged 7");
}

#[test]
fn a_split_that_is_known_late_cancels_only_the_orders_from_before_its_day() {
    for (decided, expected) in [(68, "SPLIT 7"), (70, "acknowledged 7; executed 7")] {
        let mut driven = broker([ordered(decided, 7, Action::Close, "A")]);
        driven.take([late_split(71, "A", 70, 2.0)]);
        assert_eq!(line(&trade(&mut driven, 71, [bar(71, "A", 101.0, 101.0)])), expected);
    }
}

#[test]
fn answers_and_state_are_the_same_whatever_order_other_tickers_come_in() {
    let orders: Vec<Event> = ["A", "B", "C"]
        .iter()
        .zip(1..)
        .map(|(ticker, id)| ordered(70, id, Action::Open, ticker))
        .collect();
    let bars: Vec<Event> = ["A", "C"].iter().map(|ticker| bar(71, ticker, 101.0, 99.0)).collect();
    let mut forward = broker(orders.clone());
    let mut backward = broker(orders.into_iter().rev());
    let decided = trade(&mut forward, 71, bars.clone());
    assert_eq!(decided.len(), 6);
    assert_eq!(trade(&mut backward, 71, bars.into_iter().rev()), decided);
    assert_eq!(forward.machine.save(), backward.machine.save());
}
