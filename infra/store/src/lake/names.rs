//! The columns' names. They need no quotes in SQL, and a new kind of event changes none of them.
//!
//! A field's column has the field's own name, after those of the records it is in (`structure_expiry`). Kinds
//! of one topic share a column where name and type are the same: a row is of one kind, so it holds one value.
//! Where the type differs, or the name is taken by something else, the field of the kind that comes later in
//! the schema has the kind before it: `run_opened_kind`. Kinds are only ever added at a schema's end.

use super::schema::{ColumnKind, PayloadField};

/// Names that a field alone does not get: those of the columns that every file has, of the folders' keys, and
/// of fields that are words of SQL. For those words `tests/python/read_lake.py` reads every column unquoted.
const TAKEN: [&str; 12] = [
    "id",
    "kind",
    "day",
    "ticker",
    "revision",
    "control_offset",
    "causation_id",
    "correlation_id",
    "topic",
    "month",
    "by",
    "offset",
];

/// A payload column.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Column {
    /// In the file.
    pub(super) name: String,
    /// Its type.
    pub(super) kind: ColumnKind,
    /// Where its value is in the events of each kind that has one: the payload field, then the fields inside
    /// it.
    pub(super) places: Vec<Vec<String>>,
}

/// The columns of a topic's payload fields, in their order.
pub(super) fn columns(fields: Vec<PayloadField>) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for PayloadField { path, kind } in fields {
        let short = path.iter().skip(1).map(String::as_str).collect::<Vec<_>>().join("_");
        match columns.iter_mut().find(|column| column.name == short) {
            Some(column) if column.kind == kind => column.places.push(path),
            None if !TAKEN.contains(&short.as_str()) => {
                columns.push(Column { name: short, kind, places: vec![path] });
            }
            _ => columns.push(Column { name: path.join("_"), kind, places: vec![path] }),
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::schema::payload_fields;
    use schemas::codec::schema_versions;
    use std::collections::BTreeSet;

    fn field(path: &str, kind: ColumnKind) -> PayloadField {
        PayloadField { path: path.split('.').map(str::to_owned).collect(), kind }
    }

    #[test]
    fn a_field_has_its_own_name_unless_that_is_taken() {
        let fields = vec![
            field("scanned.score", ColumnKind::Double),
            field("scanned.structure.expiry", ColumnKind::Date),
            field("scanned.kind", ColumnKind::Text),
            field("refused.score", ColumnKind::Double),
            field("refused.structure_expiry", ColumnKind::Text),
            field("settled.by", ColumnKind::Text),
        ];
        let named: Vec<_> =
            columns(fields).into_iter().map(|column| (column.name, column.places.len())).collect();
        let told: Vec<_> = named.iter().map(|(name, places)| (name.as_str(), *places)).collect();
        let wanted = [
            ("score", 2),
            ("structure_expiry", 1),
            ("scanned_kind", 1),
            ("refused_structure_expiry", 1),
            ("settled_by", 1),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn names_are_plain_and_each_is_of_one_column_with_one_place_a_kind() {
        for version in schema_versions() {
            let columns = columns(payload_fields(version.text).unwrap());
            let names: BTreeSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(names.len(), columns.len(), "{}", version.topic);
            for column in &columns {
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                let begins = column.name.starts_with(|c: char| c.is_ascii_lowercase());
                assert!(begins && column.name.chars().all(plain), "{}", column.name);
                assert!(!TAKEN.contains(&column.name.as_str()), "{}", column.name);
                let kinds: BTreeSet<&String> = column.places.iter().map(|path| &path[0]).collect();
                assert_eq!(kinds.len(), column.places.len(), "{}", column.name);
            }
        }
    }

    #[test]
    fn a_new_version_of_a_schema_renames_no_column() {
        // Oldest first: what a kind's field was called stays.
        let mut known = std::collections::BTreeMap::new();
        for version in schema_versions() {
            for column in columns(payload_fields(version.text).unwrap()) {
                for place in column.places {
                    let key = (version.topic, place);
                    let name = known.entry(key.clone()).or_insert_with(|| column.name.clone());
                    assert_eq!(*name, column.name, "{key:?}");
                }
            }
        }
    }
}
