//! The sum of a file, by which it is known again.

use crate::StoreError;
use schemas::id;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// A file of the folder as it was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileSum {
    /// Its path in the folder, parts separated by `/`.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

impl FileSum {
    /// Of a file with these bytes.
    pub fn of(path: &str, bytes: &[u8]) -> FileSum {
        let sha256 = id::sha256_hex(bytes);
        FileSum { path: path.to_owned(), bytes: bytes.len() as u64, sha256 }
    }
}

/// A path as the manifest writes it.
pub(crate) fn relative(dir: &Path, path: &Path) -> String {
    path.strip_prefix(dir).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// A file as it is; none if it is not there.
pub(super) fn sum_of(path: &Path, relative: &str) -> Result<Option<FileSum>, StoreError> {
    Ok(read(path)?.map(|bytes| FileSum::of(relative, &bytes)))
}

/// The bytes of a file; none if it is not there.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(StoreError::reading(path, cause)),
    }
}
