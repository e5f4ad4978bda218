//! Every version of every topic's schema.

use crate::Topic;
use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use std::sync::LazyLock;

/// One version of a topic's schema.
pub struct SchemaVersion {
    /// The topic.
    pub topic: Topic,
    /// 1 first.
    pub version: u32,
    /// The id in the wire format.
    pub id: u32,
    /// The schema file's text.
    pub text: &'static str,
    pub(super) schema: &'static Schema,
}

macro_rules! files {
    ($($topic:ident $version:literal $file:literal)+) => {
        [$((Topic::$topic, $version, include_str!(concat!("../../avro/", $file)))),+]
    };
}

/// Largest allocation for one string, array or value of bytes, so that a forged length is harmless.
pub const LARGEST_PART: usize = 4 << 20;
/// Every version of every schema. A new version is a new file and a new line, never an edit.
pub(super) static CATALOGUE: LazyLock<Vec<SchemaVersion>> = LazyLock::new(|| {
    apache_avro::util::max_allocation_bytes(LARGEST_PART);
    files! {
        Bars 1 "bars.1.avsc"
        Bars 2 "bars.2.avsc"
        Scans 1 "scans.1.avsc"
        Features 1 "features.1.avsc"
        Features 2 "features.2.avsc"
        Predictions 1 "predictions.1.avsc"
        Orders 1 "orders.1.avsc"
        Fills 1 "fills.1.avsc"
        Outcomes 1 "outcomes.1.avsc"
        Models 1 "models.1.avsc"
        Models 2 "models.2.avsc"
        Controls 1 "controls.1.avsc"
        Controls 2 "controls.2.avsc"
        Controls 3 "controls.3.avsc"
        Controls 4 "controls.4.avsc"
        Controls 5 "controls.5.avsc"
        Samples 1 "samples.1.avsc"
        Samples 2 "samples.2.avsc"
        DeadLetters 1 "dead-letters.1.avsc"
        DeadLetters 2 "dead-letters.2.avsc"
    }
    .into_iter()
    .filter_map(|(topic, version, text)| {
        let schema = Schema::parse_str(text).ok()?; // a test proves that every schema parses
        let id = version * 100 + topic as u32;
        Some(SchemaVersion { topic, version, id, text, schema: Box::leak(Box::new(schema)) })
    })
    .collect()
});

/// Every version of every topic's schema, oldest first.
pub fn schema_versions() -> &'static [SchemaVersion] {
    &CATALOGUE
}

/// A topic's newest schema, ready to use.
pub(super) struct Current {
    pub(super) id: u32,
    pub(super) schema: &'static Schema,
    pub(super) writer: GenericDatumWriter<'static>,
    pub(super) reader: GenericDatumReader<'static>,
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

pub(super) fn current(topic: Topic) -> Result<&'static Current, String> {
    CURRENT[topic as usize].as_ref().ok_or_else(|| format!("the schema file of {topic} is damaged"))
}
