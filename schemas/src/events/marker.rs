//! The day marker, which all topics share.

use super::model_ref::ModelRef;
use crate::Day;
use serde::{Deserialize, Serialize};

/// The day marker: the topic's producer has written all events of the day in this partition. Every
/// partition gets one, empty ones included.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct DayClosed {
    /// The partition.
    pub partition: i64,
    /// The run's trading day before this one.
    pub previous_day: Day,
    /// Events of the day before it in the partition; for display only.
    pub events: i64,
    /// `bars` only: the day's close of the volatility index.
    pub vix: Option<f64>,
    /// `bars` only: this partition's tickers to scan; none on warm-up days.
    pub scan: Vec<String>,
    /// `bars` only: this partition's tickers without a bar.
    pub missing: Vec<String>,
    /// `models` only: the champion from the next day on.
    pub champion: Option<ModelRef>,
    /// `models` only: the challenger watched from the next day on.
    pub challenger: Option<ModelRef>,
}
