//! The log: it opens, begins at its beginning, and every record of it can be read.

use super::{Depth, Examination};
use eventlog::{ErrorClass, Log, LogError, PartitionReader};
use run::data_dir::{self, RunDir};
use schemas::Topic;
use shell::record_codec;
use std::sync::Arc;

const REPAIR: &str = "`butterquant doctor --repair` tries it without its snapshots, on a copy; if that fails, `butterquant restore` brings a backup back as another run";

/// Looks at the log of `run`; gives it where it opens.
pub(super) fn check_log(run: &RunDir, depth: Depth, of: &mut Examination) -> Option<Arc<dyn Log>> {
    let place = match run.is_here() {
        true => run.log().display().to_string(),
        false => "the log".to_owned(),
    };
    if of.findings.iter().any(|finding| finding.what == "log") {
        // The repair has tried it and says why it failed.
        return None;
    }
    let opened = match data_dir::reach(run) {
        Ok(opened) => opened,
        Err(error) => {
            match error.downcast_ref::<LogError>() {
                Some(of_log) if run.is_here() && of_log.class == ErrorClass::Fatal => {
                    of.found("log", place, &of_log.what, REPAIR);
                }
                _ => of.failed("log", place, &error),
            }
            return None;
        }
    };
    if let Some(owner) = &opened.owner {
        of.fine("log", &place, format!("the process at {owner} owns it and is asked for it"));
    }
    let partitions = match data_dir::partitions(&*opened.log) {
        Ok(partitions) => partitions,
        Err(error) => {
            of.failed("log", place, &error);
            return None;
        }
    };
    if depth == Depth::Quick {
        of.leave_out("every record of the log");
        check_ends(&*opened.log, partitions, &place, of);
        return Some(opened.log);
    }
    let (mut records, before) = (0, of.findings.len());
    for topic in Topic::ALL {
        for partition in 0..topic.partitions(partitions) {
            records += check_partition(&*opened.log, topic, partition, of);
        }
    }
    if let Some(embedded) = &opened.embedded
        && of.findings.len() == before
        && let Err(error) = embedded.check_records()
    {
        of.found("log", &place, error.what, REPAIR);
    }
    if of.findings.len() == before {
        of.fine("log", place, format!("{records} records, all of them readable"));
    }
    Some(opened.log)
}

/// Looks where every partition begins and ends.
fn check_ends(log: &dyn Log, partitions: u32, place: &str, of: &mut Examination) {
    let mut offsets = 0u64;
    for topic in Topic::ALL {
        for partition in 0..topic.partitions(partitions) {
            let at = record_codec::place(topic, partition);
            match log.watermarks(&at) {
                Ok(ends) => offsets += ends.high.saturating_sub(ends.low),
                Err(error) => return of.failed("log", at, &error.into()),
            }
        }
    }
    of.fine("log", place, format!("it answers; {offsets} offsets in all"));
}

/// Reads a partition to its end; gives the number of its records.
fn check_partition(log: &dyn Log, topic: Topic, partition: u32, of: &mut Examination) -> u64 {
    let place = record_codec::place(topic, partition);
    let read = || -> anyhow::Result<u64> {
        let mut records = 0;
        for record in PartitionReader::new(log)?.to_end(log, &place)? {
            record?;
            records += 1;
        }
        Ok(records)
    };
    match read() {
        Ok(records) => records,
        Err(error) => {
            match error.downcast_ref::<LogError>() {
                Some(of_log) if of_log.class == ErrorClass::Fatal => {
                    of.found("log", &place, &of_log.what, REPAIR);
                }
                _ => of.failed("log", &place, &error),
            }
            0
        }
    }
}
