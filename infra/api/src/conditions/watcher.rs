//! Sees what conditions are made of: the monitor's samples, the disk, and what the views say of models and tracks.

use super::condition::Condition;
use super::judged::conditions;
use super::watched::{Disk, LastMark, Watched};
use crate::monitor::{Monitor, Snapshot, now_ms};
use schemas::Day;
use schemas::events::Track;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Views;

/// Watches a run for conditions.
pub struct Watcher {
    monitor: Arc<Monitor>,
    views: Option<Views>,
    data_dir: PathBuf,
    /// The day that the source waits for, and since when.
    waits: Option<(Day, i64)>,
    /// What the views said, and through which day.
    seen: Option<(Day, Option<Day>, BTreeMap<Track, LastMark>)>,
    /// When they were looked at last.
    looked: Option<Instant>,
}

/// Views are read whole, and change with every day of a run that catches up.
const VIEWS_EVERY: Duration = Duration::from_secs(10);

impl Watcher {
    /// Of the run that `monitor` watches. `views` are those of this process, if it makes them; `data_dir` is the folder
    /// whose disk is looked at.
    pub fn new(monitor: Arc<Monitor>, views: Option<Views>, data_dir: PathBuf) -> Watcher {
        Watcher { monitor, views, data_dir, waits: None, seen: None, looked: None }
    }

    /// The conditions that hold now; none before the first sample.
    pub fn now(&mut self) -> Option<Vec<Condition>> {
        let (snapshot, outage) = (self.monitor.latest(), self.monitor.outage());
        if snapshot.is_none() && outage.is_none() {
            return None;
        }
        let now_ms = now_ms();
        if let Some(snapshot) = &snapshot {
            self.note_wait(snapshot, now_ms);
            self.look_at_views();
        }
        let disk = self.disk();
        Some(conditions(&Watched {
            snapshot: snapshot.as_deref(),
            outage: outage.as_ref(),
            now_ms,
            source_waits_since_ms: self.waits.map(|(_, since)| since),
            disk: disk.as_ref(),
            champion_trained: self.seen.as_ref().and_then(|(_, trained, _)| *trained),
            marks: self.seen.as_ref().map(|(_, _, marks)| marks),
        }))
    }

    fn note_wait(&mut self, snapshot: &Snapshot, now_ms: i64) {
        let day = snapshot.lag.source.as_ref().map(|waits| waits.day);
        if self.waits.map(|(day, _)| day) != day {
            self.waits = day.map(|day| (day, now_ms));
        }
    }

    /// Views change when a day is closed. Those that cannot be read are another's to complain of.
    fn look_at_views(&mut self) {
        let Some(views) = &self.views else { return };
        if self.looked.is_some_and(|looked| looked.elapsed() < VIEWS_EVERY) {
            return;
        }
        self.looked = Some(Instant::now());
        let Ok(Some(through)) = views.through() else { return };
        if self.seen.as_ref().is_some_and(|(day, ..)| *day == through) {
            return;
        }
        let Ok(models) = views.models() else { return };
        let version = models.champion.as_ref().map(|champion| champion.version);
        let trained = version.and_then(|version| models.cards.get(&version)?.trained_on);
        let last = |track| {
            let mark = views.equity(track).ok()?.pop()?;
            Some((track, LastMark { day: mark.day, note: mark.mark.note }))
        };
        let marks = Track::ALL.into_iter().filter_map(last).collect();
        self.seen = Some((through, trained, marks));
    }

    fn disk(&self) -> Option<Disk> {
        let disk = rustix::fs::statvfs(&self.data_dir).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        let (free, size) = (bytes(disk.f_bavail), bytes(disk.f_blocks));
        Some(Disk { folder: self.data_dir.clone(), free, size })
    }
}
