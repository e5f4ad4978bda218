//! Bad records on every topic and partition that a role reads: each has one dead letter, from the role
//! that keeps those of its topic, and no decision changes because of them.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use eventlog::{Batch, Headers, Log, MemoryLog, NewRecord, Nulls};
use schemas::events::{DayClosed, DeadLetter, FeatureVector, Features, ScanRefused, Scans};
use schemas::{Event, Topic, codec};
use shell::inspect::inspect;
use shell::record_codec;
use shell::redrive::{DeadLetterEntry, entries};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;
use tests::simulation::Simulation;
use tests::simulation::checks::replays;
use tests::simulation::dimensions::PARTITIONS;

static SIMULATION: LazyLock<Simulation> = LazyLock::new(Simulation::default);

fn places() -> impl Iterator<Item = (Topic, u32)> {
    let marked = Topic::ALL.into_iter().filter(|topic| topic.marked());
    marked.flat_map(|topic| (0..topic.partitions(PARTITIONS)).map(move |one| (topic, one)))
}

/// One of each stage that a record of any topic can fail at, for the first simulated day.
fn bad(topic: Topic, partition: u32) -> Vec<(&'static str, NewRecord)> {
    let (day, previous_day) = SIMULATION.day(0);
    let marker = |partition: u32, vix| {
        let partition = i64::from(partition);
        let marker = DayClosed { partition, previous_day, vix, ..DayClosed::default() };
        record_codec::record(&Event::marker(topic, day, marker).unwrap(), PARTITIONS, "test")
            .unwrap()
    };
    let record = |key: &[u8], value: Vec<u8>| NewRecord {
        to: record_codec::place(topic, partition),
        timestamp_ms: schemas::close_ms(day),
        key: Some(key.to_vec()),
        value,
        headers: Headers::from([("made", "by hand")]),
    };
    let sound = marker(partition, None).value;
    let other = if topic == Topic::Features { Topic::Scans } else { Topic::Features };
    let foreign =
        Event::new(day, "X", &["x"], Features::FeaturesExtracted(FeatureVector::default()));
    let foreign = match other {
        Topic::Features => codec::encode(&foreign).unwrap(),
        _ => {
            let scan = Scans::CandidateRefused(ScanRefused::default());
            codec::encode(&Event::new(day, "X", &["x"], scan)).unwrap()
        }
    };
    let elsewhere = NewRecord {
        to: record_codec::place(topic, partition),
        ..marker(partition + PARTITIONS, None)
    };
    vec![
        ("decode", record(b"BAD", b"no event".to_vec())),
        ("decode", record(b"", Vec::new())),
        ("decode", record(b"BAD", sound[..sound.len() - 1].to_vec())),
        ("schema", record(b"BAD", [&[0, 1, 2, 3, 4][..], &sound[5..]].concat())),
        ("topic", record(b"X", foreign)),
        ("contract", marker(partition, Some(f64::NAN))),
        ("partition", elsewhere),
    ]
}

fn good(log: &MemoryLog, topic: Topic, partition: u32) -> Vec<(Option<Vec<u8>>, Vec<u8>)> {
    let place = record_codec::place(topic, partition);
    let (mut reader, mut next, mut found) = (log.reader().unwrap(), 0, Vec::new());
    let end = log.watermarks(&place).unwrap().high;
    while next < end {
        for fetched in reader.poll(&[(place.clone(), next)], 5_000, Duration::ZERO).unwrap() {
            next = fetched.position;
            let sound = fetched.into_records().filter(|record| {
                record.timestamp_ms > 1 && inspect(topic, partition, PARTITIONS, record).is_ok()
            });
            found.extend(sound.map(|record| (record.key, record.value)));
        }
    }
    found
}

fn letters(log: &MemoryLog, from: u64) -> Vec<DeadLetter> {
    let mut found = Vec::new();
    entries(log, from, &mut |entry| {
        let DeadLetterEntry::Letter(letter) = entry else { panic!("{entry:?}") };
        found.push(letter.said);
        Ok(true)
    })
    .unwrap();
    found
}

#[test]
fn bad_records_on_every_partition_have_one_letter_each_and_change_nothing() {
    let (undisturbed, run) = (SIMULATION.run(), SIMULATION.run());
    let before = run.log.watermarks(&record_codec::place(Topic::DeadLetters, 0)).unwrap().high;
    let mut expected = BTreeMap::new();
    for (topic, partition) in places() {
        let (stages, records): (Vec<_>, Vec<_>) = bad(topic, partition).into_iter().unzip();
        let batch = Batch { records: records.clone(), ..Batch::default() };
        let offsets = run.log.producer("test").unwrap().publish(batch, None).unwrap();
        for ((stage, record), offset) in stages.into_iter().zip(records).zip(offsets) {
            let place = (topic.name().to_owned(), i64::from(partition), offset as i64);
            expected.insert(place, (stage, record));
        }
    }
    undisturbed.play_to_the_end();
    run.play_to_the_end();

    let mut others = Vec::new();
    for said in letters(&run.log, before) {
        match expected.remove(&(said.topic.clone(), said.partition, said.offset)) {
            Some((stage, record)) => {
                assert_eq!((said.stage.as_str(), &said.value), (stage, &record.value), "{said:?}");
                let headers = said.headers.into_iter().map(|header| (header.name, header.value));
                let headers: Headers = headers.collect();
                let (nulls, kept) = Nulls::of(&headers);
                assert_eq!(nulls.empty_key, record.key.as_ref().is_some_and(Vec::is_empty));
                assert_eq!(said.key, record.key.unwrap_or_default());
                assert_eq!(kept.collect::<Headers>(), record.headers);
            }
            None => others.push((said.stage, said.value)),
        }
    }
    assert!(expected.is_empty(), "without a letter: {:?}", expected.keys());
    // The others are those of the simulated world itself.
    let usual = letters(&undisturbed.log, before).into_iter();
    let mut usual: Vec<_> = usual.map(|said| (said.stage, said.value)).collect();
    usual.sort();
    others.sort();
    assert_eq!(others, usual);
    for (topic, partition) in places() {
        let found = good(&run.log, topic, partition);
        assert_eq!(found, good(&undisturbed.log, topic, partition), "{topic}/{partition}");
    }
    replays(&SIMULATION.world, &run.ended(), false).unwrap();
}
