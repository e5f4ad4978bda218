//! When days are written that have closed.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::testkit::Held;
use schemas::controls::ControlState;
use schemas::events::{Bar, Bars};

/// The days of each call.
#[derive(Default)]
struct Calls(Mutex<Vec<Vec<(Day, usize)>>>);

impl Projections for Calls {
    fn write_days(&self, days: &[ClosedDay]) -> Result<(), EffectError> {
        let days = days.iter().map(|day| (day.day, day.events().len())).collect();
        self.0.lock().unwrap().push(days);
        Ok(())
    }
}

fn close(machine: &mut Materializer, day: Day, events: usize) {
    for ticker in 0..events {
        let bar = Bars::BarClosed(Bar { bar_day: day, ..Bar::default() });
        machine.evolve(&Event::new(day, "A", &[&ticker.to_string()], bar));
    }
    let controls = ControlState::default();
    let context = Context { controls: &controls, samples_end: &[] };
    let decision = machine.decide(Cause::DayClosed { day, previous: day + -1 }, &context);
    decision.effect.unwrap()(&Held(Ok(Vec::new()))).unwrap();
    machine.close_day(day);
}

/// The days of each call after these days, and after what is put off then.
fn written(days: &[(Day, usize)]) -> Vec<Vec<(Day, usize)>> {
    let calls = Arc::<Calls>::default();
    let mut machine = Materializer::new(calls.clone());
    days.iter().for_each(|(day, events)| close(&mut machine, *day, *events));
    machine.carry_out().unwrap();
    assert!(!machine.puts_off());
    std::mem::take(&mut *calls.0.lock().unwrap())
}

#[test]
fn days_are_put_off_until_another_month_begins_or_none_is_at_hand() {
    let day: Day = "2018-06-28".parse().unwrap();
    let days = [(day, 2), (day + 1, 3), (day + 4, 1), (day + 5, 4)];
    assert_eq!(written(&days), [days[..3].to_vec(), days[3..].to_vec()]);
    assert_eq!(written(&days[..3]), [days[..3].to_vec()]);
    assert_eq!(written(&days[..1]), [days[..1].to_vec()]);
    assert_eq!(written(&[]), Vec::<Vec<(Day, usize)>>::new());
}

#[test]
fn days_of_many_events_are_not_held_for_a_month() {
    let day: Day = "2018-06-04".parse().unwrap();
    let days = [(day, MOST_EVENTS / 2), (day + 1, MOST_EVENTS / 2), (day + 2, 1), (day + 3, 1)];
    assert_eq!(written(&days), [days[..3].to_vec(), days[3..].to_vec()]);
}
