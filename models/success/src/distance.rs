//! The distance between two models, weight by weight.

use crate::layers::Layers;
use crate::model::ModelError;
use crate::model::opened;
use schemas::contract::FEATURES;
use serde::Serialize;

/// The difference of two models' weights, the first's scaler and biases among them.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub struct Distance {
    /// Widths of the first model's layers, from the features to the classes.
    pub widths: Vec<usize>,
    /// Those of the second.
    pub other_widths: Vec<usize>,
    /// Numbers in the first model.
    pub weights: usize,
    /// √Σ(a − b)² over the layers' weights and biases; none where the shapes differ.
    pub euclidean: Option<f64>,
    /// That over √Σa².
    pub relative: Option<f64>,
    /// The largest |a − b| among them.
    pub largest: Option<f64>,
    /// The largest shift of a feature's mean, in the first model's standard deviations.
    pub scaler_shift: f64,
}

impl Distance {
    /// Between two models' ONNX bytes.
    ///
    /// # Errors
    /// Either is not a usable model.
    pub fn between(one: &[u8], other: &[u8]) -> Result<Distance, ModelError> {
        let ((a, _), (b, _)) = (opened(one)?, opened(other)?);
        let same = widths(&a) == widths(&b);
        let (left, right) = (numbers(&a), numbers(&b));
        let differences = || left.iter().zip(&right).map(|(a, b)| f64::from(a - b));
        let length =
            |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
        let euclidean = length(&mut differences());
        let own = length(&mut left.iter().copied().map(f64::from));
        let shift = |n: usize| f64::from((a.mean[n] - b.mean[n]).abs() / a.deviation[n]);
        Ok(Distance {
            widths: widths(&a),
            other_widths: widths(&b),
            weights: left.len() + a.mean.len() + a.deviation.len(),
            euclidean: same.then_some(euclidean),
            relative: same.then_some(euclidean / own),
            largest: same.then(|| differences().map(f64::abs).fold(0.0, f64::max)),
            scaler_shift: (0..FEATURES).map(shift).fold(0.0, f64::max),
        })
    }
}

fn widths(layers: &Layers) -> Vec<usize> {
    let outputs = layers.dense.iter().map(|layer| layer.outputs);
    std::iter::once(FEATURES).chain(outputs).collect()
}

fn numbers(layers: &Layers) -> Vec<f32> {
    layers.dense.iter().flat_map(|layer| layer.weight.iter().chain(&layer.bias)).copied().collect()
}
