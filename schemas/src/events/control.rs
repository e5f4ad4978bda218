//! What an operator says: `controls`. Settings reach a decision only through here.

use crate::{
    Day, Money,
    events::{Pricing, Track},
};
use serde::{Deserialize, Serialize};

/// The settings decisions are made with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// How options are priced.
    pub pricing: Pricing,
    /// Each track's own capital.
    pub capital: Money,
    /// Capital put at risk by one position.
    pub risk_per_trade: Money,
    /// New positions of a track a day, at most.
    pub max_new_per_day: i64,
    /// Positions of a track at once, at most.
    pub max_open: i64,
    /// ButterAI trades expected ROI above this.
    pub expected_roi_over: f64,
    /// ButterBaseline trades technical score above this.
    pub score_over: f64,
    /// Share of the maximum profit at which profit is taken.
    pub take_profit: f64,
    /// Matured outcomes that start a training: more than this many.
    pub retrain_outcomes: i64,
    /// Rows a model needs before it is trained or trusted.
    pub min_training_rows: i64,
    /// Passes over the rows in a training, at most.
    pub training_epochs: i64,
    /// Days a challenger is watched before it is promoted.
    pub shadow_days: i64,
    /// Where every random draw of training comes from.
    pub seed: i64,
    /// Tickers of one company, joined by `=`: counted once towards limits.
    pub share_classes: Vec<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            pricing: Pricing::default(),
            capital: Money(100_000_000_000),
            risk_per_trade: Money(1_000_000_000),
            max_new_per_day: 5,
            max_open: 50,
            expected_roi_over: 0.15,
            score_over: 60.0,
            take_profit: 0.70,
            retrain_outcomes: 1_000,
            min_training_rows: 1_000,
            training_epochs: 50,
            shadow_days: 5,
            seed: 7,
            share_classes: vec!["GOOG=GOOGL".to_owned()],
        }
    }
}

/// A run begins.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct RunOpened {
    /// `live`, `backtest`, `demo`, `what-if`.
    pub kind: String,
    /// The market it reads, as given.
    pub source: String,
    /// The first trading day, warm-up included.
    pub first_day: Day,
    /// The day before it: that of the opening markers.
    pub previous_day: Day,
    /// The first day on which tickers are scanned.
    pub scan_from: Day,
    /// Settings in force from the start.
    pub settings: Settings,
}

/// Other settings are in force.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SettingsChanged {
    /// All of them.
    pub settings: Settings,
}

/// Trading stops: no order that opens a position is sent.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Halted {
    /// One track, or both.
    pub track: Option<Track>,
    /// Why.
    pub reason: String,
}

/// Trading goes on.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Resumed {
    /// One track, or both.
    pub track: Option<Track>,
    /// Why.
    pub reason: String,
}

/// An earlier model is the champion again, at once.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct RolledBack {
    /// The version to use.
    pub version: i64,
    /// Why.
    pub reason: String,
}

/// A stuck day was closed by writing its missing marker.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct DayForced {
    /// Topic of the marker.
    pub topic: String,
    /// Partition of the marker.
    pub partition: i64,
    /// The day closed.
    pub closed_day: Day,
    /// Why.
    pub reason: String,
}

/// A training is wanted at the next day's end.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TrainingRequested {
    /// Why.
    pub reason: String,
}

/// A version is to be the champion from the next day on.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct PromotionRequested {
    /// The version to use.
    pub version: i64,
    /// Why.
    pub reason: String,
}

records! {
    /// `butterquant.controls.v1`
    Controls, ControlsKind, ControlsRecord {
        RunOpened run_opened: RunOpened = "RUN_OPENED",
        SettingsChanged settings_changed: SettingsChanged = "SETTINGS_CHANGED",
        Halted halted: Halted = "HALTED",
        Resumed resumed: Resumed = "RESUMED",
        RolledBack rolled_back: RolledBack = "ROLLED_BACK",
        DayForced day_forced: DayForced = "DAY_FORCED",
        TrainingRequested training_requested: TrainingRequested = "TRAINING_REQUESTED",
        PromotionRequested promotion_requested: PromotionRequested = "PROMOTION_REQUESTED",
    }
}
