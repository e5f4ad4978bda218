//! The bytes of a parquet file.
//!
//! A day's file is small, and soon merged: what a compressor and a dictionary for each of its columns cost would not pay
//! for itself. A month's file, which stays, has both.

use super::columns::file_schema;
use super::names::Column;
use arrow_array::{ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{ArrowError, Field, Schema};
use arrow_select::concat::concat;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::Statistics;
use std::sync::Arc;

/// The creator named in a file. It is part of the bytes, so it must not contain the program's version.
const CREATED_BY: &str = "butterquant lake format 2";

/// Rows that are decoded at once.
const ROWS: usize = 8192;

/// The bytes of a file of these batches: a day's or, if `stays`, a month's.
pub(crate) fn bytes(
    schema: Arc<Schema>,
    batches: impl IntoIterator<Item = Result<RecordBatch, String>>,
    stays: bool,
) -> Result<Vec<u8>, String> {
    let failed = |cause: ParquetError| cause.to_string();
    let mut bytes = Vec::new();
    let mut writer = writer(&mut bytes, schema, stays).map_err(failed)?;
    for batch in batches {
        writer.write(&batch?).map_err(failed)?;
    }
    writer.close().map_err(failed)?;
    Ok(bytes)
}

/// The bytes of a month's file of these parts of days: their rows in this order, in today's columns.
pub(super) fn merged(columns: &[Column], parts: &[RecordBatch]) -> Result<Vec<u8>, String> {
    let schema = file_schema(columns);
    let whole = schema.fields().iter().map(|field| joined(field, parts)).collect::<Result<_, _>>();
    let batch = whole.and_then(|columns| RecordBatch::try_new(Arc::clone(&schema), columns));
    bytes(schema, [batch.map_err(|cause| cause.to_string())], true)
}

/// The rows of a file, without the columns that are null in all of them.
pub(super) fn read(file: Bytes) -> Result<Vec<RecordBatch>, ParquetError> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)?;
    let filled = ProjectionMask::leaves(builder.parquet_schema(), filled(builder.metadata()));
    let reader = builder.with_projection(filled).with_batch_size(ROWS).build()?;
    Ok(reader.collect::<Result<_, _>>()?)
}

/// A column of all parts. It is null in those that lack it, because it has no values there or is newer.
fn joined(field: &Field, parts: &[RecordBatch]) -> Result<ArrayRef, ArrowError> {
    let found = parts.iter().map(|part| {
        let column = part.column_by_name(field.name()).map(Arc::clone);
        column.unwrap_or_else(|| new_null_array(field.data_type(), part.num_rows()))
    });
    let arrays: Vec<ArrayRef> = found.collect();
    concat(&arrays.iter().map(AsRef::as_ref).collect::<Vec<_>>())
}

/// The columns that are not null in every row. Most are, where a topic has many kinds of events, and decoding
/// them would be most of the work. Lists are always read: a statistic does not tell an empty one from none.
fn filled(file: &ParquetMetaData) -> Vec<usize> {
    let null = |column: &ColumnChunkMetaData| {
        let counted = column.statistics().and_then(Statistics::null_count_opt);
        column.column_descr().max_rep_level() == 0
            && counted == Some(column.num_values().unsigned_abs())
    };
    let columns = 0..file.file_metadata().schema_descr().num_columns();
    columns.filter(|at| !file.row_groups().iter().all(|group| null(group.column(*at)))).collect()
}

fn writer(
    bytes: &mut Vec<u8>,
    schema: Arc<Schema>,
    stays: bool,
) -> Result<ArrowWriter<&mut Vec<u8>>, ParquetError> {
    // Pages are few: an index of them and a second copy of the schema would be half of a small file.
    let common = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true);
    let properties = if stays {
        common.set_compression(Compression::ZSTD(ZstdLevel::default()))
    } else {
        common.set_compression(Compression::UNCOMPRESSED).set_dictionary_enabled(false)
    };
    let options = ArrowWriterOptions::new()
        .with_properties(properties.build())
        .with_skip_arrow_metadata(true);
    ArrowWriter::try_new_with_options(bytes, schema, options)
}
