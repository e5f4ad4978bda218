//! What a publish tells the metrics of its process; no decision reads it.

use crate::status_board::StatusBoard;
use crate::unit::Unit;
use schemas::role::Role;
use std::time::Duration;

/// Shows what a publish of `records` has taken, and how long the inputs of `units` have waited for it.
pub(crate) fn publish(
    board: &StatusBoard,
    role: Role,
    units: &mut [Unit],
    records: usize,
    took: Duration,
) {
    let (instruments, name) = (board.instruments(), role.name());
    instruments.published(name, records, took);
    instruments.answered(name, units.iter_mut().flat_map(|unit| unit.arrivals.drain(..)));
    let days = units.iter().map(|unit| unit.cursor.current.unwrap_or(unit.cursor.closed));
    if let Some(day) = days.max().filter(|_| records > 0) {
        instruments.decided(name, day.0, schemas::close_ms(day) as f64 / 1_000.0);
    }
}
