//! Whether scores choose better than chance: the mean result of what a rule chooses, against the same rule
//! with the scores shuffled among the candidates of each day.
//!
//! The unit is the scan day: results are averaged within a day, then over days. Holdings of neighbouring
//! days overlap, so days share luck: all candidates do well while volatility falls. Shuffling within days
//! alone keeps each day's candidates and how many of them are chosen, so that common luck is in every draw
//! as it is in what was observed, and does not count as skill.
//!
//! What shuffling does not keep: a score that stays with a ticker for days chooses nearly the same holding
//! again and again, while draws choose anew each day. Its luck with that one ticker does not average out as
//! the draws' does, and the p-value is too small: where scores without knowledge and results overlap over 10
//! or 31 days, 19 and 30 % of p-values are below 5 % (250 days, 20 tickers, 3 chosen; 6 % where nothing
//! overlaps). So the daily excess of the chosen over all candidates is judged by the block bootstrap beside
//! it ([`PermutationTest::excess`]), of which 6 and 10 % are; a proof is what both find.

use crate::bootstrap::{DRAWS, Gain, gain, p_of};
use crate::days::mean;
use crate::rng::{SeededRng, Stream};
use serde::{Deserialize, Serialize};

/// Days with a choice below which nothing is shown.
const LEAST_DAYS: usize = 20;

/// One candidate of a day.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ScoredCandidate {
    /// The score that it is chosen by.
    pub score: f64,
    /// The return that came of it, a fraction of the capital at risk.
    pub roi: f64,
}

/// How candidates are chosen by their scores.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SelectionRule {
    /// Only a score above this is chosen.
    pub threshold: f64,
    /// At most so many a day, highest score first; of equal scores the first given.
    pub at_most: usize,
}

/// What a rule earned by its scores and by chance.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PermutationTest {
    /// Days on which something was chosen.
    pub traded_days: usize,
    /// Those of them on which something was left, so that there was a choice.
    pub days_with_a_choice: usize,
    /// Mean over the traded days of the mean return of those chosen.
    pub observed: f64,
    /// Mean of the same over the shuffles.
    pub null_mean: f64,
    /// 95 of 100 shuffles lie between these.
    pub null_range: (f64, f64),
    /// (1 + shuffles that earn as much) ÷ (1 + shuffles); one-sided.
    pub p_value: f64,
    /// Shuffles drawn.
    pub draws: u32,
    /// The daily excess of the chosen over all candidates of their day, judged in blocks of traded days. None
    /// if these are fewer than one and a half blocks.
    pub excess: Option<Gain>,
}

/// Why scores cannot be judged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PermutationError {
    /// Where all or none are chosen, scores make no difference.
    #[error(
        "only {days} days have both a chosen candidate and one that is not; {needed} are needed, so give more \
         days or another threshold"
    )]
    TooFewDays {
        /// Days with a choice.
        days: usize,
        /// Days needed.
        needed: usize,
    },
    /// A score or a return is not a number.
    #[error(
        "score or return of candidate {candidate} on day {day} (both 0 first) is not finite; leave it out"
    )]
    NotFinite {
        /// Place of the day.
        day: usize,
        /// Place of the candidate.
        candidate: usize,
    },
}

/// A traded day: the returns of its candidates in any order, and how many of them are chosen.
struct TradedDay {
    returns: Vec<f64>,
    chosen: usize,
}

/// Judges the scores of `days`, each with all its candidates, under `rule`. `block` is the longest holding in
/// trading days. The same arguments give the same figures.
///
/// # Errors
/// [`PermutationError`] if fewer than 20 days have both a chosen candidate and one that is not, or a number
/// is not finite.
pub fn permutation_test(
    days: &[Vec<ScoredCandidate>],
    rule: SelectionRule,
    block: usize,
    seed: u64,
) -> Result<PermutationTest, PermutationError> {
    check_finite(days)?;
    let mut traded: Vec<TradedDay> = days.iter().filter_map(|day| traded_day(day, rule)).collect();
    let days_with_a_choice = traded.iter().filter(|day| day.chosen < day.returns.len()).count();
    if days_with_a_choice < LEAST_DAYS {
        return Err(PermutationError::TooFewDays { days: days_with_a_choice, needed: LEAST_DAYS });
    }
    let excess: Vec<f64> = traded.iter().map(TradedDay::excess).collect();
    let observed = statistic(&traded);
    let mut rng = SeededRng::new(seed, Stream::Scores);
    let mut drawn: Vec<f64> = (0..DRAWS)
        .map(|_| {
            traded.iter_mut().for_each(|day| day.shuffle(&mut rng));
            statistic(&traded)
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    // A draw that chooses the same returns in another order differs by the rounding of their sum.
    let rounding = 1e-12 * (1.0 + observed.abs());
    let outside = drawn.len() / 40;
    Ok(PermutationTest {
        traded_days: traded.len(),
        days_with_a_choice,
        observed,
        null_mean: mean(&drawn).unwrap_or_default(),
        null_range: (drawn[outside], drawn[drawn.len() - 1 - outside]),
        p_value: p_of(&drawn, observed - rounding),
        draws: DRAWS,
        excess: gain(&excess, block.max(1), DRAWS, seed),
    })
}

fn check_finite(days: &[Vec<ScoredCandidate>]) -> Result<(), PermutationError> {
    for (day, candidates) in days.iter().enumerate() {
        let broken = |it: &ScoredCandidate| !(it.score.is_finite() && it.roi.is_finite());
        if let Some(candidate) = candidates.iter().position(broken) {
            return Err(PermutationError::NotFinite { day, candidate });
        }
    }
    Ok(())
}

/// The day with the returns of those chosen first; none if nothing is chosen.
fn traded_day(candidates: &[ScoredCandidate], rule: SelectionRule) -> Option<TradedDay> {
    let mut ordered = candidates.to_vec();
    ordered.sort_by(|a, b| b.score.total_cmp(&a.score)); // stable: of equal scores the first given
    let above = ordered.iter().filter(|candidate| candidate.score > rule.threshold).count();
    let chosen = above.min(rule.at_most);
    let returns = ordered.into_iter().map(|candidate| candidate.roi).collect();
    (chosen > 0).then_some(TradedDay { returns, chosen })
}

impl TradedDay {
    fn mean_chosen(&self) -> f64 {
        self.returns[..self.chosen].iter().sum::<f64>() / self.chosen as f64
    }

    fn excess(&self) -> f64 {
        self.mean_chosen() - mean(&self.returns).unwrap_or_default()
    }

    /// Puts returns drawn without replacement in the place of those chosen. Scores shuffled among the candidates
    /// leave as many above the threshold, so they choose as many, and any as likely: this is that, without
    /// the scores.
    fn shuffle(&mut self, rng: &mut SeededRng) {
        for place in 0..self.chosen {
            let other = place + rng.below(self.returns.len() - place);
            self.returns.swap(place, other);
        }
    }
}

fn statistic(days: &[TradedDay]) -> f64 {
    days.iter().map(TradedDay::mean_chosen).sum::<f64>() / days.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: SelectionRule = SelectionRule { threshold: 0.6, at_most: 3 };

    /// Days of 12 candidates with common luck; a part `skill` of a return is in its score.
    fn days(count: usize, skill: f64) -> Vec<Vec<ScoredCandidate>> {
        let mut rng = SeededRng::new(9, Stream::Null);
        let mut day = || {
            let luck = rng.unit() - 0.5;
            let mut candidate = || {
                let score = rng.unit();
                ScoredCandidate { score, roi: luck + skill * score + (rng.unit() - 0.5) }
            };
            (0..12).map(|_| candidate()).collect()
        };
        (0..count).map(|_| day()).collect()
    }

    #[test]
    fn given_scores_that_know_something_when_judged_then_it_is_found_and_else_not() {
        let found = permutation_test(&days(60, 0.5), RULE, 5, 7).unwrap();
        assert!(found.p_value < 0.001 && found.observed > found.null_range.1, "{found:?}");
        assert!(found.excess.unwrap().p_value < 0.001);
        let chance = permutation_test(&days(60, 0.0), RULE, 5, 7).unwrap();
        assert!(chance.p_value > 0.05 && chance.excess.unwrap().p_value > 0.05, "{chance:?}");
        assert!(chance.null_range.0 < chance.null_mean && chance.null_mean < chance.null_range.1);
        assert_eq!(found, permutation_test(&days(60, 0.5), RULE, 5, 7).unwrap(), "seeded");
    }

    #[test]
    fn given_luck_that_all_candidates_share_when_judged_then_it_is_in_every_draw() {
        let mut lucky = days(60, 0.0);
        lucky.iter_mut().flatten().for_each(|candidate| candidate.roi += 5.0);
        let [plain, lucky] =
            [days(60, 0.0), lucky].map(|it| permutation_test(&it, RULE, 5, 7).unwrap());
        assert_eq!(plain.p_value, lucky.p_value);
        assert!((lucky.null_mean - plain.null_mean - 5.0).abs() < 1e-9);
    }

    #[test]
    fn given_returns_that_are_equal_when_judged_then_every_draw_is_as_large() {
        let mut equal = days(30, 0.0);
        equal.iter_mut().for_each(|day| day.iter_mut().for_each(|it| it.roi = 0.1));
        assert_eq!(permutation_test(&equal, RULE, 5, 7).unwrap().p_value, 1.0);
    }

    #[test]
    fn given_a_rule_when_applied_then_it_takes_the_highest_above_its_threshold() {
        let of = |scores: &[f64]| {
            let candidate =
                |(at, score): (usize, &f64)| ScoredCandidate { score: *score, roi: at as f64 };
            let day: Vec<_> = scores.iter().enumerate().map(candidate).collect();
            traded_day(&day, RULE).map(|day| day.returns[..day.chosen].to_vec())
        };
        assert_eq!(of(&[0.6, 0.5]), None, "not above");
        assert_eq!(of(&[0.7, 0.1, 0.9]), Some(vec![2.0, 0.0]));
        assert_eq!(of(&[0.7, 0.7, 0.8, 0.7]), Some(vec![2.0, 0.0, 1.0]));
    }

    #[test]
    fn given_days_without_a_choice_when_judged_then_it_is_refused() {
        let refusal =
            |days: &[Vec<ScoredCandidate>], rule| permutation_test(days, rule, 5, 7).unwrap_err();
        let too_few = |days| PermutationError::TooFewDays { days, needed: 20 };
        assert_eq!(refusal(&days(19, 0.0), RULE), too_few(19));
        assert_eq!(refusal(&days(60, 0.0), SelectionRule { at_most: 0, ..RULE }), too_few(0));
        let all = SelectionRule { threshold: -1.0, at_most: 12 };
        assert_eq!(refusal(&days(60, 0.0), all), too_few(0));
        let mut broken = days(60, 0.0);
        broken[2][4].roi = f64::NAN;
        assert_eq!(refusal(&broken, RULE), PermutationError::NotFinite { day: 2, candidate: 4 });
    }

    /// Scores that know nothing and results, both of which stay with a ticker for about 10 days.
    fn staying(seed: u64) -> Vec<Vec<ScoredCandidate>> {
        const HELD: usize = 10;
        let mut rng = SeededRng::new(seed, Stream::Null);
        let mut sums = || -> Vec<f64> {
            let shocks: Vec<f64> = (0..80 + HELD).map(|_| rng.unit() - 0.5).collect();
            shocks.windows(HELD).take(80).map(|held| held.iter().sum()).collect()
        };
        let tickers: Vec<(Vec<f64>, Vec<f64>)> = (0..10).map(|_| (sums(), sums())).collect();
        let candidate = |(scores, returns): &(Vec<f64>, Vec<f64>), day: usize| ScoredCandidate {
            score: scores[day],
            roi: returns[day],
        };
        (0..80).map(|day| tickers.iter().map(|it| candidate(it, day)).collect()).collect()
    }

    #[test]
    fn given_luck_that_stays_with_a_ticker_when_judged_then_the_excess_is_fooled_less_often() {
        let rule = SelectionRule { threshold: -99.0, at_most: 2 };
        let found = (0..60).map(|seed| permutation_test(&staying(seed), rule, 10, seed).unwrap());
        let (mut shuffled, mut blocks) = (0, 0);
        for found in found {
            shuffled += usize::from(found.p_value < 0.05);
            blocks += usize::from(found.excess.unwrap().p_value < 0.05);
        }
        assert!(shuffled >= 9 && blocks <= 7, "of 60: {shuffled} and {blocks}");
    }
}
