//! The operator's commands so far: a fold of `controls`. It belongs to no role's state: a decision
//! gets the fold up to one offset and records that offset, so that it can be repeated.

use crate::events::{Controls, RunOpened, Settings, Track};
use crate::{Body, Day, Event};
use std::collections::{BTreeMap, BTreeSet};

/// A request to put an earlier model back in force.
#[derive(Clone, PartialEq, Debug)]
pub struct Rollback {
    /// The version to use.
    pub version: i64,
    /// Its offset on `controls`.
    pub offset: i64,
}

/// A request to make a version champion from the next day on.
#[derive(Clone, PartialEq, Debug)]
pub struct Promotion {
    /// The version to use.
    pub version: i64,
    /// Its offset on `controls`.
    pub offset: i64,
}

/// `controls` up to an offset.
#[derive(Clone, PartialEq, Debug)]
pub struct ControlState {
    /// The last offset applied; −1 before any.
    pub offset: i64,
    /// The run's opening.
    pub opened: Option<RunOpened>,
    /// Settings in force.
    pub settings: Settings,
    /// Halted tracks, with the offset that halted each.
    pub halted: BTreeMap<Track, i64>,
    /// The last rollback.
    pub rollback: Option<Rollback>,
    /// The last promotion requested.
    pub promotion: Option<Promotion>,
    /// Offset of the last request for a training.
    pub training_requested: Option<i64>,
    /// Days of the market that need not be complete.
    pub released: BTreeSet<Day>,
    /// Moves that a person has looked at, by ticker and day: the ratio of a split, `None` for a move of the price.
    pub confirmed: BTreeMap<(String, Day), Option<f64>>,
}

impl Default for ControlState {
    fn default() -> ControlState {
        ControlState {
            offset: -1,
            opened: None,
            settings: Settings::default(),
            halted: BTreeMap::new(),
            rollback: None,
            promotion: None,
            training_requested: None,
            released: BTreeSet::new(),
            confirmed: BTreeMap::new(),
        }
    }
}

impl ControlState {
    /// Applies the event at `offset`.
    pub fn apply(&mut self, offset: i64, event: &Event) {
        self.offset = offset;
        let Body::Controls(command) = &event.body else { return };
        let tracks = |one: &Option<Track>| one.map_or(Track::ALL.to_vec(), |track| vec![track]);
        match command {
            Controls::RunOpened(opened) => {
                self.settings = opened.settings.clone();
                self.opened = Some(opened.clone());
            }
            Controls::SettingsChanged(changed) => self.settings = changed.settings.clone(),
            Controls::Halted(halted) => {
                for track in tracks(&halted.track) {
                    self.halted.entry(track).or_insert(offset);
                }
            }
            Controls::Resumed(resumed) => {
                for track in tracks(&resumed.track) {
                    self.halted.remove(&track);
                }
            }
            Controls::RolledBack(back) => {
                self.rollback = Some(Rollback { version: back.version, offset });
            }
            Controls::PromotionRequested(request) => {
                self.promotion = Some(Promotion { version: request.version, offset });
            }
            Controls::TrainingRequested(_) => self.training_requested = Some(offset),
            Controls::MoveConfirmed(word) => {
                let about = (word.ticker.clone(), word.move_day);
                self.confirmed.insert(about, word.split_ratio);
            }
            Controls::DayReleased(word) => {
                self.released.insert(word.released_day);
            }
            Controls::DayForced(_) | Controls::Unknown => {}
        }
    }
}
