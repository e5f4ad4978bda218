//! The files of a folder: which are stocks, and each one's content as last read.

use super::super::DataProblem;
use super::sheet::{Kind, Sheet, read};
use schemas::{Day, id::sha256_hex};
use std::collections::{BTreeMap, btree_map::Entry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The volatility index's file, which is no stock's.
const VIX: &str = "^VIX";

/// What a folder holds.
pub(super) struct Found {
    /// Stock files by ticker.
    pub(super) stocks: BTreeMap<String, PathBuf>,
    /// Where the index's file is or belongs.
    pub(super) vix: PathBuf,
    /// Files that look like data and are not used.
    pub(super) problems: Vec<DataProblem>,
}

/// The CSV files of `folder`, by name.
pub(super) fn list(folder: &Path) -> io::Result<Found> {
    let vix = folder.join(format!("{VIX}.csv"));
    let mut found = Found { stocks: BTreeMap::new(), vix, problems: Vec::new() };
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    for path in paths {
        let is_csv = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        let Some(stem) = path.file_stem().filter(|_| is_csv && !path.is_dir()) else { continue };
        let ticker = stem.to_string_lossy().to_ascii_uppercase();
        let problems = &mut found.problems;
        let mut unused = |what: &str, remedy: &str| {
            problems.push(DataProblem {
                file: path.display().to_string(),
                line: None,
                what: what.to_owned(),
                remedy: remedy.to_owned(),
            });
        };
        if ticker == VIX {
            found.vix = path;
        } else if ticker.starts_with('^') {
            unused("an index is no stock and is not read", "move it elsewhere");
        } else if !is_ticker(&ticker) {
            unused("its name is no ticker, so it is not read", "name the file like AAPL.csv");
        } else if let Entry::Vacant(free) = found.stocks.entry(ticker) {
            free.insert(path);
        } else {
            unused("another file has the same ticker in other letters", "delete one of the two");
        }
    }
    Ok(found)
}

/// A file's name without its folder, which differs between machines and so is not recorded.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit(std::path::is_separator).next().unwrap_or(path)
}

fn is_ticker(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || ".-_=".contains(c);
    text.len() <= 16
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(letter)
}

/// A file and what it said when it was last read.
pub(super) struct File {
    path: PathBuf,
    kind: Kind,
    stamp: Option<(u64, SystemTime)>,
    /// Why it could not be read the last time; `sheet` is then the one before.
    unread: Option<DataProblem>,
    /// What it said.
    pub(super) sheet: Sheet,
    /// Of its bytes; of nothing when it was never read.
    pub(super) sha256: String,
}

impl File {
    /// Reads the file; what cannot be read is a problem.
    pub(super) fn open(path: PathBuf, kind: Kind) -> File {
        let (sheet, sha256) = (Sheet::default(), sha256_hex(b""));
        let mut file = File { path, kind, stamp: None, unread: None, sheet, sha256 };
        file.load();
        file
    }

    /// Reads the file again if its size or time changed; what it said before, if anything is
    /// new.
    pub(super) fn refresh(&mut self) -> Option<Sheet> {
        let stamp = self.stamp_now().ok();
        (stamp != self.stamp).then(|| self.load())?
    }

    fn stamp_now(&self) -> io::Result<(u64, SystemTime)> {
        let data = std::fs::metadata(&self.path)?;
        Ok((data.len(), data.modified()?))
    }

    /// The stamp is taken first: what is written while the file is read is read again.
    fn load(&mut self) -> Option<Sheet> {
        let read_now = self.stamp_now().and_then(|stamp| Ok((stamp, std::fs::read(&self.path)?)));
        match read_now {
            Ok((stamp, bytes)) => {
                self.stamp = Some(stamp);
                self.unread = None;
                self.sha256 = sha256_hex(&bytes);
                let sheet = read(&self.path.display().to_string(), &bytes, self.kind);
                Some(std::mem::replace(&mut self.sheet, sheet))
            }
            Err(error) => {
                let news = self.unread.is_none();
                self.stamp = None;
                self.unread = Some(self.cannot_read(&error));
                news.then(|| self.sheet.clone())
            }
        }
    }

    fn cannot_read(&self, error: &io::Error) -> DataProblem {
        let problem = self.note(format!("the file cannot be read ({error})"));
        match self.kind {
            Kind::Stock => {
                DataProblem { remedy: "check the file and its permissions".into(), ..problem }
            }
            Kind::Index => DataProblem {
                what: format!("{}; without the index every scan is refused", problem.what),
                remedy: "put the index's daily closes there, as a stock's with Date and Close"
                    .into(),
                ..problem
            },
        }
    }

    /// A problem of the file as a whole.
    pub(super) fn note(&self, what: String) -> DataProblem {
        let file = self.path.display().to_string();
        DataProblem { file, line: None, what, remedy: "check where the file comes from".into() }
    }

    /// All that is wrong with it.
    pub(super) fn problems(&self) -> impl Iterator<Item = &DataProblem> {
        self.unread.iter().chain(&self.sheet.problems)
    }

    /// Why it has no bar for a day.
    pub(super) fn why_missing(&self, day: Day) -> String {
        if let Some(reason) = self.sheet.refused.get(&day) {
            return reason.clone();
        }
        let name = name_of(&self.path.display().to_string()).to_owned();
        match self.problems().next().filter(|_| self.sheet.bars.is_empty()) {
            Some(problem) => format!("{name}: {}", problem.what),
            None => format!("{name}: there is no row for {day}"),
        }
    }
}
