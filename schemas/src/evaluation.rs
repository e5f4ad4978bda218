//! How many scan days models are judged on: figures that training, monitoring and data checks share.

/// Matured scan days on which a challenger is judged; no model is trained on them.
pub const HELD_OUT_DAYS: usize = 60;

/// The last matured scan days, over which a champion's accuracy and the recent quality of
/// predictions are measured.
pub const RECENT_DAYS: usize = 60;
