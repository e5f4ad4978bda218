//! How far the source may be ahead of the roles of its process.

use crate::status_board::StatusBoard;
use schemas::Day;
use std::collections::VecDeque;

/// Days ahead of the slowest unit: while a model is trained, which takes a second, as many are scanned.
const DAYS: usize = 20;

/// The days published and not yet taken in by every unit.
#[derive(Default)]
pub(super) struct Pace {
    /// How many units this process has where all roles are in it.
    units: Option<usize>,
    open: VecDeque<Day>,
}

impl Pace {
    pub(super) fn beside(units: usize) -> Pace {
        Pace { units: Some(units), open: VecDeque::new() }
    }

    pub(super) fn published(&mut self, day: Day) {
        if self.units.is_some() {
            self.open.push_back(day);
        }
    }

    /// Whether the units are to go on first. Never while some of them are elsewhere, as in another process: what
    /// these have taken in is not known here.
    pub(super) fn is_far_ahead(&mut self, board: &StatusBoard) -> bool {
        let Some(taken_in) = self.units.and_then(|units| board.taken_in_by_all(units)) else {
            return false;
        };
        while self.open.front().is_some_and(|day| *day <= taken_in) {
            self.open.pop_front();
        }
        self.open.len() >= DAYS
    }
}
