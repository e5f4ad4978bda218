//! Columns of foreign writers as the types in which rows are read. Files are read without the Arrow
//! schema that a writer may have put in: text and lists then have one type each, and only the widths
//! of numbers and the units of days remain.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, Date32Array, Float64Array, Int64Array, ListArray};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use schemas::Day;
use std::sync::Arc;

/// `column` as `to`: text, a day, a 32-bit integer, a double or a list of doubles.
///
/// # Errors
/// The types, where one cannot become the other, or the first value that does not fit.
pub(super) fn convert(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    Ok(match to {
        same if same == column.data_type() => Arc::clone(column),
        DataType::Float64 => Arc::new(numbers(column)?),
        DataType::Date32 => Arc::new(days(column)?),
        DataType::Int32 => Arc::new(integers(column)?.try_unary::<_, Int32Type, _>(|value| {
            i32::try_from(value)
                .map_err(|_| ArrowError::CastError(format!("{value} does not fit in 32 bits")))
        })?),
        DataType::List(item) => {
            let lists: &ListArray = column.as_list_opt().ok_or_else(|| not_that(column, to))?;
            let items = convert(lists.values(), item.data_type())?;
            let (offsets, nulls) = (lists.offsets().clone(), lists.nulls().cloned());
            Arc::new(ListArray::try_new(Arc::clone(item), offsets, items, nulls)?)
        }
        _ => return Err(not_that(column, to)),
    })
}

fn not_that(column: &dyn Array, to: &DataType) -> ArrowError {
    ArrowError::CastError(format!("its type is {}, which is not read as {to}", column.data_type()))
}

fn numbers(column: &ArrayRef) -> Result<Float64Array, ArrowError> {
    Ok(match column.data_type() {
        DataType::Float64 => column.as_primitive::<Float64Type>().clone(),
        DataType::Float32 => column.as_primitive::<Float32Type>().unary(f64::from),
        // DuckDB writes a literal such as 0.5 as a decimal.
        DataType::Decimal128(_, scale) => {
            let unit = 10f64.powi(i32::from(*scale));
            column.as_primitive::<Decimal128Type>().unary(|value| value as f64 / unit)
        }
        other if other.is_integer() => integers(column)?.unary(|value| value as f64),
        _ => return Err(not_that(column, &DataType::Float64)),
    })
}

fn integers(column: &ArrayRef) -> Result<Int64Array, ArrowError> {
    Ok(match column.data_type() {
        DataType::Int64 => column.as_primitive::<Int64Type>().clone(),
        DataType::Int32 => column.as_primitive::<Int32Type>().unary(i64::from),
        DataType::Int16 => column.as_primitive::<Int16Type>().unary(i64::from),
        DataType::Int8 => column.as_primitive::<Int8Type>().unary(i64::from),
        DataType::UInt32 => column.as_primitive::<UInt32Type>().unary(i64::from),
        DataType::UInt16 => column.as_primitive::<UInt16Type>().unary(i64::from),
        DataType::UInt8 => column.as_primitive::<UInt8Type>().unary(i64::from),
        DataType::UInt64 => column.as_primitive::<UInt64Type>().try_unary(|value| {
            i64::try_from(value)
                .map_err(|_| ArrowError::CastError(format!("{value} does not fit in 64 bits")))
        })?,
        _ => return Err(not_that(column, &DataType::Int64)),
    })
}

/// The days of moments are those of UTC.
fn days(column: &ArrayRef) -> Result<Date32Array, ArrowError> {
    const SECONDS: i64 = 86_400;
    let day = |per_day: i64| move |moment: i64| moment.div_euclid(per_day) as i32;
    Ok(match column.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => {
            column.as_primitive::<TimestampSecondType>().unary(day(SECONDS))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            column.as_primitive::<TimestampMillisecondType>().unary(day(SECONDS * 1_000))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            column.as_primitive::<TimestampMicrosecondType>().unary(day(SECONDS * 1_000_000))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            column.as_primitive::<TimestampNanosecondType>().unary(day(SECONDS * 1_000_000_000))
        }
        DataType::Utf8 => {
            let texts = column.as_string::<i32>();
            let parsed = texts.iter().map(|text| {
                text.map(|text| {
                    text.parse::<Day>()
                        .map(|day| day.0)
                        .map_err(|cause| ArrowError::CastError(cause.to_string()))
                })
                .transpose()
            });
            parsed.collect::<Result<Date32Array, ArrowError>>()?
        }
        _ => return Err(not_that(column, &DataType::Date32)),
    })
}
