//! Silences: alerts that a person does not want to hear of for a while. A file of the run's folder holds them, so that
//! they outlast the process.

use anyhow::{Context, Result};
use run::whole_file::write_file;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A silence.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Silence {
    /// A condition's key, or its part before the slash: all conditions of that kind.
    pub key: String,
    /// When it ends, milliseconds since 1970.
    pub until_ms: i64,
    /// Why.
    pub why: String,
    /// Whose word it is.
    pub by: String,
}

impl Silence {
    /// Whether it covers the condition `key` at `now_ms`.
    pub fn covers(&self, key: &str, now_ms: i64) -> bool {
        let kind = key.split_once('/').map_or(key, |(kind, _)| kind);
        now_ms < self.until_ms && (self.key == key || self.key == kind)
    }
}

/// The silences of a run.
#[derive(Clone, Debug)]
pub struct Silences(PathBuf);

impl Silences {
    /// Those in the folder of alerts `folder`.
    pub fn of(folder: &Path) -> Silences {
        Silences(folder.join("silences.json"))
    }

    /// Those that have not ended at `now_ms`.
    ///
    /// # Errors
    /// The file cannot be read or was not written by this program.
    pub fn now(&self, now_ms: i64) -> Result<Vec<Silence>> {
        let text = match std::fs::read(&self.0) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.with_context(|| format!("{} cannot be read", self.0.display()))?,
        };
        let all: Vec<Silence> = serde_json::from_slice(&text).with_context(|| {
            format!("{} holds no silences; remove it, and no alert is silenced", self.0.display())
        })?;
        Ok(all.into_iter().filter(|one| now_ms < one.until_ms).collect())
    }

    /// Adds `silence`, in place of another one of its key.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn add(&self, silence: Silence, now_ms: i64) -> Result<()> {
        let mut all = self.now(now_ms)?;
        all.retain(|one| one.key != silence.key);
        all.push(silence);
        self.write(&all)
    }

    /// Ends the silence of `key`; false if there is none.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn end(&self, key: &str, now_ms: i64) -> Result<bool> {
        let mut all = self.now(now_ms)?;
        let before = all.len();
        all.retain(|one| one.key != key);
        self.write(&all)?;
        Ok(all.len() < before)
    }

    fn write(&self, all: &[Silence]) -> Result<()> {
        if let Some(folder) = self.0.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be created", folder.display()))?;
        }
        write_file(&self.0, &serde_json::to_vec_pretty(all)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_covers_its_key_or_its_kind_until_it_ends_and_outlasts_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let silences = Silences::of(&folder.path().join("alerts"));
        assert_eq!(silences.now(0).unwrap(), []);
        let silence = |key: &str, until_ms| Silence {
            key: key.to_owned(),
            until_ms,
            why: "works".to_owned(),
            by: "me".to_owned(),
        };
        silences.add(silence("lag/scorer", 10), 0).unwrap();
        silences.add(silence("halted", 20), 0).unwrap();
        silences.add(silence("halted", 30), 0).unwrap();
        let covers = |key: &str, now| {
            silences.now(now).unwrap().iter().any(|silence| silence.covers(key, now))
        };
        assert!(covers("lag/scorer", 9) && !covers("lag/scorer", 10) && !covers("lag/executor", 9));
        assert!(covers("halted/ButterAI", 29) && covers("halted", 29) && !covers("halt", 29));
        assert!(silences.end("halted", 25).unwrap() && !silences.end("halted", 25).unwrap());
        assert!(!covers("halted", 26));
    }
}
