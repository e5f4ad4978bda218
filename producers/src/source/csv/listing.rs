//! Which files of a folder may hold prices. What people could take for prices and is not read gets a
//! problem that names it.

use super::super::market::DataProblem;
use super::names::{Ending, ending, index_rank, ticker_of};
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
        Ending::OtherData | Ending::Nothing => name.as_str(),
    };
    let stocks = vec![Candidate { path: source.to_owned(), ticker: ticker_of(stem) }];
    let index = index.filter(|index| index != source);
    Ok(Listing { stocks, index, folder: place.to_owned(), problems: Vec::new() })
}

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
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stem = match ending(&name, parquet) {
            Ending::Nothing => continue,
            Ending::OtherData => {
                let remedy = if parquet {
                    "write it as Parquet, or name the source csv:FOLDER"
                } else if name.to_ascii_lowercase().ends_with(".parquet") {
                    "name the source parquet:FOLDER"
                } else {
                    "save it as CSV if it holds prices"
                };
                listing.pass_over(&path, "it is no file of a kind that is read here", remedy);
                continue;
            }
            Ending::Prices(stem) => stem,
        };
        let kind = std::fs::metadata(&path).map(|data| (data.is_file(), data.is_dir()));
        let ticker = ticker_of(stem);
        match kind {
            Ok((false, true)) => {
                listing.pass_over(
                    &path,
                    "it is a folder, so it is not read",
                    "rename it, or move its files up",
                );
            }
            Ok((false, false)) => {
                listing.pass_over(
                    &path,
                    "it is a pipe or a device, no regular file, so it is not read",
                    "copy its content into a file",
                );
            }
            _ if name.starts_with('.') && index_rank(&ticker).is_none() => {
                listing.pass_over(
                    &path,
                    "it is a hidden file, so it is not read",
                    "delete it, or rename it if it holds prices",
                );
            }
            _ => match (index_rank(&ticker), ticker.starts_with('^')) {
                (Some(rank), _) => indexes.push((rank, stem != ticker, path)),
                (None, true) => {
                    listing.pass_over(
                        &path,
                        "an index is not a stock, so it is not read",
                        "move it elsewhere",
                    );
                }
                (None, false) => listing.stocks.push(Candidate { path, ticker }),
            },
        }
    }
    indexes.sort();
    let mut indexes = indexes.into_iter().map(|(_, _, path)| path);
    listing.index = indexes.next();
    for other in indexes {
        let used = listing.index.as_deref().and_then(Path::file_name).unwrap_or_default();
        let what =
            format!("the index is read from {}, so this file is not", used.to_string_lossy());
        listing.pass_over(&other, &what, "delete one of the two");
    }
    Ok(listing)
}

impl Listing {
    fn pass_over(&mut self, path: &Path, what: &str, remedy: &str) {
        self.problems.push(passed_over(&path.display().to_string(), what, remedy));
    }
}

/// A file that is not read.
pub(super) fn passed_over(file: &str, what: &str, remedy: &str) -> DataProblem {
    let (file, what, remedy) = (file.to_owned(), what.to_owned(), remedy.to_owned());
    DataProblem { file, line: None, what, remedy }
}
