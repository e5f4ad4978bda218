//! Errors of the lake and the views, each with the place and the remedy: both can always be rebuilt
//! from the log, and the messages say so.

use crate::manifest::Wrong;
use schemas::{Day, Topic};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A failure of the lake or the views.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk of the lake is full.
    #[error("no space is left for {}; free some, then restart", path.display())]
    Full {
        /// The file or folder that was written.
        path: PathBuf,
    },
    /// A file or folder of the lake cannot be created, written, renamed or removed.
    #[error("cannot write {}; check its owner and permissions, or name another lake folder", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        cause: io::Error,
    },
    /// Columns that do not make a table.
    #[error("the table cannot be written as Parquet: {detail}")]
    Table {
        /// What is wrong with them.
        detail: String,
    },
    /// A file or folder of the lake cannot be read.
    #[error("cannot read {}; check its owner, its permissions and the disk", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        cause: io::Error,
    },
    /// The lake has the layout of an earlier version.
    #[error("{} was written by an earlier version of this program, or its manifest is gone; `butterquant rebuild --all` makes the lake again from the log", path.display())]
    OldLake {
        /// The lake's folder.
        path: PathBuf,
    },
    /// A file is not as the manifest of its folder says.
    #[error("{} {wrong}; `butterquant data validate --lake` names every such file, `butterquant rebuild --all` makes them again from the log", path.display())]
    WrongFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        wrong: Wrong,
    },
    /// The manifest of a folder cannot be read.
    #[error("{} is damaged in line {line}; `butterquant rebuild --all` makes the folder again from the log", path.display())]
    DamagedManifest {
        /// The manifest.
        path: PathBuf,
        /// The line, 1 first.
        line: usize,
    },
    /// Views or a lake of another log than the run's.
    #[error("{} is of another log than this run's: the log was replaced, or the folder is a copy from another run; `butterquant rebuild --all` makes it again from the log", path.display())]
    OtherLog {
        /// The folder.
        path: PathBuf,
    },
    /// Views or a lake that end before the last day the run has closed.
    #[error("{} is not whole: it ends {}, but the run has closed {closed}; `butterquant rebuild --all` makes it again from the log", path.display(), through.map_or_else(|| "before the first day".to_owned(), |day| format!("on {day}")))]
    Behind {
        /// The folder.
        path: PathBuf,
        /// The last day it has.
        through: Option<Day>,
        /// The last day of the run.
        closed: Day,
    },
    /// Views of days that the run's log does not have: an older copy of the log, or a newer one of the views.
    #[error("{} holds views through {through}, but the log of the run ends with {published}: one of the two is another copy; give the other back, or make the views again from the log with `butterquant rebuild --all`", path.display())]
    Beyond {
        /// The folder.
        path: PathBuf,
        /// The last day of the views.
        through: Day,
        /// The last day on the log.
        published: Day,
    },
    /// A file of the lake is not a complete parquet file.
    #[error("{} is damaged: {detail}; `butterquant rebuild --all` rebuilds the lake from the log", path.display())]
    DamagedFile {
        /// The file.
        path: PathBuf,
        /// The parquet reader's message.
        detail: String,
    },
    /// A file of rows is not a complete parquet file.
    #[error("{} cannot be read as parquet: {detail}; write it again, with `butterquant history generate` or, in the lake, `butterquant rebuild --all`", path.display())]
    DamagedRows {
        /// The file.
        path: PathBuf,
        /// The parquet reader's message.
        detail: String,
    },
    /// A parquet file that does not hold labelled rows.
    #[error("{} does not hold labelled rows: column {column}: {detail}; such a file has the columns that `butterquant history generate` writes", path.display())]
    NotRows {
        /// The file.
        path: PathBuf,
        /// The column that is missing or of a wrong type.
        column: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A folder without any rows.
    #[error("{} holds no rows: there is no parquet file of samples, nor features with outcomes; `butterquant history generate` draws rows, a run writes its lake while it runs, and `butterquant rebuild --all` rebuilds it", path.display())]
    NoRows {
        /// The folder.
        path: PathBuf,
    },
    /// Events could not be converted to parquet: a bug in this program.
    #[error("events of {topic} cannot be written as parquet: {detail}; please report this")]
    Columns {
        /// Their topic.
        topic: Topic,
        /// What was wrong.
        detail: String,
    },
    /// An event was given as one of another topic: a bug in this program.
    #[error("an event of {found} was given to the lake as one of {topic}; please report this")]
    WrongTopic {
        /// The file's topic.
        topic: Topic,
        /// The event's topic.
        found: Topic,
    },
    /// A stored view cannot be read by this program.
    #[error("the view {key} in {} cannot be read: {detail}; `butterquant rebuild --all` rebuilds the views from the log", path.display())]
    DamagedView {
        /// The directory of the views.
        path: PathBuf,
        /// Which view.
        key: String,
        /// What was wrong.
        detail: String,
    },
    /// A view could not be encoded: a bug in this program.
    #[error("the view {key} cannot be stored: {detail}; please report this")]
    Encode {
        /// Which view.
        key: String,
        /// The encoder's message.
        detail: String,
    },
    /// The embedded store failed.
    #[error("{}", with_remedy(.0))]
    Kv(#[from] kv::KvError),
}

/// What is damaged in the store of the views can always be made again.
fn with_remedy(cause: &kv::KvError) -> String {
    match cause {
        kv::KvError::Damaged { path, detail } => format!(
            "{} is damaged: {detail}; `butterquant rebuild --all` makes it again from the log",
            path.display()
        ),
        other => other.to_string(),
    }
}

impl StoreError {
    /// The error of a system call that changes `path`.
    pub(crate) fn writing(path: &Path, cause: io::Error) -> StoreError {
        let path = path.to_path_buf();
        match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full { path },
            _ => StoreError::Unwritable { path, cause },
        }
    }

    /// The error of a system call that reads `path`.
    pub(crate) fn reading(path: &Path, cause: io::Error) -> StoreError {
        StoreError::Unreadable { path: path.to_path_buf(), cause }
    }
}
