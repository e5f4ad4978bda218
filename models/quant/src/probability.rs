//! The normal distribution, and what a price with a normal logarithm does by expiry: the chance of
//! ending between two prices, and a butterfly's expected payoff.

use libm::log;
pub use statistics::normal::{cdf as normal_cdf, pdf as normal_pdf};

/// The chance that S_T with ln S_T ~ N(ln S − v/2, v) ends between two prices (feature 18).
///
/// `spot`, `low` and `high` in dollars, `variance` v over the whole time. A bound at or below
/// 0 excludes nothing.
pub fn prob_between(spot: f64, low: f64, high: f64, variance: f64) -> f64 {
    let below = |price: f64| {
        if price <= 0.0 {
            return 0.0;
        }
        normal_cdf((log(price / spot) + 0.5 * variance) / variance.sqrt())
    };
    below(high) - below(low)
}

/// The mean of max(0, w − |S_T − K|), a butterfly's payoff at expiry, when
/// ln S_T ~ N(ln S − v/2, v), in closed form: E max(0, S_T − k) is Black's (1976) price, taken
/// once at each wing and twice, sold, at the centre.
///
/// `spot`, `centre` K and `wing` w in dollars, `variance` v over the whole time. A lower strike
/// at or below 0 is always exercised.
pub fn expected_payoff(spot: f64, centre: f64, wing: f64, variance: f64) -> f64 {
    let sd = variance.sqrt();
    let call = |strike: f64| {
        if strike <= 0.0 {
            return spot - strike;
        }
        if sd == 0.0 {
            return (spot - strike).max(0.0);
        }
        let d1 = log(spot / strike) / sd + 0.5 * sd;
        spot * normal_cdf(d1) - strike * normal_cdf(d1 - sd)
    };
    (call(centre - wing) - 2.0 * call(centre) + call(centre + wing)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statistics::normal::Z_975;

    #[test]
    fn the_normal_distribution_is_that_of_scipy() {
        // scipy.stats.norm.cdf
        let table = [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_542_9),
            (-1.0, 0.158_655_253_931_457_07),
            (Z_975, 0.975),
            (-4.0, 3.167_124_183_311_986e-5),
            (-8.0, 6.220_960_574_271_786e-16),
        ];
        for (x, p) in table {
            assert!((normal_cdf(x) - p).abs() < 1e-15 * (1.0 + 1.0 / p).min(2.0), "{x}");
        }
        assert!((normal_pdf(0.7) - 0.312_253_933_366_761_3).abs() < 1e-15);
    }

    #[test]
    fn the_expected_payoff_is_the_sum_over_the_density() {
        let (spot, centre, wing, variance) = (101.0, 98.0, 9.0, 0.012_f64);
        let steps = 40_000;
        let sum: f64 = (0..steps)
            .map(|i| {
                let price = centre - wing + 2.0 * wing * (f64::from(i) + 0.5) / f64::from(steps);
                let z = (log(price / spot) + 0.5 * variance) / variance.sqrt();
                let density = normal_pdf(z) / (price * variance.sqrt());
                (wing - (price - centre).abs()) * density
            })
            .sum();
        let mean = sum * 2.0 * wing / f64::from(steps);
        assert!((expected_payoff(spot, centre, wing, variance) - mean).abs() < 1e-8);
        assert_eq!(expected_payoff(100.0, 98.0, 9.0, 0.0), 7.0);
        assert_eq!(expected_payoff(200.0, 98.0, 9.0, 0.0), 0.0);
    }

    #[test]
    fn an_open_interval_is_certain_and_halves_add_up() {
        assert!((prob_between(100.0, 0.0, 1e9, 0.01) - 1.0).abs() < 1e-15);
        let halves =
            prob_between(100.0, 90.0, 100.0, 0.01) + prob_between(100.0, 100.0, 110.0, 0.01);
        assert!((halves - prob_between(100.0, 90.0, 110.0, 0.01)).abs() < 1e-15);
    }
}
