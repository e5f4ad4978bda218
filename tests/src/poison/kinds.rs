//! How each kind of bad record is made.

use super::record::{Kind, PARTITIONS, ticker};
use crate::simulation::rng::SimRng;
use eventlog::{NewRecord, Nulls};
use schemas::codec::{self, DecodeError};
use schemas::events::{Bar, Bars, Features};
use schemas::{Body, Day, Event, Topic};
use shell::record_codec;
use std::collections::BTreeSet;

/// A bad record of `kind`, made from the good one of stock `n`; of `large` bytes if large.
pub(super) fn bad_one(
    kind: Kind,
    day: Day,
    n: usize,
    good: &NewRecord,
    rng: &mut SimRng,
    large: usize,
) -> (NewRecord, Option<(Kind, &'static str)>) {
    let mut record = good.clone();
    let value = &mut record.value;
    let stage = match kind {
        Kind::Noise => {
            *value = noise(rng.below(200), rng);
            "decode"
        }
        Kind::Truncated => {
            value.truncate(1 + rng.below(value.len() - 1));
            "decode"
        }
        Kind::Trailing => {
            value.extend(noise(1 + rng.below(5), rng));
            "decode"
        }
        Kind::UnknownSchema => {
            value[1..5].copy_from_slice(&(10_000 + rng.below(1 << 30) as u32).to_be_bytes());
            "schema"
        }
        Kind::WrongTopic => {
            let bar = Bar { close: 1.0, ..Bar::default() };
            let bar = Event::new(day, &ticker(n), &[&ticker(n)], Bars::BarClosed(bar));
            *value = codec::encode(&bar).unwrap();
            "topic"
        }
        Kind::Large => {
            let begins = value[..rng.below(40)].to_vec();
            let mut bytes = noise(4_096, rng).repeat(large / 4_096 + 1);
            bytes.truncate(large);
            bytes[..begins.len()].copy_from_slice(&begins);
            let id = bytes[1..5] == good.value[1..5] || bytes[0] != 0;
            *value = bytes;
            if id { "decode" } else { "schema" }
        }
        Kind::NotFinite => {
            let mut event = codec::decode(Topic::Features, value).unwrap();
            if let Body::Features(Features::FeaturesExtracted(vector)) = &mut event.body {
                let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][rng.below(3)];
                vector.values[rng.below(23)] = bad;
            }
            *value = codec::encode(&event).unwrap();
            "contract"
        }
        Kind::Flipped => flipped(value, rng),
        Kind::WrongPartition => {
            let other = 1 + rng.below(PARTITIONS as usize - 1) as u32;
            record.to =
                record_codec::place(Topic::Features, (record.to.partition + other) % PARTITIONS);
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
        Kind::Tombstone => {
            value.clear();
            let headers = BTreeSet::from([record.headers.len()]);
            record.headers.extend([("null", ""), ("empty", "")]);
            Nulls { value: true, headers, ..Nulls::default() }.mark(&mut record.headers);
            "decode"
        }
    };
    (record, Some((kind, stage)))
}

/// Flips bits until the decoder refuses the value: one that it accepts is another good event, which
/// no reader can tell from the first.
fn flipped(value: &mut [u8], rng: &mut SimRng) -> &'static str {
    loop {
        let at = rng.below(value.len());
        value[at] ^= 1 << rng.below(8);
        match codec::decode(Topic::Features, value) {
            Ok(_) => {}
            Err(DecodeError::NoHeader(_) | DecodeError::Datum { .. }) => return "decode",
            Err(DecodeError::UnknownSchema { .. }) => return "schema",
            Err(DecodeError::OtherTopic { .. }) => return "topic",
        }
    }
}

/// Bytes that do not begin with a Confluent header.
fn noise(length: usize, rng: &mut SimRng) -> Vec<u8> {
    (0..length).map(|at| rng.below(256).max(usize::from(at == 0)) as u8).collect()
}
