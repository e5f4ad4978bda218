//! From events to arrow columns. A payload is serialised to a JSON value and read along each column's
//! path; a missing value is null.
//!
//! JSON has no infinities: a number that is not finite becomes null, never zero. No role publishes
//! one.

use super::schema::{Column, ColumnKind};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array,
    ListArray, RecordBatch, StringArray, StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema};
use schemas::Event;
use serde_json::Value;
use std::sync::Arc;

/// One row per event, in their order.
pub(super) fn record_batch(columns: &[Column], events: &[Event]) -> Result<RecordBatch, String> {
    let payloads = events.iter().map(payload).collect::<Result<Vec<_>, _>>()?;
    let (mut fields, mut arrays) = shared_columns(events);
    for column in columns {
        let values: Vec<Option<&Value>> = events
            .iter()
            .zip(&payloads)
            .map(|(event, payload)| at_path(event, payload.as_ref(), &column.path))
            .collect();
        fields.push(Field::new(column.name(), data_type(&column.kind), true));
        arrays.push(
            array(&column.kind, &values)
                .map_err(|cause| format!("column {}: {cause}", column.name()))?,
        );
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|cause| cause.to_string())
}

/// The event's payload, without the topic and kind around it; none for an unknown kind.
fn payload(event: &Event) -> Result<Option<Value>, String> {
    let inside = |value: Value| match value {
        Value::Object(map) => map.into_iter().next().map(|(_, inner)| inner),
        _ => None,
    };
    let body = serde_json::to_value(&event.body).map_err(|cause| cause.to_string())?;
    Ok(inside(body).and_then(inside))
}

fn at_path<'a>(event: &Event, payload: Option<&'a Value>, path: &[String]) -> Option<&'a Value> {
    let (field, inner) = path.split_first()?;
    // A payload's field is its kind's name in lower case, as a test in `schema` checks.
    if !field.eq_ignore_ascii_case(event.body.kind()) {
        return None;
    }
    let found = inner.iter().try_fold(payload?, |value, name| value.get(name))?;
    (!found.is_null()).then_some(found)
}

fn shared_columns(events: &[Event]) -> (Vec<Field>, Vec<ArrayRef>) {
    let text = |of: fn(&Event) -> Option<String>| -> ArrayRef {
        Arc::new(events.iter().map(of).collect::<StringArray>())
    };
    let columns: [(&str, bool, ArrayRef); 8] = [
        ("id", false, text(|event| Some(event.id.to_string()))),
        ("kind", false, text(|event| Some(event.body.kind().to_owned()))),
        ("day", false, Arc::new(Date32Array::from_iter_values(events.iter().map(|e| e.day.0)))),
        ("ticker", false, text(|event| Some(event.ticker.clone()))),
        (
            "revision",
            false,
            Arc::new(Int32Array::from_iter_values(events.iter().map(|e| e.revision))),
        ),
        (
            "control_offset",
            true,
            Arc::new(events.iter().map(|e| e.control_offset).collect::<Int64Array>()),
        ),
        ("causation_id", true, text(|event| event.causation.map(|id| id.to_string()))),
        ("correlation_id", true, text(|event| event.correlation.map(|id| id.to_string()))),
    ];
    columns
        .into_iter()
        .map(|(name, nullable, array)| {
            (Field::new(name, array.data_type().clone(), nullable), array)
        })
        .unzip()
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

fn array(kind: &ColumnKind, values: &[Option<&Value>]) -> Result<ArrayRef, ArrowError> {
    Ok(match kind {
        ColumnKind::Double => {
            Arc::new(values.iter().map(|v| v.and_then(Value::as_f64)).collect::<Float64Array>())
        }
        ColumnKind::Int => Arc::new(values.iter().map(|v| v.and_then(int)).collect::<Int32Array>()),
        ColumnKind::Date => {
            Arc::new(values.iter().map(|v| v.and_then(day)).collect::<Date32Array>())
        }
        ColumnKind::Long => {
            Arc::new(values.iter().map(|v| v.and_then(Value::as_i64)).collect::<Int64Array>())
        }
        ColumnKind::Bool => {
            Arc::new(values.iter().map(|v| v.and_then(Value::as_bool)).collect::<BooleanArray>())
        }
        ColumnKind::Text => {
            Arc::new(values.iter().map(|v| v.and_then(Value::as_str)).collect::<StringArray>())
        }
        ColumnKind::Bytes => {
            Arc::new(values.iter().map(|v| v.and_then(bytes)).collect::<BinaryArray>())
        }
        ColumnKind::List(item) => {
            let lists: Vec<Option<&Vec<Value>>> =
                values.iter().map(|v| v.and_then(Value::as_array)).collect();
            let lengths = lists.iter().map(|list| list.map_or(0, Vec::len));
            let offsets = OffsetBuffer::from_lengths(lengths);
            let items: Vec<Option<&Value>> =
                lists.iter().flatten().flat_map(|list| list.iter()).map(present).collect();
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
                    let values: Vec<Option<&Value>> = values
                        .iter()
                        .map(|v| v.and_then(|v| v.get(name)).and_then(present))
                        .collect();
                    array(kind, &values)
                })
                .collect::<Result<Vec<_>, _>>()?;
            let nulls: NullBuffer = values.iter().map(Option::is_some).collect();
            Arc::new(StructArray::try_new(struct_fields(fields), inner, Some(nulls))?)
        }
    })
}

fn present(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

/// Days since the epoch of a date in JSON.
fn day(value: &Value) -> Option<i32> {
    value.as_str()?.parse::<schemas::Day>().ok().map(|day| day.0)
}

fn int(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|long| i32::try_from(long).ok())
}

/// serde writes bytes as an array of numbers.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    let numbers = value.as_array()?;
    numbers.iter().map(|n| n.as_u64().and_then(|n| u8::try_from(n).ok())).collect()
}
