//! Whose scores a verification repeats. Engines agree within 1e-6, not in every bit, so a score is
//! repeated by the provider that its record names, bit for bit. Where that is not here, it is
//! repeated by another and compared within [`TOLERANCE`]; every decision downstream follows the
//! recorded score anyway.

use crate::env::Machines;
use parking_lot::Mutex;
use schemas::events::{Predictions, Score};
use schemas::{Body, Event, codec};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How far a probability or an expected return may lie from the recorded one where another provider
/// repeats it.
pub const TOLERANCE: f64 = 1e-6;

/// Machines that score with the provider of this name; `None` where it is not here.
pub type ScoringWith = Arc<dyn Fn(&str) -> Option<Machines> + Send + Sync>;

/// `with`, asked once for each provider, whichever unit asks: to open an engine takes time.
pub(crate) fn asked_once(with: ScoringWith) -> ScoringWith {
    let known: Mutex<BTreeMap<String, Option<Machines>>> = Mutex::default();
    Arc::new(move |provider| {
        let mut known = known.lock();
        known.entry(provider.to_owned()).or_insert_with(|| with(provider)).clone()
    })
}

/// The scores of one provider, and how they were compared.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct ScoresCompared {
    /// The provider that scored.
    pub recorded_by: String,
    /// The provider that repeated it.
    pub repeated_by: String,
    /// Scores compared.
    pub scores: u64,
    /// The tolerance; none where every bit must be the same.
    pub tolerance: Option<f64>,
    /// The largest difference of a probability or an expected return.
    pub largest_difference: f64,
}

/// How the events of a decision are compared with the record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Comparison {
    /// Not in this pass.
    Later,
    /// Byte by byte.
    Exact,
    /// Scores within the tolerance, everything else byte by byte.
    Near,
}

/// The comparison of a unit's scores, in one pass for each provider that scored.
pub struct ScoreComparison {
    with: ScoringWith,
    /// The provider whose scores this pass repeats; the first pass takes everything else.
    only: Option<String>,
    /// Providers that are here and await a pass of their own.
    waiting: BTreeSet<String>,
    found: BTreeMap<(String, String), ScoresCompared>,
}

impl ScoreComparison {
    pub(crate) fn new(with: ScoringWith) -> ScoreComparison {
        ScoreComparison { with, only: None, waiting: BTreeSet::new(), found: BTreeMap::new() }
    }

    /// Begins the pass of another provider that scored; its machines, or `None` after the last.
    pub(crate) fn next_pass(&mut self) -> Option<Machines> {
        self.only = self.waiting.pop_first();
        let provider = self.only.clone()?;
        (self.with)(&provider)
    }

    /// Whether the pass compares what is no score, such as markers.
    pub(crate) fn first_pass(&self) -> bool {
        self.only.is_none()
    }

    /// How this decision is compared.
    pub(crate) fn how(&mut self, decided: &[Event], past: &[(Event, Vec<u8>)]) -> Comparison {
        let then = past.iter().find_map(|(event, _)| score(event));
        let now = decided.iter().find_map(score);
        match (then, now, &self.only) {
            (Some(then), _, Some(only)) if then.provider == *only => Comparison::Exact,
            (_, _, Some(_)) => Comparison::Later,
            (Some(then), Some(now), None) if then.provider != now.provider => {
                if (self.with)(&then.provider).is_some() {
                    self.waiting.insert(then.provider.clone());
                    Comparison::Later
                } else {
                    Comparison::Near
                }
            }
            _ => Comparison::Exact,
        }
    }

    /// Counts the scores compared.
    pub(crate) fn count(&mut self, how: Comparison, decided: &[Event], past: &[(Event, Vec<u8>)]) {
        for (now, (then, _)) in decided.iter().zip(past) {
            let (Some(now), Some(then)) = (score(now), score(then)) else { continue };
            let key = (then.provider.clone(), now.provider.clone());
            let found = self.found.entry(key).or_default();
            found.recorded_by.clone_from(&then.provider);
            found.repeated_by.clone_from(&now.provider);
            found.scores += 1;
            found.tolerance = (how == Comparison::Near).then_some(TOLERANCE);
            found.largest_difference = found.largest_difference.max(apart(then, now));
        }
    }

    /// Adds what was found in another unit.
    pub(crate) fn add(&mut self, other: ScoreComparison) {
        for (key, more) in other.found {
            let known = self.found.entry(key).or_default();
            let scores = known.scores + more.scores;
            let largest_difference = known.largest_difference.max(more.largest_difference);
            *known = ScoresCompared { scores, largest_difference, ..more };
        }
    }

    pub(crate) fn into_found(self) -> Vec<ScoresCompared> {
        self.found.into_values().collect()
    }
}

fn score(event: &Event) -> Option<&Score> {
    match &event.body {
        Body::Predictions(Predictions::CandidateScored(score)) => Some(score),
        _ => None,
    }
}

/// The largest difference of two scores of the same shape.
fn apart(then: &Score, now: &Score) -> f64 {
    let pairs = then.probabilities.iter().zip(&now.probabilities);
    pairs
        .map(|(then, now)| (then - now).abs())
        .fold((then.expected_roi - now.expected_roi).abs(), f64::max)
}

/// Whether `now` is the recorded event but for the last digits of a score and its provider.
pub(crate) fn near(then: &Event, bytes: &[u8], now: &Event) -> bool {
    let (Some(then), Some(score)) = (score(then), score(now)) else { return false };
    // Where two classes are as likely, the last digits choose.
    let likelihood = |class: i32| {
        usize::try_from(class).ok().and_then(|class| then.probabilities.get(class)).copied()
    };
    let tied = match (likelihood(then.class), likelihood(score.class)) {
        (Some(then), Some(now)) => (then - now).abs() <= 2.0 * TOLERANCE,
        _ => false,
    };
    // False of NaN too.
    let close = |(then, now): (f64, f64)| (then - now).abs() <= TOLERANCE;
    let pairs = then.probabilities.iter().copied().zip(score.probabilities.iter().copied());
    let close = then.probabilities.len() == score.probabilities.len()
        && pairs.chain([(then.expected_roi, score.expected_roi)]).all(close);
    if !close || !(then.class == score.class || tied) {
        return false;
    }
    let same = Score {
        provider: then.provider.clone(),
        probabilities: then.probabilities.clone(),
        expected_roi: then.expected_roi,
        class: then.class,
        ..score.clone()
    };
    let same = Event { body: Body::Predictions(Predictions::CandidateScored(same)), ..now.clone() };
    codec::encode(&same).is_ok_and(|same| same == bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use schemas::Day;

    fn event(change: impl FnOnce(&mut Score)) -> Event {
        let mut score = Score {
            probabilities: vec![0.4, 0.1, 0.1, 0.4],
            expected_roi: 0.12,
            provider: "onnxruntime-cpu".to_owned(),
            model_version: 2,
            ..Score::default()
        };
        change(&mut score);
        Event::new(Day(9), "A", &["a"], Predictions::CandidateScored(score))
    }

    #[test]
    fn another_provider_may_differ_in_the_last_digits_alone() {
        let then = event(|_| {});
        let bytes = codec::encode(&then).unwrap();
        let near = |change: fn(&mut Score)| {
            let now = event(|score| {
                score.provider = "candle-cpu".to_owned();
                change(score);
            });
            super::near(&then, &bytes, &now)
        };
        assert!(near(|_| {}));
        assert!(near(|score| score.probabilities[1] += 9e-7));
        assert!(near(|score| score.expected_roi -= 9e-7));
        assert!(near(|score| score.class = 3), "as likely as the recorded class");
        assert!(!near(|score| score.class = 1));
        assert!(!near(|score| score.probabilities[1] += 2e-6));
        assert!(!near(|score| score.expected_roi += 2e-6));
        assert!(!near(|score| score.expected_roi = f64::NAN));
        assert!(!near(|score| score.probabilities[3] = f64::NAN));
        assert!(!near(|score| score.probabilities.push(0.0)));
        assert!(!near(|score| score.model_version = 3));
        let mut later = event(|_| {});
        later.control_offset = Some(4);
        assert!(!super::near(&then, &bytes, &later));
    }

    #[test]
    fn a_provider_that_is_here_repeats_its_own_scores_in_a_pass_of_its_own() {
        let by = |provider: &str| event(|score| score.provider = provider.to_owned());
        let past = |event: Event| vec![(event.clone(), codec::encode(&event).unwrap())];
        let machines: Machines = Arc::new(|_| None);
        let with = move |name: &str| (name == "here").then(|| machines.clone());
        let mut scores = ScoreComparison::new(Arc::new(with));
        let own = [by("own")];
        assert_eq!(scores.how(&own, &past(by("own"))), Comparison::Exact);
        assert_eq!(scores.how(&own, &past(by("gone"))), Comparison::Near);
        assert_eq!(scores.how(&own, &past(by("here"))), Comparison::Later);
        assert!(scores.next_pass().is_some());
        assert_eq!(scores.how(&[by("here")], &past(by("here"))), Comparison::Exact);
        assert_eq!(scores.how(&[by("here")], &past(by("gone"))), Comparison::Later);
        assert_eq!(scores.how(&[], &[]), Comparison::Later, "compared in the first pass");
        assert!(scores.next_pass().is_none());
    }
}
