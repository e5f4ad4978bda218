//! The ways to be bad, one by one.

use super::{Kind, PARTITIONS, ticker};
use crate::simulation::chance::Chance;
use eventlog::NewRecord;
use schemas::codec::{self, DecodeError};
use schemas::events::{Bar, Bars, Features};
use schemas::{Body, Day, Event, Topic};
use shell::record_codec;

/// A record bad in the way of `kind`, made from the good one of `n`; `large` bytes if large.
pub(super) fn bad_one(
    kind: Kind,
    day: Day,
    n: usize,
    good: &NewRecord,
    chance: &mut Chance,
    large: usize,
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
            let mut bytes = noise(4_096, chance).repeat(large / 4_096 + 1);
            bytes.truncate(large);
            bytes[..begins.len()].copy_from_slice(&begins);
            let id = bytes[1..5] == good.value[1..5] || bytes[0] != 0;
            *value = bytes;
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
    };
    (record, Some((kind, stage)))
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
