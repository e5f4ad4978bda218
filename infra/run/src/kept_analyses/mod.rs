//! Analyses and trainings kept in the data folder, `DATA/cache`, for every run and every process on it: a second backtest
//! over the same prices reads them instead of making them again.
//!
//! In either folder there is a file for each day, which is read as a whole when its day is asked for and only appended to. Nothing
//! depends on these files. They may be deleted at any time, whole or in part. What is damaged, cut off or written by two
//! processes at once is found by its checksum and made again, and where nothing can be written, nothing is kept.
//! The folder is not larger than [`MOST_IN_ALL`] for long: the files written longest ago go first.

mod day_file;

use crate::config::Config;
use anyhow::Result;
use consumers::retrainer::{KeptTrainings, TrainingKeeper, TrainingKey};
use day_file::DayFile;
use parking_lot::Mutex;
use producers::analyses::{Keeper, KeptAnalyses};
use quant::AnalysisKey;
use schemas::Day;
use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Bytes of all files: a million analyses.
const MOST_IN_ALL: u64 = 768 << 20;
/// Bytes written after which the folder is measured again.
const MEASURE_AFTER: u64 = 32 << 20;
/// Days whose files are held in memory, at most: those that the scanner's partitions are at.
const DAYS_HELD: usize = 12;
/// Bytes of them, but for the day asked for last.
const BYTES_HELD: usize = 8 << 20;

/// The analyses, or the trainings, of one data folder.
pub struct KeptFiles {
    folder: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// The days asked for last, the latest at the end.
    held: VecDeque<DayFile>,
    /// Whether analyses are still written.
    writes: bool,
    /// Bytes that may be written before the folder is measured; at first it is measured at once.
    unmeasured: u64,
    most: u64,
}

impl KeptFiles {
    /// The analyses of the data folder `data`; only read where `writes` is false.
    pub fn analyses(data: &Path, writes: bool) -> KeptFiles {
        KeptFiles::of(data, "analyses", writes)
    }

    fn of(data: &Path, what: &str, writes: bool) -> KeptFiles {
        let state = State { held: VecDeque::new(), writes, unmeasured: 0, most: MOST_IN_ALL };
        KeptFiles { folder: data.join("cache").join(what), state: Mutex::new(state) }
    }
}

/// Keeps analyses in the configured data folder, unless the configuration wants none.
///
/// # Errors
/// A value does not fit its key.
pub fn keeper(config: &Config) -> Result<Keeper> {
    Ok(keeper_in(&config.data_dir(), config.analysis_cache()?, true))
}

/// The same in the data folder `data`, if there is to be one; it only reads where `writes` is false.
pub(crate) fn keeper_in(data: &Path, wanted: bool, writes: bool) -> Keeper {
    match wanted {
        true => Keeper::of(KeptFiles::analyses(data, writes)),
        false => Keeper::default(),
    }
}

/// Keeps trainings there, if they are to be kept.
pub(crate) fn training_keeper_in(data: &Path, wanted: bool, writes: bool) -> TrainingKeeper {
    match wanted {
        true => TrainingKeeper::of(KeptFiles::of(data, "trainings", writes)),
        false => TrainingKeeper::default(),
    }
}

impl KeptTrainings for KeptFiles {
    fn find_training(&self, day: Day, key: &TrainingKey) -> Option<Vec<u8>> {
        self.state.lock().day(&self.folder, day).find(key)
    }

    fn keep_training(&self, day: Day, key: TrainingKey, made: Vec<u8>) {
        self.keep(day, vec![(key, made)]);
    }
}

impl KeptAnalyses for KeptFiles {
    fn find(&self, day: Day, key: &AnalysisKey) -> Option<Vec<u8>> {
        self.state.lock().day(&self.folder, day).find(key)
    }

    fn keep(&self, day: Day, made: Vec<(AnalysisKey, Vec<u8>)>) {
        let mut state = self.state.lock();
        if !state.writes {
            return;
        }
        if let Err(error) = state.write(&self.folder, day, &made) {
            tracing::debug!("nothing is kept in {}: {error}", self.folder.display());
            state.writes = false;
        }
    }
}

impl State {
    /// The file of a day, from memory if it is held.
    fn day(&mut self, folder: &Path, day: Day) -> &mut DayFile {
        let file = match self.held.iter().position(|held| held.day == day) {
            Some(at) => self.held.remove(at),
            None => None,
        };
        let file = file.unwrap_or_else(|| DayFile::read(folder, day));
        let mut bytes: usize = self.held.iter().map(DayFile::len).sum();
        while self.held.len() >= DAYS_HELD || bytes > BYTES_HELD {
            bytes -= self.held.pop_front().map_or(bytes, |oldest| oldest.len());
        }
        self.held.push_back_mut(file)
    }

    fn write(
        &mut self,
        folder: &Path,
        day: Day,
        made: &[(AnalysisKey, Vec<u8>)],
    ) -> io::Result<()> {
        if self.unmeasured == 0 {
            fs::create_dir_all(folder)?;
            make_room(folder, self.most)?;
            self.unmeasured = MEASURE_AFTER;
        }
        let written = self.day(folder, day).add(folder, made)?;
        self.unmeasured = self.unmeasured.saturating_sub(written);
        Ok(())
    }
}

/// Removes the files written longest ago, so that a quarter of `most` is free, if they have more than `most` bytes.
fn make_room(folder: &Path, most: u64) -> io::Result<()> {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Another process may have removed it.
        if let Ok(about) = entry.metadata() {
            files.push((about.modified()?, about.len(), entry.path()));
        }
    }
    let mut bytes: u64 = files.iter().map(|(_, length, _)| length).sum();
    if bytes <= most {
        return Ok(());
    }
    files.sort();
    for (_, length, path) in files {
        if bytes <= most / 4 * 3 {
            break;
        }
        let _ = fs::remove_file(path);
        bytes -= length;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
