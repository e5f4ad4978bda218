//! The materialised views: summaries of the log in the embedded store, so that reading them needs no
//! fold of the log.
//!
//! Each view is a pure fold (its module) of a day's events; this file stores the results.
//!
//! Invariants:
//! 1. All changes of a day and the mark of the day are one batch, durable when
//!    [`Views::apply_day`] returns; a day not after the mark changes nothing.
//! 2. The stored bytes depend on the days, events and settings applied, on nothing else:
//!    two runs over one log have the same [`Views::digest`].
//! 3. Views touch only their own tree; the database may hold others.

mod book;
mod corrections;
mod models;
mod predictions;
mod ranking_file;
mod rankings;
mod tally;
mod trades;
mod view_store;

pub use book::PositionBook;
pub use corrections::CorrectedBars;
pub use models::{AliasChange, ModelCard, ModelHistory, ModelRefusal};
pub use predictions::{MaturedOutcome, ScoredCandidate, ScoredDay};
pub use ranking_file::{RankingsFile, StrikePrices, Thresholds};
pub use rankings::{Ranked, Rankings, Recommendation, RefusedTicker, SuccessSource};
pub use tally::EventTally;
pub use trades::{ClosedTrade, EquityPoint, OpenPosition, OrderState, PendingOrder};

use crate::StoreError;
use schemas::events::{Orders, Settings, Track};
use schemas::{Body, Day, Event};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use success::{DriftReference, DriftRow};
use view_store::{ViewKey, ViewStore};

/// The views of one run.
#[derive(Clone)]
pub struct Views {
    store: ViewStore,
    /// The models as this process wrote them last: with every manifest they are megabytes, and most days change
    /// nothing of them.
    models: Arc<Mutex<Option<ModelHistory>>>,
}

impl Views {
    /// Opens the views in `db`, in a tree of their own.
    ///
    /// # Errors
    /// [`StoreError::DamagedView`] when another version of this program wrote them.
    pub fn open(db: &kv::Db) -> Result<Views, StoreError> {
        Ok(Views { store: ViewStore::open(db)?, models: Arc::default() })
    }

    /// Says that the views are of `log`, before their first day is applied.
    ///
    /// # Errors
    /// [`StoreError::OtherLog`] for views of another one; else as [`Views::through`].
    pub fn claim(&self, log: &str) -> Result<(), StoreError> {
        self.of_log(log)?;
        if self.store.get::<String>(ViewKey::Log)?.is_none() {
            let mut batch = self.store.batch();
            batch.put(ViewKey::Log, &log)?;
            self.store.commit(batch)?;
        }
        Ok(())
    }

    /// Fails for views of another log than `log`.
    ///
    /// # Errors
    /// As [`Views::claim`].
    pub fn of_log(&self, log: &str) -> Result<(), StoreError> {
        match self.store.get::<String>(ViewKey::Log)? {
            Some(own) if own != log => {
                Err(StoreError::OtherLog { path: self.store.path().to_path_buf() })
            }
            _ => Ok(()),
        }
    }

    /// Fails for views that end before `closed`, the last day that the run has closed.
    ///
    /// # Errors
    /// [`StoreError::Behind`]; else as [`Views::through`].
    pub fn reach(&self, closed: Day) -> Result<(), StoreError> {
        let through = self.through()?;
        if through >= Some(closed) {
            return Ok(());
        }
        Err(StoreError::Behind { path: self.store.path().to_path_buf(), through, closed })
    }

    /// Fails for views of days after `published`, the last day on the run's log.
    ///
    /// # Errors
    /// [`StoreError::Beyond`]; else as [`Views::through`].
    pub fn not_beyond(&self, published: Day) -> Result<(), StoreError> {
        match self.through()? {
            Some(through) if through > published => Err(StoreError::Beyond {
                path: self.store.path().to_path_buf(),
                through,
                published,
            }),
            _ => Ok(()),
        }
    }

    /// The last day the views contain.
    ///
    /// # Errors
    /// As every read here: [`StoreError::Kv`] from the store, [`StoreError::DamagedView`] for bytes
    /// that are not such a view.
    pub fn through(&self) -> Result<Option<Day>, StoreError> {
        self.store.get(ViewKey::Through)
    }

    /// Applies all events of trading day `day`, in the fixed reading order; `settings` are those in
    /// force at its close and decide the rankings' recommendations. A day that is not after
    /// [`Views::through`] was applied before and is skipped.
    ///
    /// # Errors
    /// As [`Views::through`]; nothing of the day is stored then. After [`StoreError::Kv`] from storing it the views
    /// take no more days until they are opened again.
    pub fn apply_day(
        &self,
        day: Day,
        events: &[Event],
        settings: &Settings,
    ) -> Result<(), StoreError> {
        if self.through()?.is_some_and(|through| day <= through) {
            return Ok(());
        }
        let mut batch = self.store.batch();

        let mut book = self.book()?;
        let journal = book.apply(day, events);
        batch.put(ViewKey::Book, &book)?;
        if !journal.closed.is_empty() {
            batch.put(ViewKey::Journal(day), &journal.closed)?;
        }

        let mut tally = self.tally()?;
        tally.apply(events);
        tally.unmatched_fills += journal.unmatched;
        batch.put(ViewKey::Tally, &tally)?;

        // Taken, so that a day that fails leaves nothing of itself behind.
        let held = self.models.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut models = held.map_or_else(|| self.models(), Ok)?;
        if models.apply(day, events) {
            batch.put(ViewKey::Models, &models)?;
        }
        predictions::apply(&self.store, &mut batch, day, events)?;
        if let Some(rankings) = Rankings::of_day(day, events, settings) {
            batch.put(ViewKey::Rankings(day), &rankings)?;
        }
        let corrected = corrections::of_day(day, events);
        if !corrected.is_empty() {
            batch.put(ViewKey::Corrections(day), &corrected)?;
        }
        let marks = equity_points(day, events);
        if !marks.is_empty() {
            batch.put(ViewKey::Equity(day), &marks)?;
        }
        batch.put(ViewKey::Through, &day)?;
        self.store.commit(batch)?;
        *self.models.lock().unwrap_or_else(PoisonError::into_inner) = Some(models);
        Ok(())
    }

    /// The rankings of `day`; none if nothing was scanned on it.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn rankings(&self, day: Day) -> Result<Option<Rankings>, StoreError> {
        self.store.get(ViewKey::Rankings(day))
    }

    /// What has changed since of the bars that the scans of `day` were made from.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn corrected_since(&self, day: Day) -> Result<Vec<CorrectedBars>, StoreError> {
        let all = self.store.all::<Vec<CorrectedBars>>(ViewKey::Corrections(Day(0)))?;
        Ok(all.into_iter().flatten().filter(|of| of.concerns(day)).collect())
    }

    /// The days that have rankings, ascending.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn ranked_days(&self) -> Result<Vec<Day>, StoreError> {
        self.store.days(ViewKey::Rankings(Day(0)))
    }

    /// The last day that has rankings.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn last_ranked_day(&self) -> Result<Option<Day>, StoreError> {
        self.store.last_day(ViewKey::Rankings(Day(0)))
    }

    /// Open positions and pending orders of both tracks.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn book(&self) -> Result<PositionBook, StoreError> {
        self.store.get_daily(ViewKey::Book)
    }

    /// Every closed trade, by the day it was closed, then in the order of the fills.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn journal(&self) -> Result<Vec<ClosedTrade>, StoreError> {
        Ok(self.store.all::<Vec<ClosedTrade>>(ViewKey::Journal(Day(0)))?.concat())
    }

    /// The daily marks of `track`, ascending.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn equity(&self, track: Track) -> Result<Vec<EquityPoint>, StoreError> {
        let days = self.store.all::<Vec<EquityPoint>>(ViewKey::Equity(Day(0)))?;
        Ok(days.into_iter().flatten().filter(|point| point.mark.track == track).collect())
    }

    /// Everything that is only counted.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn tally(&self) -> Result<EventTally, StoreError> {
        self.store.get_daily(ViewKey::Tally)
    }

    /// The models, their verdicts and the versions in force.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn models(&self) -> Result<ModelHistory, StoreError> {
        Ok(self.store.get(ViewKey::Models)?.unwrap_or_default())
    }

    /// The champions' predictions of the last `most` scan days and their outcomes, by scan day.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn predictions(&self, most: usize) -> Result<Vec<(Day, ScoredDay)>, StoreError> {
        self.store.last(ViewKey::Predictions(Day(0)), most)
    }

    /// The features of the last scan days, as many as drift is measured over.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn recent_features(&self) -> Result<Vec<DriftRow>, StoreError> {
        predictions::recent_features(&self.store)
    }

    /// The reference for drift from a model's training rows; none for a version that did not pass its
    /// gate, or was trained on too few days.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn drift_reference(&self, version: i64) -> Result<Option<DriftReference>, StoreError> {
        let mut all: BTreeMap<i64, DriftReference> =
            self.store.get(ViewKey::References)?.unwrap_or_default();
        Ok(all.remove(&version))
    }

    /// SHA-256 over every stored key and value, in order.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn digest(&self) -> Result<String, StoreError> {
        self.store.digest()
    }

    /// Removes every view and the mark; the next day applied is the first again.
    ///
    /// # Errors
    /// As [`Views::through`].
    pub fn remove_all(&self) -> Result<(), StoreError> {
        self.store.clear()
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
