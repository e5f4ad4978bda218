//! Whether views and lake are of the run's log and whole: where the log says that the run stands, and where they say
//! that they do.

use crate::data_dir::{self, LogAccess, RunDir};
use anyhow::{Result, bail};
use eventlog::{Log, PartitionReader};
use schemas::role::Role;
use schemas::{Day, Topic};
use shell::checkpoint::CheckpointStore;
use shell::event_reader::sound_events;
use shell::record_codec;
use shell::source::last_closed;
use std::collections::BTreeSet;
use store::{Lake, StoreError, Views};

/// Records in the first window in which the last day closed is looked for.
const FIRST_WINDOW: u64 = 64;

/// Where a run stands.
#[derive(Clone, PartialEq, Debug)]
pub struct RunStanding {
    /// The identity of its log, as saved states, views and lake carry it.
    pub log: String,
    /// The last day that is in the views for good: its offsets are committed. None before the first.
    pub closed: Option<Day>,
    /// The newest day whose bars are all published; none before the run is opened.
    pub published: Option<Day>,
}

/// The identity of a log as derived state carries it; none before the run's topics are there.
///
/// # Errors
/// The log's.
pub fn identity(log: &dyn Log) -> Result<Option<String>> {
    let controls = log.topic_identity(Topic::Controls.name())?;
    Ok(controls.map(|topic| log.identity().map(|log| format!("{log}/{topic}"))).transpose()?)
}

impl RunStanding {
    /// Of the run on `log`; none before it is opened.
    ///
    /// # Errors
    /// The log's.
    pub fn of(log: &dyn Log) -> Result<Option<RunStanding>> {
        let Some(identity) = identity(log)? else { return Ok(None) };
        Ok(Some(RunStanding { log: identity, closed: closed(log)?, published: published(log)? }))
    }

    /// Fails for views of another log, for views that end too early, and for views of days that the log does not have.
    ///
    /// # Errors
    /// [`StoreError::OtherLog`], [`StoreError::Behind`], [`StoreError::Beyond`], and those of the views.
    pub fn of_views(&self, views: &Views) -> Result<(), StoreError> {
        views.of_log(&self.log)?;
        self.closed.map_or(Ok(()), |closed| views.reach(closed))?;
        self.published.map_or(Ok(()), |published| views.not_beyond(published))
    }

    /// As [`RunStanding::of_views`], for the manifest of the lake; says nothing of its files.
    ///
    /// # Errors
    /// [`StoreError::OtherLog`], [`StoreError::Behind`], and those of the lake.
    pub fn of_lake(&self, lake: &Lake) -> Result<(), StoreError> {
        let manifest = lake.manifest()?.unwrap_or_default();
        let path = || lake.dir().to_path_buf();
        if manifest.log.as_ref().is_some_and(|log| *log != self.log) {
            return Err(StoreError::OtherLog { path: path() });
        }
        match self.closed {
            Some(closed) if manifest.through < Some(closed) => {
                Err(StoreError::Behind { path: path(), through: manifest.through, closed })
            }
            _ => Ok(()),
        }
    }
}

fn published(log: &dyn Log) -> Result<Option<Day>> {
    let Some(opened) = shell::open::opened(log)? else { return Ok(None) };
    let partitions = data_dir::partitions(log)?;
    Ok(Some(last_closed(log, partitions, opened.previous_day)?))
}

/// The day of the last marker on the materializer's last input before its committed offset, if that is a day of the
/// run: the views have it before that offset is committed. A marker counts if it names the day of another one as the
/// day before it, so that a stray one moves nothing.
fn closed(log: &dyn Log) -> Result<Option<Day>> {
    let place = record_codec::place(Topic::Models, 0);
    let committed = log.committed(Role::Materializer.name(), std::slice::from_ref(&place))?;
    let Some(end) = committed.first().copied().flatten() else { return Ok(None) };
    let Some(opened) = shell::open::opened(log)? else { return Ok(None) };
    let ends = log.watermarks(&place)?;
    let end = end.min(ends.high);
    let mut reader = PartitionReader::new(log)?;
    let mut back = FIRST_WINDOW;
    loop {
        let from = end.saturating_sub(back).max(ends.low);
        let mut days = BTreeSet::from([opened.previous_day]);
        let mut last = None;
        for event in sound_events(reader.records(&place, from..end), Topic::Models, 0, 1) {
            let event = event?.1;
            let Some(marker) = event.body.marker() else { continue };
            if days.contains(&marker.previous_day) {
                last = last.max(Some(event.day));
            }
            days.insert(event.day);
        }
        if last.is_some() || from <= ends.low {
            return Ok(last.filter(|day| *day >= opened.first_day));
        }
        back *= 4;
    }
}

/// Fails where what this process is about to go on with is of another log, or lacks days that its saved state has
/// behind it and would not write again.
///
/// # Errors
/// [`StoreError::OtherLog`], [`StoreError::Behind`], and those of the stores.
pub(crate) fn check_to_go_on(
    log: &dyn Log,
    states: &dyn CheckpointStore,
    views: &Views,
    lake: &Lake,
) -> Result<()> {
    let Some(identity) = identity(log)? else { return Ok(()) };
    let Some(opened) = shell::open::opened(log)? else { return Ok(()) };
    // A saved state that cannot be read, or of another log, is an error of the role, which names it.
    let saved = states.load(Role::Materializer.name()).ok().flatten();
    let saved = saved.filter(|saved| saved.log_identity == identity);
    let closed = saved.map(|saved| saved.cursor.closed).filter(|day| *day >= opened.first_day);
    let standing = RunStanding { log: identity, closed, published: published(log)? };
    standing.of_views(views)?;
    Ok(standing.of_lake(lake)?)
}

/// Fails for views of another log than the run's, and for views that end too early. A log elsewhere that is out of
/// reach is said, because the views can be read without it.
///
/// # Errors
/// Those of [`RunStanding::of_views`], and of a log in the run's folder.
pub fn check_views(run: &RunDir, views: &Views) -> Result<()> {
    match (data_dir::reach(run).and_then(|reached| RunStanding::of(&*reached.log)), &run.access) {
        (Ok(Some(standing)), _) => {
            standing.of_views(views)?;
            let through = views.through()?;
            if let Some(published) = standing.published.filter(|day| through < Some(*day)) {
                let through = through.map_or("none".to_owned(), |day| day.to_string());
                telemetry::say!(
                    "run {} has published days up to {published}; the last one in its views is {through}",
                    run.id
                );
            }
            Ok(())
        }
        (Ok(None), _) => match views.through()? {
            Some(through) => bail!(
                "the log of run {} holds no run, but there are views through {through} in {}: they are of another log; check where the log is (--log, --brokers, --data-dir), or move them away",
                run.id,
                run.state().display()
            ),
            None => Ok(()),
        },
        (Err(error), LogAccess::Folder) => Err(error),
        (Err(error), _) => {
            telemetry::say!(
                "the log of run {} is out of reach, so it is not known whether its views are whole: {error:#}",
                run.id
            );
            Ok(())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use eventlog::{Batch, Consumed, MemoryLog};
    use schemas::Event;
    use schemas::events::{DayClosed, RunOpened};
    use shell::open;

    const FIRST: Day = Day(17_000);

    fn a_run() -> MemoryLog {
        let log = MemoryLog::new("memory").unwrap();
        open::ensure_topics(&log, 1).unwrap();
        let opened = RunOpened {
            kind: "live".to_owned(),
            first_day: FIRST,
            previous_day: FIRST + -3,
            ..RunOpened::default()
        };
        open::open(&log, 1, &opened, Vec::new(), None).unwrap();
        log
    }

    /// Writes a marker on `models`, which the materializer has read if `committed`.
    fn mark(log: &MemoryLog, day: Day, previous_day: Day, committed: bool) {
        let marker = DayClosed { previous_day, ..DayClosed::default() };
        let event = Event::marker(Topic::Models, day, marker).unwrap();
        let records = vec![record_codec::record(&event, 1, "retrainer").unwrap()];
        let mut producer = log.producer("retrainer").unwrap();
        let at = producer.publish(Batch { records, ..Batch::default() }, None).unwrap()[0];
        if committed {
            let controls = [Topic::Controls.name().to_owned()];
            let mut member = log.member("materializer", "one", &controls).unwrap();
            member.poll().unwrap();
            let place = record_codec::place(Topic::Models, 0);
            let from = log.committed("materializer", std::slice::from_ref(&place)).unwrap()[0];
            let consumed = vec![Consumed { tp: place, from: from.unwrap_or(0), next: at + 1 }];
            let batch = Batch { consumed, ..Batch::default() };
            log.producer("materializer").unwrap().publish(batch, Some(&*member)).unwrap();
        }
    }

    #[test]
    fn a_run_stands_at_the_last_day_whose_offsets_are_committed() {
        let log = a_run();
        let closed = || RunStanding::of(&log).unwrap().unwrap().closed;
        assert_eq!(closed(), None, "only its opening is there");
        mark(&log, FIRST, FIRST + -3, true);
        assert_eq!(closed(), Some(FIRST));
        mark(&log, FIRST + 1, FIRST, false);
        assert_eq!(closed(), Some(FIRST), "the next day is not taken in");
        mark(&log, FIRST + 2, FIRST + 1, true);
        assert_eq!(closed(), Some(FIRST + 2));
        mark(&log, FIRST + 900, FIRST + 700, true);
        assert_eq!(closed(), Some(FIRST + 2), "a stray marker");
    }

    #[test]
    fn views_and_lake_of_another_log_or_that_end_too_early_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let views = Views::open(&kv::Db::open(dir.path().join("state")).unwrap()).unwrap();
        let lake = Lake::open(dir.path().join("lake")).unwrap();
        let here =
            RunStanding { log: "this".to_owned(), closed: Some(FIRST), published: Some(FIRST) };
        let begun = RunStanding { closed: None, published: None, ..here.clone() };
        begun.of_views(&views).unwrap();
        begun.of_lake(&lake).unwrap();
        assert!(matches!(here.of_views(&views), Err(StoreError::Behind { .. })));
        assert!(matches!(here.of_lake(&lake), Err(StoreError::Behind { .. })));
        views.claim("this").unwrap();
        lake.claim("this").unwrap();
        views.apply_day(FIRST, &[], &schemas::events::Settings::default()).unwrap();
        lake.finish_day(FIRST).unwrap();
        here.of_views(&views).unwrap();
        here.of_lake(&lake).unwrap();
        let older = RunStanding { published: Some(FIRST + -1), closed: None, ..here };
        assert!(matches!(older.of_views(&views), Err(StoreError::Beyond { .. })));
        let other = RunStanding { log: "that".to_owned(), closed: None, published: None };
        assert!(matches!(other.of_views(&views), Err(StoreError::OtherLog { .. })));
        assert!(matches!(other.of_lake(&lake), Err(StoreError::OtherLog { .. })));
    }
}
