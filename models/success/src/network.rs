//! The neural network: dense, batch-norm, ReLU, dropout, twice; then a dense layer.
//!
//! candle differentiates, layer by layer ([`Hidden`], [`Outcome`]); all randomness comes from
//! [`SeededRng`] and the optimiser is plain arithmetic, so that the same rows and seed give the same bits.
//! Batches are cut evenly: a last batch of one row would have no variance, and batch-norm would return
//! NaN.

use crate::adam::{AdamW, Step};
use crate::hidden::{EPSILON, Hidden};
use crate::layers::{Dense, Layers};
use crate::logistic::Sample;
use crate::outcome::Outcome;
use crate::prepare::Scaler;
use crate::settings::TrainSettings;
use candle_core::{Device, Result, Tensor, Var};
use schemas::contract::{CLASSES, FEATURES};
use statistics::{SeededRng, Stream};

const MOMENTUM: f32 = 0.1;

/// The network while it learns.
pub(crate) struct Network {
    hidden: Vec<Layer>,
    weights: Variable,
    bias: Variable,
    outcome: Outcome,
    shuffle: SeededRng,
    dropout: Dropout,
    steps: i32,
}

/// A hidden layer.
struct Layer {
    weights: Variable,
    /// Scale and shift of the batch-norm, one row each.
    norm: Variable,
    operation: Hidden,
    /// Running mean and variance of the batch-norm.
    running: (Vec<f32>, Vec<f32>),
}

/// What is learnt, with the optimiser's state.
struct Variable {
    var: Var,
    adam: AdamW,
    /// Whether weight decay applies.
    decays: bool,
}

impl Variable {
    fn new(values: Vec<f32>, shape: (usize, usize), decays: bool) -> Result<Variable> {
        let adam = AdamW::new(values.len());
        let var = Var::from_tensor(&Tensor::from_vec(values, shape, &Device::Cpu)?)?;
        Ok(Variable { var, adam, decays })
    }

    fn step(&mut self, gradient: &Tensor, step: Step, decay: f64) -> Result<()> {
        let mut values = flat(&self.var)?;
        let decay = if self.decays { decay } else { 0.0 };
        self.adam.step(&mut values, &flat(gradient)?, step, decay);
        self.var.set(&Tensor::from_vec(values, self.var.shape(), &Device::Cpu)?)
    }
}

impl Network {
    pub(crate) fn new(settings: &TrainSettings) -> Result<Network> {
        let mut rng = SeededRng::new(settings.seed, Stream::Weights);
        let mut weights = |inputs: usize, outputs: usize| {
            let bound = (6.0 / inputs as f32).sqrt();
            let value = |_| bound * (2.0 * rng.unit_f32() - 1.0);
            let values = (0..inputs * outputs).map(value).collect();
            Variable::new(values, (inputs, outputs), true)
        };
        let (mut hidden, mut inputs) = (Vec::new(), FEATURES);
        for &width in &settings.hidden {
            let norm = [vec![1.0; width], vec![0.0; width]].concat();
            hidden.push(Layer {
                weights: weights(inputs, width)?,
                norm: Variable::new(norm, (2, width), false)?,
                operation: Hidden::default(),
                running: (vec![0.0; width], vec![1.0; width]),
            });
            inputs = width;
        }
        Ok(Network {
            hidden,
            weights: weights(inputs, CLASSES)?,
            bias: Variable::new(vec![0.0; CLASSES], (1, CLASSES), false)?,
            outcome: Outcome::default(),
            shuffle: SeededRng::new(settings.seed, Stream::Shuffle),
            dropout: Dropout::new(settings),
            steps: 0,
        })
    }

    /// One pass over the sample in shuffled batches. `progress` is the share of all epochs
    /// done (0 to 1): the learning rate falls along a half cosine.
    pub(crate) fn epoch(
        &mut self,
        sample: &Sample<'_>,
        settings: &TrainSettings,
        progress: f64,
    ) -> Result<()> {
        let mean = sample.weights.iter().sum::<f64>() / sample.weights.len() as f64;
        let rate = settings.learning_rate
            * (0.02 + 0.98 * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()));
        let mut order: Vec<usize> = (0..sample.rows.len()).collect();
        self.shuffle.shuffle(&mut order);
        let batches = order.len().div_ceil(settings.batch.max(2)).max(1);
        for batch in 0..batches {
            let part = &order[batch * order.len() / batches..(batch + 1) * order.len() / batches];
            let mut rows = Vec::with_capacity(part.len() * FEATURES);
            part.iter().for_each(|&i| rows.extend_from_slice(&sample.rows[i]));
            let target = part.iter().map(|&i| {
                let mut target = [0.0; CLASSES];
                target[usize::from(sample.classes[i])] =
                    (sample.weights[i] / mean / part.len() as f64) as f32;
                target
            });
            let mut kept = self.outcome.kept();
            kept.target.clear();
            kept.target.extend(target);
            drop(kept);
            let rows = Tensor::from_vec(rows, (part.len(), FEATURES), &Device::Cpu)?;
            let loss = self.forward(rows)?;
            self.learn(&loss, rate, settings.weight_decay)?;
        }
        Ok(())
    }

    /// The loss of a batch whose targets are set.
    fn forward(&mut self, rows: Tensor) -> Result<Tensor> {
        let height = rows.dim(0)?;
        let mut x = rows;
        for layer in &mut self.hidden {
            let width = layer.running.0.len();
            self.dropout.mask(height * width, &mut layer.operation.kept().gate);
            x = x.apply_op3(&layer.weights.var, &layer.norm.var, layer.operation.clone())?;
            let kept = layer.operation.kept();
            let unbiased = height as f32 / (height as f32 - 1.0);
            blend(&mut layer.running.0, &kept.mean, 1.0);
            blend(&mut layer.running.1, &kept.variance, unbiased);
        }
        x.apply_op3(&self.weights.var, &self.bias.var, self.outcome.clone())
    }

    fn learn(&mut self, loss: &Tensor, rate: f64, decay: f64) -> Result<()> {
        let gradients = loss.backward()?;
        self.steps += 1;
        let step = Step { number: self.steps, rate };
        let of_layers = self.hidden.iter_mut().flat_map(|of| [&mut of.weights, &mut of.norm]);
        for variable in of_layers.chain([&mut self.weights, &mut self.bias]) {
            let Some(gradient) = gradients.get(&variable.var) else { continue };
            variable.step(gradient, step, decay)?;
        }
        Ok(())
    }

    /// The network in its present state: batch-norm, with its running figures, folded into the
    /// dense layer before it.
    pub(crate) fn layers(&self, scaler: &Scaler) -> Result<Layers> {
        let mut dense = Vec::new();
        for layer in &self.hidden {
            let (inputs, outputs) = layer.weights.var.dims2()?;
            let (mut weight, norm) = (flat(&layer.weights.var)?, flat(&layer.norm.var)?);
            let (scale, shift) = norm.split_at(outputs);
            let (means, variances) = &layer.running;
            let factor: Vec<f32> =
                (0..outputs).map(|o| scale[o] / (variances[o] + EPSILON).sqrt()).collect();
            let bias = (0..outputs).map(|o| shift[o] - means[o] * factor[o]).collect();
            for line in weight.chunks_mut(outputs) {
                line.iter_mut().zip(&factor).for_each(|(value, factor)| *value *= factor);
            }
            dense.push(Dense { inputs, outputs, weight, bias });
        }
        let (inputs, outputs) = self.weights.var.dims2()?;
        let (weight, bias) = (flat(&self.weights.var)?, flat(&self.bias.var)?);
        dense.push(Dense { inputs, outputs, weight, bias });
        Ok(Layers { mean: scaler.mean.to_vec(), deviation: scaler.deviation.to_vec(), dense })
    }
}

/// The masks of dropout. 16 bits decide on an activation; what is kept is divided by the share that so
/// few bits really keep, so that the mean is right for any setting.
struct Dropout {
    rng: SeededRng,
    below: u32,
    kept: f32,
    bytes: Vec<u8>,
}

impl Dropout {
    fn new(settings: &TrainSettings) -> Dropout {
        let below = ((1.0 - settings.dropout) * 65_536.0).round().max(1.0);
        Dropout {
            rng: SeededRng::new(settings.seed, Stream::Dropout),
            below: below as u32,
            kept: (65_536.0 / below) as f32,
            bytes: Vec::new(),
        }
    }

    fn mask(&mut self, length: usize, mask: &mut Vec<f32>) {
        self.bytes.resize(2 * length, 0);
        self.rng.fill(&mut self.bytes);
        mask.resize(length, 0.0);
        for (factor, bytes) in mask.iter_mut().zip(self.bytes.as_chunks().0) {
            let kept = u32::from(u16::from_le_bytes(*bytes)) < self.below;
            *factor = if kept { self.kept } else { 0.0 };
        }
    }
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

fn blend(running: &mut [f32], batch: &[f32], factor: f32) {
    for (old, new) in running.iter_mut().zip(batch) {
        *old += MOMENTUM * (factor * new - *old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_keeps_its_share_and_its_mean_is_one() {
        for dropout in [0.0, 0.2, 0.9] {
            let settings = TrainSettings { dropout, ..TrainSettings::default() };
            let (mut masks, mut mask) = (Dropout::new(&settings), vec![7.0; 3]);
            masks.mask(40_001, &mut mask);
            let kept = mask.iter().filter(|factor| **factor > 0.0).count() as f64 / 40_001.0;
            assert!((kept - (1.0 - dropout)).abs() < 0.01, "{dropout}: {kept}");
            let mean = mask.iter().sum::<f32>() / 40_001.0;
            assert!(mask.len() == 40_001 && (mean - 1.0).abs() < 0.05, "{dropout}: {mean}");
            let first = mask.clone();
            masks.mask(40_001, &mut mask);
            assert!(dropout == 0.0 || first != mask, "each batch has a mask of its own");
        }
    }
}
