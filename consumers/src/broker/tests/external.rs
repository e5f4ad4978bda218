//! An external broker, and every call it may leave unanswered: an intent is submitted at most once,
//! and an order of unknown fate is recorded as such until it is settled.

use super::{line, order, ordered};
use crate::broker::{Broker, Order, OrderStatus, Terms, Venue, VenueError};
use crate::testkit::{Driven, bar, bars_closed, day, split};
use schemas::Event;
use schemas::controls::ControlState;
use schemas::events::{Action, Settings, Track};
use schemas::role::{EffectContext, EffectError, Machine};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct VenueOrders {
    orders: BTreeMap<i64, OrderStatus>,
    calls: Vec<String>,
    /// Kinds of calls that are carried out but not answered.
    silent: Vec<&'static str>,
    /// Whether submissions get lost.
    loses: bool,
    away: bool,
}

#[derive(Default)]
struct FakeVenue(Mutex<VenueOrders>);

impl FakeVenue {
    fn be(&self, change: impl FnOnce(&mut VenueOrders)) {
        change(&mut self.0.lock().unwrap());
    }

    /// The calls since the last time.
    fn calls(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap().calls).join("; ")
    }

    fn call(
        &self,
        what: &'static str,
        id: i64,
        carry_out: impl FnOnce(&mut OrderStatus),
    ) -> Result<OrderStatus, VenueError> {
        let mut books = self.0.lock().unwrap();
        if books.away {
            return Err(VenueError::Away("nobody is there".to_owned()));
        }
        books.calls.push(format!("{what} {id}"));
        if !(books.loses && what == "submit") {
            carry_out(books.orders.entry(id).or_insert(OrderStatus::Nothing));
        }
        if books.silent.contains(&what) {
            return Err(VenueError::NoAnswer("silence".to_owned()));
        }
        Ok(books.orders.get(&id).cloned().unwrap_or(OrderStatus::Nothing))
    }
}

impl Venue for FakeVenue {
    fn ask(&self, id: i64) -> Result<OrderStatus, VenueError> {
        self.call("ask", id, |_| {})
    }

    fn submit(&self, order: &Order) -> Result<OrderStatus, VenueError> {
        self.call("submit", order.id, |status| {
            assert_eq!(*status, OrderStatus::Nothing, "id {} is used twice", order.id);
            *status = OrderStatus::by_terms(order.id, &order.terms);
        })
    }

    fn amend(&self, id: i64, terms: &Terms) -> Result<OrderStatus, VenueError> {
        self.call("amend", id, |status| {
            assert_eq!(*status, OrderStatus::Working);
            *status = OrderStatus::by_terms(id, terms);
        })
    }

    fn withdraw(&self, id: i64, code: &str, reason: &str) -> Result<OrderStatus, VenueError> {
        self.call("withdraw", id, |status| {
            if matches!(status, OrderStatus::Nothing | OrderStatus::Working) {
                let (code, reason) = (code.to_owned(), reason.to_owned());
                *status = OrderStatus::Withdrawn { code, reason };
            }
        })
    }
}

/// The effect's context: the controls now, and the time.
#[derive(Default)]
struct TestContext {
    controls: ControlState,
    /// How many more times the work is in time when it asks; `None` is always.
    in_time: Cell<Option<u32>>,
}

impl EffectContext for TestContext {
    fn samples(&self, _: &[i64]) -> Result<Vec<Event>, EffectError> {
        Err("no broker reads samples".to_owned().into())
    }

    fn settings(&self, _: i64) -> Result<Settings, EffectError> {
        Err("no broker reads settings".to_owned().into())
    }

    fn controls(&self) -> Result<ControlState, EffectError> {
        Ok(self.controls.clone())
    }

    fn overdue(&self) -> bool {
        let left = self.in_time.get();
        self.in_time.set(left.map(|left| left.saturating_sub(1)));
        left == Some(0)
    }
}

struct Stage {
    driven: Driven<Broker>,
    outside: Arc<FakeVenue>,
    now: TestContext,
}

fn stage(orders: impl IntoIterator<Item = Event>) -> Stage {
    let outside = Arc::<FakeVenue>::default();
    let mut driven = Driven::new(Broker::with_venue(outside.clone()));
    driven.take(orders);
    Stage { driven, outside, now: TestContext::default() }
}

impl Stage {
    /// The result of day `n`; nothing of it is recorded yet.
    fn attempt(&mut self, n: i32) -> Result<Vec<Event>, EffectError> {
        let decision = self.driven.decide_day(day(n));
        assert!(decision.events.is_empty());
        decision.effect.map_or(Ok(Vec::new()), |effect| effect(&self.now))
    }

    fn bars(&mut self, n: i32, bars: impl IntoIterator<Item = Event>) {
        self.driven.take(bars);
        self.driven.take([bars_closed(n, Some(20.0))]);
    }

    /// Day `n` with these bars, recorded; then a restart.
    fn trade(&mut self, n: i32, bars: impl IntoIterator<Item = Event>) -> Vec<Event> {
        self.bars(n, bars);
        let decided = self.attempt(n).unwrap();
        self.driven.take(decided.clone());
        self.driven.machine.close_day(day(n));
        self.driven.restart(Broker::with_venue(self.outside.clone()));
        decided
    }
}

fn open_at(n: i32, open: f64) -> [Event; 1] {
    [bar(n, "A", open, 150.0)]
}

#[test]
fn what_fails_nowhere_is_said_as_if_nobody_were_outside() {
    for action in [Action::Open, Action::Close] {
        for halted in [false, true] {
            for bars in [
                vec![bar(71, "A", 101.0, 150.0)],
                vec![bar(71, "A", 200.0, 150.0)],
                vec![split(71, "A", 2.0), bar(71, "A", 50.5, 50.0)],
                vec![],
            ] {
                let mut outside = stage([order(7, action), ordered(70, 7, action, "B")]);
                let mut pure = super::broker([order(7, action), ordered(70, 7, action, "B")]);
                if halted {
                    outside.now.controls.halted.insert(Track::ButterAI, 5);
                    pure.controls = outside.now.controls.clone();
                }
                for (n, bars) in [(71, bars.clone()), (72, vec![bar(72, "A", 97.0, 99.0)])] {
                    let mut expected = super::trade(&mut pure, n, bars.clone());
                    let mut found = outside.trade(n, bars);
                    let forget = |event: &mut Event| event.control_offset = None;
                    expected.iter_mut().for_each(forget);
                    found.iter_mut().for_each(forget);
                    assert_eq!(found, expected, "{action:?}, halted: {halted}, day {n}");
                    assert_eq!(outside.driven.machine.save(), pure.machine.save());
                }
            }
        }
    }
}

#[test]
fn after_a_crash_the_broker_is_asked_before_anything_is_sent() {
    let mut quiet = stage([order(7, Action::Open)]);
    let expected = quiet.trade(71, open_at(71, 101.0));
    assert_eq!(quiet.outside.calls(), "ask 7; submit 7");

    let mut stage = stage([order(7, Action::Open)]);
    stage.bars(71, open_at(71, 101.0));
    for calls in ["ask 7; submit 7", "ask 7", "ask 7"] {
        let mut decided = stage.attempt(71).unwrap(); // and it dies before it can publish
        decided.iter_mut().for_each(|event| event.control_offset = expected[0].control_offset);
        assert_eq!((decided, stage.outside.calls().as_str()), (expected.clone(), calls));
    }
}

#[test]
fn a_submission_without_an_answer_is_asked_for() {
    let mut stage = stage([order(7, Action::Open)]);
    stage.outside.be(|books| books.silent = vec!["submit"]);
    assert_eq!(line(&stage.trade(71, open_at(71, 101.0))), "acknowledged 7; executed 7");
    assert_eq!(stage.outside.calls(), "ask 7; submit 7; ask 7");
}

#[test]
fn a_lost_submission_has_its_id_used_up_before_it_is_given_up() {
    let mut stage = stage([order(7, Action::Close)]);
    stage.outside.be(|books| (books.loses, books.silent) = (true, vec!["submit"]));
    assert_eq!(line(&stage.trade(71, open_at(71, 101.0))), "LOST 7");
    assert_eq!(stage.outside.calls(), "ask 7; submit 7; ask 7; withdraw 7");
}

#[test]
fn what_nobody_confirms_or_denies_is_unknown_and_never_sent_again() {
    for (arrived, settled) in [(true, "acknowledged 7; executed 7"), (false, "LOST 7")] {
        let mut stage = stage([order(7, Action::Open)]);
        stage.bars(71, open_at(71, 101.0));
        // The order is submitted and the role dies; then the broker stops answering.
        stage.outside.be(|books| books.loses = !arrived);
        let sent = stage.attempt(71).unwrap();
        stage.outside.be(|books| books.silent = vec!["ask"]);
        assert_eq!(line(&stage.trade(71, [])), "unknown 7");
        assert_eq!(line(&stage.trade(72, open_at(72, 103.0))), "", "it is decided once");
        stage.outside.be(|books| books.silent.clear());
        let decided = stage.trade(73, open_at(73, 105.0));
        assert_eq!(line(&decided), settled);
        if arrived {
            assert_eq!(super::execution(&decided), super::execution(&sent), "the price of its day");
        }
        assert_eq!(stage.outside.calls().matches("submit").count(), 1);
        assert_eq!(line(&stage.trade(74, open_at(74, 105.0))), "");
    }
}

#[test]
fn what_went_outside_is_not_carried_out_again_by_the_broker_that_is_nowhere() {
    let mut stage = stage([order(7, Action::Open)]);
    stage.outside.be(|books| books.silent = vec!["submit", "ask"]);
    assert_eq!(line(&stage.trade(71, open_at(71, 101.0))), "unknown 7");
    stage.driven.restart(Broker::default());
    stage.driven.take(open_at(72, 101.0));
    assert_eq!(line(&stage.driven.end(day(72))), "");
}

#[test]
fn a_broker_that_is_away_is_waited_for_and_one_that_is_slow_holds_up_nobody() {
    let mut stage = stage([order(7, Action::Open), ordered(70, 8, Action::Open, "B")]);
    stage.bars(71, open_at(71, 101.0));
    stage.outside.be(|books| books.away = true);
    assert!(stage.attempt(71).unwrap_err().away);
    stage.outside.be(|books| books.away = false);
    stage.now.in_time.set(Some(0));
    assert_eq!(line(&stage.trade(71, [])), "unknown 7; unknown 8");
    assert_eq!(stage.outside.calls(), "");
    stage.now.in_time.set(None);
    assert_eq!(line(&stage.trade(72, open_at(72, 101.0))), "LOST 7; LOST 8");
}

#[test]
fn orders_that_a_slow_broker_leaves_for_later_are_sent_when_the_role_has_shown_that_it_lives() {
    let mut stage = stage([order(7, Action::Close), ordered(70, 8, Action::Close, "A")]);
    stage.bars(71, open_at(71, 101.0));
    stage.now.in_time.set(Some(2));
    assert!(stage.attempt(71).unwrap_err().away);
    assert_eq!(stage.outside.calls(), "ask 7; submit 7");
    stage.now.in_time.set(None);
    let decided = stage.attempt(71).unwrap();
    assert_eq!(line(&decided), "acknowledged 7; executed 7; acknowledged 8; executed 8");
    assert_eq!(stage.outside.calls(), "ask 7; ask 8; submit 8");
}

#[test]
fn an_order_that_opens_and_works_is_taken_back_under_halt() {
    let mut stage = stage([order(7, Action::Open)]);
    stage.bars(71, open_at(71, 101.0));
    stage.outside.be(|books| drop(books.orders.insert(7, OrderStatus::Working)));
    stage.now.controls.halted.insert(Track::ButterAI, 9);
    assert_eq!(line(&stage.attempt(71).unwrap()), "HALTED 7");
    assert_eq!(stage.outside.calls(), "ask 7; withdraw 7");
}

#[test]
fn the_operators_word_is_read_after_the_broker_was_asked_and_before_anything_is_sent() {
    // Halted since the day began: the context of the decision does not know it yet.
    let mut stage = stage([order(7, Action::Open), ordered(70, 8, Action::Close, "A")]);
    stage.bars(71, open_at(71, 101.0));
    stage.now.controls.offset = 9;
    stage.now.controls.halted.insert(Track::ButterAI, 8);
    for attempt in 0..2 {
        let decided = stage.attempt(71).unwrap();
        assert_eq!(line(&decided), "HALTED 7; acknowledged 8; executed 8");
        assert!(super::ending(&decided[0]).reason.contains("controls offset 8"));
        // An order that the broker already has is recorded as such, whatever the controls say since.
        let calls = ["ask 7; withdraw 7; ask 8; submit 8", "ask 7; ask 8"];
        assert_eq!(stage.outside.calls(), calls[attempt]);
        stage.now.controls.halted.clear();
    }
    assert_eq!(stage.attempt(71).unwrap().len(), 3);

    let mut stage = self::stage([order(7, Action::Open)]);
    stage.bars(71, open_at(71, 101.0));
    stage.now.controls.offset = 9;
    assert_eq!(stage.attempt(71).unwrap()[0].control_offset, Some(9));
    stage.now.controls.halted.insert(Track::ButterAI, 10);
    assert_eq!(line(&stage.attempt(71).unwrap()), "acknowledged 7; executed 7");
}

#[test]
fn a_working_close_is_given_each_days_terms_until_it_trades() {
    let mut stage = stage([order(7, Action::Close)]);
    assert_eq!(line(&stage.trade(71, [])), "acknowledged 7");
    assert_eq!(line(&stage.trade(72, [])), "");
    stage.outside.be(|books| books.silent = vec!["amend"]);
    assert_eq!(line(&stage.trade(73, open_at(73, 97.0))), "", "known to be there, not unknown");
    stage.outside.be(|books| books.silent.clear());
    let decided = stage.trade(74, open_at(74, 99.0));
    assert_eq!((line(&decided).as_str(), super::execution(&decided).spot), ("executed 7", 97.0));
    assert_eq!(stage.outside.calls(), "ask 7; submit 7; ask 7; ask 7; amend 7; ask 7");
}
