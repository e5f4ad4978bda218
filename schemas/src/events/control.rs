//! The operator's events: `controls`, the only way for settings to reach a decision.

use super::analysis::Pricing;
use super::trading::Track;
use crate::{Day, Money, TradingCalendar};
use serde::{Deserialize, Serialize};

/// The settings of decisions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Option pricing.
    pub pricing: Pricing,
    /// Each track's own capital.
    pub capital: Money,
    /// Capital at risk per position.
    pub risk_per_trade: Money,
    /// New positions per track and day, at most.
    pub max_new_per_day: i64,
    /// Positions per track, at most.
    pub max_open: i64,
    /// ButterAI trades above this expected ROI.
    pub expected_roi_over: f64,
    /// ButterBaseline trades above this technical score.
    pub score_over: f64,
    /// Share of the maximum profit at which a position is closed.
    pub take_profit: f64,
    /// A training starts after more matured outcomes than this.
    pub retrain_outcomes: i64,
    /// Rows a training needs.
    pub min_training_rows: i64,
    /// Epochs of a training, at most.
    pub training_epochs: i64,
    /// Days a challenger is watched before its promotion.
    pub shadow_days: i64,
    /// Seed of training.
    pub seed: i64,
    /// Tickers of one company, joined by `=`; they count as one towards limits.
    pub share_classes: Vec<String>,
    /// Expiry, evaluation and exit days follow it.
    pub calendar: TradingCalendar,
    /// The tracks that open positions; empty for all.
    pub tracks: Vec<Track>,
    /// Capital at risk of a position as a share of its track's equity, in place of `risk_per_trade`.
    pub risk_share: Option<f64>,
    /// Whether the rules start trainings; a request starts one either way.
    pub retraining: bool,
    /// Whether a track buys only what its cash pays for; false in runs from before version 5 of the schema, which replay
    /// as they were.
    pub pays_in_full: bool,
}

impl Settings {
    /// Whether `track` opens positions.
    pub fn trades(&self, track: Track) -> bool {
        self.tracks.is_empty() || self.tracks.contains(&track)
    }
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
            calendar: TradingCalendar::Nyse,
            tracks: Vec::new(),
            risk_share: None,
            retraining: true,
            pays_in_full: true,
        }
    }
}

/// A run begins.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct RunOpened {
    /// `live`, `backtest`, `demo`, `what-if`.
    pub kind: String,
    /// The market; a folder by its absolute path.
    pub source: String,
    /// The first trading day.
    pub first_day: Day,
    /// The day before it, of the opening markers.
    pub previous_day: Day,
    /// The first day on which tickers are scanned.
    pub scan_from: Day,
    /// Settings in force from the start.
    pub settings: Settings,
    /// SHA-256 of the market's data as it was then; empty in runs from before version 3 of the schema.
    pub market_sha256: String,
    /// The last day asked for; `None` where the run goes on with its market.
    pub last_day: Option<Day>,
    /// The tickers asked for, sorted; empty for all.
    pub tickers: Vec<String>,
    /// Rows of history asked for, to train the first model on.
    pub history_rows: i64,
    /// SHA-256 of the ONNX bytes of the champion at the opening; empty for none.
    pub model_sha256: String,
    /// Partitions of a data topic; 0 in runs from before version 4 of the schema.
    pub partitions: i64,
    /// SHA-256 of the configuration that decides what the run computes; empty before version 4.
    pub config_sha256: String,
    /// Version of the program that opened the run; empty before version 4.
    pub code_version: String,
    /// SHA-256 of the ONNX bytes of the model that the run was asked to use; empty where it trains its own.
    pub given_model: String,
}

/// New settings are in force.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SettingsChanged {
    /// All settings.
    pub settings: Settings,
    /// Capital that each track is given with this change; negative where it is taken. It is no return.
    pub deposit: Money,
}

/// Trading stops: no order to open a position is sent.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Halted {
    /// One track, or `None` for both.
    pub track: Option<Track>,
    /// Why.
    pub reason: String,
}

/// Trading resumes.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Resumed {
    /// One track, or `None` for both.
    pub track: Option<Track>,
    /// Why.
    pub reason: String,
}

/// An earlier model becomes champion again, at once.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct RolledBack {
    /// The version to use.
    pub version: i64,
    /// Why.
    pub reason: String,
}

/// An operator closed a stuck day by writing its missing marker.
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

/// A training is requested for the end of the next day.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TrainingRequested {
    /// Why.
    pub reason: String,
}

/// A close-to-close move that looks like a split was looked at by a person.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct MoveConfirmed {
    /// The ticker that moved.
    pub ticker: String,
    /// The first day of the new prices.
    pub move_day: Day,
    /// New shares per old share if it is a split; `None` if the price itself moved.
    pub split_ratio: Option<f64>,
}

/// The source need not wait for what a trading day of the market still lacks. Without any bar it is no trading day.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct DayReleased {
    /// The day.
    pub released_day: Day,
    /// Why.
    pub reason: String,
}

/// A version is requested as champion from the next day on.
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
        MoveConfirmed move_confirmed: MoveConfirmed = "MOVE_CONFIRMED",
        DayReleased day_released: DayReleased = "DAY_RELEASED",
    }
}
