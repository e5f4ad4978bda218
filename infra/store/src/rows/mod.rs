//! Labelled rows as read from parquet files: those of `history generate`, or the lake's, where
//! features are joined with their outcomes. They are not validated here: a missing value is `None`.

mod convert;
mod part;

use crate::StoreError;
use crate::lake::refuse_old_layout;
use crate::manifest::{Contents, Wrong, relative};
use part::read;
use schemas::{Day, Topic};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A labelled row as found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FoundRow {
    /// The file, and the row in it, 1 first.
    pub place: (Arc<str>, usize),
    /// The stock.
    pub ticker: String,
    /// The day of the scan.
    pub as_of: Option<Day>,
    /// The day of its outcome.
    pub evaluation_day: Option<Day>,
    /// Version of the feature contract.
    pub contract_version: Option<i32>,
    /// The features.
    pub values: Vec<Option<f64>>,
    /// Return on the capital at risk.
    pub roi: Option<f64>,
    /// 0–3.
    pub class: Option<i32>,
    /// How many rows it stands for.
    pub weight: Option<f64>,
}

/// The rows of some files.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FoundRows {
    /// In the order of files and rows.
    pub rows: Vec<FoundRow>,
    /// Files read.
    pub files: usize,
    /// The scan days of a lake's candidates without an outcome (yet).
    pub open: Vec<Day>,
}

/// How often a lake is compared with its manifest again, because a run writes there meanwhile.
const AGAIN: u32 = 3;
const PAUSE: Duration = Duration::from_millis(20);

/// Reads a file of rows, a folder of such files, or a lake.
///
/// # Errors
/// [`StoreError::Unreadable`], [`StoreError::OldLake`], [`StoreError::WrongFile`] for a lake's file that is not as
/// it was written, [`StoreError::DamagedRows`], [`StoreError::NotRows`],
/// or [`StoreError::NoRows`] for a folder without any.
pub fn read_rows(path: &Path) -> Result<FoundRows, StoreError> {
    let kind = std::fs::metadata(path).map_err(|cause| StoreError::reading(path, cause))?;
    if !kind.is_dir() {
        let rows = samples(path)?;
        return Ok(FoundRows { rows, files: 1, open: Vec::new() });
    }
    let topic = |topic: Topic| path.join(format!("topic={topic}"));
    let topics = [Topic::Samples, Topic::Features, Topic::Outcomes].map(topic);
    let found = if topics.iter().any(|folder| folder.is_dir()) {
        refuse_old_layout(path)?;
        lake(path, &topics)?
    } else {
        let files = parquet_files(path)?;
        let mut found = FoundRows { files: files.len(), ..FoundRows::default() };
        for file in files {
            found.rows.extend(samples(&file)?);
        }
        found
    };
    if found.files == 0 {
        return Err(StoreError::NoRows { path: path.to_path_buf() });
    }
    Ok(found)
}

fn lake(dir: &Path, topics: &[PathBuf; 3]) -> Result<FoundRows, StoreError> {
    verify(dir, topics)?;
    let [samples_dir, features_dir, outcomes_dir] = topics;
    let mut found = FoundRows::default();
    for file in parquet_files(samples_dir)? {
        found.files += 1;
        found.rows.extend(samples(&file)?);
    }
    let mut scanned: BTreeMap<String, FoundRow> = BTreeMap::new();
    for file in parquet_files(features_dir)? {
        found.files += 1;
        scanned.extend(candidates(&file)?);
    }
    for file in parquet_files(outcomes_dir)? {
        found.files += 1;
        found.rows.extend(matured(&file, &mut scanned)?);
    }
    found.open = scanned.values().filter_map(|row| row.as_of).collect();
    Ok(found)
}

/// Fails where a file of the lake's `topics` is not as its manifest says; a lake that was written by another
/// program has none.
fn verify(dir: &Path, topics: &[PathBuf; 3]) -> Result<(), StoreError> {
    let mut again = 0;
    loop {
        let Some(contents) = Contents::of_folder(dir)? else { return Ok(()) };
        match verify_once(dir, topics, &contents) {
            // The run may be writing meanwhile.
            Err(StoreError::WrongFile { .. }) if again < AGAIN => again += 1,
            done => return done,
        }
        std::thread::sleep(PAUSE);
    }
}

fn verify_once(dir: &Path, topics: &[PathBuf; 3], known: &Contents) -> Result<(), StoreError> {
    for topic in topics {
        let files = parquet_files(topic)?;
        let prefix = format!("{}/", relative(dir, topic));
        let mut missing = known.missing(&prefix, |path| files.contains(&dir.join(path)));
        if let Some(gone) = missing.next() {
            return Err(StoreError::WrongFile { path: dir.join(gone), wrong: Wrong::Missing });
        }
        for file in &files {
            known.verify(file, &relative(dir, file))?;
        }
    }
    Ok(())
}

/// The parquet files below a folder, by path.
fn parquet_files(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let wrong = |cause| StoreError::reading(folder, cause);
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    if !folder.try_exists().map_err(wrong)? {
        return Ok(files);
    }
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.is_dir() {
            folders.push(path);
        } else if path.extension().is_some_and(|ending| ending == "parquet") {
            files.push(path);
        }
    }
    for inner in folders {
        files.extend(parquet_files(&inner)?);
    }
    files.sort();
    Ok(files)
}

const LABELLED: [&str; 7] =
    ["as_of", "evaluation_day", "contract_version", "values", "roi", "class", "weight"];

fn samples(path: &Path) -> Result<Vec<FoundRow>, StoreError> {
    let mut rows = Vec::new();
    read(path, "SAMPLE_DRAWN", &LABELLED, &mut |part, at| {
        rows.push(FoundRow {
            place: part.place(at),
            ticker: part.text("ticker", at)?.unwrap_or_default(),
            as_of: part.day("as_of", at)?,
            evaluation_day: part.day("evaluation_day", at)?,
            contract_version: part.int("contract_version", at)?,
            values: part.list("values", at)?,
            roi: part.number("roi", at)?,
            class: part.int("class", at)?,
            weight: part.number("weight", at)?,
        });
        Ok(())
    })?;
    Ok(rows)
}

fn candidates(path: &Path) -> Result<Vec<(String, FoundRow)>, StoreError> {
    let mut rows = Vec::new();
    let of = ["candidate", "contract_version", "values"];
    read(path, "FEATURES_EXTRACTED", &of, &mut |part, at| {
        let row = FoundRow {
            place: part.place(at),
            ticker: part.text("ticker", at)?.unwrap_or_default(),
            as_of: part.day("day", at)?,
            contract_version: part.int("contract_version", at)?,
            values: part.list("values", at)?,
            // The weight that a training gives a candidate of the run itself.
            weight: Some(1.0),
            ..FoundRow::default()
        };
        rows.extend(part.text("candidate", at)?.map(|candidate| (candidate, row)));
        Ok(())
    })?;
    Ok(rows)
}

fn matured(
    path: &Path,
    scanned: &mut BTreeMap<String, FoundRow>,
) -> Result<Vec<FoundRow>, StoreError> {
    let mut rows = Vec::new();
    let of = ["candidate", "evaluation_day", "roi", "class"];
    read(path, "CANDIDATE_MATURED", &of, &mut |part, at| {
        let candidate = part.text("candidate", at)?.unwrap_or_default();
        if let Some(row) = scanned.remove(&candidate) {
            rows.push(FoundRow {
                evaluation_day: part.day("evaluation_day", at)?,
                roi: part.number("roi", at)?,
                class: part.int("class", at)?,
                ..row
            });
        }
        Ok(())
    })?;
    read(path, "OUTCOME_MISSING", &["candidate"], &mut |part, at| {
        scanned.remove(&part.text("candidate", at)?.unwrap_or_default());
        Ok(())
    })?;
    Ok(rows)
}
