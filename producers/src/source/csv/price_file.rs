//! A folder's price files: which are stocks, and the content of each as last read.

use super::super::market::DataProblem;
use super::price_table::{FileKind, PriceTable, name_of, read};
use schemas::{Day, id::sha256_hex};
use std::collections::{BTreeMap, btree_map::Entry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The volatility index's file.
const VIX: &str = "^VIX";

/// A folder's price files.
pub(super) struct FolderListing {
    /// Stock files by ticker.
    pub(super) stocks: BTreeMap<String, PathBuf>,
    /// The index's file, or where it belongs.
    pub(super) vix: PathBuf,
    /// Data files that are not used.
    pub(super) problems: Vec<DataProblem>,
}

/// The CSV files of `folder`, by name.
pub(super) fn list(folder: &Path) -> io::Result<FolderListing> {
    let vix = folder.join(format!("{VIX}.csv"));
    let mut listing = FolderListing { stocks: BTreeMap::new(), vix, problems: Vec::new() };
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    for path in paths {
        let is_csv = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        let Some(stem) = path.file_stem().filter(|_| is_csv && !path.is_dir()) else { continue };
        let ticker = stem.to_string_lossy().to_ascii_uppercase();
        let problems = &mut listing.problems;
        let mut unused = |what: &str, remedy: &str| {
            problems.push(DataProblem {
                file: path.display().to_string(),
                line: None,
                what: what.to_owned(),
                remedy: remedy.to_owned(),
            });
        };
        if ticker == VIX {
            listing.vix = path;
        } else if ticker.starts_with('^') {
            unused("an index is not a stock, so it is not read", "move it elsewhere");
        } else if !is_ticker(&ticker) {
            unused("its name is not a ticker, so it is not read", "name the file like AAPL.csv");
        } else if let Entry::Vacant(free) = listing.stocks.entry(ticker) {
            free.insert(path);
        } else {
            unused("another file has the same ticker in another case", "delete one of the two");
        }
    }
    Ok(listing)
}

fn is_ticker(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || ".-_=".contains(c);
    text.len() <= 16
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(letter)
}

/// A price file and its content as last read.
pub(super) struct PriceFile {
    path: PathBuf,
    kind: FileKind,
    stamp: Option<(u64, SystemTime)>,
    /// Why the last read failed; `table` is then the one before.
    failure: Option<DataProblem>,
    /// Its content.
    pub(super) table: PriceTable,
    /// Hash of its bytes; of no bytes if it was never read.
    pub(super) sha256: String,
}

impl PriceFile {
    /// Reads the file; a failure becomes a problem.
    pub(super) fn open(path: PathBuf, kind: FileKind) -> PriceFile {
        let (table, sha256) = (PriceTable::default(), sha256_hex(b""));
        let mut file = PriceFile { path, kind, stamp: None, failure: None, table, sha256 };
        file.load();
        file
    }

    /// Reads the file again if its size or time changed; the content before, if anything is new.
    pub(super) fn refresh(&mut self) -> Option<PriceTable> {
        let stamp = self.stamp_now().ok();
        (stamp != self.stamp).then(|| self.load())?
    }

    fn stamp_now(&self) -> io::Result<(u64, SystemTime)> {
        let data = std::fs::metadata(&self.path)?;
        Ok((data.len(), data.modified()?))
    }

    /// Takes the stamp first, so that bytes written during the read are read again.
    fn load(&mut self) -> Option<PriceTable> {
        let read_now = self.stamp_now().and_then(|stamp| Ok((stamp, std::fs::read(&self.path)?)));
        match read_now {
            Ok((stamp, bytes)) => {
                self.stamp = Some(stamp);
                self.failure = None;
                self.sha256 = sha256_hex(&bytes);
                let table = read(&self.path.display().to_string(), &bytes, self.kind);
                Some(std::mem::replace(&mut self.table, table))
            }
            Err(error) => {
                let news = self.failure.is_none();
                self.stamp = None;
                self.failure = Some(self.cannot_read(&error));
                news.then(|| self.table.clone())
            }
        }
    }

    fn cannot_read(&self, error: &io::Error) -> DataProblem {
        let problem = self.problem_of_file(format!("the file cannot be read ({error})"));
        match self.kind {
            FileKind::Stock => {
                DataProblem { remedy: "check the file and its permissions".into(), ..problem }
            }
            FileKind::Index => DataProblem {
                what: format!("{}; without the index every scan is refused", problem.what),
                remedy: "put the index's daily closes there, as a stock's with Date and Close"
                    .into(),
                ..problem
            },
        }
    }

    /// A problem of the file as a whole.
    pub(super) fn problem_of_file(&self, what: String) -> DataProblem {
        let file = self.path.display().to_string();
        DataProblem { file, line: None, what, remedy: "check where the file comes from".into() }
    }

    /// All its problems.
    pub(super) fn problems(&self) -> impl Iterator<Item = &DataProblem> {
        self.failure.iter().chain(&self.table.problems)
    }

    /// Why it has no bar for a day.
    pub(super) fn why_missing(&self, day: Day) -> String {
        if let Some(reason) = self.table.refused.get(&day) {
            return reason.clone();
        }
        let name = name_of(&self.path.display().to_string()).to_owned();
        match self.problems().next().filter(|_| self.table.bars.is_empty()) {
            Some(problem) => format!("{name}: {}", problem.what),
            None => format!("{name}: no row for {day}"),
        }
    }
}
