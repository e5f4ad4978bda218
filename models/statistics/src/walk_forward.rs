//! What "always the configuration that was best so far" would have earned: each step chooses by its
//! in-sample days alone and is paid by the days that follow them, so that the days of all steps put
//! together are a track that nobody chose with hindsight.
//!
//! Beside the choice stand what hindsight would have chosen and the median, which is what a choice
//! without knowledge earns. Returns are daily changes marked to market, so no return of an in-sample day
//! rests on a later price; no days need be left out between.

use crate::returns_matrix::{ReturnsMatrix, highest, median, sharpe_or_flat};
use serde::{Deserialize, Serialize};

/// Days that a choice rests on at least.
const LEAST_IN_SAMPLE: usize = 20;
/// Days that judge it at least.
const LEAST_OUT_OF_SAMPLE: usize = 10;
/// Configurations among which there is a choice.
const LEAST_CONFIGURATIONS: usize = 2;

/// The lengths of one step's windows, in days. The out-of-sample days of a step follow those of the step
/// before; its in-sample days are the ones just before them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WalkForwardSplit {
    /// Days by which the configuration is chosen, at least 20.
    pub in_sample: usize,
    /// Days after them that it is used on, at least 10.
    pub out_of_sample: usize,
}

impl WalkForwardSplit {
    /// As many such steps as `days` have room for; what is left over at the end is not used.
    pub fn repeated(self, days: usize) -> Vec<WalkForwardSplit> {
        let steps = days.saturating_sub(self.in_sample).checked_div(self.out_of_sample);
        vec![self; steps.unwrap_or(0)]
    }
}

/// One step. Sharpe ratios are those of a day (× √252 makes them annual), 0 where nothing was traded.
/// Places of configurations are those of the matrix given.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct WalkForwardStep {
    /// First in-sample day, 0 the first of the matrix.
    pub from: usize,
    /// First out-of-sample day.
    pub turn: usize,
    /// The day after the last out-of-sample day.
    pub to: usize,
    /// The configuration with the highest in-sample Sharpe ratio; of equal ones the first.
    pub best: usize,
    /// Its in-sample Sharpe ratio.
    pub in_sample: f64,
    /// Its out-of-sample Sharpe ratio.
    pub out_of_sample: f64,
    /// The configuration with the highest out-of-sample Sharpe ratio, which hindsight would have chosen.
    pub hindsight: usize,
    /// Its out-of-sample Sharpe ratio.
    pub hindsight_out_of_sample: f64,
    /// Median out-of-sample Sharpe ratio of all configurations.
    pub median_out_of_sample: f64,
}

/// A walk through the days.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WalkForward {
    /// Configurations compared; of those with equal returns on every day, one.
    pub configurations: usize,
    /// The steps in order.
    pub steps: Vec<WalkForwardStep>,
    /// Daily returns of always using the in-sample best, over the out-of-sample days of all steps.
    pub returns: Vec<f64>,
    /// The Sharpe ratio of those returns.
    pub sharpe_daily: f64,
}

/// Why no walk is given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WalkForwardError {
    /// Nothing to choose among.
    #[error(
        "{distinct} of {given} configurations have returns of their own; a choice needs at least \
         {LEAST_CONFIGURATIONS}"
    )]
    TooFewConfigurations {
        /// Configurations given.
        given: usize,
        /// Those whose returns differ from every earlier one's.
        distinct: usize,
    },
    /// No step at all.
    #[error("the days have no room for a step; give more days")]
    NoStep,
    /// A window is too short for a Sharpe ratio.
    #[error(
        "step {step} (0 first) has {in_sample} in-sample and {out_of_sample} out-of-sample days; at least \
         {LEAST_IN_SAMPLE} and {LEAST_OUT_OF_SAMPLE} are needed"
    )]
    WindowTooShort {
        /// Place of the step.
        step: usize,
        /// Its in-sample days.
        in_sample: usize,
        /// Its out-of-sample days.
        out_of_sample: usize,
    },
    /// The in-sample days of a step would begin before the first day.
    #[error("step {step} (0 first) needs {in_sample} days before it and there are {before}")]
    TooFewBefore {
        /// Place of the step.
        step: usize,
        /// Its in-sample days.
        in_sample: usize,
        /// Days there are before its out-of-sample days.
        before: usize,
    },
    /// The steps go beyond the last day.
    #[error("the steps need {needed} days and there are {days}; give more days or fewer steps")]
    TooFewDays {
        /// Days given.
        days: usize,
        /// Days needed.
        needed: usize,
    },
}

/// Walks through the days of `matrix` by `splits`, the first of which begins on the first day. Nothing is
/// drawn. [`WalkForwardSplit::repeated`] makes steps of equal length.
///
/// # Errors
/// [`WalkForwardError`] if there are fewer than 2 distinct configurations, no step, windows that are too
/// short, or days that do not reach.
pub fn walk_forward(
    matrix: &ReturnsMatrix,
    splits: &[WalkForwardSplit],
) -> Result<WalkForward, WalkForwardError> {
    let (given, distinct) = (matrix.given(), matrix.distinct().len());
    if distinct < LEAST_CONFIGURATIONS {
        return Err(WalkForwardError::TooFewConfigurations { given, distinct });
    }
    let windows = windows(matrix.days(), splits)?;
    let steps: Vec<WalkForwardStep> =
        windows.into_iter().map(|(from, turn, to)| step(matrix, from, turn, to)).collect();
    let used = |step: &WalkForwardStep| matrix.row(step.best)[step.turn..step.to].to_vec();
    let returns: Vec<f64> = steps.iter().flat_map(used).collect();
    let sharpe_daily = sharpe_or_flat(&returns);
    Ok(WalkForward { configurations: distinct, steps, returns, sharpe_daily })
}

/// The first in-sample day, the first out-of-sample day and the end of each step.
fn windows(
    days: usize,
    splits: &[WalkForwardSplit],
) -> Result<Vec<(usize, usize, usize)>, WalkForwardError> {
    let mut turn = splits.first().ok_or(WalkForwardError::NoStep)?.in_sample;
    let mut windows = Vec::new();
    for (step, &WalkForwardSplit { in_sample, out_of_sample }) in splits.iter().enumerate() {
        if in_sample < LEAST_IN_SAMPLE || out_of_sample < LEAST_OUT_OF_SAMPLE {
            return Err(WalkForwardError::WindowTooShort { step, in_sample, out_of_sample });
        }
        let too_few = WalkForwardError::TooFewBefore { step, in_sample, before: turn };
        let from = turn.checked_sub(in_sample).ok_or(too_few)?;
        let to = turn.saturating_add(out_of_sample);
        windows.push((from, turn, to));
        turn = to;
    }
    if turn > days { Err(WalkForwardError::TooFewDays { days, needed: turn }) } else { Ok(windows) }
}

fn step(matrix: &ReturnsMatrix, from: usize, turn: usize, to: usize) -> WalkForwardStep {
    let over = |from: usize, to: usize| -> Vec<f64> {
        matrix.distinct().iter().map(|row| sharpe_or_flat(&matrix.row(*row)[from..to])).collect()
    };
    let (inside, outside) = (over(from, turn), over(turn, to));
    let (best, hindsight) = (highest(&inside), highest(&outside));
    WalkForwardStep {
        from,
        turn,
        to,
        best: matrix.distinct()[best],
        in_sample: inside[best],
        out_of_sample: outside[best],
        hindsight: matrix.distinct()[hindsight],
        hindsight_out_of_sample: outside[hindsight],
        median_out_of_sample: median(&outside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPLIT: WalkForwardSplit = WalkForwardSplit { in_sample: 20, out_of_sample: 10 };

    /// Two rows that take turns at gaining: the first on days 0 to 29, the second after them.
    fn turning() -> ReturnsMatrix {
        let row = |early: bool| -> Vec<f64> {
            let gains = |day: usize| (day < 30) == early;
            let size = |day: usize| 0.25 * (1 + day % 2) as f64;
            (0..60).map(|day| if gains(day) { size(day) } else { -size(day) }).collect()
        };
        ReturnsMatrix::new(vec![row(true), row(false), row(true)]).unwrap()
    }

    #[test]
    fn given_a_turn_when_walked_then_the_choice_follows_late_and_is_paid_by_later_days() {
        let found = walk_forward(&turning(), &SPLIT.repeated(60)).unwrap();
        assert_eq!((found.configurations, found.steps.len(), found.returns.len()), (2, 4, 40));
        let of = |of: fn(&WalkForwardStep) -> usize| found.steps.iter().map(of).collect::<Vec<_>>();
        assert_eq!(of(|step| step.turn), [20, 30, 40, 50]);
        assert_eq!(of(|step| step.best), [0, 0, 0, 1], "a tie goes to the first");
        assert_eq!(of(|step| step.hindsight), [0, 1, 1, 1]);
        let signs: Vec<bool> = found.steps.iter().map(|step| step.out_of_sample > 0.0).collect();
        assert_eq!(signs, [true, false, false, true]);
        assert!(found.steps.iter().all(|step| step.median_out_of_sample.abs() < 1e-12));
        let earned: Vec<bool> = found.returns.iter().map(|value| *value > 0.0).collect();
        assert!(earned.chunks(10).zip(signs).all(|(days, sign)| days == [sign; 10]));
    }

    #[test]
    fn given_days_that_do_not_reach_when_walked_then_it_is_refused() {
        let refusal = |splits: &[WalkForwardSplit]| walk_forward(&turning(), splits).unwrap_err();
        assert_eq!(refusal(&SPLIT.repeated(29)), WalkForwardError::NoStep);
        assert_eq!(refusal(&[SPLIT; 5]), WalkForwardError::TooFewDays { days: 60, needed: 70 });
        let longer = WalkForwardSplit { in_sample: 31, ..SPLIT };
        let before = WalkForwardError::TooFewBefore { step: 1, in_sample: 31, before: 30 };
        assert_eq!(refusal(&[SPLIT, longer]), before);
        let short = WalkForwardSplit { out_of_sample: 9, ..SPLIT };
        assert!(matches!(refusal(&[short]), WalkForwardError::WindowTooShort { step: 0, .. }));
        let one = ReturnsMatrix::new(vec![vec![0.0; 60]; 2]).unwrap();
        let few = WalkForwardError::TooFewConfigurations { given: 2, distinct: 1 };
        assert_eq!(walk_forward(&one, &[SPLIT]), Err(few));
    }
}
