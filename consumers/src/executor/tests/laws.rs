//! Laws of the executor over random runs: what stands between two markers may come in any order
//! of its tickers, and a restart anywhere changes nothing.

use super::{Candidate, filled, intents, today};
use crate::executor::Executor;
use crate::made::{Driven, history};
use proptest::prelude::*;
use schemas::role::Machine;
use schemas::{Event, Topic};
use std::collections::BTreeSet;

const TICKERS: [&str; 5] = ["A", "B", "C", "GOOG", "GOOGL"];

/// Deals `events` anew where that is allowed: among those of one topic, before its marker.
fn shuffled(mut events: Vec<Event>, seed: &mut u64) -> Vec<Event> {
    for last in (1..events.len()).rev() {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = (*seed >> 33) as usize % (last + 1);
        events.swap(last, other);
    }
    events.sort_by_key(|event| {
        let input = [Topic::Fills, Topic::Bars, Topic::Scans, Topic::Predictions];
        let place = input.iter().position(|topic| *topic == event.topic());
        (place, event.body.marker().is_some())
    });
    events
}

/// A run of these days, each order filled on the day after; all that was said.
fn run(
    days: &[Vec<(f64, Option<f64>)>],
    mut shuffle: Option<u64>,
    restart_every: usize,
) -> (Vec<Event>, Vec<u8>) {
    let mut driven = Driven::new(Executor::default());
    driven.take(history(70, &TICKERS));
    let (mut said, mut all, mut taken) = (Vec::new(), Vec::new(), 0);
    for (n, candidates) in (70..).zip(days) {
        let candidates: Vec<Candidate<'_>> = TICKERS
            .iter()
            .zip(candidates)
            .map(|(ticker, (score, roi))| (*ticker, *score, *roi))
            .collect();
        let mut events = [filled(n, &said, 5_800_000, 150_000), today(n, &candidates)].concat();
        if let Some(seed) = &mut shuffle {
            events = shuffled(events, seed);
        }
        for event in events {
            driven.take([event]);
            taken += 1;
            if taken % restart_every == 0 {
                driven.restart(Executor::default());
            }
        }
        said = driven.end(n);
        all.extend(said.clone());
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
        prop_assert_eq!(&run(&days, Some(seed), restart_every), &plain);

        // Ids are used once over both tracks, and so is every event id.
        let ids: Vec<i64> = intents(&plain.0).iter().map(|(_, intent)| intent.broker_order_id).collect();
        prop_assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        prop_assert!(ids.is_sorted());
        let events: BTreeSet<_> = plain.0.iter().map(|event| event.id).collect();
        prop_assert_eq!(events.len(), plain.0.len());
    }
}
