//! A Parquet file as the text that the one parser of price files reads: names and values between tabs,
//! a row a line. Row by row and without Arrow, which price files do not need.

use super::columns::{names_dates, plain_name};
use super::text::Fault;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use schemas::Day;
use std::fmt::Write;
use std::fs::File;

/// The name that pandas gives to an index without one.
const INDEX: &str = "__index_level_0__";

/// The text of `file`.
pub(super) fn text_of(file: File) -> Result<Vec<u8>, Fault> {
    let reader = SerializedFileReader::new(file).map_err(damaged)?;
    let groups = reader.metadata().row_groups();
    let mut columns = groups.iter().flat_map(|group| group.columns());
    if let Some(name) = columns.find_map(|column| unread(column.compression())) {
        let what = format!("it is compressed with {name}, which is not read here");
        return Err(Fault::new(what, "write it again with snappy or zstd"));
    }
    let schema = reader.metadata().file_metadata().schema_descr();
    let names: Vec<&str> =
        schema.root_schema().get_fields().iter().map(|field| field.name()).collect();
    let dated = names.iter().any(|name| names_dates(name.as_bytes()));
    let shown = |name: &&str| match *name {
        INDEX if !dated => "Date".to_owned(),
        INDEX => "index".to_owned(),
        name => in_one_line(name),
    };
    let mut text = names.iter().map(shown).collect::<Vec<_>>().join("\t");
    for row in reader.get_row_iter(None).map_err(damaged)? {
        text.push('\n');
        let row = row.map_err(damaged)?;
        for (at, (name, field)) in row.get_column_iter().enumerate() {
            if at > 0 {
                text.push('\t');
            }
            let dates = names_dates(name.as_bytes()) || name == INDEX;
            value(field, dates, &mut text);
        }
    }
    text.push('\n');
    Ok(text.into_bytes())
}

fn damaged(error: ParquetError) -> Fault {
    match error {
        ParquetError::NYI(what) => Fault::new(
            format!("it has what is not read here ({what})"),
            "write it again with columns of plain numbers and dates",
        ),
        error => Fault::new(
            format!("the file is cut off or damaged, or is no Parquet file ({error})"),
            "download or write it again",
        ),
    }
}

/// The name of a compression that is not read.
fn unread(compression: Compression) -> Option<&'static str> {
    match compression {
        Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_) => None,
        Compression::GZIP(_) => Some("gzip"),
        Compression::BROTLI(_) => Some("brotli"),
        Compression::LZ4 | Compression::LZ4_RAW => Some("lz4"),
        Compression::LZO => Some("lzo"),
    }
}

/// A MultiIndex of yfinance, `('Close', 'AAPL')`, keeps its first part.
fn in_one_line(name: &str) -> String {
    let first = name.strip_prefix("('").and_then(|rest| rest.split('\'').next());
    let name = first.unwrap_or(name);
    if plain_name(name.as_bytes()).is_empty() {
        "-".to_owned()
    } else {
        name.replace(['\t', '\n'], " ")
    }
}

fn value(field: &Field, dates: bool, text: &mut String) {
    let at = |text: &mut String, seconds: i64| {
        let day = Day(i32::try_from(seconds.div_euclid(86_400)).unwrap_or(i32::MAX));
        let second = seconds.rem_euclid(86_400);
        let (hours, minutes) = (second / 3600, second / 60 % 60);
        let _ = write!(text, "{day} {hours:02}:{minutes:02}:{:02}Z", second % 60);
    };
    let _ = match field {
        Field::Null => Ok(()),
        Field::Str(value) => write!(text, "{}", value.replace(['\t', '\n', '\r'], " ")),
        Field::Double(value) => write!(text, "{value}"),
        Field::Float(value) => write!(text, "{value}"),
        Field::Date(days) => write!(text, "{}", Day(*days)),
        Field::TimestampMillis(value) => return at(text, value.div_euclid(1_000)),
        Field::TimestampMicros(value) => return at(text, value.div_euclid(1_000_000)),
        // Nanoseconds have no type of their own here.
        Field::Long(value) if dates && value.unsigned_abs() > 100_000_000_000_000_000 => {
            return at(text, value.div_euclid(1_000_000_000));
        }
        Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_) => write!(text, "?"),
        Field::Bytes(value) => write!(text, "{}", String::from_utf8_lossy(value.data())),
        other => write!(text, "{other}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressions_that_are_not_read_have_names() {
        let read = [Compression::UNCOMPRESSED, Compression::SNAPPY];
        assert_eq!(read.map(unread), [None; 2]);
        let gzip = Compression::GZIP(Default::default());
        let brotli = Compression::BROTLI(Default::default());
        let unread = [gzip, brotli, Compression::LZ4, Compression::LZ4_RAW].map(unread);
        assert_eq!(unread, [Some("gzip"), Some("brotli"), Some("lz4"), Some("lz4")]);
    }
}
