//! `dlq show`: shows one dead letter in full.

use super::hex_dump;
use crate::arg_ranges::file_to_write;
use crate::dead_letters::{DeadLetterState, dataset, state_name, state_of};
use crate::exit::Found;
use crate::printer;
use crate::record_json::RecordFormat;
use anyhow::{Context, Result, bail};
use eventlog::{Headers, Nulls, Record};
use report::tables;
use run::config::Config;
use run::data_dir;
use schemas::codec::schema_versions;
use schemas::events::{DeadLetter, LetterSettled};
use schemas::id::{hex, sha256_hex};
use schemas::{Day, EventId, Topic};
use serde::Serialize;
use serde_json::Value;
use shell::record_codec;
use shell::redrive::{DeadLetterEntry, Letter, entries};
use std::path::PathBuf;

/// Arguments of `dlq show`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Id of the dead letter
    pub id: u64,
    /// Write its original bytes to this file
    #[arg(long, value_name = "FILE", value_parser = file_to_write)]
    pub raw: Option<PathBuf>,
}

/// The most lines of bytes.
const LINES: usize = 32;

#[derive(Serialize)]
struct Shown {
    run: String,
    id: u64,
    state: DeadLetterState,
    settled: Option<Settled>,
    day: String,
    reason: String,
    message: String,
    role: String,
    topic: String,
    partition: i64,
    offset: i64,
    timestamp: i64,
    event: Option<EventId>,
    redriven_from: Option<i64>,
    key: Option<String>,
    headers: Vec<Header>,
    /// Of the original value.
    bytes: u64,
    sha256: String,
    /// Whether `value_hex` is all of it.
    whole: bool,
    /// `null` where the value is.
    value_hex: Option<String>,
    #[serde(skip)]
    value: Vec<u8>,
    /// The event in the bytes, if they hold one.
    decoded: Option<Value>,
    /// Why they hold none.
    undecodable: Option<String>,
}

#[derive(Serialize)]
struct Settled {
    why: String,
    by: String,
}

#[derive(Serialize)]
struct Header {
    name: String,
    value: Option<String>,
}

/// Shows it, and writes its bytes to a file if requested.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let (mut letter, mut settled) = (None, None);
    // The event that settles a dead letter comes after it.
    entries(&*opened.log, args.id, &mut |entry| {
        match entry {
            DeadLetterEntry::Letter(found) if found.id == args.id => letter = Some(found),
            DeadLetterEntry::Settled(event) if event.letter.unsigned_abs() == args.id => {
                settled = Some(event)
            }
            _ => {}
        }
        Ok(letter.is_some() && settled.is_none())
    })?;
    let Some(Letter { id, day, said: letter }) = letter else {
        bail!(
            "dead letter {}: no such letter; `{}` lists them",
            args.id,
            config.command_line("dlq list", &run.id)
        );
    };
    if let Some(path) = &args.raw {
        if letter.sha256.is_some() {
            bail!(
                "dead letter {id}: only {1} of its {0} bytes were kept",
                letter.bytes(),
                letter.value.len()
            );
        }
        std::fs::write(path, &letter.value)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    printer::show(config.output()?, &shown(run.id, id, day, letter, settled), print)?;
    Ok(Found::Nothing)
}

fn shown(
    run: String,
    id: u64,
    day: Day,
    letter: DeadLetter,
    settled: Option<LetterSettled>,
) -> Shown {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers: Headers = letter.headers.iter().map(|one| (&one.name, &one.value)).collect();
    let (nulls, kept) = Nulls::of(&headers);
    let header = |(at, (name, value)): (usize, (&str, &[u8]))| Header {
        name: name.to_owned(),
        value: (!nulls.headers.contains(&at)).then(|| text(value)),
    };
    let (decoded, undecodable) = match decoded(&letter) {
        Ok(decoded) => (Some(decoded), None),
        Err(why) => (None, Some(why)),
    };
    Shown {
        run,
        id,
        state: state_of(settled.as_ref()),
        settled: settled.map(|event| Settled { why: event.why, by: event.by }),
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

fn print(shown: &Shown) {
    let head = format!(
        "dead letter {}, {}, {}: {}",
        shown.id,
        state_name(shown.state),
        shown.day,
        shown.reason
    );
    printer::line(head);
    printer::line(&shown.message);
    if let Some(settled) = &shown.settled {
        printer::line(format!("{} by {}: {}", state_name(shown.state), settled.by, settled.why));
    }
    let or_null = |text: &Option<String>| {
        // What a record holds must not steer the terminal.
        let plain = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
        text.as_ref().map_or("null".to_owned(), |text| text.chars().map(plain).collect())
    };
    let headers =
        shown.headers.iter().map(|one| (format!("header {}", one.name), or_null(&one.value)));
    let rows = [
        ("position", format!("{}/{} offset {}", shown.topic, shown.partition, shown.offset)),
        ("found by", shown.role.clone()),
        ("key", or_null(&shown.key)),
        ("event", tables::or_dash(shown.event, |id| id.to_string())),
        ("redriven from", tables::or_dash(shown.redriven_from, |id| id.to_string())),
        ("bytes", shown.bytes.to_string()),
        ("sha256", shown.sha256.clone()),
    ];
    let rows = rows.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(headers);
    printer::line(tables::table(&["", ""], rows.map(|(name, value)| vec![name, value])));
    if shown.value_hex.is_none() {
        printer::line("the value is null");
    }
    hex_dump::lines(&shown.value).take(LINES).for_each(printer::line);
    let left = shown.bytes.saturating_sub((hex_dump::ACROSS * LINES) as u64);
    if left > 0 {
        printer::line(format!("… and {left} more bytes; --raw FILE writes them all"));
    }
    match (&shown.decoded, &shown.undecodable) {
        (Some(event), _) => printer::line(serde_json::to_string_pretty(event).unwrap_or_default()),
        (None, Some(why)) => printer::line(format!("not an event: {why}")),
        (None, None) => {}
    }
}
