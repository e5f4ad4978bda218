//! Reads a file back into a new log: the same records at the same offsets, the same committed offsets, the
//! same identities.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::item::{Archived, Item, LONGEST, MAGIC};
use crate::local::Restorer;
use crate::{LogError, Result};

/// Reads the file `path` into a new log in the directory `folder`.
///
/// # Errors
/// The file is no backup, or not whole, or the directory cannot be written; what is in the directory then
/// is not a log.
pub fn restore(path: &Path, folder: &Path) -> Result<Archived> {
    let mut items = Items::open(path)?;
    let Some(Item::Head { identity, topics }) = items.next()? else {
        return Err(items.unsound("it does not begin as a backup does"));
    };
    let topics = topics.into_iter().map(|topic| (topic.name, topic.partitions, topic.id)).collect();
    let mut log = Restorer::new(folder, &identity, topics)?;
    loop {
        let so_far = items.archived;
        match items.next()? {
            Some(Item::Record { of, record }) => log.record(&of, record)?,
            Some(Item::Offset { group, of, next }) => log.offset(group, of, next),
            Some(Item::End(end)) if end == so_far => {
                items.check_ended()?;
                log.finish()?;
                return Ok(end);
            }
            Some(Item::End(_)) => return Err(items.unsound("it is not what was written")),
            Some(Item::Head { .. }) => return Err(items.unsound("it begins twice")),
            None => return Err(items.unsound("it has no end: it was cut")),
        }
    }
}

struct Items<'a> {
    path: &'a Path,
    from: snap::read::FrameDecoder<BufReader<File>>,
    archived: Archived,
}

impl<'a> Items<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        let file = File::open(path).map_err(|cause| {
            let what = format!("it cannot be read: {cause}");
            LogError::fatal(what, path.display(), "name a file that `butterquant backup` wrote")
        })?;
        let mut file = BufReader::new(file);
        let mut magic = vec![0; MAGIC.len()];
        let known = file.read_exact(&mut magic).is_ok() && magic == MAGIC;
        let from = snap::read::FrameDecoder::new(file);
        let items = Self { path, from, archived: Archived::default() };
        if known { Ok(items) } else { Err(items.unsound("it is no backup of this program")) }
    }

    fn unsound(&self, what: &str) -> LogError {
        let place = self.path.display();
        LogError::fatal(what, place, "name a whole file that `butterquant backup` wrote")
    }

    fn check_ended(&mut self) -> Result<()> {
        match self.from.read(&mut [0]) {
            Ok(0) => Ok(()),
            _ => Err(self.unsound("something follows behind its end")),
        }
    }

    /// The next item; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<Item>> {
        let mut length = [0; 4];
        let read = self.from.read(&mut length[..1]).map_err(|e| self.unsound(&e.to_string()))?;
        if read == 0 {
            return Ok(None);
        }
        let rest = self.from.read_exact(&mut length[1..]);
        rest.map_err(|_| self.unsound("it has no end: it was cut"))?;
        let length = u32::from_le_bytes(length);
        if length > LONGEST {
            return Err(self.unsound("it is not what was written"));
        }
        let mut bytes = vec![0; length as usize];
        let read = self.from.read_exact(&mut bytes);
        read.map_err(|e| self.unsound(&format!("it is cut or was changed: {e}")))?;
        let item: Item = postcard::from_bytes(&bytes)
            .map_err(|_| self.unsound("it was written by a later version, or was changed"))?;
        self.archived.count(&item, &bytes);
        Ok(Some(item))
    }
}
