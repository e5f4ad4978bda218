//! What is read from the log and the views for `/metrics`: refreshed by every scrape. What was read before is served
//! while a refresh is under way, and left out once the log has not answered for a while.

use super::host::{self, Began, unix_seconds};
use super::lag::{self, Names};
use super::list::declared;
use super::samples::{DAY, Samples, put};
use super::{letters, run, units, views};
use ::run::data_dir::RunDir;
use anyhow::Result;
use api::halt::{Trading, TradingWatch};
use api::monitor::Monitor;
use eventlog::Log;
use parking_lot::Mutex;
use schemas::Day;
use schemas::events::RunOpened;
use shell::index_close::last_index_close;
use shell::redrive::DeadLetterTally;
use shell::status_board::StatusBoard;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Views;
use telemetry::metrics::Exposition;

/// A part that has been tried for so long without success is left out, and so is one that is being tried and twice as old.
const OUTAGE: Duration = Duration::from_secs(10);

/// A part of the page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Part {
    Halts,
    Index,
    DeadLetters,
    Views,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Halts => "halts",
            Part::Index => "index",
            Part::DeadLetters => "dead_letters",
            Part::Views => "views",
        }
    }

    /// Whether the log is asked for it.
    fn of_the_log(self) -> bool {
        self != Part::Views
    }
}

/// A part as it was read last.
#[derive(Clone, Default)]
struct Known {
    samples: Samples,
    /// Unix seconds.
    read: Option<f64>,
    /// The first try since then.
    tried: Option<Instant>,
}

impl Known {
    fn away(&self) -> bool {
        let old = |read: f64| unix_seconds() - read > 2.0 * OUTAGE.as_secs_f64();
        self.tried.is_some_and(|since| since.elapsed() > OUTAGE || self.read.is_none_or(old))
    }
}

/// The page, and how far its parts have been read.
pub(crate) struct MetricsCache {
    run: RunDir,
    monitor: Arc<Monitor>,
    prefix: String,
    began: Began,
    /// Locked by the scrape that refreshes.
    read: Mutex<Read>,
    known: Mutex<BTreeMap<Part, Known>>,
    watch: Mutex<TradingWatch>,
    trading: Mutex<Trading>,
    opened: Mutex<Option<(RunOpened, String)>>,
}

#[derive(Default)]
struct Read {
    dead_letters: DeadLetterTally,
    /// The newest day of bars when the index was read.
    index_of: Option<Day>,
    /// The last day of the views when they were read.
    through: Option<Option<Day>>,
}

impl MetricsCache {
    pub(crate) fn new(run: RunDir, monitor: Arc<Monitor>) -> MetricsCache {
        MetricsCache {
            prefix: run.topic_prefix(),
            run,
            monitor,
            began: Began::now(),
            read: Mutex::default(),
            known: Mutex::default(),
            watch: Mutex::default(),
            trading: Mutex::default(),
            opened: Mutex::default(),
        }
    }

    /// Reads on, unless another scrape does. Views are read once a day closes, as scrapes come every few seconds; never
    /// while they are not whole. A part that cannot be read leaves the others.
    ///
    /// # Errors
    /// The first one of the log or the store.
    pub(crate) fn refresh(
        &self,
        log: &dyn Log,
        views: Option<&Views>,
        provider: &str,
        whole: impl FnOnce() -> bool,
    ) -> Result<()> {
        let trading = self.refresh_trading(log);
        let Some(mut read) = self.read.try_lock() else { return trading };
        let index = self.refresh_index(&mut read, log);
        let trading = trading.and(index);
        let Some(views) = views else { return trading };
        let shown = self.refresh_views(&mut read, views, provider, whole);
        let letters = self.refreshed(Part::DeadLetters, || {
            read.dead_letters.read_on(log)?;
            Ok(letters::samples(&read.dead_letters, &self.prefix))
        });
        trading.and(shown).and(letters)
    }

    /// Once there are bars of another day.
    fn refresh_index(&self, read: &mut Read, log: &dyn Log) -> Result<()> {
        let newest = self.monitor.latest().and_then(|latest| latest.freshness.bars_day);
        if newest.is_none() || newest == read.index_of {
            self.still_so(Part::Index);
            return Ok(());
        }
        self.refreshed(Part::Index, || Ok(run::of_index(last_index_close(log)?)))?;
        read.index_of = newest;
        Ok(())
    }

    fn refresh_views(
        &self,
        read: &mut Read,
        views: &Views,
        provider: &str,
        whole: impl FnOnce() -> bool,
    ) -> Result<()> {
        let through = views.through()?;
        if read.through == Some(through) {
            self.still_so(Part::Views);
            return Ok(());
        }
        if !whole() {
            return Ok(());
        }
        self.refreshed(Part::Views, || views::samples(views, &self.prefix, provider))?;
        read.through = Some(through);
        Ok(())
    }

    /// Reads which tracks are halted, unless another caller does.
    ///
    /// # Errors
    /// The log's.
    pub(crate) fn refresh_trading(&self, log: &dyn Log) -> Result<()> {
        let Some(mut watch) = self.watch.try_lock() else { return Ok(()) };
        self.refreshed(Part::Halts, || {
            let trading = watch.read_on(log)?.clone();
            let samples = run::of_trading(&trading);
            *self.trading.lock() = trading;
            Ok(samples)
        })?;
        let mut opened = self.opened.lock();
        if opened.is_none() {
            *opened = shell::open::opened(log)?
                .map(|of| log.identity().map(|id| (of, id)))
                .transpose()?;
        }
        Ok(())
    }

    /// What was read of a part has not changed since.
    fn still_so(&self, part: Part) {
        if let Some(known) = self.known.lock().get_mut(&part).filter(|of| of.tried.is_none()) {
            known.read = Some(unix_seconds());
        }
    }

    /// Reads a part. While that takes, the part is as it was read before.
    fn refreshed(&self, part: Part, read: impl FnOnce() -> Result<Samples>) -> Result<()> {
        self.known.lock().entry(part).or_default().tried.get_or_insert_with(Instant::now);
        let samples = read()?;
        let known = Known { samples, read: Some(unix_seconds()), tried: None };
        self.known.lock().insert(part, known);
        Ok(())
    }

    /// Whether the run opens positions, as last read.
    pub(crate) fn trading(&self) -> Trading {
        self.trading.lock().clone()
    }

    /// Whether the monitor has had no sample for a while.
    fn away_since(&self) -> bool {
        let since = self.monitor.outage().map(|outage| outage.since_ms as f64 / 1_000.0);
        since.is_some_and(|since| unix_seconds() - since > OUTAGE.as_secs_f64())
    }

    /// The page.
    pub(crate) fn text(&self, board: &StatusBoard) -> String {
        let mut shown = Exposition::default();
        put(&mut shown, &units::samples(board, &self.prefix));
        board.instruments().show(&mut shown);
        put(&mut shown, &host::samples(&self.run.path, self.began));
        let known = self.known.lock().clone();
        let read = known.iter().filter_map(|(part, of)| Some((part.name(), of.read?)));
        let mut read: Vec<(&str, f64)> = read.collect();
        let answers = !known.iter().any(|(part, of)| part.of_the_log() && of.away());
        if let Some((opened, cluster)) = self.opened.try_lock().and_then(|opened| opened.clone()) {
            let today = Day((unix_seconds() / DAY) as i32);
            put(&mut shown, &run::of_opening(&self.run.id, &opened, today));
            if let Some(sample) = self.monitor.latest() {
                read.push(("lag", sample.at_ms as f64 / 1_000.0));
                if !self.away_since() {
                    let names = Names { cluster: &cluster, prefix: &self.prefix };
                    put(&mut shown, &lag::samples(&sample, &names));
                }
            }
        }
        put(&mut shown, &host::of_parts(&read, answers));
        for of in known.values().filter(|of| !of.away()) {
            put(&mut shown, &of.samples);
        }
        shown.text(&declared())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::run_in;
    use anyhow::bail;
    use eventlog::MemoryLog;

    fn cache(folder: &std::path::Path) -> MetricsCache {
        let log = Arc::new(MemoryLog::new("memory").unwrap());
        let monitor = Monitor::start(log, run_in(folder), None, None).unwrap();
        MetricsCache::new(run_in(folder), Arc::new(monitor))
    }

    fn line(page: &str, name: &str) -> Option<String> {
        page.lines().find(|line| line.starts_with(name)).map(str::to_owned)
    }

    #[test]
    fn what_cannot_be_read_any_more_is_left_out_and_that_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        let board = StatusBoard::default();
        cache.refreshed(Part::Halts, || Ok(run::of_trading(&Trading::default()))).unwrap();
        let page = cache.text(&board);
        assert!(line(&page, "butterquant_halted{").is_some(), "{page}");
        assert_eq!(line(&page, "butterquant_log_answers").unwrap(), "butterquant_log_answers 1");
        let read = line(&page, "butterquant_part_read_timestamp_seconds{part=\"halts\"}");

        // A failure of a moment hides nothing.
        cache.refreshed(Part::Halts, || bail!("the log is away")).unwrap_err();
        assert!(line(&cache.text(&board), "butterquant_halted{").is_some());
        let earlier = Instant::now().checked_sub(OUTAGE * 2).unwrap();
        cache.known.lock().get_mut(&Part::Halts).unwrap().tried = Some(earlier);
        cache.refreshed(Part::Halts, || bail!("the log is away")).unwrap_err();
        let page = cache.text(&board);
        assert_eq!(line(&page, "butterquant_halted{"), None);
        assert_eq!(line(&page, "butterquant_log_answers").unwrap(), "butterquant_log_answers 0");
        let same = line(&page, "butterquant_part_read_timestamp_seconds{part=\"halts\"}");
        assert_eq!(same, read, "its age is still told");

        cache.refreshed(Part::Halts, || Ok(run::of_trading(&Trading::default()))).unwrap();
        assert!(line(&cache.text(&board), "butterquant_halted{").is_some());
    }
}
