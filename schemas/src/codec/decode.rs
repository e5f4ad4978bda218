//! From bytes to events.

use super::versions::{CATALOGUE, Current, current};
use crate::events::{
    BarsRecord, ControlsRecord, DeadLettersRecord, FeaturesRecord, FillsRecord, ModelsRecord,
    OrdersRecord, OutcomesRecord, PredictionsRecord, SamplesRecord, ScansRecord,
};
use crate::{Event, Topic};
use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use serde::de::DeserializeOwned;

/// Characters kept of an Avro error, which may quote the data.
const MAX_CAUSE: usize = 300;

/// An event's value cannot be decoded; it becomes a dead letter.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The first five bytes are not a Confluent header.
    #[error("{0} bytes that do not begin with 0x00 and a 4-byte schema id")]
    NoHeader(usize),
    /// The schema id is unknown.
    #[error(
        "schema id {id} is not a version of {topic}; `butterquant topics describe {topic}` lists them"
    )]
    UnknownSchema {
        /// The id read.
        id: u32,
        /// The record's topic.
        topic: Topic,
    },
    /// The schema id belongs to another topic.
    #[error("schema id {id} belongs to {of}: the event was written to {topic} by mistake")]
    OtherTopic {
        /// The id read.
        id: u32,
        /// The schema's topic.
        of: Topic,
        /// The record's topic.
        topic: Topic,
    },
    /// The datum does not match its schema.
    #[error("the Avro datum of {topic} cannot be read: {cause}")]
    Datum {
        /// The record's topic.
        topic: Topic,
        /// The decoder's error.
        cause: String,
    },
}

/// The event in a record's value; causation and correlation are in the headers
/// ([`crate::headers::read`]).
pub fn decode(topic: Topic, value: &[u8]) -> Result<Event, DecodeError> {
    decode_as(topic, value, None)
}

/// The event in a value written with the schema `writer` (a registry's text), whatever id the value
/// carries. Unknown kinds become `Unknown`, unknown fields are left out.
///
/// # Errors
/// `writer` is not a schema, or this topic's schema cannot read its data.
pub fn decode_with(topic: Topic, writer: &str, value: &[u8]) -> Result<Event, DecodeError> {
    let bad = |cause| DecodeError::Datum { topic, cause: format!("its writer's schema: {cause}") };
    let schema = Schema::parse_str(writer).map_err(bad)?;
    decode_as(topic, value, Some(&schema))
}

fn decode_as(topic: Topic, value: &[u8], writer: Option<&Schema>) -> Result<Event, DecodeError> {
    match topic {
        Topic::Bars => read::<BarsRecord>(topic, value, writer, BarsRecord::event),
        Topic::Scans => read::<ScansRecord>(topic, value, writer, ScansRecord::event),
        Topic::Features => read::<FeaturesRecord>(topic, value, writer, FeaturesRecord::event),
        Topic::Predictions => {
            read::<PredictionsRecord>(topic, value, writer, PredictionsRecord::event)
        }
        Topic::Orders => read::<OrdersRecord>(topic, value, writer, OrdersRecord::event),
        Topic::Fills => read::<FillsRecord>(topic, value, writer, FillsRecord::event),
        Topic::Outcomes => read::<OutcomesRecord>(topic, value, writer, OutcomesRecord::event),
        Topic::Models => read::<ModelsRecord>(topic, value, writer, ModelsRecord::event),
        Topic::Controls => read::<ControlsRecord>(topic, value, writer, ControlsRecord::event),
        Topic::Samples => read::<SamplesRecord>(topic, value, writer, SamplesRecord::event),
        Topic::DeadLetters => {
            read::<DeadLettersRecord>(topic, value, writer, DeadLettersRecord::event)
        }
    }
}

fn read<R: DeserializeOwned>(
    topic: Topic,
    value: &[u8],
    writer: Option<&Schema>,
    event: fn(R) -> Result<Event, &'static str>,
) -> Result<Event, DecodeError> {
    let (id, mut datum) = split(value)?;
    let bad = |cause: String| DecodeError::Datum { topic, cause };
    let current = current(topic).map_err(bad)?;
    let record: Result<R, String> = match writer {
        Some(writer) => resolved(writer, current, &mut datum),
        None if id == current.id => current.reader.read_deser(&mut datum).map_err(brief),
        None => resolved(schema_of(id, topic)?, current, &mut datum),
    };
    let record = record.map_err(bad)?;
    if !datum.is_empty() {
        return Err(bad(format!("{} bytes are left over after it", datum.len())));
    }
    event(record).map_err(|cause| bad(cause.to_owned()))
}

fn schema_of(id: u32, topic: Topic) -> Result<&'static Schema, DecodeError> {
    match CATALOGUE.iter().find(|version| version.id == id) {
        Some(version) if version.topic == topic => Ok(version.schema),
        Some(version) => Err(DecodeError::OtherTopic { id, of: version.topic, topic }),
        None => Err(DecodeError::UnknownSchema { id, topic }),
    }
}

/// The error's text, shortened.
fn brief(cause: impl ToString) -> String {
    let text = cause.to_string();
    match text.char_indices().nth(MAX_CAUSE) {
        Some((at, _)) => format!("{} …", &text[..at]),
        None => text,
    }
}

/// Reads a datum of another version: resolves it to this program's schema, writes it again by that
/// schema, and reads the result.
fn resolved<R: DeserializeOwned>(
    written: &Schema,
    current: &Current,
    datum: &mut &[u8],
) -> Result<R, String> {
    let reader = GenericDatumReader::builder(written)
        .reader_schema(current.schema)
        .build()
        .map_err(brief)?;
    let mut strict = Strict { rest: datum, starved: false };
    let value = reader.read_value(&mut strict);
    if strict.starved {
        return Err("it ends too early".to_owned());
    }
    *datum = strict.rest;
    let now = current.writer.write_value_to_vec(value.map_err(brief)?).map_err(brief)?;
    current.reader.read_deser(&mut now.as_slice()).map_err(brief)
}

/// Notes reads past the end of the bytes, which the generic reader takes for a null.
struct Strict<'a> {
    rest: &'a [u8],
    starved: bool,
}

impl std::io::Read for Strict<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.starved |= into.len() > self.rest.len();
        self.rest.read(into)
    }
}

fn split(value: &[u8]) -> Result<(u32, &[u8]), DecodeError> {
    match value {
        [0, a, b, c, d, datum @ ..] => Ok((u32::from_be_bytes([*a, *b, *c, *d]), datum)),
        _ => Err(DecodeError::NoHeader(value.len())),
    }
}
