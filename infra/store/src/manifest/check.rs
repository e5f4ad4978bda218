//! Comparing a folder with its manifest.

use super::contents::Contents;
use super::sum::{relative, sum_of};
use super::wrong::Wrong;
use crate::StoreError;
use schemas::Day;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// How often a folder is compared anew while its writer is at work.
const AGAIN: u32 = 20;

/// A file with which something is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FileFault {
    /// The file.
    pub path: PathBuf,
    /// The topic of a lake's file.
    pub topic: Option<String>,
    /// Its day, or its month where that is over, as it is written: `2018-06-29`, `2018-06`.
    pub of: Option<String>,
    /// What is wrong.
    #[serde(flatten)]
    pub wrong: Wrong,
}

impl FileFault {
    /// Of the file at the path `relative` in `dir`.
    pub fn new(dir: &Path, relative: &str, wrong: Wrong) -> FileFault {
        let mut topic = None;
        for part in relative.split('/') {
            topic = topic.or_else(|| part.strip_prefix("topic=").map(str::to_owned));
        }
        let name = relative.rsplit('/').next().unwrap_or_default();
        let of = name.strip_suffix(".parquet").map(str::to_owned);
        FileFault { path: dir.join(relative), topic, of, wrong }
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(topic), Some(of)) = (&self.topic, &self.of) {
            write!(f, "{topic} of {of}: ")?;
        }
        write!(f, "{} {}", self.path.display(), self.wrong)
    }
}

/// A folder compared with its manifest.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FolderCheck {
    /// The identity of the log that it is of; none without a manifest or before its first day.
    pub log: Option<String>,
    /// The last day that is whole.
    pub through: Option<Day>,
    /// Whether there is a manifest.
    pub has_manifest: bool,
    /// Files compared.
    pub files: usize,
    /// Those with which something is wrong, by path.
    pub faults: Vec<FileFault>,
}

/// Compares the files of `dir`, which `list` finds, with its manifest, byte by byte. Waits out a writer that is
/// at work.
///
/// # Errors
/// As [`Contents::of_folder`], or those of `list`.
pub fn check_folder(
    dir: &Path,
    list: &dyn Fn() -> Result<Vec<PathBuf>, StoreError>,
) -> Result<FolderCheck, StoreError> {
    let mut again = 0;
    loop {
        let contents = match Contents::of_folder(dir) {
            Err(StoreError::DamagedManifest { path, .. }) => {
                let fault = FileFault { path, topic: None, of: None, wrong: Wrong::Changed };
                let faults = vec![fault];
                return Ok(FolderCheck { has_manifest: true, faults, ..FolderCheck::default() });
            }
            contents => contents?,
        };
        let (length, has_manifest) = (contents.as_ref().map(|of| of.length), contents.is_some());
        let contents = contents.unwrap_or_default();
        let mut paths: BTreeSet<String> = contents.paths().cloned().collect();
        paths.extend(list()?.iter().map(|path| relative(dir, path)));
        let mut check = FolderCheck {
            has_manifest,
            files: paths.len(),
            faults: Vec::new(),
            through: contents.through,
            log: contents.log.clone(),
        };
        for path in paths {
            let found = sum_of(&dir.join(&path), &path)?;
            if let Some(wrong) = contents.judge(&path, found.as_ref()) {
                check.faults.push(FileFault::new(dir, &path, wrong));
            }
        }
        let now = Contents::of_folder(dir)?.map(|of| of.length);
        if check.faults.is_empty() || again == AGAIN || now == length {
            return Ok(check);
        }
        again += 1;
    }
}
