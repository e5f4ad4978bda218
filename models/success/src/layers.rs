//! The one shape a model may have: scaler, then dense layers with ReLU between, then softmax.
//!
//! Network and logistic regression both end in this shape (batch-norm is folded into the layer
//! before it), so export, import and the candle scorer know a single one.

use schemas::contract::{CLASSES, FEATURES};

/// A dense layer, y = x·W + b.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Dense {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// W row by row, `inputs` × `outputs`.
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// (x − mean) ÷ deviation, the layers with ReLU between them, softmax.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Layers {
    pub(crate) mean: Vec<f32>,
    pub(crate) deviation: Vec<f32>,
    pub(crate) dense: Vec<Dense>,
}

impl Layers {
    /// Checks shapes and weights; the error says what is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.mean.len() != FEATURES || self.deviation.len() != FEATURES {
            return Err(format!(
                "the scaler has {} means and {} deviations instead of {FEATURES}",
                self.mean.len(),
                self.deviation.len()
            ));
        }
        if !self.deviation.iter().all(|d| d.is_finite() && *d > 0.0) {
            return Err("a deviation of the scaler is not above 0".into());
        }
        let mut width = FEATURES;
        for (number, layer) in self.dense.iter().enumerate() {
            let fits = layer.inputs == width
                && layer.outputs > 0
                && Some(layer.weight.len()) == layer.inputs.checked_mul(layer.outputs)
                && layer.bias.len() == layer.outputs;
            if !fits {
                return Err(format!(
                    "layer {number} is {}×{} with {} weights and {} biases after a width of {width}",
                    layer.inputs,
                    layer.outputs,
                    layer.weight.len(),
                    layer.bias.len()
                ));
            }
            width = layer.outputs;
        }
        if self.dense.is_empty() || width != CLASSES {
            return Err(format!("the last layer has {width} outputs instead of {CLASSES}"));
        }
        let layers = self.dense.iter().flat_map(|layer| layer.weight.iter().chain(&layer.bias));
        match self.mean.iter().chain(layers).find(|value| !value.is_finite()) {
            Some(value) => Err(format!("a weight is {value}")),
            None => Ok(()),
        }
    }

    /// A small model with synthetic weights, to probe an engine with.
    pub(crate) fn probe() -> Layers {
        let wave = |length: usize| (0..length).map(|i| ((i * 37 % 23) as f32 - 11.0) / 23.0);
        let layer = |inputs: usize, outputs: usize| Dense {
            inputs,
            outputs,
            weight: wave(inputs * outputs).collect(),
            bias: wave(outputs).collect(),
        };
        Layers {
            mean: wave(FEATURES).collect(),
            deviation: vec![1.5; FEATURES],
            dense: vec![layer(FEATURES, 8), layer(8, CLASSES)],
        }
    }
}
