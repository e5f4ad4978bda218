//! How often the bootstrap takes noise for an effect. At level α a share α of series without an
//! effect should pass; with few blocks more do, and this measures how many.

use crate::bootstrap::p_value;
use crate::rng::{SeededRng, Stream};

/// Series drawn.
const TRIALS: u64 = 1_000;
/// Bootstrap samples of each; 199 give p-values in steps of 0.005.
const DRAWS: u32 = 199;

/// Share of series without an effect whose one-sided p-value is below `level`, measured on 1,000
/// series of `days` days that overlap fully: each day is the sum of `block` shocks, of which the
/// next day shares all but one. Holdings of at most `block` days cannot overlap more, so this is
/// the worst case.
///
/// At a nominal 10 % and 60 days it is 0.19 with blocks of 10 days and 0.26 with 31. It takes about
/// a tenth of a second.
///
/// None if the days are fewer than one and a half blocks.
pub fn false_alarm_rate(days: usize, block: usize, level: f64) -> Option<f64> {
    measured(days, block, block, level)
}

/// The rate where each day is the sum of `shared` shocks.
fn measured(days: usize, block: usize, shared: usize, level: f64) -> Option<f64> {
    let mut passed = 0;
    for trial in 0..TRIALS {
        if p_value(&without_effect(days, shared, trial), block, DRAWS, trial)? < level {
            passed += 1;
        }
    }
    Some(f64::from(passed) / TRIALS as f64)
}

/// Daily values of mean 0, each the sum of `shared` shocks.
fn without_effect(days: usize, shared: usize, seed: u64) -> Vec<f64> {
    let mut rng = SeededRng::new(seed, Stream::Null);
    let shocks: Vec<f64> = (0..days + shared).map(|_| rng.unit() - 0.5).collect();
    shocks.windows(shared.max(1)).take(days).map(|held| held.iter().sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nominal level 10 %, 60 days, holdings of 10 to 31 days: the gate's own case.
    #[test]
    fn noise_passes_more_often_than_the_level_says_and_this_is_how_often() {
        for block in (10..=31).step_by(3) {
            let overlapping = false_alarm_rate(60, block, 0.10).unwrap();
            let expected = 0.19 + 0.07 * (block as f64 - 10.0) / 21.0;
            assert!((overlapping - expected).abs() < 0.04, "blocks of {block}: {overlapping}");
        }
        for block in [10, 31] {
            let independent = measured(60, block, 1, 0.10).unwrap();
            assert!((0.09..0.22).contains(&independent), "blocks of {block}: {independent}");
            println!("{block} {independent}");
        }
    }

    #[test]
    fn many_independent_days_keep_the_level() {
        let rate = false_alarm_rate(250, 1, 0.10).unwrap();
        assert!((rate - 0.10).abs() < 0.03, "{rate}");
        assert_eq!(false_alarm_rate(29, 20, 0.10), None);
    }
}
