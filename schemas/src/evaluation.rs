//! What models are judged on, scan days and volatility regimes: figures that training, monitoring and data checks
//! share.

/// Matured scan days on which a challenger is judged; no model is trained on them.
pub const HELD_OUT_DAYS: usize = 60;

/// The last matured scan days, over which a champion's accuracy and the recent quality of
/// predictions are measured.
pub const RECENT_DAYS: usize = 60;

/// Close of the volatility index from which its regime is normal, points; below it is low.
pub const NORMAL_VIX: f64 = 15.0;

/// Close of the volatility index from which its regime is high, points.
pub const HIGH_VIX: f64 = 25.0;
