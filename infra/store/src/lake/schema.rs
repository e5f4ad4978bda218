//! The fields that become columns, derived from a topic's Avro schema alone: the schema gives the place and
//! the type of each, whatever the events of a day contain.
//!
//! | Avro | column |
//! |---|---|
//! | double, int, long, boolean, string, bytes, `date` | the same |
//! | enum | string |
//! | record | flattened further |
//! | array of any of the simple ones | list |
//! | array of records (`legs`) | list of struct |
//! | union with null | the other branch; every payload column is nullable anyway |

use serde_json::Value;
use std::collections::BTreeMap;

/// A column's type.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum ColumnKind {
    Double,
    Int,
    Long,
    Bool,
    Text,
    Bytes,
    Date,
    List(Box<ColumnKind>),
    Struct(Vec<(String, ColumnKind)>),
}

/// A field of a payload that becomes a column.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct PayloadField {
    /// The payload, then the fields inside it.
    pub(super) path: Vec<String>,
    /// Its type.
    pub(super) kind: ColumnKind,
}

/// The fields that every topic's record begins with; they have columns of their own.
const SHARED: [&str; 6] = ["kind", "id", "day", "ticker", "revision", "control_offset"];

/// The payload fields of the schema file `text`, in its order.
///
/// # Errors
/// A sentence, for a schema with a type outside the table above.
pub(super) fn payload_fields(text: &str) -> Result<Vec<PayloadField>, String> {
    let schema: Value = serde_json::from_str(text).map_err(|cause| cause.to_string())?;
    let mut reader = Reader { named: BTreeMap::new() };
    let mut found = Vec::new();
    for (name, kind) in reader.fields(&schema)? {
        if !SHARED.contains(&name.as_str()) {
            flatten(vec![name], kind, &mut found);
        }
    }
    Ok(found)
}

fn flatten(path: Vec<String>, kind: ColumnKind, found: &mut Vec<PayloadField>) {
    match kind {
        ColumnKind::Struct(fields) => {
            for (name, kind) in fields {
                let mut inner = path.clone();
                inner.push(name);
                flatten(inner, kind, found);
            }
        }
        kind => found.push(PayloadField { path, kind }),
    }
}

/// Reads types; a type named earlier in the file may be used by its name.
struct Reader {
    named: BTreeMap<String, ColumnKind>,
}

impl Reader {
    fn fields(&mut self, record: &Value) -> Result<Vec<(String, ColumnKind)>, String> {
        let fields = record["fields"].as_array().ok_or("a record without fields")?;
        fields
            .iter()
            .map(|field| {
                let name = field["name"].as_str().ok_or("a field without a name")?;
                Ok((name.to_owned(), self.kind(&field["type"])?))
            })
            .collect()
    }

    fn kind(&mut self, avro: &Value) -> Result<ColumnKind, String> {
        match avro {
            Value::String(name) => self.by_name(name),
            Value::Array(branches) => {
                let mut others = branches.iter().filter(|branch| *branch != "null");
                match (others.next(), others.next()) {
                    (Some(only), None) => self.kind(only),
                    _ => Err(format!("a union other than null and one type: {avro}")),
                }
            }
            Value::Object(_) => self.complex(avro),
            _ => Err(format!("not an Avro type: {avro}")),
        }
    }

    fn by_name(&self, name: &str) -> Result<ColumnKind, String> {
        match name {
            "double" => Ok(ColumnKind::Double),
            "int" => Ok(ColumnKind::Int),
            "long" => Ok(ColumnKind::Long),
            "boolean" => Ok(ColumnKind::Bool),
            "string" => Ok(ColumnKind::Text),
            "bytes" => Ok(ColumnKind::Bytes),
            _ => self.named.get(name).cloned().ok_or(format!("no column type for Avro's {name}")),
        }
    }

    fn complex(&mut self, avro: &Value) -> Result<ColumnKind, String> {
        let of_type = avro["type"].as_str().ok_or(format!("not an Avro type: {avro}"))?;
        let kind = match (of_type, avro["logicalType"].as_str()) {
            ("int", Some("date")) => ColumnKind::Date,
            (_, Some(logical)) => return Err(format!("no column type for Avro's {logical}")),
            ("array", None) => ColumnKind::List(Box::new(self.kind(&avro["items"])?)),
            ("record", None) => ColumnKind::Struct(self.fields(avro)?),
            ("enum", None) => ColumnKind::Text,
            (simple, None) => self.by_name(simple)?,
        };
        if let Some(name) = avro["name"].as_str() {
            self.named.insert(name.to_owned(), kind.clone());
        }
        Ok(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::codec::schema_versions;

    fn field(topic: &str, path: &str) -> Option<ColumnKind> {
        let version = schema_versions().iter().rfind(|v| v.topic.dataset() == topic).unwrap();
        let fields = payload_fields(version.text).unwrap();
        fields.into_iter().find(|field| field.path.join(".") == path).map(|field| field.kind)
    }

    #[test]
    fn every_schema_gives_fields_of_the_types_it_says() {
        for version in schema_versions() {
            assert!(!payload_fields(version.text).unwrap().is_empty(), "{}", version.topic);
        }
        for (topic, path, kind) in [
            ("scans", "candidate_scanned.spot", ColumnKind::Double),
            ("scans", "candidate_scanned.structure.strategy", ColumnKind::Text),
            ("scans", "candidate_scanned.structure.expiry", ColumnKind::Date),
            ("scans", "candidate_scanned.pricing.strike_step", ColumnKind::Double),
            ("scans", "candidate_scanned.arima_order", ColumnKind::List(Box::new(ColumnKind::Int))),
            ("scans", "day_closed.challenger.version", ColumnKind::Long),
            ("bars", "day_closed.scan", ColumnKind::List(Box::new(ColumnKind::Text))),
            ("models", "model_trained.onnx", ColumnKind::Bytes),
            ("models", "model_trained.passed", ColumnKind::Bool),
            ("dead-letters", "event_rejected.value", ColumnKind::Bytes),
            ("controls", "run_opened.settings.capital", ColumnKind::Long),
            ("samples", "sample_drawn.class", ColumnKind::Int),
        ] {
            assert_eq!(field(topic, path), Some(kind), "{topic} {path}");
        }
        for (topic, path) in [
            ("scans", "candidate_scanned.legs"),
            ("bars", "history_loaded.bars"),
            ("bars", "index_loaded.closes"),
        ] {
            let Some(ColumnKind::List(item)) = field(topic, path) else { panic!("{topic} {path}") };
            assert!(matches!(*item, ColumnKind::Struct(_)), "{topic} {path}");
        }
    }

    #[test]
    fn a_payload_field_is_named_like_its_kind() {
        for version in schema_versions() {
            let schema: Value = serde_json::from_str(version.text).unwrap();
            let kinds: Vec<String> = schema["fields"][0]["type"]["symbols"]
                .as_array()
                .unwrap()
                .iter()
                .skip(1)
                .map(|symbol| symbol.as_str().unwrap().to_lowercase())
                .collect();
            let fields: Vec<String> = schema["fields"]
                .as_array()
                .unwrap()
                .iter()
                .map(|field| field["name"].as_str().unwrap().to_owned())
                .filter(|name| !SHARED.contains(&name.as_str()))
                .collect();
            assert_eq!(kinds, fields, "{}", version.topic);
        }
    }
}
