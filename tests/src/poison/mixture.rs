//! Good and bad events, drawn from a seed and written day by day.

use super::kinds::bad_one;
use super::out::Out;
use super::record::{BEFORE, Kind, PARTITIONS, Written, ticker};
use crate::simulation::opening;
use crate::simulation::rng::SimRng;
use eventlog::Log;
use schemas::events::{DayClosed, FeatureVector, Features, ModelRef, RunOpened};
use schemas::{Day, Event, EventId, Topic};
use shell::record_codec;
use std::collections::BTreeMap;

/// The numbers of good and bad events.
pub struct Mixture {
    /// Everything follows from it.
    pub seed: u64,
    /// Trading days.
    pub days: usize,
    /// Good events a day.
    pub good_a_day: usize,
    /// Bad ones in all, by kind.
    pub bad: Vec<(Kind, usize)>,
    /// Bytes of a large one.
    pub large: usize,
}

impl Mixture {
    /// Good events in all.
    pub fn good(&self) -> usize {
        self.days * self.good_a_day
    }

    /// Bad ones in all.
    pub fn bad(&self) -> usize {
        self.bad.iter().map(|(_, count)| count).sum()
    }

    /// The last day.
    pub fn last_day(&self) -> Day {
        BEFORE + self.days as i32
    }

    /// Opens a run on `log` and writes everything; at most a day is held at once.
    pub fn write(&self, log: &dyn Log) -> Written {
        let opened = RunOpened {
            kind: "backtest".to_owned(),
            first_day: BEFORE + 1,
            previous_day: BEFORE,
            scan_from: BEFORE + 1,
            ..RunOpened::default()
        };
        shell::open::ensure_topics(log, PARTITIONS).unwrap();
        let (models, champion) = opening::models(BEFORE);
        shell::open::open(log, PARTITIONS, &opened, models, Some(champion.clone())).unwrap();
        let mut rng = SimRng::new(self.seed);
        let mut planned: Vec<Kind> =
            self.bad.iter().flat_map(|(kind, count)| std::iter::repeat_n(*kind, *count)).collect();
        shuffle(&mut planned, &mut rng);
        let mut written = Written::new();
        let share = planned.len().div_ceil(self.days);
        for (number, planned) in (1..=self.days as i32).zip(planned.chunks(share.max(1))) {
            let day = BEFORE + number;
            let mut out = Out::to(log);
            let mut hosts: BTreeMap<usize, Vec<Kind>> = BTreeMap::new();
            for kind in planned {
                hosts.entry(rng.below(self.good_a_day)).or_default().push(*kind);
            }
            for n in 0..self.good_a_day {
                let good =
                    record_codec::record(&features(day, n, &mut rng), PARTITIONS, "test").unwrap();
                // A conflict comes after the good event that it contradicts, every other kind before it.
                let guests = hosts.remove(&n).unwrap_or_default();
                let (after, before) =
                    guests.into_iter().partition::<Vec<_>, _>(|kind| *kind == Kind::Conflict);
                for kind in before {
                    out.add(bad_one(kind, day, n, &good, &mut rng, self.large), &mut written);
                }
                out.add((good.clone(), None), &mut written);
                for kind in after {
                    out.add(bad_one(kind, day, n, &good, &mut rng, self.large), &mut written);
                }
            }
            for marker in markers(day, &champion) {
                out.add(
                    (record_codec::record(&marker, PARTITIONS, "test").unwrap(), None),
                    &mut written,
                );
            }
            out.publish(&mut written);
        }
        written
    }
}

fn shuffle<T>(items: &mut [T], rng: &mut SimRng) {
    for at in (1..items.len()).rev() {
        items.swap(at, rng.below(at + 1));
    }
}

fn features(day: Day, n: usize, rng: &mut SimRng) -> Event {
    let ticker = ticker(n);
    let vector = FeatureVector {
        candidate: EventId::of(&["candidate", &ticker, &day.to_string()], 0),
        contract_version: schemas::contract::CONTRACT_VERSION as i32,
        values: (0..23).map(|_| rng.between(0.1, 0.9)).collect(),
        score: None,
    };
    let about = [ticker.as_str(), &day.to_string()];
    Event::new(day, &ticker, &about, Features::FeaturesExtracted(vector))
}

fn markers(day: Day, champion: &ModelRef) -> Vec<Event> {
    let marker = |topic, partition| {
        let marker = DayClosed {
            partition: i64::from(partition),
            previous_day: day + -1,
            champion: (topic == Topic::Models).then(|| champion.clone()),
            ..DayClosed::default()
        };
        let mut marker = Event::marker(topic, day, marker).unwrap();
        marker.control_offset = Some(0);
        marker
    };
    let features = (0..PARTITIONS).map(|partition| marker(Topic::Features, partition));
    features.chain([marker(Topic::Models, 0)]).collect()
}
