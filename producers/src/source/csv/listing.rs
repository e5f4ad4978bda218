//! Which files of a folder may hold prices. What people could take for prices and is not read gets a
//! problem that names it.

use super::super::market::{DataProblem, SourceError};
use super::index_name::{VIX, index_rank, is_near_index};
use super::names::{Ending, ending, original, ticker_of};
use super::subfolders::prices_below;
use super::together::together;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// A file that may hold prices.
pub(super) struct Candidate {
    /// The file.
    pub(super) path: PathBuf,
    /// The ticker by its name; the content may name others.
    pub(super) ticker: String,
}

/// A source's files.
pub(super) struct Listing {
    /// Files that may hold stocks, by path.
    pub(super) stocks: Vec<Candidate>,
    /// The index's file, if there is one.
    pub(super) index: Option<PathBuf>,
    /// The folder, for people and for the index's place.
    pub(super) folder: PathBuf,
    /// Files that are passed over.
    pub(super) problems: Vec<DataProblem>,
}

/// The price files of `source`, a folder or one file of all tickers.
pub(super) fn list(source: &Path, parquet: bool) -> io::Result<Listing> {
    if std::fs::metadata(source)?.is_dir() {
        return folder(source, parquet);
    }
    let place = source.parent().filter(|place| !place.as_os_str().is_empty());
    let place = place.unwrap_or(Path::new("."));
    let index = folder(place, parquet).ok().and_then(|listing| listing.index);
    let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = match ending(&name, parquet) {
        Ending::Prices(stem) => stem,
        Ending::OtherData | Ending::KeptAside | Ending::Nothing => name.as_str(),
    };
    let stocks = vec![Candidate { path: source.to_owned(), ticker: ticker_of(stem) }];
    let index = index.filter(|index| index != source);
    Ok(Listing { stocks, index, folder: place.to_owned(), problems: Vec::new() })
}

/// A file that may be the index; the best of them is the least: one that is a file, with the surest name.
type IndexCandidate = (bool, usize, bool, PathBuf);

fn folder(folder: &Path, parquet: bool) -> io::Result<Listing> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    let mut listing = Listing {
        stocks: Vec::new(),
        index: None,
        folder: folder.to_owned(),
        problems: Vec::new(),
    };
    let mut indexes = Vec::new();
    for path in paths {
        indexes.extend(listing.take(path, parquet));
    }
    indexes.sort();
    let mut indexes = indexes.into_iter().map(|(_, _, _, path)| path);
    listing.index = indexes.next();
    for other in indexes {
        let used = listing.index.as_deref().and_then(Path::file_name).unwrap_or_default();
        let what =
            format!("the index is read from {}, so this file is not", used.to_string_lossy());
        listing.pass_over(&other, &what, "delete one of the two");
    }
    listing.drop_marked_copies();
    Ok(listing)
}

impl Listing {
    /// Takes an entry of the folder in; it is given back if it may be the index.
    fn take(&mut self, path: PathBuf, parquet: bool) -> Option<IndexCandidate> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let kind = std::fs::metadata(&path);
        let stem = match ending(&name, parquet) {
            Ending::Prices(stem) => stem,
            _ if kind.as_ref().is_ok_and(std::fs::Metadata::is_dir) => {
                self.subfolder(&path, &name, parquet);
                return None;
            }
            // Programs and systems keep hidden files of their own.
            Ending::OtherData | Ending::KeptAside if name.starts_with('.') => return None,
            Ending::OtherData => {
                self.pass_over(
                    &path,
                    "it is no file of a kind that is read here",
                    other(&name, parquet),
                );
                return None;
            }
            Ending::KeptAside => {
                self.pass_over(
                    &path,
                    "its name ends like that of half a download or an old copy, so it is not read",
                    "rename it if it holds prices, or delete it",
                );
                return None;
            }
            Ending::Nothing => return None,
        };
        let ticker = ticker_of(stem);
        let rank = index_rank(&ticker).filter(|_| !name.starts_with("._"));
        if name.starts_with('.') && rank.is_none() {
            self.pass_over(
                &path,
                "it is a hidden file, so it is not read",
                "delete it, or rename it if it holds prices",
            );
        } else if let Some(rank) = rank {
            let is_file = kind.is_ok_and(|kind| kind.is_file());
            return Some((!is_file, rank, stem != ticker, path));
        } else if is_near_index(&ticker) {
            let remedy =
                format!("rename it to {VIX}.csv if it holds the index, or move it elsewhere");
            self.pass_over(&path, "its name is near that of the index, so it is not read", &remedy);
        } else if ticker.starts_with('^') {
            self.pass_over(
                &path,
                "an index is not a stock, so it is not read",
                "move it elsewhere",
            );
        } else {
            self.stocks.push(Candidate { path, ticker });
        }
        None
    }

    /// Passes over files such as KO_1.csv beside KO.csv: an older download, not another stock.
    fn drop_marked_copies(&mut self) {
        let tickers: BTreeSet<String> = self.stocks.iter().map(|one| one.ticker.clone()).collect();
        let is_copy =
            |one: &Candidate| original(&one.ticker).is_some_and(|name| tickers.contains(name));
        let (copies, stocks) = std::mem::take(&mut self.stocks).into_iter().partition(is_copy);
        self.stocks = stocks;
        for Candidate { path, ticker } in copies {
            let what = format!(
                "its name is that of a copy of {}, so it is not read",
                original(&ticker).unwrap_or_default()
            );
            self.pass_over(&path, &what, "delete it, or rename it if it is another stock");
        }
    }

    fn subfolder(&mut self, path: &Path, name: &str, parquet: bool) {
        if name.starts_with('.') {
            return;
        }
        if let Some(found) = prices_below(path, parquet) {
            self.pass_over(
                &found,
                "files in a folder of their own are not read",
                "to read them, give this path as the source, or move them up",
            );
        }
    }

    fn pass_over(&mut self, path: &Path, what: &str, remedy: &str) {
        self.problems.push(passed_over(&path.display().to_string(), what, remedy));
    }
}

fn other(name: &str, parquet: bool) -> &'static str {
    if parquet {
        "write it as Parquet, or name the source csv:FOLDER"
    } else if name.to_ascii_lowercase().ends_with(".parquet") {
        "name the source parquet:FOLDER"
    } else {
        "save it as CSV, with a name like AAPL.csv, if it holds prices"
    }
}

/// A file that is not read.
pub(super) fn passed_over(file: &str, what: &str, remedy: &str) -> DataProblem {
    let (file, what, remedy) = (file.to_owned(), what.to_owned(), remedy.to_owned());
    DataProblem { file, line: None, what, remedy }
}

/// The error of a folder without a stock file; `notes` say what is passed over.
pub(super) fn no_files(shown: &str, notes: Vec<DataProblem>, folder: &Path) -> SourceError {
    let passed_over =
        together(notes, folder, &BTreeSet::new()).iter().map(|note| format!("; {note}")).collect();
    SourceError::NoFiles { folder: shown.to_owned(), passed_over }
}

/// Every name in `folder`.
pub(super) fn names_in(folder: &Path) -> BTreeSet<OsString> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect()
}
