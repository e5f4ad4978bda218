//! The number of the last flushed write, in a file of its own.
//!
//! sled takes a damaged stretch for the end of its data and opens at an earlier, sound state. A
//! log would lose acknowledged records in silence, so the number of the last flushed write is
//! kept beside it: a log that opens below that number is damaged. The file is written after the
//! flush and need not be durable itself.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use parking_lot::Mutex;

/// The open file.
pub(crate) struct FlushMark(Mutex<File>);

impl FlushMark {
    /// Opens or creates the file in the log's directory.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        let path = directory.join("mark");
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        Ok(Self(Mutex::new(file)))
    }

    /// The number last set; 0 where there is none or the file is torn.
    pub(crate) fn get(&self) -> io::Result<u64> {
        let mut bytes = Vec::new();
        let mut file = self.0.lock();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut bytes)?;
        let half = |at: usize| bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        match (half(0), half(8)) {
            (Some(number), Some(check)) if check == !number => Ok(number),
            _ => Ok(0),
        }
    }

    /// Sets the number.
    pub(crate) fn set(&self, number: u64) -> io::Result<()> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        bytes[8..].copy_from_slice(&(!number).to_le_bytes());
        let mut file = self.0.lock();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&bytes)
    }
}
