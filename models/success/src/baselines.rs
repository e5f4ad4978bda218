//! What a model must beat, fitted on the same rows: it is judged beside them and they are
//! thrown away, except where the logistic regression is itself the model.

use crate::candle_scorer::CandleScorer;
use crate::layers::Chain;
use crate::logistic::{Logistic, Sample};
use crate::manifest::Kind;
use crate::row::Row;
use crate::settings::TrainError;
use schemas::contract::{CLASSES, FEATURES};

/// A model and its rivals, fitted on the same rows.
pub(crate) struct Baselines {
    /// Class shares of the fitted rows.
    pub(crate) prior: [f64; CLASSES],
    /// None where a fitted row carries no technical score, or all the same one.
    pub(crate) score: Option<ByScore>,
    /// The best ridge logistic regression.
    pub(crate) logistic: Chain,
    /// The best epoch's network.
    pub(crate) network: Chain,
}

impl Baselines {
    /// The one of the two candidates that is the model.
    pub(crate) fn of(&self, kind: Kind) -> &Chain {
        match kind {
            Kind::Network => &self.network,
            Kind::Logistic => &self.logistic,
        }
    }
}

/// Probabilities from one number: a logistic regression whose only input is the technical score.
pub(crate) struct ByScore(CandleScorer);

impl ByScore {
    /// Fitted on rows that all carry a score, else nothing.
    pub(crate) fn fit(rows: &[&Row]) -> Result<Option<ByScore>, TrainError> {
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
            scores.iter().map(|score| alone(((score - centre) / deviation) as f32)).collect();
        let classes: Vec<u8> = rows.iter().map(|row| row.class).collect();
        let sample = Sample { rows: &scaled, classes: &classes, weights: &weights };
        let mut chain = Chain {
            mean: alone(centre as f32).to_vec(),
            deviation: vec![1.0; FEATURES],
            layers: vec![Logistic::zero().fit(&sample, 0.0).layer()],
        };
        chain.deviation[0] = deviation as f32;
        Ok(Some(ByScore(CandleScorer::new(&chain)?)))
    }

    pub(crate) fn probabilities(&self, scores: &[f64]) -> Result<Vec<[f64; CLASSES]>, TrainError> {
        let rows: Vec<_> = scores.iter().map(|score| alone(*score as f32)).collect();
        Ok(self.0.probabilities(&rows)?.iter().map(|p| p.map(f64::from)).collect())
    }
}

/// The one input in the first place, nothing in the others.
fn alone(value: f32) -> [f32; FEATURES] {
    let mut row = [0.0; FEATURES];
    row[0] = value;
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(score: Option<f64>, class: u8) -> Row {
        let features = [0.0; FEATURES];
        Row { features, class, roi: 0.0, scan_day: 0, evaluation_day: 1, weight: 1.0, score }
    }

    /// Two values of the score, of which each has its own class shares: one input suffices to
    /// give them back.
    #[test]
    fn two_groups_get_their_own_frequencies() {
        let group = |score: f64, counts: [usize; 4]| {
            (0u8..4)
                .flat_map(move |class| vec![row(Some(score), class); counts[usize::from(class)]])
        };
        let rows: Vec<Row> =
            group(20.0, [50, 10, 20, 20]).chain(group(70.0, [20, 20, 20, 40])).collect();
        let by_score = ByScore::fit(&rows.iter().collect::<Vec<_>>()).expect("candle");
        let said = by_score.expect("all carry one").probabilities(&[20.0, 70.0]).expect("candle");
        for (said, came) in said.iter().zip([[0.5, 0.1, 0.2, 0.2], [0.2, 0.2, 0.2, 0.4]]) {
            assert!(said.iter().zip(came).all(|(a, b)| (a - b).abs() < 1e-4), "{said:?}");
        }
    }

    #[test]
    fn without_a_score_on_every_row_there_is_no_such_baseline() {
        let fit = |rows: &[Row]| ByScore::fit(&rows.iter().collect::<Vec<_>>()).expect("candle");
        assert!(fit(&[row(Some(3.0), 0), row(None, 1)]).is_none());
        assert!(fit(&[row(Some(3.0), 0), row(Some(3.0), 1)]).is_none(), "it never moves");
    }
}
