//! What conditions are judged by.

use crate::monitor::{Outage, Snapshot};
use schemas::Day;
use schemas::events::Track;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What has been seen of a run and its machine.
#[derive(Clone, Copy, Default)]
pub struct Watched<'a> {
    /// The last sample.
    pub snapshot: Option<&'a Snapshot>,
    /// Why there is no newer one.
    pub outage: Option<&'a Outage>,
    /// Now, milliseconds since 1970.
    pub now_ms: i64,
    /// Since when the source waits for the day that it waits for.
    pub source_waits_since_ms: Option<i64>,
    /// The disk that holds the data folder.
    pub disk: Option<&'a Disk>,
    /// The day the champion was trained.
    pub champion_trained: Option<Day>,
    /// The last mark of each track.
    pub marks: Option<&'a BTreeMap<Track, LastMark>>,
}

/// The room on a disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disk {
    /// The folder on it.
    pub folder: PathBuf,
    /// Bytes that may be written.
    pub free: u64,
    /// All of its bytes.
    pub size: u64,
}

/// The last mark of a track.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LastMark {
    /// Its day.
    pub day: Day,
    /// Why nothing could be traded, if so.
    pub note: Option<String>,
}
