//! The errors of a directory, each with its remedy in the message.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::Owner;

/// A failure of the key-value store.
#[derive(Debug, thiserror::Error)]
pub enum KvError {
    /// Another process holds the directory.
    #[error("{} is in use by {}; wait until it has ended, stop it, or reach it over its HTTP endpoint if it serves one", path.display(), Holder(owner))]
    Locked {
        /// The directory.
        path: PathBuf,
        /// Who holds it, where that could be read.
        owner: Option<Owner>,
    },
    /// The stored bytes cannot be read back.
    #[error("{} is damaged: {detail}; `butterquant doctor` says what is left of it and what to do", path.display())]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// What the store said.
        detail: String,
    },
    /// The directory cannot be created or written.
    #[error("cannot write {}; check its owner and permissions, or name another directory", path.display())]
    Unwritable {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// The directory cannot be written, and no copy of it could be made to read.
    #[error("{} cannot be written, and no temporary copy of it can be made to read; free some space, or set TMPDIR to a folder that has it", path.display())]
    Uncopied {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// No space is left where the directory lies.
    #[error("no space is left for {}; free some, then start again", path.display())]
    Full {
        /// The directory.
        path: PathBuf,
    },
    /// The operating system failed a read or a write.
    #[error("reading or writing {} failed; check the disk", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
}

struct Holder<'a>(&'a Option<Owner>);

impl std::fmt::Display for Holder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(owner) => owner.fmt(f),
            None => f.write_str("another process"),
        }
    }
}

impl KvError {
    /// The error of an operating system call on `path`.
    pub(crate) fn from_io(path: &Path, cause: io::Error) -> Self {
        let path = path.to_path_buf();
        match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => KvError::Full { path },
            ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotADirectory
            | ErrorKind::AlreadyExists
            | ErrorKind::NotFound => KvError::Unwritable { path, cause },
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                KvError::Damaged { path, detail: cause.to_string() }
            }
            _ => KvError::Io { path, cause },
        }
    }

    /// The error of a sled call on `path`. What sled reports as its own bug is data it cannot read,
    /// and so counts as damage.
    pub(crate) fn from_sled(path: &Path, cause: sled::Error) -> Self {
        match cause {
            sled::Error::Io(cause) => Self::from_io(path, cause),
            sled::Error::Corruption { at, .. } => {
                let place =
                    at.map_or_else(String::new, |at| format!(" at {at:?} of its file `db`"));
                let detail = format!("its bytes are not those that were written{place}");
                KvError::Damaged { path: path.to_path_buf(), detail }
            }
            other => KvError::Damaged { path: path.to_path_buf(), detail: other.to_string() },
        }
    }
}
