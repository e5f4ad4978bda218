//! Laws of the executor over random runs: the order of tickers between two markers and a restart
//! anywhere change nothing.

use super::{Candidate, filled, intents, today};
use crate::executor::Executor;
use crate::testkit::{Driven, Lcg, day, history};
use proptest::prelude::*;
use schemas::role::Machine;
use schemas::{Event, Topic};
use std::collections::BTreeSet;

const TICKERS: [&str; 5] = ["A", "B", "C", "GOOG", "GOOGL"];

/// Shuffles `events` where that is allowed: within a topic, before its marker.
fn shuffled(mut events: Vec<Event>, random: &mut Lcg) -> Vec<Event> {
    for last in (1..events.len()).rev() {
        let other = (random.next() >> 33) as usize % (last + 1);
        events.swap(last, other);
    }
    events.sort_by_key(|event| {
        let input = [Topic::Fills, Topic::Bars, Topic::Scans, Topic::Predictions];
        let place = input.iter().position(|topic| *topic == event.topic());
        (place, event.body.marker().is_some())
    });
    events
}

/// A run of these days, each order filled on the day after; all decided events, and the state.
fn run(
    days: &[Vec<(f64, Option<f64>)>],
    mut shuffle: Option<Lcg>,
    restart_every: usize,
) -> (Vec<Event>, Vec<u8>) {
    let mut driven = Driven::new(Executor::default());
    driven.take(history(70, &TICKERS));
    let (mut decided, mut all, mut taken) = (Vec::new(), Vec::new(), 0);
    for (n, candidates) in (70..).zip(days) {
        let candidates: Vec<Candidate<'_>> = TICKERS
            .iter()
            .zip(candidates)
            .map(|(ticker, (score, roi))| (*ticker, *score, *roi))
            .collect();
        let mut events = [filled(n, &decided, 5_800_000, 150_000), today(n, &candidates)].concat();
        if let Some(random) = &mut shuffle {
            events = shuffled(events, random);
        }
        for event in events {
            driven.take([event]);
            taken += 1;
            if taken % restart_every == 0 {
                driven.restart(Executor::default());
            }
        }
        decided = driven.end(day(n));
        all.extend(decided.clone());
    }
    (all, driven.machine.save())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_among_tickers_and_restarts_change_nothing(
        days in prop::collection::vec(
            prop::collection::vec((55.0..65.0, prop::option::of(0.1..0.2)), TICKERS.len()), 1..25),
        seed in any::<u64>(),
        restart_every in 1_usize..20,
    ) {
        let plain = run(&days, None, usize::MAX);
        prop_assert_eq!(&run(&days, Some(Lcg(seed)), restart_every), &plain);

        // Ids are used once over both tracks, and so is every event id.
        let ids: Vec<i64> = intents(&plain.0).iter().map(|(_, intent)| intent.broker_order_id).collect();
        prop_assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        prop_assert!(ids.is_sorted());
        let events: BTreeSet<_> = plain.0.iter().map(|event| event.id).collect();
        prop_assert_eq!(events.len(), plain.0.len());
    }
}
