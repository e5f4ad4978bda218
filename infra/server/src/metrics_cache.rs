//! Metrics that are read from the log and the views: refreshed by every scrape, served as last
//! refreshed while the log does not answer.

use crate::metrics;
use anyhow::Result;
use api::answers::quality;
use eventlog::Log;
use parking_lot::Mutex;
use schemas::Day;
use shell::redrive::DeadLetterTally;
use store::Views;

/// Scan days whose quality is measured: a year, and those that have not matured.
const MEASURED_DAYS: usize = 310;

/// The metrics, and how far they have been read.
#[derive(Default)]
pub(crate) struct MetricsCache {
    /// Locked by the scrape that refreshes.
    read: Mutex<Read>,
    text: Mutex<Text>,
}

#[derive(Default)]
struct Read {
    dead_letters: DeadLetterTally,
    /// The last day of the views when quality was measured.
    measured_through: Option<Option<Day>>,
}

#[derive(Default)]
struct Text {
    dead_letters: String,
    quality: String,
}

impl MetricsCache {
    /// Reads on, unless another scrape does. Quality is measured once a day closes, as scrapes come
    /// every few seconds; never from views that are not whole, which are not given.
    ///
    /// # Errors
    /// The log's or the store's.
    pub(crate) fn refresh(&self, log: &dyn Log, views: Option<&Views>) -> Result<()> {
        let Some(mut read) = self.read.try_lock() else { return Ok(()) };
        if let Some(views) = views {
            let through = views.through()?;
            if read.measured_through != Some(through) {
                let figures = quality::quality(views, MEASURED_DAYS)?;
                read.measured_through = Some(through);
                self.text.lock().quality = metrics::of_quality(&figures);
            }
        }
        read.dead_letters.read_on(log)?;
        self.text.lock().dead_letters = metrics::of_dead_letters(&read.dead_letters);
        Ok(())
    }

    /// The metrics as last refreshed.
    pub(crate) fn text(&self) -> String {
        let text = self.text.lock();
        format!("{}{}", text.dead_letters, text.quality)
    }
}
