//! The parquet lake: every event of every topic in columns, for pandas, DuckDB and the like.
//!
//! Layout: `topic=<dataset>/date=YYYY-MM-DD/events.parquet`, hive style; the date is the
//! trading day that was processed when the file was written.
//!
//! Invariants:
//! 1. A file is whole or absent, and the same events give the same bytes.
//! 2. A file's columns follow from the topic's newest schema alone, never from the events.
//! 3. Writing a day again replaces its file; a day without events has none.

mod columns;
mod disk;
mod schema;

use crate::StoreError;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader, SerializedFileReader};
use schema::Column;
use schemas::codec::schema_versions;
use schemas::{Day, Event, Topic, id};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The creator named in a file. It is part of the bytes, so it must not contain the program's version.
const CREATED_BY: &str = "butterquant lake format 1";

/// A folder of parquet files by topic and day. One process writes it; any may read.
#[derive(Debug, Clone)]
pub struct Lake {
    dir: PathBuf,
    columns: BTreeMap<Topic, Vec<Column>>,
    /// Whether the leftovers of a crash were removed. That happens at the first write, because a reader
    /// that opens the lake must not remove the writer's file.
    swept: Arc<AtomicBool>,
}

impl Lake {
    /// Opens the lake in `dir`, creating the folder when it is missing.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`] or [`StoreError::Full`] when the folder cannot be used.
    pub fn open(dir: impl AsRef<Path>) -> Result<Lake, StoreError> {
        let dir = dir.as_ref().to_path_buf();
        disk::make_dir(&dir)?;
        let mut columns = BTreeMap::new();
        for version in schema_versions() {
            let derived = schema::payload_columns(version.text)
                .map_err(|detail| StoreError::Columns { topic: version.topic, detail })?;
            columns.insert(version.topic, derived); // oldest first, so the newest stays
        }
        Ok(Lake { dir, columns, swept: Arc::default() })
    }

    /// Writes all events of `topic` on `day`, in their order, replacing the file; without events it
    /// writes nothing. The first write removes the leftovers of a crash.
    ///
    /// # Errors
    /// [`StoreError::WrongTopic`] for an event of another topic; [`StoreError::Full`] or
    /// [`StoreError::Unwritable`] from the disk, where the old file, if any, still stands.
    pub fn write_day(&self, topic: Topic, day: Day, events: &[Event]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        if let Some(stray) = events.iter().find(|event| event.topic() != topic) {
            return Err(StoreError::WrongTopic { topic, found: stray.topic() });
        }
        if !self.swept.swap(true, Ordering::Relaxed) {
            disk::remove_leftovers(&self.dir)?;
        }
        self.write_file(&self.path(topic, day), topic, events)
    }

    /// Writes events of `topic` with the lake's columns into any file, replacing it.
    ///
    /// # Errors
    /// As [`Lake::write_day`].
    pub fn write_file(
        &self,
        file: &Path,
        topic: Topic,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let bytes =
            self.parquet(topic, events).map_err(|detail| StoreError::Columns { topic, detail })?;
        disk::replace(file, &bytes)
    }

    fn parquet(&self, topic: Topic, events: &[Event]) -> Result<Vec<u8>, String> {
        let columns = self.columns.get(&topic).ok_or("there is no schema file of this topic")?;
        let batch = columns::record_batch(columns, events)?;
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            // Pages are few: indexes of them and a second copy of the schema would be half
            // of a day's file.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .build();
        let options =
            ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new_with_options(&mut bytes, batch.schema(), options)
            .map_err(|cause| cause.to_string())?;
        writer.write(&batch).map_err(|cause| cause.to_string())?;
        writer.close().map_err(|cause| cause.to_string())?;
        Ok(bytes)
    }

    /// Where the events of `topic` on `day` are, or would be.
    pub fn path(&self, topic: Topic, day: Day) -> PathBuf {
        self.dir.join(format!("topic={topic}")).join(format!("date={day}")).join(disk::FILE)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Every data file, by path.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a folder cannot be listed.
    pub fn files(&self) -> Result<Vec<PathBuf>, StoreError> {
        disk::data_files(&self.dir)
    }

    /// Rows per topic, from the files' footers: a cheap check that each is a complete parquet file.
    ///
    /// # Errors
    /// [`StoreError::DamagedFile`] for the first that is not.
    pub fn rows(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut rows = BTreeMap::new();
        for path in self.files()? {
            let file = File::open(&path).map_err(|cause| StoreError::reading(&path, cause))?;
            let reader = SerializedFileReader::new(file).map_err(|cause| {
                StoreError::DamagedFile { path: path.clone(), detail: cause.to_string() }
            })?;
            let found = reader.metadata().file_metadata().num_rows().unsigned_abs();
            *rows.entry(self.topic_of(&path)).or_default() += found;
        }
        Ok(rows)
    }

    /// A topic's SHA-256 over the relative path and the bytes of each of its files, in
    /// order: equal for two lakes of the same events.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a file cannot be read.
    pub fn digest(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let mut hashes: BTreeMap<String, Sha256> = BTreeMap::new();
        for path in self.files()? {
            let bytes = fs::read(&path).map_err(|cause| StoreError::reading(&path, cause))?;
            let name = self.relative(&path);
            let hash = hashes.entry(self.topic_of(&path)).or_default();
            for part in [name.as_bytes(), &bytes] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        Ok(hashes.into_iter().map(|(topic, hash)| (topic, id::hex(&hash.finalize()))).collect())
    }

    /// Removes every topic's folder; the lake is then empty.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`] for the first folder that cannot be removed.
    pub fn remove_all(&self) -> Result<(), StoreError> {
        for folder in disk::folders(&self.dir, "topic=")? {
            fs::remove_dir_all(&folder).map_err(|cause| StoreError::writing(&folder, cause))?;
        }
        Ok(())
    }

    fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.dir).unwrap_or(path).to_string_lossy().replace('\\', "/")
    }

    fn topic_of(&self, path: &Path) -> String {
        let name = self.relative(path);
        let folder = name.split('/').next().unwrap_or_default();
        folder.strip_prefix("topic=").unwrap_or(folder).to_owned()
    }
}
