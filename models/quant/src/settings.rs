//! The inputs of an analysis that are not prices: rates, available strikes and trade costs. Every
//! scan records them, because a number without them means nothing.

use serde::{Deserialize, Serialize};

/// Rates, strike step and trade costs.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub struct PricingSettings {
    /// Continuously compounded interest rate per year, as a fraction.
    pub rate: f64,
    /// Continuous dividend yield per year, as a fraction.
    pub dividend: f64,
    /// Distance of two strikes in dollars; `None` takes [`step_for`] the close.
    pub strike_step: Option<f64>,
    /// Least half spread of one option, dollars per share.
    pub min_half_spread: f64,
    /// Half spread of one option per unit of its dollar vega S·φ(d1)·√T.
    pub half_spread_rate: f64,
    /// Commission of one option and way, dollars per share.
    pub commission_per_share: f64,
}

impl Default for PricingSettings {
    fn default() -> PricingSettings {
        PricingSettings {
            rate: 0.0,
            dividend: 0.0,
            strike_step: None,
            min_half_spread: 0.01,
            half_spread_rate: 0.005,
            commission_per_share: 0.0065,
        }
    }
}

/// The usual distance of two strikes at a close: 0.5 below $10, 1 below 50, 2.5 below 200,
/// 5 below 1,000, else 10.
pub fn step_for(spot: f64) -> f64 {
    match spot {
        s if s < 10.0 => 0.5,
        s if s < 50.0 => 1.0,
        s if s < 200.0 => 2.5,
        s if s < 1_000.0 => 5.0,
        _ => 10.0,
    }
}

/// The strikes a butterfly can use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strikes<'a> {
    /// Every multiple of a step, dollars.
    Step(f64),
    /// The strikes a known chain lists, dollars, ascending.
    Listed(&'a [f64]),
}

impl Strikes<'_> {
    /// Centre and wing nearest to the wanted ones; of two equally near the higher, as ⌊x + ½⌋
    /// rounds. With a step the wing is at least one step. With a chain both outer strikes are
    /// listed too, and there is `None` where no listed strike has such a pair.
    pub fn nearest(&self, centre: f64, wing: f64) -> Option<(f64, f64)> {
        match *self {
            Strikes::Step(step) => {
                let rounded = |x: f64| (x / step + 0.5).floor() * step;
                Some((rounded(centre), rounded(wing).max(step)))
            }
            Strikes::Listed(strikes) => {
                let mut centres: Vec<f64> = strikes.to_vec();
                centres.sort_by(|a, b| nearer(*a, *b, centre));
                centres.into_iter().find_map(|k| listed_wing(strikes, k, wing).map(|w| (k, w)))
            }
        }
    }
}

fn nearer(a: f64, b: f64, wanted: f64) -> std::cmp::Ordering {
    (a - wanted).abs().total_cmp(&(b - wanted).abs()).then(b.total_cmp(&a))
}

fn listed_wing(strikes: &[f64], centre: f64, wanted: f64) -> Option<f64> {
    let listed = |strike: f64| strikes.iter().any(|s| (s - strike).abs() < 1e-9 * strike);
    strikes
        .iter()
        .map(|upper| upper - centre)
        .filter(|wing| *wing > 0.0 && listed(centre - wing))
        .min_by(|a, b| nearer(*a, *b, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_the_close_and_halves_round_up() {
        let steps = [(9.99, 0.5), (10.0, 1.0), (50.0, 2.5), (200.0, 5.0), (1_000.0, 10.0)];
        for (spot, step) in steps {
            assert_eq!(step_for(spot), step);
        }
        let step = Strikes::Step(2.5);
        assert_eq!(step.nearest(101.25, 3.7), Some((102.5, 2.5)));
        assert_eq!(step.nearest(101.24, 0.1), Some((100.0, 2.5)));
    }

    #[test]
    fn a_chain_gives_only_listed_strikes() {
        let chain = Strikes::Listed(&[80.0, 90.0, 95.0, 100.0, 105.0, 120.0]);
        assert_eq!(chain.nearest(101.0, 6.0), Some((100.0, 5.0)));
        assert_eq!(chain.nearest(101.0, 16.0), Some((100.0, 20.0)));
        assert_eq!(chain.nearest(119.0, 16.0), Some((105.0, 15.0))); // 120 has nothing above
        assert_eq!(Strikes::Listed(&[100.0]).nearest(100.0, 5.0), None);
    }
}
