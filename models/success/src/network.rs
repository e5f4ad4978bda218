//! The neural network: dense, batch-norm, ReLU, dropout, twice; then a dense layer.
//!
//! candle differentiates; all randomness comes from [`SeededRng`] and the optimiser is plain
//! arithmetic, so that the same rows and seed give the same bits. Batches are cut evenly: a
//! last batch of one row would have no variance, and batch-norm would return NaN.

use crate::layers::{Dense, Layers};
use crate::logistic::Sample;
use crate::matmul::matmul;
use crate::prepare::Scaler;
use crate::settings::TrainSettings;
use candle_core::{DType, Device, Result, Tensor, Var};
use schemas::contract::{CLASSES, FEATURES};
use statistics::{SeededRng, Stream};

const EPSILON: f64 = 1e-5;
const MOMENTUM: f32 = 0.1;

/// The network while it learns.
pub(crate) struct Network {
    /// Dense weights; batch-norm follows all but the last.
    weights: Vec<Var>,
    /// Scale and shift of each batch-norm.
    norms: Vec<(Var, Var)>,
    bias: Var,
    /// Running mean and variance of each batch-norm.
    running: Vec<(Vec<f32>, Vec<f32>)>,
    optimiser: Vec<AdamW>,
    shuffle: SeededRng,
    dropout: SeededRng,
    steps: i32,
}

impl Network {
    pub(crate) fn new(settings: &TrainSettings) -> Result<Network> {
        let mut rng = SeededRng::new(settings.seed, Stream::Weights);
        let widths = [&[FEATURES], &settings.hidden[..], &[CLASSES]].concat();
        let mut weights = Vec::new();
        for pair in widths.windows(2) {
            let bound = (6.0 / pair[0] as f32).sqrt();
            let values: Vec<f32> =
                (0..pair[0] * pair[1]).map(|_| bound * (2.0 * rng.unit_f32() - 1.0)).collect();
            let start = Tensor::from_vec(values, (pair[0], pair[1]), &Device::Cpu)?;
            weights.push(Var::from_tensor(&start)?);
        }
        let flat = |value: f32, width: usize| {
            Var::from_tensor(&Tensor::full(value, (1, width), &Device::Cpu)?)
        };
        let hidden = &settings.hidden;
        let norms: Result<Vec<_>> =
            hidden.iter().map(|&width| Ok((flat(1.0, width)?, flat(0.0, width)?))).collect();
        let mut network = Network {
            weights,
            norms: norms?,
            bias: flat(0.0, CLASSES)?,
            running: hidden.iter().map(|&w| (vec![0.0; w], vec![1.0; w])).collect(),
            optimiser: Vec::new(),
            shuffle: SeededRng::new(settings.seed, Stream::Shuffle),
            dropout: SeededRng::new(settings.seed, Stream::Dropout),
            steps: 0,
        };
        network.optimiser =
            network.variables().iter().map(|(var, _)| AdamW::new(var.elem_count())).collect();
        Ok(network)
    }

    /// Variables in a fixed order, each with whether weight decay applies.
    fn variables(&self) -> Vec<(Var, bool)> {
        let mut list: Vec<(Var, bool)> = self.weights.iter().map(|w| (w.clone(), true)).collect();
        for (scale, shift) in &self.norms {
            list.extend([(scale.clone(), false), (shift.clone(), false)]);
        }
        list.push((self.bias.clone(), false));
        list
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
            let mut target = vec![0.0f32; part.len() * CLASSES];
            for (place, &i) in part.iter().enumerate() {
                rows.extend_from_slice(&sample.rows[i]);
                let weight = sample.weights[i] / mean / part.len() as f64;
                target[place * CLASSES + usize::from(sample.classes[i])] = weight as f32;
            }
            let rows = Tensor::from_vec(rows, (part.len(), FEATURES), &Device::Cpu)?;
            let target = Tensor::from_vec(target, (part.len(), CLASSES), &Device::Cpu)?;
            let logits = self.forward(&rows, settings.dropout)?;
            let top = logits.max_keepdim(1)?.detach();
            let shifted = logits.broadcast_sub(&top)?;
            let log = shifted.broadcast_sub(&shifted.exp()?.sum_keepdim(1)?.log()?)?;
            self.learn(&(log * target)?.sum_all()?.neg()?, rate, settings.weight_decay)?;
        }
        Ok(())
    }

    fn forward(&mut self, rows: &Tensor, dropout: f64) -> Result<Tensor> {
        let height = rows.dim(0)?;
        // The product with this row is the mean over the batch: much faster than a strided sum.
        let average = Tensor::full(1.0 / height as f32, (1, height), &Device::Cpu)?;
        let mut x = rows.clone();
        for (number, (scale, shift)) in self.norms.iter().enumerate() {
            let sum = matmul(&x, &self.weights[number])?;
            let mean = matmul(&average, &sum)?;
            let centred = sum.broadcast_sub(&mean)?;
            let variance = matmul(&average, &centred.sqr()?)?;
            let scaled = centred.broadcast_div(&(&variance + EPSILON)?.sqrt()?)?;
            x = scaled.broadcast_mul(scale)?.broadcast_add(shift)?.relu()?;
            let width = x.dim(1)?;
            let keep = 1.0 - dropout as f32;
            let mask: Vec<f32> = (0..height * width)
                .map(|_| if self.dropout.unit_f32() < keep { 1.0 / keep } else { 0.0 })
                .collect();
            x = (x * Tensor::from_vec(mask, (height, width), &Device::Cpu)?)?;
            let unbiased = height as f32 / (height as f32 - 1.0);
            let (means, variances) = &mut self.running[number];
            blend(means, &flat(&mean)?, 1.0);
            blend(variances, &flat(&variance)?, unbiased);
        }
        matmul(&x, &self.weights[self.norms.len()])?.broadcast_add(&self.bias)
    }

    fn learn(&mut self, loss: &Tensor, rate: f64, decay: f64) -> Result<()> {
        let gradients = loss.backward()?;
        self.steps += 1;
        let variables = self.variables();
        for ((variable, decays), state) in variables.iter().zip(&mut self.optimiser) {
            let Some(gradient) = gradients.get(variable) else { continue };
            let mut values = flat(variable)?;
            let decay = if *decays { decay } else { 0.0 };
            state.step(&mut values, &flat(gradient)?, self.steps, rate, decay);
            variable.set(&Tensor::from_vec(values, variable.shape(), &Device::Cpu)?)?;
        }
        Ok(())
    }

    /// The network in its present state: batch-norm, with its running figures, folded into the
    /// dense layer before it.
    pub(crate) fn layers(&self, scaler: &Scaler) -> Result<Layers> {
        let mut dense = Vec::new();
        for (number, weight) in self.weights.iter().enumerate() {
            let (inputs, outputs) = weight.dims2()?;
            let mut weight = flat(weight)?;
            let mut bias = flat(&self.bias)?;
            if let Some((scale, shift)) = self.norms.get(number) {
                let (means, variances) = &self.running[number];
                let scale = flat(scale)?;
                let factor: Vec<f32> = (0..outputs)
                    .map(|o| scale[o] / (variances[o] + EPSILON as f32).sqrt())
                    .collect();
                let shift = flat(shift)?;
                bias = (0..outputs).map(|o| shift[o] - means[o] * factor[o]).collect();
                for line in weight.chunks_mut(outputs) {
                    line.iter_mut().zip(&factor).for_each(|(value, factor)| *value *= factor);
                }
            }
            dense.push(Dense { inputs, outputs, weight, bias });
        }
        Ok(Layers { mean: scaler.mean.to_vec(), deviation: scaler.deviation.to_vec(), dense })
    }
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
}

fn blend(running: &mut [f32], batch: &[f32], factor: f32) {
    for (old, new) in running.iter_mut().zip(batch) {
        *old += MOMENTUM * (factor * new - *old);
    }
}

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), one variable's state.
struct AdamW {
    first: Vec<f32>,
    second: Vec<f32>,
}

impl AdamW {
    fn new(length: usize) -> AdamW {
        AdamW { first: vec![0.0; length], second: vec![0.0; length] }
    }

    fn step(&mut self, values: &mut [f32], gradient: &[f32], steps: i32, rate: f64, decay: f64) {
        let (one, two) = (0.9f32, 0.999f32);
        let rate = rate as f32;
        let shrink = 1.0 - rate * decay as f32;
        let (unbias1, unbias2) = (1.0 - one.powi(steps), 1.0 - two.powi(steps));
        for (i, g) in gradient.iter().enumerate() {
            self.first[i] = one * self.first[i] + (1.0 - one) * g;
            self.second[i] = two * self.second[i] + (1.0 - two) * g * g;
            let step = (self.first[i] / unbias1) / ((self.second[i] / unbias2).sqrt() + 1e-8);
            values[i] = values[i] * shrink - rate * step;
        }
    }
}
