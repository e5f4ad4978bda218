//! What a manifest says: its lines, read one after the other.

use super::sum::{FileSum, sum_of};
use super::wrong::Wrong;
use crate::StoreError;
use schemas::{Day, id};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// The name of the file, in the folder.
pub(super) const NAME: &str = ".manifest";

/// Characters of a line's check.
const CHECK: usize = 8;
/// How often a manifest that ends within a line is read again: its writer may be writing it.
const AGAIN: u32 = 3;
const PAUSE: Duration = Duration::from_millis(20);

/// A line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The folder is of this log.
    Of {
        /// Its identity.
        log: String,
    },
    /// These files are there, and no others that begin with `instead_of`.
    Files {
        files: Vec<FileSum>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<String>,
    },
    /// The days through this one are whole.
    Through { day: Day },
    /// Everything said before is done.
    Done,
}

impl Line {
    pub(super) fn text(&self) -> Result<String, StoreError> {
        let json = serde_json::to_string(self).map_err(|cause| StoreError::Encode {
            key: NAME.to_owned(),
            detail: cause.to_string(),
        })?;
        Ok(format!("{} {json}\n", check(&json)))
    }

    fn parse(text: &str) -> Option<Line> {
        let (found, json) = text.split_at_checked(CHECK)?;
        let json = json.strip_prefix(' ')?;
        (found == check(json)).then(|| serde_json::from_str(json).ok()).flatten()
    }
}

fn check(json: &str) -> String {
    id::sha256_hex(json.as_bytes()).chars().take(CHECK).collect()
}

/// What a manifest says.
#[derive(Clone, Default, Debug)]
pub struct Contents {
    /// The identity of the log that the folder is of; none before its first day.
    pub log: Option<String>,
    /// The last day that is whole.
    pub through: Option<Day>,
    pub(super) files: BTreeMap<String, FileSum>,
    /// The files of the last line, as they were before it: it may not be carried out yet.
    pub(super) before: BTreeMap<String, Option<FileSum>>,
    /// Bytes of the file that it was read from.
    pub(super) length: u64,
    pub(super) lines: usize,
}

impl Contents {
    /// What the manifest of a folder says; none where it has none.
    ///
    /// # Errors
    /// [`StoreError::DamagedManifest`], [`StoreError::Unreadable`].
    pub fn of_folder(dir: &Path) -> Result<Option<Contents>, StoreError> {
        Contents::read(&dir.join(NAME))
    }

    fn read(file: &Path) -> Result<Option<Contents>, StoreError> {
        let mut again = 0;
        loop {
            match Contents::read_once(file)? {
                Some((_, Some(_))) if again < AGAIN => {
                    again += 1;
                    std::thread::sleep(PAUSE);
                }
                Some((_, Some(line))) => {
                    return Err(StoreError::DamagedManifest { path: file.to_path_buf(), line });
                }
                found => return Ok(found.map(|(contents, _)| contents)),
            }
        }
    }

    /// As [`Contents::read`], for the writer: a last line that a crash left unfinished counts as not written.
    pub(super) fn read_to_write(file: &Path) -> Result<Option<Contents>, StoreError> {
        Ok(Contents::read_once(file)?.map(|(contents, _)| contents))
    }

    /// With the number of the last line, if that is not finished.
    fn read_once(file: &Path) -> Result<Option<(Contents, Option<usize>)>, StoreError> {
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(StoreError::reading(file, cause)),
        };
        let mut contents = Contents { length: bytes.len() as u64, ..Contents::default() };
        for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let ended = line.strip_suffix(b"\n");
            let parsed =
                ended.and_then(|line| std::str::from_utf8(line).ok()).and_then(Line::parse);
            match (parsed, ended) {
                (Some(line), _) => contents.take(line),
                (None, None) => return Ok(Some((contents, Some(at + 1)))),
                (None, Some(_)) => {
                    let path = file.to_path_buf();
                    return Err(StoreError::DamagedManifest { path, line: at + 1 });
                }
            }
        }
        Ok(Some((contents, None)))
    }

    /// Takes in the next line.
    pub(super) fn take(&mut self, line: Line) {
        self.before.clear();
        self.lines += 1;
        match line {
            Line::Of { log } => self.log = Some(log),
            Line::Through { day } => self.through = Some(day),
            Line::Done => {}
            Line::Files { files, instead_of } => {
                if let Some(folder) = instead_of {
                    let gone: Vec<String> = self
                        .files
                        .keys()
                        .filter(|path| path.starts_with(&folder))
                        .cloned()
                        .collect();
                    for path in gone {
                        let sum = self.files.remove(&path);
                        self.before.insert(path, sum);
                    }
                }
                for sum in files {
                    let old = self.files.insert(sum.path.clone(), sum.clone());
                    self.before.entry(sum.path).or_insert(old);
                }
            }
        }
    }

    /// Whether it has exactly these sums, and they are not open.
    pub(super) fn has(&self, files: &[FileSum]) -> bool {
        files.iter().all(|sum| {
            self.files.get(&sum.path) == Some(sum) && !self.before.contains_key(&sum.path)
        })
    }

    /// The paths it names, those as before its last line included.
    pub(super) fn paths(&self) -> impl Iterator<Item = &String> {
        self.files.keys().chain(self.before.keys())
    }

    /// The files whose paths begin with `prefix` and that are not there, though nothing is open about them.
    pub(crate) fn missing<'a>(
        &'a self,
        prefix: &'a str,
        there: impl Fn(&str) -> bool + 'a,
    ) -> impl Iterator<Item = &'a String> {
        let named = self.files.keys().filter(move |path| path.starts_with(prefix));
        named.filter(move |path| !self.before.contains_key(*path) && !there(path))
    }

    /// What is wrong with a file that has these bytes, or that is not there.
    pub(super) fn judge(&self, relative: &str, found: Option<&FileSum>) -> Option<Wrong> {
        let wanted = self.files.get(relative);
        let as_before = self.before.get(relative).map(Option::as_ref);
        if found == wanted || as_before == Some(found) {
            return None;
        }
        Some(match (wanted.or(as_before.flatten()), found) {
            (None, _) => Wrong::Extra,
            (Some(_), None) => Wrong::Missing,
            (Some(wanted), Some(found)) => {
                Wrong::of_lengths(wanted.bytes, found.bytes).unwrap_or(Wrong::Changed)
            }
        })
    }

    /// Fails where a file is not as it was written.
    pub(crate) fn verify(&self, path: &Path, relative: &str) -> Result<(), StoreError> {
        self.verify_found(path, relative, sum_of(path, relative)?.as_ref())
    }

    /// As [`Contents::verify`], of a file whose sum is known.
    pub(super) fn verify_found(
        &self,
        path: &Path,
        relative: &str,
        found: Option<&FileSum>,
    ) -> Result<(), StoreError> {
        match self.judge(relative, found) {
            None => Ok(()),
            Some(wrong) => Err(StoreError::WrongFile { path: path.to_path_buf(), wrong }),
        }
    }

    /// Finds out how far the last line was carried out.
    pub(super) fn settle(&mut self, dir: &Path) -> Result<(), StoreError> {
        for (path, before) in std::mem::take(&mut self.before) {
            let found = sum_of(&dir.join(&path), &path)?;
            if found.as_ref() != self.files.get(&path) && found == before {
                match before {
                    Some(sum) => self.files.insert(path, sum),
                    None => self.files.remove(&path),
                };
            }
        }
        Ok(())
    }

    /// The text of a manifest that says the same and leaves nothing open.
    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        let files = self.files.values();
        let mut lines: Vec<Line> =
            files.map(|sum| Line::Files { files: vec![sum.clone()], instead_of: None }).collect();
        lines.extend(self.log.clone().map(|log| Line::Of { log }));
        lines.extend(self.through.map(|day| Line::Through { day }));
        lines.push(Line::Done);
        (self.lines, self.before) = (lines.len(), BTreeMap::new());
        lines.iter().map(Line::text).collect()
    }
}
