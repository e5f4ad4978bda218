//! The exponential function by additions and multiplications alone, so that its bits are the same
//! on every machine.

/// e^x for |x| < 700, within 2 units in the last place: 2^k times the series of the rest.
pub(super) fn exp(x: f64) -> f64 {
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let k = (x * std::f64::consts::LOG2_E + 0.5).floor();
    let rest = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let series = (1..=14).rev().fold(1.0, |sum, n| 1.0 + sum * rest / f64::from(n));
    series * f64::from_bits(((1_023 + k as i64) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_exp() {
        for n in -600..=600 {
            let x = f64::from(n) / 7.3;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-15, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
    }
}
