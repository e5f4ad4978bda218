//! Between events and bytes: Avro in the Confluent wire format (`0x00`, 4-byte big-endian schema
//! id, datum). Every schema version there ever was stays readable; an event written by a newer
//! program is read as far as this one knows its kinds.

use crate::events::{
    BarsRecord, ControlsRecord, DeadLettersRecord, FeaturesRecord, FillsRecord, ModelsRecord,
    OrdersRecord, OutcomesRecord, PredictionsRecord, SamplesRecord, ScansRecord,
};
use crate::{Body, Event, Topic};
use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use serde::{Serialize, de::DeserializeOwned};
use std::sync::LazyLock;

/// An event's value could not be read; it belongs to the dead letters.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The first five bytes are no Confluent header.
    #[error("{0} bytes that do not begin with 0x00 and a 4-byte schema id")]
    NoHeader(usize),
    /// The schema id is none of this topic's.
    #[error(
        "schema id {id} is no version of {topic}; `butterquant topics describe {topic}` lists them"
    )]
    UnknownSchema {
        /// As read.
        id: u32,
        /// Of the record.
        topic: Topic,
    },
    /// The schema id is another topic's.
    #[error("schema id {id} is of {of}: the event was written to {topic} by mistake")]
    OtherTopic {
        /// As read.
        id: u32,
        /// Of the schema.
        of: Topic,
        /// Of the record.
        topic: Topic,
    },
    /// The datum does not follow its schema.
    #[error("the Avro datum of {topic} cannot be read: {cause}")]
    Datum {
        /// Of the record.
        topic: Topic,
        /// What the decoder found.
        cause: String,
    },
}

/// An event could not be written: a bug in this program.
#[derive(Debug, thiserror::Error)]
#[error("an event of {topic} does not fit its schema: {cause}")]
pub struct EncodeError {
    /// Of the event.
    pub topic: Topic,
    /// What the encoder found.
    pub cause: String,
}

/// One version of a topic's schema.
pub struct SchemaVersion {
    /// Of which topic.
    pub topic: Topic,
    /// 1 first.
    pub version: u32,
    /// The id in the wire format.
    pub id: u32,
    /// The schema file's text.
    pub text: &'static str,
    schema: &'static Schema,
}

macro_rules! files {
    ($($topic:ident $version:literal $file:literal)+) => {
        [$((Topic::$topic, $version, include_str!(concat!("../avro/", $file)))),+]
    };
}

/// Bytes of one string, one array or one value of bytes at most: a forged length asks for no more.
pub const LARGEST_PART: usize = 4 << 20;
/// Characters of the decoder's own words that are kept; they may quote what was read.
const WORDS: usize = 300;

/// Every version of every schema. A new version is a new file and a new line, never an edit.
static CATALOGUE: LazyLock<Vec<SchemaVersion>> = LazyLock::new(|| {
    apache_avro::util::max_allocation_bytes(LARGEST_PART);
    files! {
        Bars 1 "bars.1.avsc"
        Scans 1 "scans.1.avsc"
        Features 1 "features.1.avsc"
        Features 2 "features.2.avsc"
        Predictions 1 "predictions.1.avsc"
        Orders 1 "orders.1.avsc"
        Fills 1 "fills.1.avsc"
        Outcomes 1 "outcomes.1.avsc"
        Models 1 "models.1.avsc"
        Controls 1 "controls.1.avsc"
        Controls 2 "controls.2.avsc"
        Samples 1 "samples.1.avsc"
        Samples 2 "samples.2.avsc"
        DeadLetters 1 "dead-letters.1.avsc"
        DeadLetters 2 "dead-letters.2.avsc"
    }
    .into_iter()
    .filter_map(|(topic, version, text)| {
        let schema = Schema::parse_str(text).ok()?; // `every_schema_parses` proves there is none left out
        let id = version * 100 + topic as u32;
        Some(SchemaVersion { topic, version, id, text, schema: Box::leak(Box::new(schema)) })
    })
    .collect()
});

/// Every version of every topic's schema, oldest first.
pub fn schema_versions() -> &'static [SchemaVersion] {
    &CATALOGUE
}

struct Current {
    id: u32,
    schema: &'static Schema,
    writer: GenericDatumWriter<'static>,
    reader: GenericDatumReader<'static>,
}

static CURRENT: LazyLock<Vec<Option<Current>>> = LazyLock::new(|| {
    let newest = |topic| CATALOGUE.iter().rev().find(|version| version.topic == topic);
    Topic::ALL
        .into_iter()
        .map(|topic| {
            let SchemaVersion { id, schema, .. } = *newest(topic)?;
            let writer = GenericDatumWriter::builder(schema).human_readable(false).build().ok()?;
            let reader = GenericDatumReader::builder(schema).human_readable(false).build().ok()?;
            Some(Current { id, schema, writer, reader })
        })
        .collect()
});

fn current(topic: Topic) -> Result<&'static Current, String> {
    CURRENT[topic as usize].as_ref().ok_or_else(|| format!("the schema file of {topic} is damaged"))
}

/// The value of `event` in the wire format.
pub fn encode(event: &Event) -> Result<Vec<u8>, EncodeError> {
    match &event.body {
        Body::Bars(body) => write(event, &BarsRecord::new(event, body)),
        Body::Scans(body) => write(event, &ScansRecord::new(event, body)),
        Body::Features(body) => write(event, &FeaturesRecord::new(event, body)),
        Body::Predictions(body) => write(event, &PredictionsRecord::new(event, body)),
        Body::Orders(body) => write(event, &OrdersRecord::new(event, body)),
        Body::Fills(body) => write(event, &FillsRecord::new(event, body)),
        Body::Outcomes(body) => write(event, &OutcomesRecord::new(event, body)),
        Body::Models(body) => write(event, &ModelsRecord::new(event, body)),
        Body::Controls(body) => write(event, &ControlsRecord::new(event, body)),
        Body::Samples(body) => write(event, &SamplesRecord::new(event, body)),
        Body::DeadLetters(body) => write(event, &DeadLettersRecord::new(event, body)),
    }
}

fn write<R: Serialize>(event: &Event, record: &R) -> Result<Vec<u8>, EncodeError> {
    let topic = event.topic();
    let current = current(topic).map_err(|cause| EncodeError { topic, cause })?;
    let mut bytes = Vec::with_capacity(256);
    bytes.push(0);
    bytes.extend_from_slice(&current.id.to_be_bytes());
    current
        .writer
        .write_ser(&mut bytes, record)
        .map_err(|cause| EncodeError { topic, cause: cause.to_string() })?;
    Ok(bytes)
}

/// The event in a record's value; its causation and correlation are in the headers
/// ([`crate::headers::read`]).
pub fn decode(topic: Topic, value: &[u8]) -> Result<Event, DecodeError> {
    decode_as(topic, value, None)
}

/// The event in a value that was written with `writer`, a schema's text from elsewhere (a
/// registry), whatever id the value carries. A kind this program does not know is
/// `Unknown`, a field it does not know is left out.
///
/// # Errors
/// `writer` is no schema, or this topic's cannot be read from it.
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
        None => resolved(known(id, topic)?, current, &mut datum),
    };
    let record = record.map_err(bad)?;
    if !datum.is_empty() {
        return Err(bad(format!("{} bytes are left over behind it", datum.len())));
    }
    event(record).map_err(|cause| bad(cause.to_owned()))
}

fn known(id: u32, topic: Topic) -> Result<&'static Schema, DecodeError> {
    match CATALOGUE.iter().find(|version| version.id == id) {
        Some(version) if version.topic == topic => Ok(version.schema),
        Some(version) => Err(DecodeError::OtherTopic { id, of: version.topic, topic }),
        None => Err(DecodeError::UnknownSchema { id, topic }),
    }
}

fn brief(cause: impl ToString) -> String {
    let words = cause.to_string();
    match words.char_indices().nth(WORDS) {
        Some((at, _)) => format!("{} …", &words[..at]),
        None => words,
    }
}

/// A datum of an older or newer version, by way of this program's own: resolved, written
/// again as it is now, and read.
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

/// Remembers that more was asked for than there is: the generic reader takes the end of the bytes
/// for a null.
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
