//! The columns of a file of rows. It is read in parts, and a foreign writer's types are converted to
//! those read here.

use super::convert::convert;
use crate::StoreError;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type};
use arrow_array::{Array, ListArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use schemas::Day;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// The rows of a file that are in memory at once.
pub(super) struct Part<'a> {
    file: &'a Path,
    name: Arc<str>,
    /// Rows of the file before this part.
    before: usize,
    batch: RecordBatch,
}

/// Calls `take` for every row of `kind`; only the columns named in `of` are read.
pub(super) fn read(
    path: &Path,
    kind: &str,
    of: &[&str],
    take: &mut dyn FnMut(&Part<'_>, usize) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let damaged = |cause: &dyn std::fmt::Display| StoreError::DamagedRows {
        path: path.to_path_buf(),
        detail: cause.to_string(),
    };
    let file = File::open(path).map_err(|cause| StoreError::reading(path, cause))?;
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .map_err(|cause| damaged(&cause))?;
    let mut chosen = Vec::new();
    for name in SHARED.iter().chain(of) {
        let found = builder.schema().index_of(name);
        chosen.push(found.map_err(|_| not_rows(path, name, &"there is no such column"))?);
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), chosen);
    let reader = builder.with_projection(mask).build().map_err(|cause| damaged(&cause))?;
    let mut before = 0;
    for batch in reader {
        let batch = batch.map_err(|cause| damaged(&cause))?;
        let rows = batch.num_rows();
        let part = Part::converted(path, before, &batch)?;
        for at in 0..rows {
            if part.text("kind", at)?.is_some_and(|found| found == kind) {
                take(&part, at)?;
            }
        }
        before += rows;
    }
    Ok(())
}

/// Columns that are always read.
const SHARED: [&str; 3] = ["kind", "day", "ticker"];

impl<'a> Part<'a> {
    fn converted(
        file: &'a Path,
        before: usize,
        batch: &RecordBatch,
    ) -> Result<Part<'a>, StoreError> {
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let name = field.name();
            let to = type_of(name);
            let column = match &to {
                Some(to) => convert(column, to).map_err(|cause| not_rows(file, name, &cause))?,
                None => Arc::clone(column),
            };
            fields.push(Field::new(name, column.data_type().clone(), true));
            columns.push(column);
        }
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(schema, columns)
            .map_err(|cause| not_rows(file, "columns", &cause))?;
        let name = file.display().to_string().into();
        Ok(Part { file, name, before, batch })
    }

    pub(super) fn place(&self, at: usize) -> (Arc<str>, usize) {
        (Arc::clone(&self.name), self.before + at + 1)
    }

    fn column(&self, name: &str) -> Result<&dyn Array, StoreError> {
        let column = self.batch.column_by_name(name).map(AsRef::as_ref);
        column.ok_or_else(|| not_rows(self.file, name, &"there is no such column"))
    }

    pub(super) fn text(&self, name: &str, at: usize) -> Result<Option<String>, StoreError> {
        let column: &StringArray = self.column(name)?.as_string();
        Ok(column.is_valid(at).then(|| column.value(at).to_owned()))
    }

    pub(super) fn int(&self, name: &str, at: usize) -> Result<Option<i32>, StoreError> {
        let column = self.column(name)?.as_primitive::<Int32Type>();
        Ok(column.is_valid(at).then(|| column.value(at)))
    }

    pub(super) fn number(&self, name: &str, at: usize) -> Result<Option<f64>, StoreError> {
        let column = self.column(name)?.as_primitive::<Float64Type>();
        Ok(column.is_valid(at).then(|| column.value(at)))
    }

    pub(super) fn day(&self, name: &str, at: usize) -> Result<Option<Day>, StoreError> {
        let column = self.column(name)?.as_primitive::<Date32Type>();
        Ok(column.is_valid(at).then(|| Day(column.value(at))))
    }

    pub(super) fn list(&self, name: &str, at: usize) -> Result<Vec<Option<f64>>, StoreError> {
        let column: &ListArray = self.column(name)?.as_list();
        if column.is_null(at) {
            return Ok(Vec::new());
        }
        let inner = column.value(at);
        Ok(inner.as_primitive::<Float64Type>().iter().collect())
    }
}

fn type_of(name: &str) -> Option<DataType> {
    match name {
        "kind" | "ticker" | "candidate" => Some(DataType::Utf8),
        "day" | "as_of" | "evaluation_day" => Some(DataType::Date32),
        "contract_version" | "class" => Some(DataType::Int32),
        "roi" | "weight" => Some(DataType::Float64),
        "values" => Some(DataType::new_list(DataType::Float64, true)),
        _ => None,
    }
}

fn not_rows(path: &Path, column: &str, cause: &dyn std::fmt::Display) -> StoreError {
    StoreError::NotRows {
        path: path.to_path_buf(),
        column: column.to_owned(),
        detail: cause.to_string(),
    }
}
