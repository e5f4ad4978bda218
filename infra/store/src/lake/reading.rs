//! What a lake holds: its files, rows and digests.

use super::Lake;
use super::disk::{self, refuse_old_layout};
use crate::StoreError;
use crate::manifest::{Contents, FolderCheck, check_folder, relative};
use parquet::file::reader::{FileReader, SerializedFileReader};
use schemas::id;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

impl Lake {
    /// Every data file, by path.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a folder cannot be listed.
    pub fn files(&self) -> Result<Vec<PathBuf>, StoreError> {
        disk::data_files(&self.dir)
    }

    /// What the lake's manifest says; none without one.
    ///
    /// # Errors
    /// [`StoreError::DamagedManifest`].
    pub fn manifest(&self) -> Result<Option<Contents>, StoreError> {
        Contents::of_folder(&self.dir)
    }

    /// Compares every file with the manifest, byte by byte: which of which topic and day or month is missing, extra,
    /// cut or changed.
    ///
    /// # Errors
    /// [`StoreError::OldLake`] for files without a manifest; [`StoreError::Unreadable`].
    pub fn check(&self) -> Result<FolderCheck, StoreError> {
        refuse_old_layout(&self.dir)?;
        let check = check_folder(&self.dir, &|| self.files())?;
        if !check.has_manifest && check.files > 0 {
            return Err(StoreError::OldLake { path: self.dir.clone() });
        }
        Ok(check)
    }

    /// Rows per topic, from the files' footers: a cheap check that each is a complete parquet file.
    ///
    /// # Errors
    /// [`StoreError::DamagedFile`] for the first that is not.
    pub fn rows(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut rows = BTreeMap::new();
        for path in self.files()? {
            let file = File::open(&path).map_err(|cause| StoreError::reading(&path, cause))?;
            let reader = SerializedFileReader::new(file).map_err(|cause| {
                StoreError::DamagedFile { path: path.clone(), detail: cause.to_string() }
            })?;
            let found = reader.metadata().file_metadata().num_rows().unsigned_abs();
            *rows.entry(self.topic_of(&path)).or_default() += found;
        }
        Ok(rows)
    }

    /// A topic's SHA-256 over the relative path and the bytes of each of its files, in
    /// order: equal for two lakes of the same events.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when a file cannot be read.
    pub fn digest(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let mut hashes: BTreeMap<String, Sha256> = BTreeMap::new();
        for path in self.files()? {
            let bytes = fs::read(&path).map_err(|cause| StoreError::reading(&path, cause))?;
            let name = relative(&self.dir, &path);
            let hash = hashes.entry(self.topic_of(&path)).or_default();
            for part in [name.as_bytes(), &bytes] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        Ok(hashes.into_iter().map(|(topic, hash)| (topic, id::hex(&hash.finalize()))).collect())
    }

    fn topic_of(&self, path: &Path) -> String {
        let name = relative(&self.dir, path);
        let folder = name.split('/').next().unwrap_or_default();
        folder.strip_prefix("topic=").unwrap_or(folder).to_owned()
    }
}
