//! A copy of a directory that cannot be written, for those who only read it: sled opens nothing that it
//! may not write.

use std::fs;
use std::io;
use std::path::Path;

/// From here on a copy is worth a word.
const LARGE: u64 = 256 << 20;

/// Copies the files of `folder` into a new temporary one. What notes the state of the store goes first,
/// so that a copy of a store in use is not taken for one that lost its end.
pub(crate) fn of(folder: &Path) -> io::Result<tempfile::TempDir> {
    let bytes = size(folder)?;
    let target = tempfile::Builder::new().prefix("butterquant-copy-").tempdir()?;
    if bytes > LARGE {
        tracing::warn!(
            "{} cannot be written: it is read from a copy of {} MB in {}",
            folder.display(),
            bytes >> 20,
            target.path().display()
        );
    }
    copy_into(folder, target.path())?;
    Ok(target)
}

/// Copies the files of `folder` into `target`.
pub(crate) fn copy_into(folder: &Path, target: &Path) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries
        .sort_by_key(|entry| ["mark", "flushed"].iter().all(|first| entry.file_name() != *first));
    for entry in entries {
        let to = target.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&to)?;
            copy_into(&entry.path(), &to)?;
        } else {
            // The permissions stay behind: they may forbid writing.
            io::copy(&mut fs::File::open(entry.path())?, &mut fs::File::create(&to)?)?;
        }
    }
    Ok(())
}

/// Bytes of the files in `folder`.
fn size(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let of = entry.metadata()?;
        bytes += if of.is_dir() { size(&entry.path())? } else { of.len() };
    }
    Ok(bytes)
}
