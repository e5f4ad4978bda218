//! Writing a folder's manifest.
//!
//! It is the file `.manifest` in the folder, a line a change, each beginning with a check of itself so that a
//! changed byte in it is found as well. A change is written there before it is carried out.
//!
//! Invariants:
//! 1. What a line says is done, but for the last one: its files may still be as they were before.
//! 2. One process writes, and begins by settling what its last line left open. Readers take no lock.
//! 3. A day is said to be whole after all of its files.

use super::contents::{Contents, Line, NAME};
use super::sum::{self, FileSum};
use super::wrong::Wrong;
use crate::StoreError;
use schemas::Day;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lines beyond those needed before the file is written anew.
const SUPERFLUOUS: usize = 400;

/// The manifest of a folder, for the process that writes there. Clones share it.
#[derive(Clone, Debug)]
pub struct Manifest {
    dir: PathBuf,
    /// What it says, with the length of the file; read again where another process has written meanwhile.
    known: Arc<Mutex<Option<Contents>>>,
}

impl Manifest {
    /// The manifest of `dir`; nothing is read yet.
    pub fn new(dir: &Path) -> Manifest {
        Manifest { dir: dir.to_path_buf(), known: Arc::default() }
    }

    /// Whether the folder has one.
    pub(crate) fn exists(&self) -> bool {
        self.file().exists()
    }

    /// Says that the folder is of `log`.
    ///
    /// # Errors
    /// [`StoreError::OtherLog`] where it is of another one; else as [`Manifest::change`].
    pub fn claim(&self, log: &str) -> Result<(), StoreError> {
        let mut known = self.known()?;
        match known.as_ref().and_then(|contents| contents.log.as_deref()) {
            Some(own) if own == log => Ok(()),
            Some(_) => Err(StoreError::OtherLog { path: self.dir.clone() }),
            None => self.append(&mut known, Line::Of { log: log.to_owned() }),
        }
    }

    /// Says that everything through `day` is written.
    ///
    /// # Errors
    /// As [`Manifest::change`].
    pub fn finish_day(&self, day: Day) -> Result<(), StoreError> {
        let mut known = self.known()?;
        if known.as_ref().is_some_and(|contents| contents.through >= Some(day)) {
            return Ok(());
        }
        self.append(&mut known, Line::Through { day })?;
        match known.as_ref() {
            Some(contents) if contents.lines > contents.files.len() + SUPERFLUOUS => {
                self.write_anew(&mut known)
            }
            _ => Ok(()),
        }
    }

    /// Writes down that `files` are as they will be once `act` is done, in place of all others whose path begins
    /// with `instead_of`, and does it.
    ///
    /// # Errors
    /// Those of `act`, after which the manifest is as before; [`StoreError::Full`] or [`StoreError::Unwritable`]
    /// for the manifest itself; [`StoreError::DamagedManifest`].
    pub fn change(
        &self,
        files: Vec<FileSum>,
        instead_of: Option<String>,
        act: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut known = self.known()?;
        let recorded = known.as_ref().is_some_and(|contents| contents.has(&files));
        if recorded && instead_of.is_none() {
            return act();
        }
        let before = known.as_ref().map_or(0, |contents| contents.length);
        self.append(&mut known, Line::Files { files, instead_of })?;
        act().inspect_err(|_| {
            *known = None;
            // The error of the change is the one to report; if this fails too, the line stays the last one.
            let _ = OpenOptions::new()
                .write(true)
                .open(self.file())
                .and_then(|file| file.set_len(before));
        })
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// [`StoreError::WrongFile`] where they are not as they were written; else as [`Contents::of_folder`].
    pub(crate) fn read(&self, path: &Path, relative: &str) -> Result<Vec<u8>, StoreError> {
        let bytes = sum::read(path)?;
        if let Some(contents) = self.known()?.as_ref() {
            let found = bytes.as_ref().map(|bytes| FileSum::of(relative, bytes));
            contents.verify_found(path, relative, found.as_ref())?;
        }
        let missing = || StoreError::WrongFile { path: path.to_path_buf(), wrong: Wrong::Missing };
        bytes.ok_or_else(missing)
    }

    /// Removes the manifest; the folder is then without one.
    pub(crate) fn remove(&self) -> Result<(), StoreError> {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
        match fs::remove_file(self.file()) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                Err(StoreError::writing(&self.file(), cause))
            }
            _ => Ok(()),
        }
    }

    fn file(&self) -> PathBuf {
        self.dir.join(NAME)
    }

    fn known(&self) -> Result<MutexGuard<'_, Option<Contents>>, StoreError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let length = fs::metadata(self.file()).map_or(0, |file| file.len());
        if known.as_ref().is_some_and(|contents| contents.length == length) {
            return Ok(known);
        }
        *known = Contents::read_to_write(&self.file())?;
        if let Some(contents) = known.as_mut() {
            contents.settle(&self.dir)?;
            self.write_anew(&mut known)?;
        }
        Ok(known)
    }

    fn append(
        &self,
        known: &mut MutexGuard<'_, Option<Contents>>,
        line: Line,
    ) -> Result<(), StoreError> {
        let contents = known.get_or_insert_default();
        let (file, text) = (self.file(), line.text()?);
        let written = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&file)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        if let Err(cause) = written {
            **known = None;
            return Err(StoreError::writing(&file, cause));
        }
        contents.length += text.len() as u64;
        contents.take(line);
        Ok(())
    }

    /// Replaces the file by one without superfluous lines.
    fn write_anew(&self, known: &mut MutexGuard<'_, Option<Contents>>) -> Result<(), StoreError> {
        let Some(contents) = known.as_mut() else { return Ok(()) };
        let (file, fresh) = (self.file(), self.dir.join(".manifest.new"));
        let text = contents.text()?;
        let written = File::create(&fresh).and_then(|mut file| file.write_all(text.as_bytes()));
        if let Err(cause) = written.and_then(|()| fs::rename(&fresh, &file)) {
            **known = None;
            return Err(StoreError::writing(&file, cause));
        }
        contents.length = text.len() as u64;
        Ok(())
    }
}
