//! From events to arrow columns. A payload becomes a tree, which is read along each column's path; a missing value is
//! null.
//!
//! A number that is not finite becomes null, never zero. No role publishes one.

use super::names::Column;
use super::schema::ColumnKind;
use super::tree::Tree;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array,
    ListArray, RecordBatch, StringArray, StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema};
use schemas::Event;
use std::borrow::Borrow;
use std::sync::Arc;

/// The columns of a topic's files: first those that every topic has.
pub(super) fn file_schema(columns: &[Column]) -> Arc<Schema> {
    let shared = [
        Field::new("id", DataType::Utf8, false),
        Field::new("kind", DataType::Utf8, false),
        Field::new("day", DataType::Date32, false),
        Field::new("ticker", DataType::Utf8, false),
        Field::new("revision", DataType::Int32, false),
        Field::new("control_offset", DataType::Int64, true),
        Field::new("causation_id", DataType::Utf8, true),
        Field::new("correlation_id", DataType::Utf8, true),
    ];
    let own = columns.iter().map(|column| Field::new(&column.name, data_type(&column.kind), true));
    Arc::new(Schema::new(shared.into_iter().chain(own).collect::<Vec<_>>()))
}

/// Events whose payloads are trees at the same time: a tree takes several times the memory of its event.
const ROWS: usize = 128;

/// One row per event, in their order, in batches of some rows.
pub(super) fn record_batches<E: Borrow<Event>>(
    columns: &[Column],
    events: &[E],
) -> impl Iterator<Item = Result<RecordBatch, String>> {
    events.chunks(ROWS).map(|events| {
        record_batch(columns, &events.iter().map(Borrow::borrow).collect::<Vec<&Event>>())
    })
}

fn record_batch(columns: &[Column], events: &[&Event]) -> Result<RecordBatch, String> {
    let payloads = events.iter().map(|event| payload(event)).collect::<Result<Vec<_>, _>>()?;
    let mut arrays = shared_arrays(events);
    for column in columns {
        let values: Vec<Option<&Tree>> = events
            .iter()
            .zip(&payloads)
            .map(|(event, payload)| value_of(event, payload.as_ref(), column))
            .collect();
        arrays.push(
            array(&column.kind, &values)
                .map_err(|cause| format!("column {}: {cause}", column.name))?,
        );
    }
    RecordBatch::try_new(file_schema(columns), arrays).map_err(|cause| cause.to_string())
}

/// The event's payload, without the topic and kind around it; none for an unknown kind.
fn payload(event: &Event) -> Result<Option<Tree>, String> {
    Ok(Tree::of(&event.body)?.inside().and_then(Tree::inside))
}

fn value_of<'a>(event: &Event, payload: Option<&'a Tree>, column: &Column) -> Option<&'a Tree> {
    // A payload's field is its kind's name in lower case, as a test in `schema` checks.
    let of_kind = |path: &&[String]| {
        path.first().is_some_and(|field| field.eq_ignore_ascii_case(event.body.kind()))
    };
    let path = column.places.iter().map(Vec::as_slice).find(of_kind)?;
    path.iter().skip(1).try_fold(payload?, |value, name| value.get(name))
}

fn shared_arrays(events: &[&Event]) -> Vec<ArrayRef> {
    let text = |of: fn(&Event) -> Option<String>| -> ArrayRef {
        Arc::new(events.iter().map(|event| of(event)).collect::<StringArray>())
    };
    vec![
        text(|event| Some(event.id.to_string())),
        text(|event| Some(event.body.kind().to_owned())),
        Arc::new(Date32Array::from_iter_values(events.iter().map(|event| event.day.0))),
        text(|event| Some(event.ticker.clone())),
        Arc::new(Int32Array::from_iter_values(events.iter().map(|event| event.revision))),
        Arc::new(events.iter().map(|event| event.control_offset).collect::<Int64Array>()),
        text(|event| event.causation.map(|id| id.to_string())),
        text(|event| event.correlation.map(|id| id.to_string())),
    ]
}

fn data_type(kind: &ColumnKind) -> DataType {
    match kind {
        ColumnKind::Double => DataType::Float64,
        ColumnKind::Int => DataType::Int32,
        ColumnKind::Long => DataType::Int64,
        ColumnKind::Bool => DataType::Boolean,
        ColumnKind::Text => DataType::Utf8,
        ColumnKind::Bytes => DataType::Binary,
        ColumnKind::Date => DataType::Date32,
        ColumnKind::List(item) => DataType::List(item_field(item)),
        ColumnKind::Struct(fields) => DataType::Struct(struct_fields(fields)),
    }
}

fn item_field(item: &ColumnKind) -> Arc<Field> {
    Arc::new(Field::new("element", data_type(item), true))
}

fn struct_fields(fields: &[(String, ColumnKind)]) -> Fields {
    fields.iter().map(|(name, kind)| Field::new(name, data_type(kind), true)).collect()
}

fn array(kind: &ColumnKind, values: &[Option<&Tree>]) -> Result<ArrayRef, ArrowError> {
    Ok(match kind {
        ColumnKind::Double => {
            Arc::new(values.iter().map(|v| v.and_then(Tree::float)).collect::<Float64Array>())
        }
        ColumnKind::Int => Arc::new(values.iter().map(|v| v.and_then(int)).collect::<Int32Array>()),
        ColumnKind::Date => {
            Arc::new(values.iter().map(|v| v.and_then(date)).collect::<Date32Array>())
        }
        ColumnKind::Long => {
            Arc::new(values.iter().map(|v| v.and_then(Tree::long)).collect::<Int64Array>())
        }
        ColumnKind::Bool => {
            Arc::new(values.iter().map(|v| v.and_then(Tree::bool)).collect::<BooleanArray>())
        }
        ColumnKind::Text => {
            Arc::new(values.iter().map(|v| v.and_then(Tree::text)).collect::<StringArray>())
        }
        ColumnKind::Bytes => {
            Arc::new(values.iter().map(|v| v.and_then(Tree::bytes)).collect::<BinaryArray>())
        }
        ColumnKind::List(item) => {
            let lists: Vec<Option<&[Tree]>> =
                values.iter().map(|v| v.and_then(Tree::list)).collect();
            let lengths = lists.iter().map(|list| list.map_or(0, <[Tree]>::len));
            let offsets = OffsetBuffer::from_lengths(lengths);
            let items: Vec<Option<&Tree>> =
                lists.iter().flatten().flat_map(|list| list.iter()).map(Tree::present).collect();
            let nulls: NullBuffer = lists.iter().map(Option::is_some).collect();
            Arc::new(ListArray::try_new(
                item_field(item),
                offsets,
                array(item, &items)?,
                Some(nulls),
            )?)
        }
        ColumnKind::Struct(fields) => {
            let inner = fields
                .iter()
                .map(|(name, kind)| {
                    let values: Vec<Option<&Tree>> =
                        values.iter().map(|v| v.and_then(|v| v.get(name))).collect();
                    array(kind, &values)
                })
                .collect::<Result<Vec<_>, _>>()?;
            let nulls: NullBuffer = values.iter().map(Option::is_some).collect();
            Arc::new(StructArray::try_new(struct_fields(fields), inner, Some(nulls))?)
        }
    })
}

/// Days since the epoch; null outside the years 1 to 9999, which is where the dates of many readers end.
fn date(value: &Tree) -> Option<i32> {
    int(value).filter(|day| (-719_162..=2_932_896).contains(day))
}

fn int(value: &Tree) -> Option<i32> {
    value.long().and_then(|long| i32::try_from(long).ok())
}
