//! The baselines a model must beat, fitted on the same rows. They are used for judging and then
//! dropped, except where the logistic regression is itself the model.

use crate::candle_scorer::CandleScorer;
use crate::layers::Layers;
use crate::logistic::{Logistic, Sample};
use crate::manifest::ModelKind;
use crate::row::LabelledRow;
use crate::settings::TrainError;
use schemas::contract::{CLASSES, FEATURES};

/// A model and its rivals, fitted on the same rows.
pub(crate) struct Baselines {
    /// Class shares of the fitted rows.
    pub(crate) prior: [f64; CLASSES],
    /// None if a fitted row has no technical score, or all rows have the same.
    pub(crate) score: Option<ByScore>,
    /// The best ridge logistic regression.
    pub(crate) logistic: Layers,
    /// The best epoch's network.
    pub(crate) network: Layers,
}

impl Baselines {
    /// The one of the two candidates that is the model.
    pub(crate) fn of(&self, kind: ModelKind) -> &Layers {
        match kind {
            ModelKind::Network => &self.network,
            ModelKind::Logistic => &self.logistic,
        }
    }
}

/// Probabilities from one number: a logistic regression whose only input is the technical score.
pub(crate) struct ByScore(CandleScorer);

impl ByScore {
    /// Fits rows that all carry a score; otherwise none.
    pub(crate) fn fit(rows: &[&LabelledRow]) -> Result<Option<ByScore>, TrainError> {
        let Some(scores) = rows.iter().map(|row| row.score).collect::<Option<Vec<f64>>>() else {
            return Ok(None);
        };
        let weights: Vec<f64> = rows.iter().map(|row| row.weight).collect();
        let total: f64 = weights.iter().sum();
        let mean = |value: &dyn Fn(f64) -> f64| {
            scores.iter().zip(&weights).map(|(score, weight)| weight * value(*score)).sum::<f64>()
                / total
        };
        let centre = mean(&|score| score);
        let deviation = mean(&|score| (score - centre).powi(2)).sqrt();
        if deviation.is_nan() || deviation < 1e-6 {
            return Ok(None);
        }
        let scaled: Vec<[f32; FEATURES]> =
            scores.iter().map(|score| only_input(((score - centre) / deviation) as f32)).collect();
        let classes: Vec<u8> = rows.iter().map(|row| row.class).collect();
        let sample = Sample { rows: &scaled, classes: &classes, weights: &weights };
        let mut layers = Layers {
            mean: only_input(centre as f32).to_vec(),
            deviation: vec![1.0; FEATURES],
            dense: vec![Logistic::zero().fit(&sample, 0.0).layer()],
        };
        layers.deviation[0] = deviation as f32;
        Ok(Some(ByScore(CandleScorer::new(&layers)?)))
    }

    pub(crate) fn probabilities(&self, scores: &[f64]) -> Result<Vec<[f64; CLASSES]>, TrainError> {
        let rows: Vec<_> = scores.iter().map(|score| only_input(*score as f32)).collect();
        Ok(self.0.probabilities(&rows)?.iter().map(|p| p.map(f64::from)).collect())
    }
}

/// A row with the one input in the first position and 0 in the others.
fn only_input(value: f32) -> [f32; FEATURES] {
    let mut row = [0.0; FEATURES];
    row[0] = value;
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(score: Option<f64>, class: u8) -> LabelledRow {
        let features = [0.0; FEATURES];
        LabelledRow {
            features,
            class,
            roi: 0.0,
            scan_day: 0,
            evaluation_day: 1,
            weight: 1.0,
            score,
        }
    }

    /// Two values of the score, each with its own class shares: one input suffices to recover
    /// them.
    #[test]
    fn two_groups_get_their_own_frequencies() {
        let group = |score: f64, counts: [usize; 4]| {
            (0u8..4)
                .flat_map(move |class| vec![row(Some(score), class); counts[usize::from(class)]])
        };
        let rows: Vec<LabelledRow> =
            group(20.0, [50, 10, 20, 20]).chain(group(70.0, [20, 20, 20, 40])).collect();
        let by_score = ByScore::fit(&rows.iter().collect::<Vec<_>>()).expect("candle");
        let scored = by_score.expect("all carry one").probabilities(&[20.0, 70.0]).expect("candle");
        for (found, expected) in scored.iter().zip([[0.5, 0.1, 0.2, 0.2], [0.2, 0.2, 0.2, 0.4]]) {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4), "{found:?}");
        }
    }

    #[test]
    fn without_a_score_on_every_row_there_is_no_such_baseline() {
        let fit =
            |rows: &[LabelledRow]| ByScore::fit(&rows.iter().collect::<Vec<_>>()).expect("candle");
        assert!(fit(&[row(Some(3.0), 0), row(None, 1)]).is_none());
        assert!(fit(&[row(Some(3.0), 0), row(Some(3.0), 1)]).is_none(), "it is constant");
    }
}
