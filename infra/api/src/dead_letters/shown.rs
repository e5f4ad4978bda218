//! A dead letter in full, with the event in its bytes.

use super::state::{DeadLetterState, dataset};
use crate::record_json::RecordFormat;
use anyhow::Result;
use eventlog::{Headers, Log, Nulls, Record};
use schemas::codec::schema_versions;
use schemas::events::{DeadLetter, LetterSettled};
use schemas::id::{hex, sha256_hex};
use schemas::{Day, EventId, Topic};
use serde::Serialize;
use serde_json::Value;
use shell::record_codec;
use shell::redrive::{DeadLetterEntry, Letter, entries};

/// A dead letter in full.
#[derive(Serialize)]
pub struct ShownLetter {
    /// The run.
    pub run: String,
    /// Its offset on `dead-letters`.
    pub id: u64,
    /// What became of it.
    pub state: DeadLetterState,
    /// Who settled it, and why.
    pub settled: Option<SettledAs>,
    /// The day it was written on.
    pub day: String,
    /// The stage that failed.
    pub reason: String,
    /// What was wrong.
    pub message: String,
    /// The role that found it.
    pub role: String,
    /// The topic of the event, by its short name.
    pub topic: String,
    /// The partition of the event.
    pub partition: i64,
    /// The offset of the event.
    pub offset: i64,
    /// The event's time, milliseconds since 1970.
    pub timestamp: i64,
    /// The event's id, where it was known.
    pub event: Option<EventId>,
    /// The dead letter that it was put back from.
    pub redriven_from: Option<i64>,
    /// The event's key.
    pub key: Option<String>,
    /// The event's headers.
    pub headers: Vec<LetterHeader>,
    /// Of the original value.
    pub bytes: u64,
    /// SHA-256 of the original value.
    pub sha256: String,
    /// Whether `value_hex` is all of it.
    pub whole: bool,
    /// `null` where the value is.
    pub value_hex: Option<String>,
    /// The bytes kept of its value.
    #[serde(skip)]
    pub value: Vec<u8>,
    /// The event in the bytes, if they hold one.
    pub decoded: Option<Value>,
    /// Why they hold none.
    pub undecodable: Option<String>,
}

/// How a dead letter was settled.
#[derive(Serialize)]
pub struct SettledAs {
    /// Why.
    pub why: String,
    /// By whom.
    pub by: String,
}

/// A header of the event in a dead letter.
#[derive(Serialize)]
pub struct LetterHeader {
    /// The name.
    pub name: String,
    /// The value; none where it is null.
    pub value: Option<String>,
}

/// The dead letter `id` of `run`; none where there is no such one.
///
/// # Errors
/// The log's.
pub fn letter(log: &dyn Log, run: &str, id: u64) -> Result<Option<ShownLetter>> {
    let (mut letter, mut settled) = (None, None);
    // The event that settles a dead letter comes after it.
    entries(log, id, &mut |entry| {
        match entry {
            DeadLetterEntry::Letter(found) if found.id == id => letter = Some(found),
            DeadLetterEntry::Settled(event) if event.letter.unsigned_abs() == id => {
                settled = Some(event)
            }
            _ => {}
        }
        Ok(letter.is_some() && settled.is_none())
    })?;
    let shown = |Letter { id, day, said }| shown(run.to_owned(), id, day, said, settled);
    Ok(letter.map(shown))
}

fn shown(
    run: String,
    id: u64,
    day: Day,
    letter: DeadLetter,
    settled: Option<LetterSettled>,
) -> ShownLetter {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers: Headers = letter.headers.iter().map(|one| (&one.name, &one.value)).collect();
    let (nulls, kept) = Nulls::of(&headers);
    let header = |(at, (name, value)): (usize, (&str, &[u8]))| LetterHeader {
        name: name.to_owned(),
        value: (!nulls.headers.contains(&at)).then(|| text(value)),
    };
    let (decoded, undecodable) = match decoded(&letter) {
        Ok(decoded) => (Some(decoded), None),
        Err(why) => (None, Some(why)),
    };
    ShownLetter {
        run,
        id,
        state: DeadLetterState::of(settled.as_ref().map(|settled| settled.fate)),
        settled: settled.map(|event| SettledAs { why: event.why, by: event.by }),
        day: day.to_string(),
        topic: dataset(&letter.topic).to_owned(),
        partition: letter.partition,
        offset: letter.offset,
        timestamp: letter.timestamp_ms,
        event: letter.event,
        redriven_from: letter.redriven,
        key: (nulls.empty_key || !letter.key.is_empty()).then(|| text(&letter.key)),
        headers: kept.enumerate().map(header).collect(),
        bytes: letter.bytes(),
        whole: letter.sha256.is_none(),
        value_hex: (!nulls.value).then(|| hex(&letter.value)),
        decoded,
        undecodable,
        sha256: letter.sha256.unwrap_or_else(|| sha256_hex(&letter.value)),
        reason: letter.stage,
        message: letter.message,
        role: letter.role,
        value: letter.value,
    }
}

/// The event in a dead letter, read by the schema that its bytes name, or by its topic's.
fn decoded(letter: &DeadLetter) -> Result<Value, String> {
    let original: Topic = letter.topic.parse().map_err(|error| format!("{error}"))?;
    let id = letter.value.get(1..5).and_then(|id| id.try_into().ok()).map(u32::from_be_bytes);
    let named = schema_versions().iter().find(|version| Some(version.id) == id);
    let topic = named.map_or(original, |version| version.topic);
    let record = Record {
        offset: letter.offset.unsigned_abs(),
        timestamp_ms: letter.timestamp_ms,
        key: (!letter.key.is_empty()).then(|| letter.key.clone()),
        value: letter.value.clone(),
        headers: Default::default(),
    };
    let event = record_codec::event(topic, &record);
    if let Err(error) = &event {
        return Err(error.to_string());
    }
    let place = record_codec::place(topic, u32::try_from(letter.partition).unwrap_or(0));
    serde_json::to_value(RecordFormat::new(topic).json(&place, &record, &event))
        .map_err(|error| error.to_string())
}
