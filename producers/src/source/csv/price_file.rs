//! A price file on disk: its content as last read, and read again when its size or time changes.
//! Only regular files are opened, and none is waited for: a pipe among the files hangs nothing.

use super::super::market::{DataProblem, SourceError};
use super::parquet_text;
use super::price_table::{FileContent, FileKind, Sessions, name_of};
use super::rows::{read, read_text};
use super::text::{Fault, MOST_BYTES};
use schemas::id::sha256_hex;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A price file and what was wrong with it as last read.
pub(super) struct PriceFile {
    /// The path, for people.
    pub(super) shown: String,
    /// Hash of its bytes; of no bytes if it was never read.
    pub(super) sha256: String,
    path: PathBuf,
    kind: FileKind,
    stamp: Option<FileStamp>,
    /// It was renamed into its place, so nobody writes to it.
    whole: bool,
    /// Why the last read failed; the content is then the one before.
    failure: Option<DataProblem>,
    /// The last read failed because too many files were open, which says nothing of this one.
    pub(super) no_file_left: bool,
    problems: Vec<DataProblem>,
}

impl PriceFile {
    /// Reads the file; a failure becomes a problem.
    pub(super) fn open(
        path: PathBuf,
        kind: FileKind,
        sessions: &Sessions,
    ) -> (PriceFile, FileContent) {
        let (shown, sha256) = (path.display().to_string(), sha256_hex(b""));
        let (failure, problems) = (None, Vec::new());
        let (stamp, whole, no_file_left) = (None, false, false);
        let mut file =
            PriceFile { shown, sha256, path, kind, stamp, whole, failure, no_file_left, problems };
        let content = file.load(sessions).flatten().unwrap_or_default();
        (file, content)
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        name_of(&self.shown)
    }

    /// Whether it was there when it was last looked at.
    pub(super) fn was_read(&self) -> bool {
        self.stamp.is_some()
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file again if its size or time changed: its content, or `Some(None)` if it cannot be read any more.
    /// `whole` where it was renamed into its place since the last look.
    pub(super) fn refresh(
        &mut self,
        sessions: &Sessions,
        whole: bool,
    ) -> Option<Option<FileContent>> {
        let stamp = std::fs::metadata(&self.path).and_then(|data| stamp_of(&data)).ok();
        if stamp == self.stamp {
            // The rename came between the last look at the names and that at the file.
            self.whole |= whole;
            return None;
        }
        self.whole = whole;
        self.load(sessions)
    }

    /// When it last changed.
    pub(super) fn changed(&self) -> Option<SystemTime> {
        self.stamp.map(|stamp| stamp.changed)
    }

    /// When it was last written, unless it was renamed into its place.
    pub(super) fn may_still_change(&self) -> Option<SystemTime> {
        self.stamp.filter(|_| !self.whole).map(|stamp| stamp.changed)
    }

    fn load(&mut self, sessions: &Sessions) -> Option<Option<FileContent>> {
        self.no_file_left = false;
        match bytes_of(&self.path) {
            Ok((stamp, bytes)) => {
                let mut content = match self.content(&bytes, sessions) {
                    Ok(content) => content,
                    Err(NoFileLeft) => {
                        (self.stamp, self.no_file_left) = (None, true);
                        return None;
                    }
                };
                self.stamp = Some(stamp);
                self.failure = None;
                self.sha256 = sha256_hex(&bytes);
                self.problems = std::mem::take(&mut content.problems);
                Some(Some(content))
            }
            Err(error) => {
                self.stamp = None;
                if too_many_open(&error) {
                    self.no_file_left = true;
                    return None;
                }
                let news = self.failure.is_none();
                self.failure = Some(self.cannot_read(&error));
                news.then_some(None)
            }
        }
    }

    fn content(&self, bytes: &[u8], sessions: &Sessions) -> Result<FileContent, NoFileLeft> {
        if !self.shown.to_ascii_lowercase().ends_with(".parquet") {
            return Ok(read(&self.shown, bytes, self.kind, sessions));
        }
        let file = match open_without_waiting(&self.path) {
            Err(error) if too_many_open(&error) => return Err(NoFileLeft),
            opened => opened.map_err(|error| {
                Fault::new(format!("the file cannot be read ({error})"), "check the file")
            }),
        };
        Ok(match file.and_then(parquet_text::text_of) {
            Ok(text) => read_text(&self.shown, &text, self.kind, sessions),
            Err(fault) => FileContent::refused(&self.shown, None, fault),
        })
    }

    fn cannot_read(&self, error: &io::Error) -> DataProblem {
        // What is no file says what it is.
        let (what, remedy) = match error.kind() {
            io::ErrorKind::Other => {
                (format!("{error}, so it is not read"), "put a file with prices in its place")
            }
            _ => {
                (format!("the file cannot be read ({error})"), "check the file and its permissions")
            }
        };
        let problem = self.problem_of_file(what);
        match self.kind {
            FileKind::Stock => DataProblem { remedy: remedy.into(), ..problem },
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
        let (file, remedy) = (self.shown.clone(), "check where the file comes from".into());
        DataProblem { file, line: None, what, remedy }
    }

    /// All its problems.
    pub(super) fn problems(&self) -> impl Iterator<Item = &DataProblem> {
        self.failure.iter().chain(&self.problems)
    }
}

/// Too many files are open.
struct NoFileLeft;

/// What changes when a file is written or replaced.
#[derive(Clone, Copy, PartialEq, Debug)]
struct FileStamp {
    size: u64,
    modified: SystemTime,
    /// When its content or its name last changed, which no writer can set: a copy may bear an old time.
    changed: SystemTime,
}

#[cfg(unix)]
fn stamp_of(data: &std::fs::Metadata) -> io::Result<FileStamp> {
    use std::os::unix::fs::MetadataExt;
    let seconds = u64::try_from(data.ctime()).unwrap_or(0);
    let nanoseconds = u32::try_from(data.ctime_nsec()).unwrap_or(0);
    let changed = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds);
    Ok(FileStamp { size: data.len(), modified: data.modified()?, changed })
}

#[cfg(not(unix))]
fn stamp_of(data: &std::fs::Metadata) -> io::Result<FileStamp> {
    let modified = data.modified()?;
    Ok(FileStamp { size: data.len(), modified, changed: modified })
}

/// The file's bytes, and its stamp from before them, so that bytes written during the read are read again.
fn bytes_of(path: &Path) -> io::Result<(FileStamp, Vec<u8>)> {
    // A device may do something when it is opened.
    regular(&std::fs::metadata(path)?)?;
    let file = open_without_waiting(path)?;
    let data = file.metadata()?;
    regular(&data)?;
    let stamp = stamp_of(&data)?;
    let mut bytes = Vec::with_capacity(usize::try_from(data.len()).unwrap_or(0) + 1);
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok((stamp, bytes))
}

fn regular(data: &std::fs::Metadata) -> io::Result<()> {
    if !data.is_file() {
        return Err(io::Error::other(format!("it is {}", kind_of(data))));
    }
    if data.len() > MOST_BYTES {
        return Err(io::Error::other(format!("it is larger than {} MiB", MOST_BYTES >> 20)));
    }
    Ok(())
}

#[cfg(unix)]
fn kind_of(data: &std::fs::Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = data.file_type();
    match kind {
        _ if kind.is_dir() => "a folder",
        _ if kind.is_fifo() => "a pipe",
        _ if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn kind_of(data: &std::fs::Metadata) -> &'static str {
    if data.is_dir() { "a folder" } else { "a device" }
}

/// Whether each file could be opened, or is not there: of a market that is read in part nothing may be said.
pub(super) fn all_opened<'a>(
    files: impl IntoIterator<Item = &'a PriceFile>,
) -> Result<(), SourceError> {
    match files.into_iter().find(|file| file.no_file_left) {
        Some(file) => Err(SourceError::NoFileLeft { place: file.shown.clone() }),
        None => Ok(()),
    }
}

/// The error of a folder that cannot be listed.
pub(super) fn folder_fault(folder: &str, source: io::Error) -> SourceError {
    let folder = folder.to_owned();
    if too_many_open(&source) {
        return SourceError::NoFileLeft { place: folder };
    }
    SourceError::Folder { folder, source }
}

/// Whether `error` is that the process or the system has as many files open as it may.
fn too_many_open(error: &io::Error) -> bool {
    /// `EMFILE` and `ENFILE`.
    const TOO_MANY: [i32; 2] = [24, 23];
    cfg!(unix) && error.raw_os_error().is_some_and(|code| TOO_MANY.contains(&code))
}

#[cfg(unix)]
fn open_without_waiting(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    /// `O_NONBLOCK`, which keeps `open` of a pipe that nobody writes to from waiting.
    const NONBLOCK: i32 = if cfg!(target_os = "linux") { 0o4000 } else { 4 };
    OpenOptions::new().read(true).custom_flags(NONBLOCK).open(path)
}

#[cfg(not(unix))]
fn open_without_waiting(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}
