//! The parquet lake: every event in columns, for pandas, DuckDB, polars and the like.
//!
//! Layout: `topic=<dataset>/month=YYYY-MM/`, hive style. A month that is over is one file,
//! `YYYY-MM.parquet`; the days of the others are files of their own, `YYYY-MM-DD.parquet`. The day is the
//! trading day that was processed when the file was written. What is not finished yet is in `.new`, outside
//! the topics' folders, because polars refuses a folder with anything but parquet in it. What the files are is in
//! the manifest beside those folders ([`crate::manifest`]).
//!
//! Invariants:
//! 1. A file is whole or absent, and the same events give the same files and bytes, however often the writer
//!    was killed meanwhile.
//! 2. A file's columns follow from the topic's newest schema alone, never from the events.
//! 3. Writing a day again replaces its file; a day without events other than markers has none. A day of a
//!    month that is over is in the month's file already.
//! 4. Who lists a topic's folder finds every event once, also while a month is closed ([`disk`] says how). A
//!    file listed before may be gone when it is opened; no row is read twice or left out.

mod columns;
mod disk;
mod file;
mod names;
mod reading;
mod schema;
mod tree;

use crate::StoreError;
use crate::manifest::{FileSum, Manifest, relative};
use names::Column;
use rayon::prelude::*;
use schemas::codec::schema_versions;
use schemas::{Day, Event, Topic};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use disk::refuse_old_layout;
pub(crate) use file::bytes as parquet_bytes;

/// A folder of parquet files by topic and month. One process writes it; any may read.
#[derive(Debug, Clone)]
pub struct Lake {
    dir: PathBuf,
    columns: BTreeMap<Topic, Vec<Column>>,
    manifest: Manifest,
    /// The earliest month that may hold files of days, as far as the writer knows; none before its first
    /// write. A reader that opens the lake must not remove the writer's unfinished file.
    open_month: Arc<Mutex<Option<String>>>,
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
            let derived = schema::payload_fields(version.text)
                .map_err(|detail| StoreError::Columns { topic: version.topic, detail })?;
            columns.insert(version.topic, names::columns(derived)); // oldest first, so the newest stays
        }
        let manifest = Manifest::new(&dir);
        Ok(Lake { dir, columns, manifest, open_month: Arc::default() })
    }

    /// Refuses a lake of an earlier layout, whose rows would be there twice beside new ones, and files without a
    /// manifest.
    ///
    /// # Errors
    /// [`StoreError::OldLake`], or [`StoreError::Unreadable`] when a folder cannot be listed.
    pub fn check_layout(&self) -> Result<(), StoreError> {
        refuse_old_layout(&self.dir)?;
        if !self.manifest.exists() && !disk::data_files(&self.dir)?.is_empty() {
            return Err(StoreError::OldLake { path: self.dir.clone() });
        }
        Ok(())
    }

    /// Says that the lake is of `log`, before its first day is written.
    ///
    /// # Errors
    /// [`StoreError::OtherLog`] for a lake of another one; else as [`Lake::write_day`].
    pub fn claim(&self, log: &str) -> Result<(), StoreError> {
        self.prepare()?;
        self.manifest.claim(log)
    }

    /// Says that all topics are written through `day`.
    ///
    /// # Errors
    /// As [`Lake::write_day`].
    pub fn finish_day(&self, day: Day) -> Result<(), StoreError> {
        self.prepare()?;
        self.manifest.finish_day(day)
    }

    /// Writes the events of `day`, a file for each topic with its events in their order, replacing the files; without
    /// events other than markers, or in a month that is over, a topic has none. The first write removes what a crash
    /// left.
    ///
    /// # Errors
    /// [`StoreError::OldLake`]; [`StoreError::Columns`] for an event that has none; [`StoreError::Full`] or
    /// [`StoreError::Unwritable`] from the disk, where the old file, if any, still stands.
    pub fn write_day(&self, day: Day, events: &[Event]) -> Result<(), StoreError> {
        self.prepare()?;
        let mut of_day = by_topic(events);
        of_day.retain(|topic, _| !self.month_path(*topic, day).exists());
        // Making columns is the work; the files are written one after the other.
        let made: Vec<Vec<u8>> = of_day
            .par_iter()
            .map(|(topic, events)| self.parquet(*topic, events, false))
            .collect::<Result<_, _>>()?;
        let mut files = of_day.keys().zip(made);
        files.try_for_each(|(topic, bytes)| self.replace(&self.path(*topic, day), &bytes))
    }

    /// Writes `days`, which are in order, and closes the months before the last one's, as [`Lake::write_day`] and
    /// [`Lake::close_months`] would one day after the other: those of a month that is over by then get no files of
    /// their own, which soon would be merged.
    ///
    /// # Errors
    /// As of those two.
    pub fn write_days(&self, days: &[(Day, &[Event])]) -> Result<(), StoreError> {
        let Some((last, _)) = days.last() else { return Ok(()) };
        let month = month_of(*last);
        let (over, open) = days.split_at(days.partition_point(|(day, _)| month_of(*day) < month));
        // First the open month, as one day after the other would: a file of a day tells how far the lake is.
        open.iter().try_for_each(|(day, events)| self.write_day(*day, events))?;
        self.close_with(*last, over)
    }

    /// Writes all events of a topic without day markers, a file for each month, replacing the files. Such a
    /// topic is written whole each time, so files of days would gain nothing.
    ///
    /// # Errors
    /// As [`Lake::write_day`].
    pub fn write_whole(&self, topic: Topic, mut events: Vec<Event>) -> Result<(), StoreError> {
        self.prepare()?;
        events.sort_by_key(|event| event.day);
        for of_month in events.chunk_by(|one, next| month_of(one.day) == month_of(next.day)) {
            let Some(first) = of_month.first() else { continue };
            let file = disk::month_file(&self.folder(topic, &month_of(first.day)));
            self.replace(&file, &self.parquet(topic, of_month, true)?)?;
        }
        Ok(())
    }

    /// Merges the files of days in every month before that of `day`.
    ///
    /// # Errors
    /// [`StoreError::WrongFile`] for a file of a day that is not as it was written; else as [`Lake::write_day`].
    pub fn close_months(&self, day: Day) -> Result<(), StoreError> {
        self.close_with(day, &[])
    }

    /// Closes the months before that of `day`, with `fresh` days of them.
    fn close_with(&self, day: Day, fresh: &[(Day, &[Event])]) -> Result<(), StoreError> {
        let (open, month) = (self.prepare()?, month_of(day));
        let mut over: BTreeMap<PathBuf, (Topic, Fresh<'_>)> = BTreeMap::new();
        for topic in self.columns.keys().filter(|_| open < month) {
            let (from, to) = (self.folder(*topic, &open), self.folder(*topic, &month));
            let folders = disk::folders(&self.topic_folder(*topic), "month=")?;
            let over_by_now = folders.into_iter().filter(|folder| (&from..&to).contains(&folder));
            over.extend(over_by_now.map(|folder| (folder, (*topic, Fresh::new()))));
        }
        for (day, events) in fresh {
            for (topic, events) in by_topic(events) {
                let folder = self.folder(topic, &month_of(*day));
                let (_, of_month) = over.entry(folder).or_insert((topic, Fresh::new()));
                of_month.insert(self.path(topic, *day), events);
            }
        }
        // Reading and writing parquet is the work; the files change places one after the other.
        let merged: Vec<Option<Vec<u8>>> = over
            .par_iter()
            .map(|(folder, (topic, fresh))| self.merged(*topic, folder, fresh))
            .collect::<Result<_, _>>()?;
        over.keys().zip(merged).try_for_each(|(folder, bytes)| self.close_month(folder, bytes))?;
        *self.open_month.lock().unwrap_or_else(PoisonError::into_inner) = Some(month.max(open));
        Ok(())
    }

    /// The file of a month, from those of its days and from `fresh` ones; none if there are no days, or if it is there.
    fn merged(
        &self,
        topic: Topic,
        folder: &Path,
        fresh: &Fresh<'_>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut days: BTreeMap<PathBuf, Option<&[&Event]>> =
            disk::day_files(folder)?.into_iter().map(|path| (path, None)).collect();
        days.extend(fresh.iter().map(|(path, events)| (path.clone(), Some(&**events))));
        if days.is_empty() || disk::month_file(folder).exists() {
            return Ok(None);
        }
        let wrong = |detail| StoreError::Columns { topic, detail };
        let mut parts = Vec::new();
        for (path, events) in days {
            match events {
                Some(events) => {
                    let columns = self.columns_for(topic, events)?;
                    for batch in columns::record_batches(columns, events) {
                        parts.push(batch.map_err(wrong)?);
                    }
                }
                None => {
                    let bytes = self.manifest.read(&path, &relative(&self.dir, &path))?;
                    parts.extend(file::read(bytes.into()).map_err(|cause| {
                        StoreError::DamagedFile { path, detail: cause.to_string() }
                    })?);
                }
            }
        }
        let columns = self.columns_for::<Event>(topic, &[])?;
        file::merged(columns, &parts).map(Some).map_err(wrong)
    }

    /// Puts the file of a month in the place of its days. If it is there, it has all days: then a crash left theirs.
    fn close_month(&self, folder: &Path, bytes: Option<Vec<u8>>) -> Result<(), StoreError> {
        let Some(bytes) = bytes else { return disk::remove_days(folder) };
        let month = FileSum::of(&relative(&self.dir, &disk::month_file(folder)), &bytes);
        let instead_of = format!("{}/", relative(&self.dir, folder));
        self.manifest
            .change(vec![month], Some(instead_of), || disk::replace_all(&self.dir, folder, &bytes))
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let sum = FileSum::of(&relative(&self.dir, path), bytes);
        self.manifest.change(vec![sum], None, || disk::replace(&self.unfinished(), path, bytes))
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
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = file.with_file_name(format!(".{name}.new"));
        disk::replace(&unfinished, file, &self.parquet(topic, events, true)?)
    }

    /// Before the first write: nothing of an earlier layout is here, and what a crash left goes. Returns
    /// the earliest month that may hold files of days.
    fn prepare(&self) -> Result<String, StoreError> {
        let mut open = self.open_month.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            self.check_layout()?;
            disk::remove_unfinished(&self.dir)?;
        }
        Ok(open.get_or_insert_default().clone())
    }

    fn unfinished(&self) -> PathBuf {
        self.dir.join(disk::UNFINISHED).join("file")
    }

    /// The bytes of a file that holds these events: a day's or, if it `stays`, a month's.
    fn parquet<E: Borrow<Event>>(
        &self,
        topic: Topic,
        events: &[E],
        stays: bool,
    ) -> Result<Vec<u8>, StoreError> {
        let columns = self.columns_for(topic, events)?;
        let batches = columns::record_batches(columns, events);
        let bytes = file::bytes(columns::file_schema(columns), batches, stays);
        bytes.map_err(|detail| StoreError::Columns { topic, detail })
    }

    /// The columns of `topic`, which all of the events must be of.
    fn columns_for<E: Borrow<Event>>(
        &self,
        topic: Topic,
        events: &[E],
    ) -> Result<&[Column], StoreError> {
        let mut all = events.iter().map(Borrow::borrow);
        if let Some(stray) = all.find(|event| event.topic() != topic) {
            return Err(StoreError::WrongTopic { topic, found: stray.topic() });
        }
        let none = || StoreError::Columns {
            topic,
            detail: "there is no schema file of this topic".into(),
        };
        self.columns.get(&topic).map(Vec::as_slice).ok_or_else(none)
    }

    fn topic_folder(&self, topic: Topic) -> PathBuf {
        self.dir.join(format!("topic={topic}"))
    }

    fn folder(&self, topic: Topic, month: &str) -> PathBuf {
        self.topic_folder(topic).join(format!("month={month}"))
    }

    /// Where the events of `topic` on `day` are, or would be, until its month is over.
    pub fn path(&self, topic: Topic, day: Day) -> PathBuf {
        self.folder(topic, &month_of(day)).join(format!("{day}.parquet"))
    }

    /// Where the events of `topic` in the month of `day` are, or would be, once that is over.
    pub fn month_path(&self, topic: Topic, day: Day) -> PathBuf {
        disk::month_file(&self.folder(topic, &month_of(day)))
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Removes every topic's folder, of an earlier layout as well; the lake is then empty.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`] for the first folder that cannot be removed.
    pub fn remove_all(&self) -> Result<(), StoreError> {
        for folder in disk::folders(&self.dir, "topic=")? {
            fs::remove_dir_all(&folder).map_err(|cause| StoreError::writing(&folder, cause))?;
        }
        self.manifest.remove()?;
        *self.open_month.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

/// The events of a topic's days, by the files that the days would have.
type Fresh<'a> = BTreeMap<PathBuf, Vec<&'a Event>>;

/// The events of each topic that has others than markers.
fn by_topic(events: &[Event]) -> BTreeMap<Topic, Vec<&Event>> {
    let mut found: BTreeMap<Topic, Vec<&Event>> = BTreeMap::new();
    for event in events {
        found.entry(event.topic()).or_default().push(event);
    }
    found.retain(|_, events| events.iter().any(|event| event.body.marker().is_none()));
    found
}

/// `YYYY-MM`.
fn month_of(day: Day) -> String {
    day.to_string().chars().take(7).collect()
}
