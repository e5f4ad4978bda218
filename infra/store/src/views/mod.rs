//! The materialised views: what the log amounts to, kept in the embedded store so that
//! nobody has to fold the log to look at it.
//!
//! Each view is a pure fold (its module) of a day's events; this file stores what they give.
//!
//! Invariants:
//! 1. All changes of a day and the mark of the day are one batch, durable when
//!    [`Views::apply_day`] returns; a day not after the mark changes nothing.
//! 2. The stored bytes depend on the days, events and settings applied, on nothing else:
//!    two runs over one log have the same [`Views::digest`].
//! 3. Views touch only their own tree; the directory may hold other things.

mod book;
mod models;
mod predictions;
mod ranking_file;
mod rankings;
mod shelf;
mod tally;
mod trades;

pub use book::Book;
pub use models::{AliasChange, ModelCard, Models, Refusal};
pub use predictions::{Came, Said, ScanDay};
pub use ranking_file::rankings_json;
pub use rankings::{Ranked, Rankings, Recommendation, RefusedTicker, SuccessSource};
pub use tally::Tally;
pub use trades::{ClosedTrade, EquityPoint, OrderState, PendingOrder, Position};

use crate::StoreError;
use schemas::events::{Orders, Settings, Track};
use schemas::{Body, Day, Event};
use shelf::{Key, Shelf};
use std::collections::BTreeMap;
use success::{DriftReference, DriftRow};

/// The views of one run.
#[derive(Clone)]
pub struct Views {
    shelf: Shelf,
}

impl Views {
    /// Opens the views in `db`, in a tree of their own.
    ///
    /// # Errors
    /// [`StoreError::DamagedView`] when another version of this program wrote them.
    pub fn open(db: &kv::Db) -> Result<Views, StoreError> {
        Ok(Views { shelf: Shelf::open(db)? })
    }

    /// The last day the views contain.
    ///
    /// # Errors
    /// As every reading here: [`StoreError::Kv`] from the store, [`StoreError::DamagedView`]
    /// for bytes that are no such view.
    pub fn through(&self) -> Result<Option<Day>, StoreError> {
        self.shelf.get(Key::Through)
    }

    /// Takes in all events of trading day `day`, in the fixed reading order; `settings` are
    /// those in force at its close and decide the rankings' recommendations. A day that is
    /// not after [`Views::through`] was taken in before and is skipped.
    ///
    /// # Errors
    /// As [`Views::through`]; nothing of the day is stored then.
    pub fn apply_day(
        &self,
        day: Day,
        events: &[Event],
        settings: &Settings,
    ) -> Result<(), StoreError> {
        if self.through()?.is_some_and(|through| day <= through) {
            return Ok(());
        }
        let mut batch = self.shelf.batch();

        let mut book = self.book()?;
        let journal = book.apply(day, events);
        batch.put(Key::Book, &book)?;
        if !journal.closed.is_empty() {
            batch.put(Key::Journal(day), &journal.closed)?;
        }

        let mut tally = self.tally()?;
        tally.apply(day, events);
        tally.unmatched_fills += journal.unmatched;
        batch.put(Key::Tally, &tally)?;

        let mut models = self.models()?;
        if models.apply(day, events) {
            batch.put(Key::Models, &models)?;
        }
        predictions::apply(&self.shelf, &mut batch, day, events)?;
        if let Some(rankings) = Rankings::of_day(day, events, settings) {
            batch.put(Key::Rankings(day), &rankings)?;
        }
        let marks = equity_points(day, events);
        if !marks.is_empty() {
            batch.put(Key::Equity(day), &marks)?;
        }
        batch.put(Key::Through, &day)?;
        self.shelf.commit(batch)
    }

    /// The rankings of `day`; none when nothing was scanned on it.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn rankings(&self, day: Day) -> Result<Option<Rankings>, StoreError> {
        self.shelf.get(Key::Rankings(day))
    }

    /// The days that have rankings, ascending.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn ranked_days(&self) -> Result<Vec<Day>, StoreError> {
        self.shelf.days(Key::Rankings(Day(0)))
    }

    /// The last day that has rankings.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn last_ranked_day(&self) -> Result<Option<Day>, StoreError> {
        self.shelf.last_day(Key::Rankings(Day(0)))
    }

    /// Open positions and pending orders of both tracks.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn book(&self) -> Result<Book, StoreError> {
        Ok(self.shelf.get(Key::Book)?.unwrap_or_default())
    }

    /// Every closed trade, by the day it was closed, then in the order of the fills.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn journal(&self) -> Result<Vec<ClosedTrade>, StoreError> {
        Ok(self.shelf.all::<Vec<ClosedTrade>>(Key::Journal(Day(0)))?.concat())
    }

    /// How `track` was marked, day by day.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn equity(&self, track: Track) -> Result<Vec<EquityPoint>, StoreError> {
        let days = self.shelf.all::<Vec<EquityPoint>>(Key::Equity(Day(0)))?;
        Ok(days.into_iter().flatten().filter(|point| point.mark.track == track).collect())
    }

    /// Everything that is only counted.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn tally(&self) -> Result<Tally, StoreError> {
        Ok(self.shelf.get(Key::Tally)?.unwrap_or_default())
    }

    /// The models, their verdicts and who is in force.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn models(&self) -> Result<Models, StoreError> {
        Ok(self.shelf.get(Key::Models)?.unwrap_or_default())
    }

    /// What champions said on the last `most` scan days and what came of it, by scan day.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn predictions(&self, most: usize) -> Result<Vec<(Day, ScanDay)>, StoreError> {
        self.shelf.last(Key::Judged(Day(0)), most)
    }

    /// The features of the last scan days, as many as drift is measured over.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn recent_features(&self) -> Result<Vec<DriftRow>, StoreError> {
        predictions::recent_features(&self.shelf)
    }

    /// What the drift from a model's training rows is measured against; none for a version that
    /// did not pass its gate, or was trained on too few days.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn drift_reference(&self, version: i64) -> Result<Option<DriftReference>, StoreError> {
        let mut all: BTreeMap<i64, DriftReference> =
            self.shelf.get(Key::References)?.unwrap_or_default();
        Ok(all.remove(&version))
    }

    /// SHA-256 over every stored key and value, in order.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn digest(&self) -> Result<String, StoreError> {
        self.shelf.digest()
    }

    /// Removes every view and the mark; the next day applied is the first again.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn remove_all(&self) -> Result<(), StoreError> {
        self.shelf.clear()
    }
}

fn equity_points(day: Day, events: &[Event]) -> Vec<EquityPoint> {
    let mark = |event: &Event| match &event.body {
        Body::Orders(Orders::TrackMarked(mark)) if event.day == day => {
            Some(EquityPoint { day, mark: mark.clone() })
        }
        _ => None,
    };
    events.iter().filter_map(mark).collect()
}
