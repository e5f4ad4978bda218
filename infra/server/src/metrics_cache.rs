//! Metrics that are read from the log and the views: refreshed by every scrape, served as last
//! refreshed while the log does not answer.

use crate::metrics;
use anyhow::Result;
use api::answers::quality;
use api::halt::{Trading, TradingWatch};
use api::lag::group_offsets;
use eventlog::Log;
use parking_lot::Mutex;
use schemas::Day;
use shell::redrive::DeadLetterTally;
use std::time::{Duration, Instant};
use store::Views;

/// Scan days whose quality is measured: a year, and those that have not matured.
const MEASURED_DAYS: usize = 310;

/// Offsets of groups are asked for again after so long; on Kafka that is a question for each partition.
const OFFSETS_AGE: Duration = Duration::from_secs(5);

/// The metrics, and how far they have been read.
#[derive(Default)]
pub(crate) struct MetricsCache {
    /// Locked by the scrape that refreshes.
    read: Mutex<Read>,
    text: Mutex<Text>,
    watch: Mutex<TradingWatch>,
    trading: Mutex<Trading>,
}

#[derive(Default)]
struct Read {
    dead_letters: DeadLetterTally,
    /// The last day of the views when quality was measured.
    measured_through: Option<Option<Day>>,
    asked_offsets: Option<Instant>,
}

#[derive(Default)]
struct Text {
    dead_letters: String,
    quality: String,
    offsets: String,
}

impl MetricsCache {
    /// Reads on, unless another scrape does. Quality is measured once a day closes, as scrapes come
    /// every few seconds; never from views that are not `whole`. A part that cannot be read leaves the others.
    ///
    /// # Errors
    /// The first one of the log or the store.
    pub(crate) fn refresh(&self, log: &dyn Log, views: Option<&Views>, whole: bool) -> Result<()> {
        let trading = self.refresh_trading(log);
        let Some(mut read) = self.read.try_lock() else { return trading };
        let Some(views) = views else { return trading };
        let quality = if whole { self.refresh_quality(&mut read, views) } else { Ok(()) };
        let letters = self.refresh_dead_letters(&mut read, log);
        trading.and(quality).and(letters).and(self.refresh_offsets(&mut read, log))
    }

    fn refresh_quality(&self, read: &mut Read, views: &Views) -> Result<()> {
        let through = views.through()?;
        if read.measured_through != Some(through) {
            let figures = quality::quality(views, MEASURED_DAYS)?;
            read.measured_through = Some(through);
            self.text.lock().quality = metrics::of_quality(&figures);
        }
        Ok(())
    }

    fn refresh_dead_letters(&self, read: &mut Read, log: &dyn Log) -> Result<()> {
        read.dead_letters.read_on(log)?;
        self.text.lock().dead_letters = metrics::of_dead_letters(&read.dead_letters);
        Ok(())
    }

    fn refresh_offsets(&self, read: &mut Read, log: &dyn Log) -> Result<()> {
        if read.asked_offsets.is_none_or(|asked| asked.elapsed() > OFFSETS_AGE) {
            let offsets = group_offsets(log)?;
            read.asked_offsets = Some(Instant::now());
            self.text.lock().offsets = metrics::of_groups(&offsets);
        }
        Ok(())
    }

    /// Reads which tracks are halted, unless another caller does.
    ///
    /// # Errors
    /// The log's.
    pub(crate) fn refresh_trading(&self, log: &dyn Log) -> Result<()> {
        let Some(mut watch) = self.watch.try_lock() else { return Ok(()) };
        let trading = watch.read_on(log)?.clone();
        *self.trading.lock() = trading;
        Ok(())
    }

    /// Whether the run opens positions, as last read.
    pub(crate) fn trading(&self) -> Trading {
        self.trading.lock().clone()
    }

    /// The metrics as last refreshed.
    pub(crate) fn text(&self) -> String {
        let text = self.text.lock();
        let halts = metrics::of_trading(&self.trading());
        format!("{halts}{}{}{}", text.dead_letters, text.quality, text.offsets)
    }
}
