//! Columns of foreign writers as the types in which rows are read. Files are read without the Arrow
//! schema that a writer may have put in: text and lists then have one type each, and only the widths
//! of numbers and the units of days remain. A value that does not fit is missing, as one that is not
//! there: who checks the rows reports both by row.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, Date32Array, Float64Array, Int64Array, ListArray, StringArray};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use schemas::Day;
use std::str::FromStr;
use std::sync::Arc;

/// `column` as `to`: text, a day, a 32-bit integer, a double or a list of doubles.
///
/// # Errors
/// The types, where one cannot become the other.
pub(super) fn convert(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    Ok(match to {
        same if same == column.data_type() => Arc::clone(column),
        DataType::Utf8 => Arc::new(text(column)?),
        DataType::Float64 => Arc::new(numbers(column)?),
        DataType::Date32 => Arc::new(days(column)?),
        DataType::Int32 => {
            Arc::new(integers(column)?.unary_opt::<_, Int32Type>(|value| i32::try_from(value).ok()))
        }
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

/// The values of text, parsed.
fn parsed<'a, T: FromStr>(column: &'a ArrayRef) -> impl Iterator<Item = Option<T>> + 'a {
    column.as_string::<i32>().iter().map(|text| text?.trim().parse().ok())
}

/// Some writers do not say that their bytes are text.
fn text(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    let bytes = column.as_binary_opt::<i32>().ok_or_else(|| not_that(column, &DataType::Utf8))?;
    Ok(bytes.iter().map(|bytes| std::str::from_utf8(bytes?).ok()).collect())
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
        DataType::Utf8 => parsed::<f64>(column).collect(),
        whole if whole.is_integer() => integers(column)?.unary(|value| value as f64),
        _ => return Err(not_that(column, &DataType::Float64)),
    })
}

fn integers(column: &ArrayRef) -> Result<Int64Array, ArrowError> {
    let whole = |value: f64| (value.fract() == 0.0).then_some(value as i64);
    Ok(match column.data_type() {
        DataType::Int64 => column.as_primitive::<Int64Type>().clone(),
        DataType::Int32 => column.as_primitive::<Int32Type>().unary(i64::from),
        DataType::Int16 => column.as_primitive::<Int16Type>().unary(i64::from),
        DataType::Int8 => column.as_primitive::<Int8Type>().unary(i64::from),
        DataType::UInt64 => {
            column.as_primitive::<UInt64Type>().unary_opt(|value| i64::try_from(value).ok())
        }
        DataType::UInt32 => column.as_primitive::<UInt32Type>().unary(i64::from),
        DataType::UInt16 => column.as_primitive::<UInt16Type>().unary(i64::from),
        DataType::UInt8 => column.as_primitive::<UInt8Type>().unary(i64::from),
        // pandas makes doubles of integers of which some are missing.
        DataType::Float64 | DataType::Float32 | DataType::Decimal128(..) => {
            numbers(column)?.unary_opt(whole)
        }
        DataType::Utf8 => parsed::<i64>(column).collect(),
        _ => return Err(not_that(column, &DataType::Int64)),
    })
}

/// The days of moments are those of UTC.
fn days(column: &ArrayRef) -> Result<Date32Array, ArrowError> {
    const SECONDS: i64 = 86_400;
    let day = |per_day: i64| move |moment: i64| i32::try_from(moment.div_euclid(per_day)).ok();
    Ok(match column.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => {
            column.as_primitive::<TimestampSecondType>().unary_opt(day(SECONDS))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            column.as_primitive::<TimestampMillisecondType>().unary_opt(day(SECONDS * 1_000))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            column.as_primitive::<TimestampMicrosecondType>().unary_opt(day(SECONDS * 1_000_000))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            column.as_primitive::<TimestampNanosecondType>().unary_opt(day(SECONDS * 1_000_000_000))
        }
        DataType::Utf8 => parsed::<Day>(column).map(|day| day.map(|day| day.0)).collect(),
        _ => return Err(not_that(column, &DataType::Date32)),
    })
}
