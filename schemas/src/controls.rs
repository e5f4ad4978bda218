//! The operator's word so far: a fold of `controls`. It is no role's state: a decision is given
//! the fold up to one offset and records that offset, so that it can be made again.

use crate::events::{Controls, RunOpened, Settings, Track};
use crate::{Body, Event};
use std::collections::BTreeMap;

/// An earlier model put back in force.
#[derive(Clone, PartialEq, Debug)]
pub struct Rollback {
    /// The version to use.
    pub version: i64,
    /// Where it was said.
    pub offset: i64,
}

/// A version asked to be champion from the next day on.
#[derive(Clone, PartialEq, Debug)]
pub struct Promotion {
    /// The version to use.
    pub version: i64,
    /// Where it was said.
    pub offset: i64,
}

/// `controls` up to an offset.
#[derive(Clone, PartialEq, Debug)]
pub struct ControlState {
    /// The last offset applied; −1 before any.
    pub offset: i64,
    /// How the run began.
    pub opened: Option<RunOpened>,
    /// In force.
    pub settings: Settings,
    /// Halted tracks and the offset that halted each.
    pub halted: BTreeMap<Track, i64>,
    /// The last rollback.
    pub rollback: Option<Rollback>,
    /// The last promotion asked for.
    pub promotion: Option<Promotion>,
    /// Where a training was last asked for.
    pub training_requested: Option<i64>,
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
        }
    }
}

impl ControlState {
    /// Applies the event at `offset`.
    pub fn apply(&mut self, offset: i64, event: &Event) {
        self.offset = offset;
        let Body::Controls(said) = &event.body else { return };
        let tracks = |one: &Option<Track>| one.map_or(Track::ALL.to_vec(), |track| vec![track]);
        match said {
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
            Controls::PromotionRequested(asked) => {
                self.promotion = Some(Promotion { version: asked.version, offset });
            }
            Controls::TrainingRequested(_) => self.training_requested = Some(offset),
            Controls::DayForced(_) | Controls::Unknown => {}
        }
    }
}
