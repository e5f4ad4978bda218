//! A table as a file for other programs: CSV as RFC 4180 has it, or Parquet.

use crate::StoreError;
use crate::lake::parquet_bytes;
use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use schemas::Day;
use std::sync::Arc;

/// A column and its name.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// As the first row of CSV has it.
    pub name: &'static str,
    /// One value a row; every column of a table has as many.
    pub values: Values,
}

/// The values of a column.
#[derive(Clone, PartialEq, Debug)]
pub enum Values {
    /// Text.
    Text(Vec<String>),
    /// Whole numbers, or none.
    Whole(Vec<Option<i64>>),
    /// Numbers, or none.
    Number(Vec<Option<f64>>),
    /// Days.
    Date(Vec<Day>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Values::Text(values) => values.len(),
            Values::Whole(values) => values.len(),
            Values::Number(values) => values.len(),
            Values::Date(values) => values.len(),
        }
    }

    /// The value of a row as a field of CSV; nothing where there is none.
    fn field(&self, row: usize) -> String {
        match self {
            Values::Text(values) => values.get(row).map(|text| quoted(text)),
            Values::Whole(values) => values.get(row).copied().flatten().map(|n| n.to_string()),
            Values::Number(values) => values.get(row).copied().flatten().map(|x| x.to_string()),
            Values::Date(values) => values.get(row).map(Day::to_string),
        }
        .unwrap_or_default()
    }

    fn array(&self) -> (DataType, ArrayRef) {
        match self {
            Values::Text(values) => {
                (DataType::Utf8, Arc::new(StringArray::from_iter_values(values)))
            }
            Values::Whole(values) => {
                (DataType::Int64, Arc::new(values.iter().copied().collect::<Int64Array>()))
            }
            Values::Number(values) => {
                (DataType::Float64, Arc::new(values.iter().copied().collect::<Float64Array>()))
            }
            Values::Date(values) => {
                let days = values.iter().map(|day| day.0);
                (DataType::Date32, Arc::new(Date32Array::from_iter_values(days)))
            }
        }
    }
}

/// The table as CSV: a row of names, then the rows, each ended by CR LF.
pub fn csv(columns: &[Column]) -> String {
    let rows = columns.first().map_or(0, |column| column.values.len());
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let mut text = names.join(",") + "\r\n";
    for row in 0..rows {
        let fields: Vec<String> = columns.iter().map(|column| column.values.field(row)).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

/// Text in quotes where it holds what would end its field.
pub fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// The table as a Parquet file.
///
/// # Errors
/// [`StoreError::Table`], if the columns have not as many values each.
pub fn parquet(columns: &[Column]) -> Result<Vec<u8>, StoreError> {
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for Column { name, values } in columns {
        let (kind, array) = values.array();
        let may_lack = matches!(values, Values::Whole(_) | Values::Number(_));
        fields.push(Field::new(*name, kind, may_lack));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays);
    let batch = batch.map_err(|cause| cause.to_string());
    parquet_bytes(schema, [batch], true).map_err(|detail| StoreError::Table { detail })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    fn table() -> Vec<Column> {
        let text = ["plain", "a, \"b\"\nc", ""].map(str::to_owned).to_vec();
        vec![
            Column { name: "text", values: Values::Text(text) },
            Column { name: "whole", values: Values::Whole(vec![Some(1), None, Some(-3)]) },
            Column { name: "number", values: Values::Number(vec![Some(0.5), Some(-1e-7), None]) },
            Column { name: "day", values: Values::Date(vec![Day(0), Day(17_711), Day(17_712)]) },
        ]
    }

    #[test]
    fn csv_quotes_what_would_end_a_field_and_leaves_out_what_is_none() {
        let expected = "text,whole,number,day\r\nplain,1,0.5,1970-01-01\r\n\"a, \"\"b\"\"\nc\",,-0.0000001,2018-06-29\r\n,-3,,2018-06-30\r\n";
        assert_eq!(csv(&table()), expected);
    }

    #[test]
    fn parquet_holds_the_same_values_in_columns_of_their_types() {
        let bytes = bytes::Bytes::from(parquet(&table()).unwrap());
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
        let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
        assert_eq!(batches.len(), 1);
        for (at, column) in table().iter().enumerate() {
            assert_eq!(batches[0].schema().field(at).name(), column.name);
            assert_eq!(batches[0].column(at), &column.values.array().1);
        }
        let mut uneven = table();
        uneven[0].values = Values::Text(Vec::new());
        assert!(matches!(parquet(&uneven), Err(StoreError::Table { .. })));
    }
}
