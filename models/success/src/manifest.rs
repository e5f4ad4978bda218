//! A model's description of itself: the same JSON beside the file and inside the ONNX bytes.
//!
//! Expected ROI = Σ P(class) · (mean ROI of that class among training rows in the same third
//! of `max_loss`); the table of those means is part of the model, so it travels here.

use crate::metrics::Metrics;
use crate::row::LabelledRow;
use crate::settings::TrainSettings;
use schemas::contract::{CLASSES, FEATURES, MAX_LOSS};
use serde::{Deserialize, Serialize};

/// How much lower the network's validation log loss must be, in nats. It is the least of fifty epochs, and the least of
/// so many is lower by chance: on 54 simulated markets without structure, where nothing is better than the regression,
/// by up to 0.004; with structure it was 0.020 at least.
pub(crate) const CLEARLY: f64 = 0.005;

/// Which of the two candidates became the model.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// The neural network.
    Network,
    /// The ridge multinomial logistic regression.
    Logistic,
}

/// Everything a reader needs to use, repeat and judge a model.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Manifest {
    /// Version of the feature contract.
    pub contract_version: u32,
    /// Names of the features, in the order of the input.
    pub feature_names: Vec<String>,
    /// Kind of the shipped model: the one with the lower validation log loss.
    pub kind: ModelKind,
    /// Training rows handed in.
    pub rows: u64,
    /// Of these, rows fitted before the validation part chose.
    pub fitted_rows: u64,
    /// Of these, rows of the validation days; the others are the embargo.
    pub validation_rows: u64,
    /// Distinct scan days of the rows.
    pub days: u32,
    /// First scan day.
    pub first_day: i32,
    /// Last scan day.
    pub last_day: i32,
    /// Latest evaluation day: the model knows nothing after it.
    pub last_evaluation_day: i32,
    /// First scan day of the validation part.
    pub validation_first_day: i32,
    /// SHA-256 over contract and rows in canonical order, hexadecimal.
    pub data_sha256: String,
    /// Seed of weights, shuffles and dropout.
    pub seed: u64,
    /// Settings of the training.
    pub settings: TrainSettings,
    /// Epochs the network was trained for.
    pub epochs_run: u32,
    /// Epoch (from 1) of the lowest validation log loss; the final training stops there.
    pub best_epoch: u32,
    /// Validation log loss of the network.
    pub network_log_loss: f64,
    /// Validation log loss of the logistic regression.
    pub logistic_log_loss: f64,
    /// Ridge penalty of the logistic regression with the lowest validation log loss.
    pub ridge: f64,
    /// Figures on the validation part, of the candidate that won there; the model itself is then
    /// trained again, on these rows too.
    pub metrics: Metrics,
    /// Class shares of all rows by weight: the gate's baseline for a first model.
    pub class_prior: [f64; CLASSES],
    /// Mean ROI by third of `max_loss` and class.
    pub class_roi: [[f64; CLASSES]; 3],
    /// Upper bounds (inclusive) of the first and second third of `max_loss`.
    pub max_loss_thirds: [f64; 2],
}

impl Manifest {
    /// Expected return on the capital at risk, as a fraction.
    ///
    /// `max_loss` is the feature of that name (capital at risk ÷ wing).
    pub fn expected_roi(&self, probabilities: &[f32; CLASSES], max_loss: f64) -> f64 {
        let means = &self.class_roi[third(&self.max_loss_thirds, max_loss)];
        probabilities.iter().zip(means).map(|(p, mean)| f64::from(*p) * mean).sum()
    }

    /// The candidate that was shipped and why, in a sentence.
    pub fn choice(&self) -> String {
        let (network, logistic) = (self.network_log_loss, self.logistic_log_loss);
        match self.kind {
            ModelKind::Network => format!(
                "the network is shipped: validation log loss {network:.4}, against {logistic:.4} \
                 for the logistic regression"
            ),
            ModelKind::Logistic => format!(
                "the network does not beat the logistic regression by more than {CLEARLY} (validation log \
                 loss {network:.4} against {logistic:.4}): the logistic regression is shipped"
            ),
        }
    }

    /// Checks the manifest; the error says what is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        let tables = self.class_roi.iter().flatten().chain(&self.max_loss_thirds);
        if self.feature_names.len() != FEATURES {
            Err(format!("it names {} features instead of {FEATURES}", self.feature_names.len()))
        } else if !tables.chain(&self.class_prior).all(|value| value.is_finite()) {
            Err("its table of mean ROI is not finite".into())
        } else {
            Ok(())
        }
    }
}

fn third(bounds: &[f64; 2], max_loss: f64) -> usize {
    if max_loss <= bounds[0] {
        0
    } else if max_loss <= bounds[1] {
        1
    } else {
        2
    }
}

/// Weighted thirds of `max_loss` and the mean ROI by third and class. A class empty in a
/// third takes its mean over all rows; training has checked that every class has rows.
pub(crate) fn roi_table(rows: &[LabelledRow]) -> ([f64; 2], [[f64; CLASSES]; 3]) {
    let mut sizes: Vec<(f64, f64)> =
        rows.iter().map(|row| (row.features[MAX_LOSS], row.weight)).collect();
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = sizes.iter().map(|size| size.1).sum();
    let bound = |share: f64| {
        let mut passed = 0.0;
        for (max_loss, weight) in &sizes {
            passed += weight;
            // The slack keeps rounding in the sum from moving a bound by one row.
            if passed >= share * total * (1.0 - 1e-12) {
                return *max_loss;
            }
        }
        sizes.last().map_or(0.0, |size| size.0)
    };
    let bounds = [bound(1.0 / 3.0), bound(2.0 / 3.0)];

    let mut sums = [[(0.0, 0.0); CLASSES]; 4];
    for row in rows {
        for table in [third(&bounds, row.features[MAX_LOSS]), 3] {
            let cell = &mut sums[table][usize::from(row.class)];
            cell.0 += row.weight * row.roi;
            cell.1 += row.weight;
        }
    }
    let mut means = [[0.0; CLASSES]; 3];
    for (table, row) in means.iter_mut().enumerate() {
        for (class, mean) in row.iter_mut().enumerate() {
            let own = sums[table][class];
            let (sum, weight) = if own.1 > 0.0 { own } else { sums[3][class] };
            *mean = sum / weight;
        }
    }
    (bounds, means)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(max_loss: f64, class: u8, roi: f64, weight: f64) -> LabelledRow {
        let mut features = [0.0; FEATURES];
        features[MAX_LOSS] = max_loss;
        LabelledRow { features, class, roi, scan_day: 0, evaluation_day: 1, weight, score: None }
    }

    #[test]
    fn thirds_and_means_follow_the_weights() {
        let rows = [
            row(0.1, 0, -0.5, 1.0),
            row(0.2, 0, -0.7, 3.0),
            row(0.3, 1, 0.0, 4.0),
            row(0.4, 2, 0.1, 2.0),
            row(0.5, 3, 0.4, 2.0),
        ];
        let (bounds, means) = roi_table(&rows);
        assert_eq!(bounds, [0.2, 0.3]);
        assert!((means[0][0] + 0.65).abs() < 1e-12, "weighted mean of class and third");
        assert!((means[2][0] + 0.65).abs() < 1e-12, "empty in the third: mean over all rows");
        assert!((means[0][3] - 0.4).abs() < 1e-12);
    }

    #[test]
    fn a_bound_belongs_to_the_lower_third() {
        let bounds = [0.2, 0.3];
        assert_eq!([0.2, 0.25, 0.3, 0.31].map(|x| third(&bounds, x)), [0, 1, 1, 2]);
    }
}
