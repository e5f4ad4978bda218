//! What a check for look-ahead found, as one value for programs and as text for people.

use crate::printer::line;
use api::record_json::RecordFormat;
use eventlog::Record;
use report::tables::table;
use run::same_past::PastDifference;
use schemas::Day;
use serde::Serialize;
use serde_json::{Map, Value};
use shell::record_codec;
use std::collections::{BTreeMap, BTreeSet};

/// The outcome of a check.
#[derive(Serialize)]
pub(super) struct Verdict {
    /// Whether the past was the same before every poisoned future.
    pub same: bool,
    /// Whether the poison was wild.
    pub wild: bool,
    /// Its seed.
    pub poison_seed: u64,
    /// Whether a leak was planted.
    pub planted_leak: bool,
    /// The run over the data as they are.
    pub reference: Reference,
    /// The runs with poisoned futures, by day.
    pub runs: Vec<PoisonedRun>,
    /// Of everything.
    pub seconds: f64,
}

/// The run over the data as they are.
#[derive(Serialize)]
pub(super) struct Reference {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// Trading days.
    pub days: usize,
    /// How long it took.
    pub seconds: f64,
}

/// A run with a poisoned future, beside the reference.
#[derive(Serialize)]
pub(super) struct PoisonedRun {
    /// The last day that is as it is.
    pub poisoned_after: Day,
    /// The last day that was run.
    pub through: Day,
    /// Bars that the run has of the days after.
    pub later_bars: usize,
    /// Those of them that are others than the reference's.
    pub later_bars_poisoned: usize,
    /// Records that are the same in both, markers included.
    pub events: u64,
    /// The same by topic.
    pub topics: BTreeMap<&'static str, u64>,
    /// The same by day.
    pub by_day: BTreeMap<Day, u64>,
    /// Where the runs differ first.
    pub first_difference: Option<Difference>,
    /// How long run and comparison took.
    pub seconds: f64,
}

/// Where two runs differ.
#[derive(Serialize)]
pub(super) struct Difference {
    topic: &'static str,
    partition: u32,
    day: Day,
    ticker: String,
    kind: String,
    /// The first field that differs, such as `data.close`; `event` where another event or none stands in its place.
    field: String,
    /// Over the data as they are.
    reference: Value,
    /// With the poisoned future.
    poisoned: Value,
}

impl Difference {
    /// Decodes both records and finds the field.
    pub(super) fn of(found: &PastDifference) -> Difference {
        let decoded = |record: &Option<Record>| Some(decoded(found, record.as_ref()?));
        let (one, other) = (decoded(&found.one), decoded(&found.other));
        let text = |name: &str| {
            let of = one.as_ref().or(other.as_ref()).and_then(|record| record.get(name)?.as_str());
            of.unwrap_or_default().to_owned()
        };
        let (field, reference, poisoned) = match (&one, &other) {
            (Some(one), Some(other)) if one.get("id") == other.get("id") => {
                let (one, other) = (Value::Object(one.clone()), Value::Object(other.clone()));
                let bytes = || ("bytes".to_owned(), Value::Null, Value::Null);
                first_field("", &one, &other).unwrap_or_else(bytes)
            }
            _ => ("event".to_owned(), named(one.as_ref()), named(other.as_ref())),
        };
        Difference {
            topic: found.topic.dataset(),
            partition: found.partition,
            day: found.day,
            ticker: text("ticker"),
            kind: text("kind"),
            field,
            reference,
            poisoned,
        }
    }
}

/// A record as an object, without its place.
fn decoded(found: &PastDifference, record: &Record) -> Map<String, Value> {
    let place = record_codec::place(found.topic, found.partition);
    let event = record_codec::event(found.topic, record);
    let shown = RecordFormat::new(found.topic);
    let mut value = serde_json::to_value(shown.json(&place, record, &event)).unwrap_or_default();
    let mut fields = value.as_object_mut().map(std::mem::take).unwrap_or_default();
    let _ = fields.remove("offset");
    fields
}

/// An event in a few words; `null` where there is none.
fn named(record: Option<&Map<String, Value>>) -> Value {
    let Some(record) = record else { return Value::Null };
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let words = [text("kind"), text("ticker"), text("day"), text("id")];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ").into()
}

/// The path of the first value that differs, and both.
fn first_field(path: &str, one: &Value, other: &Value) -> Option<(String, Value, Value)> {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match (one, other) {
        (one, other) if one == other => None,
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let of = |map: &Map<String, Value>, name: &str| map.get(name).cloned();
            names.into_iter().find_map(|name| {
                let (a, b) = (of(a, name).unwrap_or_default(), of(b, name).unwrap_or_default());
                first_field(&below(name), &a, &b)
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(at, (a, b))| first_field(&below(&at.to_string()), a, b))
        }
        _ => Some((path.to_owned(), one.clone(), other.clone())),
    }
}

/// Prints the outcome.
pub(super) fn print(found: &Verdict) {
    let Verdict { reference: Reference { from, to, days, seconds }, runs, .. } = found;
    line(format!(
        "The period {from} to {to}, {days} trading days: run as the data are in {seconds:.1} s"
    ));
    let rows = runs.iter().map(|run| {
        let (least, most) = (run.by_day.values().min(), run.by_day.values().max());
        let count = |of: Option<&u64>| of.map_or_else(|| "0".to_owned(), u64::to_string);
        vec![
            run.poisoned_after.to_string(),
            run.through.to_string(),
            format!("{} of {}", run.later_bars_poisoned, run.later_bars),
            run.by_day.len().to_string(),
            run.events.to_string(),
            format!("{}…{}", count(least), count(most)),
            if run.first_difference.is_none() { "the same" } else { "DIFFERENT" }.to_owned(),
            format!("{:.1}", run.seconds),
        ]
    });
    let header = [
        "poisoned after",
        "run through",
        "later bars poisoned>",
        "days compared>",
        "records the same>",
        "a day>",
        "the past is",
        "seconds>",
    ];
    line(table(&header, rows));
    line("Records that are the same, by topic (day markers included)");
    let topics: BTreeSet<&str> = runs.iter().flat_map(|run| run.topics.keys().copied()).collect();
    let mut header = vec!["topic".to_owned()];
    header.extend(runs.iter().map(|run| format!("{}>", run.poisoned_after)));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows = topics.into_iter().map(|topic| {
        let counts = runs.iter().map(|run| run.topics.get(topic).copied().unwrap_or(0).to_string());
        [topic.to_owned()].into_iter().chain(counts).collect()
    });
    line(table(&header, rows));
    for run in runs {
        if let Some(first) = &run.first_difference {
            line(sentence(run, first));
        }
    }
    line(verdict(found));
}

fn sentence(run: &PoisonedRun, first: &Difference) -> String {
    let Difference { topic, partition, day, ticker, kind, field, reference, poisoned } = first;
    let of = if ticker.is_empty() { String::new() } else { format!(" of {ticker}") };
    format!(
        "With everything after {} poisoned, the first difference is on {day} in {topic}, partition {partition}: {kind}{of}, field {field}: {} as the data are, {} with the poison",
        run.poisoned_after,
        shown(reference),
        shown(poisoned)
    )
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string().chars().take(200).collect(),
    }
}

fn verdict(found: &Verdict) -> String {
    let Verdict { same, planted_leak, runs, seconds, .. } = found;
    let differ = runs.iter().filter(|run| run.first_difference.is_some()).count();
    match (same, planted_leak) {
        (true, false) => format!(
            "No look-ahead: the past is the same before {} poisoned futures; {seconds:.0} s in all",
            runs.len()
        ),
        (false, false) => format!(
            "LOOK-AHEAD: the past is another one before {differ} of {} poisoned futures; {seconds:.0} s in all",
            runs.len()
        ),
        (false, true) => format!(
            "The planted leak was found before {differ} of {} poisoned futures; {seconds:.0} s in all",
            runs.len()
        ),
        (true, true) => format!(
            "THE PLANTED LEAK WAS NOT FOUND before {} poisoned futures: the check is broken; {seconds:.0} s in all",
            runs.len()
        ),
    }
}
