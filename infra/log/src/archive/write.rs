//! Writes a log into a file, as it was at one moment.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::item::{Archived, ArchivedTopic, Item, MAGIC};
use crate::{Log, LogError, PartitionReader, Result, TopicPartition};

/// Where items are written.
type Stream = snap::write::FrameEncoder<BufWriter<File>>;

/// Writes `log` into the new file `path`, up to the ends and with the offsets of one moment; `say` is told
/// each topic as it begins. The file appears once it is whole.
///
/// # Errors
/// There is such a file, it cannot be written, or the log is not an embedded one.
pub fn write(log: &dyn Log, path: &Path, say: &mut dyn FnMut(&str)) -> Result<Archived> {
    if path.exists() {
        let place = path.display();
        return Err(LogError::fatal("there is such a file", place, "name a new one"));
    }
    let unfinished = path.with_extension("unfinished");
    let done = write_into(log, path, &unfinished, say);
    if done.is_err() {
        // It is of no use to anybody.
        let _ = fs::remove_file(&unfinished);
    }
    done
}

fn write_into(
    log: &dyn Log,
    path: &Path,
    unfinished: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<Archived> {
    let failed = |cause: io::Error| {
        let what = format!("it cannot be written: {cause}");
        LogError::fatal(
            what,
            path.display(),
            "check the folder and its space, or name another file",
        )
    };
    let cut = log.cut()?;
    let mut file = BufWriter::new(File::create(unfinished).map_err(failed)?);
    file.write_all(MAGIC).map_err(failed)?;
    let mut to = snap::write::FrameEncoder::new(file);
    let mut archived = Archived::default();
    let mut put = |to: &mut Stream, item: &Item| -> Result<Archived> {
        let bytes = postcard::to_stdvec(item)
            .map_err(|e| LogError::fatal(e.to_string(), path.display(), "report this"))?;
        archived.count(item, &bytes);
        let length = (bytes.len() as u32).to_le_bytes();
        to.write_all(&length).and_then(|()| to.write_all(&bytes)).map_err(failed)?;
        Ok(archived)
    };
    let mut topics = Vec::new();
    for topic in log.topics()? {
        let id = log.topic_identity(&topic.name)?.unwrap_or_default();
        topics.push(ArchivedTopic { name: topic.name, partitions: topic.partitions, id });
    }
    let mut so_far =
        put(&mut to, &Item::Head { identity: log.identity()?, topics: topics.clone() })?;
    let mut reader = PartitionReader::new(log)?;
    for topic in &topics {
        say(&topic.name);
        for partition in 0..topic.partitions {
            let of = TopicPartition::new(topic.name.as_str(), partition);
            let end = cut.ends.iter().find(|(place, _)| *place == of).map_or(0, |(_, end)| *end);
            for record in reader.records(&of, 0..end) {
                so_far = put(&mut to, &Item::Record { of: of.clone(), record: record? })?;
            }
        }
    }
    for (group, of, next) in cut.committed {
        so_far = put(&mut to, &Item::Offset { group, of, next })?;
    }
    put(&mut to, &Item::End(so_far))?;
    let file = to.into_inner().map_err(|error| failed(error.error().kind().into()))?;
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    fs::rename(unfinished, path).map_err(failed)?;
    Ok(so_far)
}
