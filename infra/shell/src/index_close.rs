//! The last close of the volatility index on the log, for those who show it.

use crate::error::ShellError;
use crate::last_record::find_last;
use crate::record_codec;
use eventlog::Log;
use schemas::{Day, Topic};

/// The last close that a marker of `bars` has, and its day.
///
/// # Errors
/// The log's.
pub fn last_index_close(log: &dyn Log) -> Result<Option<(Day, f64)>, ShellError> {
    find_last(log, &record_codec::place(Topic::Bars, 0), |record| {
        let event = record_codec::event(Topic::Bars, record).ok()?;
        let close = event.body.marker()?.vix?;
        Some((event.day, close))
    })
}
