//! The owner of a directory: a small text file beside the data, read where the lock is taken.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The process that holds a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its process id.
    pub pid: u32,
    /// Its HTTP address, once announced.
    pub endpoint: Option<String>,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}", self.pid)?;
        match &self.endpoint {
            Some(endpoint) => write!(f, " at {endpoint}"),
            None => Ok(()),
        }
    }
}

/// The process that last opened the directory `path`; it may have ended.
pub fn owner(path: impl AsRef<Path>) -> Option<Owner> {
    let text = fs::read_to_string(file(path.as_ref())).ok()?;
    let mut owner = None;
    let mut endpoint = None;
    for line in text.lines() {
        match line.split_once('=') {
            Some(("pid", value)) => owner = value.parse().ok(),
            Some(("endpoint", value)) => endpoint = Some(value.to_string()),
            // Copied with its folder: the process it names has another one open.
            Some(("file", value)) if file_of(path.as_ref()).is_some_and(|own| own != value) => {
                return None;
            }
            _ => {}
        }
    }
    owner.map(|pid| Owner { pid, endpoint })
}

/// Records this process as the owner; readers see the old file or the new one.
pub(crate) fn write(path: &Path, endpoint: Option<&str>) -> io::Result<()> {
    let mut text = format!("pid={}\n", std::process::id());
    if let Some(endpoint) = endpoint {
        text.push_str(&format!("endpoint={endpoint}\n"));
    }
    if let Some(own) = file_of(path) {
        text.push_str(&format!("file={own}\n"));
    }
    let target = file(path);
    let fresh = target.with_extension("new");
    fs::write(&fresh, text)?;
    fs::rename(&fresh, &target)
}

/// What tells the store's file from a copy of it.
#[cfg(unix)]
fn file_of(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path.join("db")).ok().map(|db| db.ino().to_string())
}

#[cfg(not(unix))]
fn file_of(_: &Path) -> Option<String> {
    None
}

fn file(path: &Path) -> PathBuf {
    path.join("owner")
}
