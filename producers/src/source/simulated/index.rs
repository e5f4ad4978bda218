//! The volatility index and the factors that all stocks share.

use super::exp::exp;
use crate::rng::RandomStream;

/// Sectors a stock can belong to.
pub(super) const SECTORS: usize = 8;
/// Level that the index reverts to between jumps, points.
const CALM: f64 = 16.0;
/// Share of the distance (in logarithms) it reverts per day: half in 115 days.
const RETURN: f64 = 0.006;
/// Mean logarithm, jumps included, above the calm level's: about 18 points.
const USUAL: f64 = 0.13;
/// Daily standard deviation of the logarithm.
const SHAKE: f64 = 0.02;
/// Daily chance of a jump up, and its smallest and largest size in logarithms.
const JUMP: (f64, f64, f64) = (1.0 / 250.0, 0.10, 0.30);
/// ln(9.5/16) and ln(48/16), where the index is reflected.
const BOUNDS: (f64, f64) = (-0.521_297, 1.098_612);
/// Correlation of the market's return with the index's own move.
const LEVERAGE: f64 = -0.6;
const REST: f64 = 0.8;

/// A day's shocks, common to all stocks.
pub(super) struct Shocks {
    /// The index at the close, points, two decimals.
    pub(super) vix: f64,
    /// The day's volatility as a multiple of the usual, from the previous day's index.
    pub(super) scale: f64,
    /// Standard normal.
    pub(super) market: f64,
    /// Standard normal each.
    pub(super) sectors: [f64; SECTORS],
}

/// The index's state.
pub(super) struct VolatilityIndex {
    random: RandomStream,
    /// ln(index/16).
    level: f64,
}

impl VolatilityIndex {
    pub(super) fn new(seed: u64) -> VolatilityIndex {
        let mut random = RandomStream::new(seed, 0);
        let level = random.between(-0.1, 0.4);
        VolatilityIndex { random, level }
    }

    /// Advances by a day.
    pub(super) fn step(&mut self) -> Shocks {
        let scale = exp(self.level - USUAL);
        let shake = self.random.normal();
        let (chance, least, most) = JUMP;
        let (jumps, size) = (self.random.uniform() < chance, self.random.between(least, most));
        let jump = if jumps { size } else { 0.0 };
        let moved = self.level - RETURN * self.level + SHAKE * shake + jump;
        self.level = reflected(moved, BOUNDS);
        let own = self.random.normal();
        let jump_shock = if jumps { -1.0 } else { 0.0 };
        let market = LEVERAGE * shake + REST * own + jump_shock;
        let mut sectors = [0.0; SECTORS];
        sectors.fill_with(|| self.random.normal());
        let vix = (CALM * exp(self.level) * 100.0).round() / 100.0;
        Shocks { vix, scale, market, sectors }
    }
}

/// `x`, reflected at the bounds if it lies outside.
pub(super) fn reflected(x: f64, (low, high): (f64, f64)) -> f64 {
    match x {
        x if x < low => (2.0 * low - x).min(high),
        x if x > high => (2.0 * high - x).max(low),
        x => x,
    }
}
