//! Bad events among good ones on `features`, of every kind there is, from a seed: written day by
//! day, and afterwards looked for among the dead letters and the predictions.
#![allow(clippy::unwrap_used, clippy::expect_used)] // it is test code, though no test itself

use crate::simulation::chance::Chance;
use crate::simulation::opening;
use consumers::scorer::{Loader, Scorer};
use eventlog::{Batch, Log, NewRecord, TopicPartition};
use schemas::codec::{self, DecodeError};
use schemas::events::{
    Bar, Bars, DayClosed, FeatureVector, Features, ModelRef, Predictions, RunOpened,
};
use schemas::id::sha256_hex;
use schemas::role::{Machine, Role};
use schemas::{Body, Day, Event, EventId, Topic};
use shell::board::Board;
use shell::instance::{Env, Policy};
use shell::runner::{Plan, run};
use shell::saved::MemoryStates;
use shell::settle::{Entry, Letter, entries};
use shell::wire;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use success::Engine;

/// Partitions of a data topic.
pub const PARTITIONS: u32 = 12;
/// The day before the first.
const BEFORE: Day = Day(17_000);
/// Bytes of a publish, about.
const MOST_BYTES: usize = 4 << 20;

/// A way to be bad.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Kind {
    Noise,
    Truncated,
    Trailing,
    UnknownSchema,
    WrongTopic,
    Large,
    NotFinite,
    Flipped,
    WrongPartition,
    WrongKey,
    Conflict,
}

/// How much of what.
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

/// A bad record as it was written.
pub struct Bad {
    /// In which way.
    pub kind: Kind,
    stage: &'static str,
    key: Option<Vec<u8>>,
    headers: Vec<(String, Vec<u8>)>,
    bytes: usize,
    sha256: String,
}

/// What was written: every bad record by partition and offset.
pub type Written = BTreeMap<(i64, i64), Bad>;

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
        let mut chance = Chance::new(self.seed);
        let mut planned: Vec<Kind> =
            self.bad.iter().flat_map(|(kind, count)| std::iter::repeat_n(*kind, *count)).collect();
        shuffle(&mut planned, &mut chance);
        let mut written = Written::new();
        let share = planned.len().div_ceil(self.days);
        for (number, planned) in (1..=self.days as i32).zip(planned.chunks(share.max(1))) {
            let day = BEFORE + number;
            let mut out = Out { log, batch: Batch::default(), bad: Vec::new(), bytes: 0 };
            let mut hosts: BTreeMap<usize, Vec<Kind>> = BTreeMap::new();
            for kind in planned {
                hosts.entry(chance.below(self.good_a_day)).or_default().push(*kind);
            }
            for n in 0..self.good_a_day {
                let good =
                    wire::record(&features(day, n, &mut chance), PARTITIONS, "test").unwrap();
                // Those that would be taken for the good one come before it; it is a correction.
                let guests = hosts.remove(&n).unwrap_or_default();
                let (after, before) =
                    guests.into_iter().partition::<Vec<_>, _>(|kind| *kind == Kind::Conflict);
                for kind in before {
                    out.add(self.bad_one(kind, day, n, &good, &mut chance), &mut written);
                }
                out.add((good.clone(), None), &mut written);
                for kind in after {
                    out.add(self.bad_one(kind, day, n, &good, &mut chance), &mut written);
                }
            }
            for marker in markers(day, &champion) {
                out.add((wire::record(&marker, PARTITIONS, "test").unwrap(), None), &mut written);
            }
            out.publish(&mut written);
        }
        written
    }

    fn bad_one(
        &self,
        kind: Kind,
        day: Day,
        n: usize,
        good: &NewRecord,
        chance: &mut Chance,
    ) -> (NewRecord, Option<(Kind, &'static str)>) {
        let mut record = good.clone();
        let value = &mut record.value;
        let stage = match kind {
            Kind::Noise => {
                *value = noise(chance.below(200), chance);
                "decode"
            }
            Kind::Truncated => {
                value.truncate(1 + chance.below(value.len() - 1));
                "decode"
            }
            Kind::Trailing => {
                value.extend(noise(1 + chance.below(5), chance));
                "decode"
            }
            Kind::UnknownSchema => {
                value[1..5].copy_from_slice(&(10_000 + chance.below(1 << 30) as u32).to_be_bytes());
                "schema"
            }
            Kind::WrongTopic => {
                let bar = Bar { close: 1.0, ..Bar::default() };
                let bar = Event::new(day, &ticker(n), &[&ticker(n)], Bars::BarClosed(bar));
                *value = codec::encode(&bar).unwrap();
                "topic"
            }
            Kind::Large => {
                let begins = value[..chance.below(40)].to_vec();
                let mut large = noise(4_096, chance).repeat(self.large / 4_096 + 1);
                large.truncate(self.large);
                large[..begins.len()].copy_from_slice(&begins);
                let id = large[1..5] == good.value[1..5] || large[0] != 0;
                *value = large;
                if id { "decode" } else { "schema" }
            }
            Kind::NotFinite => {
                let mut event = codec::decode(Topic::Features, value).unwrap();
                if let Body::Features(Features::FeaturesExtracted(vector)) = &mut event.body {
                    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][chance.below(3)];
                    vector.values[chance.below(23)] = bad;
                }
                *value = codec::encode(&event).unwrap();
                "contract"
            }
            Kind::Flipped => flipped(value, chance),
            Kind::WrongPartition => {
                let other = 1 + chance.below(PARTITIONS as usize - 1) as u32;
                record.to =
                    wire::place(Topic::Features, (record.to.partition + other) % PARTITIONS);
                "partition"
            }
            Kind::WrongKey => {
                record.key = Some(b"ANOTHER".to_vec());
                "partition"
            }
            Kind::Conflict => {
                let mut event = codec::decode(Topic::Features, value).unwrap();
                if let Body::Features(Features::FeaturesExtracted(vector)) = &mut event.body {
                    vector.values[0] += 1.0;
                }
                *value = codec::encode(&event).unwrap();
                "conflict"
            }
        };
        (record, Some((kind, stage)))
    }
}

/// Bits turned round until the decoder refuses it. What it accepts is another good event: no
/// reader can tell.
fn flipped(value: &mut [u8], chance: &mut Chance) -> &'static str {
    loop {
        let at = chance.below(value.len());
        value[at] ^= 1 << chance.below(8);
        match codec::decode(Topic::Features, value) {
            Ok(_) => {}
            Err(DecodeError::NoHeader(_) | DecodeError::Datum { .. }) => return "decode",
            Err(DecodeError::UnknownSchema { .. }) => return "schema",
            Err(DecodeError::OtherTopic { .. }) => return "topic",
        }
    }
}

/// Bytes that are no Confluent header.
fn noise(length: usize, chance: &mut Chance) -> Vec<u8> {
    (0..length).map(|at| chance.below(256).max(usize::from(at == 0)) as u8).collect()
}

fn shuffle<T>(items: &mut [T], chance: &mut Chance) {
    for at in (1..items.len()).rev() {
        items.swap(at, chance.below(at + 1));
    }
}

fn ticker(n: usize) -> String {
    format!("T{n:04}")
}

fn features(day: Day, n: usize, chance: &mut Chance) -> Event {
    let ticker = ticker(n);
    let vector = FeatureVector {
        candidate: EventId::of(&["candidate", &ticker, &day.to_string()], 0),
        contract_version: quant::CONTRACT_VERSION as i32,
        values: (0..23).map(|_| chance.between(0.1, 0.9)).collect(),
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

/// What is published next, and which of it is bad.
struct Out<'a> {
    log: &'a dyn Log,
    batch: Batch,
    bad: Vec<Option<(Kind, &'static str)>>,
    bytes: usize,
}

impl Out<'_> {
    fn add(
        &mut self,
        (record, bad): (NewRecord, Option<(Kind, &'static str)>),
        written: &mut Written,
    ) {
        self.bytes += record.value.len();
        self.batch.records.push(record);
        self.bad.push(bad);
        if self.bytes >= MOST_BYTES {
            self.publish(written);
        }
    }

    fn publish(&mut self, written: &mut Written) {
        let batch = std::mem::take(&mut self.batch);
        let bad = std::mem::take(&mut self.bad);
        self.bytes = 0;
        let mut rejected: Vec<Option<(u32, Bad)>> = Vec::with_capacity(bad.len());
        for (record, bad) in batch.records.iter().zip(bad) {
            rejected.push(bad.map(|(kind, stage)| {
                let bad = Bad {
                    kind,
                    stage,
                    key: record.key.clone(),
                    headers: record.headers.clone(),
                    bytes: record.value.len(),
                    sha256: sha256_hex(&record.value),
                };
                (record.to.partition, bad)
            }));
        }
        let offsets = self.log.producer("test").unwrap().publish(batch, None).unwrap();
        for (offset, bad) in offsets.into_iter().zip(rejected) {
            if let Some((partition, bad)) = bad {
                written.insert((i64::from(partition), offset as i64), bad);
            }
        }
    }
}

/// What scorers on `log` are given; their states are in memory.
pub fn env(log: Arc<dyn Log>) -> (Env, MemoryStates) {
    let (states, loader) = (MemoryStates::default(), Arc::new(Loader::new(Engine::candle())));
    let machines = move |role| -> Box<dyn Machine> {
        assert_eq!(role, Role::Scorer);
        Box::new(Scorer::new(Arc::clone(&loader)))
    };
    let env = Env {
        log,
        states: Arc::new(states.clone()),
        partitions: PARTITIONS,
        machines: Arc::new(machines),
        board: Arc::new(Board::default()),
        policy: Policy::default(),
    };
    (env, states)
}

/// Runs two scorers until they have read all there is.
pub fn score(env: &Env) {
    let stop = Arc::new(AtomicBool::new(false));
    let deadline = Instant::now() + Duration::from_secs(300);
    let mut in_time = true;
    let mut watch = |_| {
        in_time = Instant::now() < deadline;
        if !in_time || lag(&*env.log) == 0 {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let plan = Plan { roles: vec![(Role::Scorer, 2)], until: None, name: None };
    run(env, &plan, None, &stop, &mut watch).unwrap();
    assert!(in_time, "after five minutes {} records are still unread", lag(&*env.log));
}

/// Offsets of `features` that the scorers have not committed.
pub fn lag(log: &dyn Log) -> u64 {
    let places: Vec<TopicPartition> =
        (0..PARTITIONS).map(|partition| wire::place(Topic::Features, partition)).collect();
    let committed = log.committed(Role::Scorer.name(), &places).unwrap();
    let behind = places.iter().zip(committed).map(|(place, committed)| {
        log.watermarks(place).unwrap().high.saturating_sub(committed.unwrap_or(0))
    });
    behind.sum()
}

/// Every bad record has one letter, with all that belonged to it, and nothing else has one.
/// Gives the letters' ids by kind.
pub fn letters_are(log: &dyn Log, mut written: Written) -> BTreeMap<Kind, Vec<u64>> {
    let mut ids: BTreeMap<Kind, Vec<u64>> = BTreeMap::new();
    entries(log, 0, &mut |entry| {
        let Entry::Letter(Letter { id, said, .. }) = entry else { panic!("{entry:?}") };
        let bad = written.remove(&(said.partition, said.offset));
        let bad = bad.unwrap_or_else(|| panic!("a good event, or a second letter: {said:?}"));
        assert_eq!((said.topic.as_str(), said.stage.as_str()), (Topic::Features.name(), bad.stage));
        assert_eq!((said.value.len(), sha256_hex(&said.value)), (bad.bytes, bad.sha256));
        assert_eq!((Some(said.key), said.length), (bad.key, None), "{:?}", bad.kind);
        let headers = said.headers.into_iter().map(|header| (header.name, header.value));
        assert_eq!(headers.collect::<Vec<_>>(), bad.headers);
        ids.entry(bad.kind).or_default().push(id);
        Ok(true)
    })
    .unwrap();
    assert!(written.is_empty(), "{} bad records have no letter", written.len());
    ids
}

/// Every good event was scored once.
pub fn scores_are(log: &dyn Log, mixture: &Mixture) {
    let mut scored = vec![0_u8; mixture.good()];
    let mut reader = log.reader().unwrap();
    for partition in 0..PARTITIONS {
        let place = wire::place(Topic::Predictions, partition);
        let (mut next, end) = (0, log.watermarks(&place).unwrap().high);
        while next < end {
            let due = [(place.clone(), next)];
            for fetched in reader.poll(&due, 5_000, Duration::from_secs(5)).unwrap() {
                for record in &fetched.records {
                    let event = wire::event(Topic::Predictions, record).unwrap();
                    if event.body.marker().is_none() {
                        let good = matches!(
                            &event.body,
                            Body::Predictions(Predictions::CandidateScored(_))
                        );
                        assert!(good, "{event:?}");
                        let n: usize = event.ticker[1..].parse().unwrap();
                        let day = (event.day - BEFORE - 1) as usize;
                        scored[day * mixture.good_a_day + n] += 1;
                    }
                }
                next = fetched.position;
            }
        }
    }
    let wrong = scored.iter().filter(|count| **count != 1).count();
    assert_eq!(wrong, 0, "of {} good events", scored.len());
}
