//! How large the simulated world is.

/// Partitions of a data topic.
pub const PARTITIONS: u32 = 3;
/// Bars a scan needs.
pub(super) const WARM_UP: usize = 252;
/// Days of scanning until the first outcomes mature.
pub(super) const MATURING: usize = 22;
/// Days that are simulated.
pub const SIMULATED: usize = 4;
