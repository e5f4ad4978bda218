//! The standard normal distribution: its function, its density and its quantiles.

use libm::{erfc, exp};
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// The 97.5 % quantile: half the width of a 95 % interval, and the threshold of a two-sided 5 %
/// test.
pub const Z_975: f64 = 1.959_963_984_540_054;

/// The 80 % quantile: what 80 % power adds to a test's threshold.
pub const Z_80: f64 = 0.841_621_233_572_914_3;

/// Φ(x) = ½·erfc(−x/√2), within 1e-15 (fdlibm's erfc).
#[inline]
pub fn cdf(x: f64) -> f64 {
    0.5 * erfc(-x * FRAC_1_SQRT_2)
}

/// φ(x) = e^(−x²/2)/√(2π).
#[inline]
pub fn pdf(x: f64) -> f64 {
    exp(-0.5 * x * x) / (2.0 * PI).sqrt()
}

/// Φ⁻¹(p) for p ≥ 1e-300, within 1e-12 · max(1, |x|): the approximation 26.2.23 of Abramowitz and Stegun,
/// refined by two of Halley's steps as Acklam (2003) does. −∞ at 0, ∞ at 1, no number outside.
pub fn inverse_cdf(p: f64) -> f64 {
    match p {
        0.0 => return f64::NEG_INFINITY,
        1.0 => return f64::INFINITY,
        p if p > 0.0 && p < 1.0 => {}
        _ => return f64::NAN,
    }
    // The lower tail has all its digits; near 1 those of 1 − p are lost.
    let tail = p.min(1.0 - p);
    let mut x = -upper_quantile(tail);
    for _ in 0..2 {
        let newton = (cdf(x) - tail) / pdf(x);
        x -= newton / (1.0 + x * newton / 2.0);
    }
    if p < 0.5 { x } else { -x }
}

/// Quantile for 0.5 ≤ p < 1, absolute error below 4.5e-4: enough for a count of days. Recorded
/// verdicts rest on its bits; for anything new there is [`inverse_cdf`].
pub(crate) fn quantile(p: f64) -> f64 {
    upper_quantile(1.0 - p)
}

/// What is exceeded with probability `tail` ≤ 0.5, absolute error below 4.5e-4 (Abramowitz and Stegun
/// 26.2.23).
fn upper_quantile(tail: f64) -> f64 {
    let t = (-2.0 * tail.max(1e-300).ln()).sqrt();
    let top = 2.515517 + t * (0.802853 + t * 0.010328);
    let bottom = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    t - top / bottom
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_tables() {
        for (p, z) in [(0.8, Z_80), (0.95, 1.644_854), (0.975, Z_975)] {
            assert!((quantile(p) - z).abs() < 4.5e-4, "{p}");
            assert!((inverse_cdf(p) - z).abs() < 1e-6, "{p}");
        }
    }

    #[test]
    fn recorded_quantiles_keep_their_bits() {
        let bits = [0.5, 0.9, 0.95, 0.98, 0.999].map(|p| quantile(p).to_bits());
        let recorded = [
            0xbe7b_1d20_3a00_0000,
            0x3ff4_81f6_0338_59a1,
            0x3ffa_52c9_3b26_c392,
            0x4000_6efa_6d43_03fc,
            0x4008_b963_b77a_4bb3,
        ];
        assert_eq!(bits, recorded);
    }

    #[test]
    fn the_inverse_undoes_the_distribution_and_has_its_bounds() {
        for step in -70..=70 {
            let x = f64::from(step) / 10.0;
            // Above 0 the distance of Φ(x) from 1 has fewer digits.
            let tolerance = 1e-13 + f64::EPSILON / pdf(x);
            assert!((inverse_cdf(cdf(x)) - x).abs() < tolerance, "{x}");
        }
        assert_eq!((inverse_cdf(0.0), inverse_cdf(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!([-0.1, 1.1, f64::NAN].into_iter().all(|p| inverse_cdf(p).is_nan()));
    }
}
