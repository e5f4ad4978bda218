//! The last layer and the loss as one operation of candle: dense, softmax, weighted log loss.
//!
//! Its gradient by the logits is p · (weight of the row) − target, which the forward pass has at hand.

use crate::product::{Matrix, product};
use crate::tensor_values::{row_major, values};
use candle_core::{CpuStorage, CustomOp3, Device, Layout, Result, Shape, Tensor, bail};
use schemas::contract::CLASSES;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The operation; its arguments are the rows, the weights (inputs × classes) and the bias (1 × classes),
/// its result −Σ target · ln p.
#[derive(Clone, Default)]
pub(crate) struct Outcome(Arc<Mutex<Kept>>);

/// What the two passes share.
#[derive(Default)]
pub(crate) struct Kept {
    /// Each row's weight at its class and 0 elsewhere; the caller sets it before every forward pass.
    pub(crate) target: Vec<[f32; CLASSES]>,
    slope: Vec<[f32; CLASSES]>,
}

impl Outcome {
    /// The buffers; nothing that panics holds them.
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CustomOp3 for Outcome {
    fn name(&self) -> &'static str {
        "outcome"
    }

    fn cpu_fwd(
        &self,
        rows: &CpuStorage,
        rows_layout: &Layout,
        weights: &CpuStorage,
        weights_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (height, inputs) = rows_layout.shape().dims2()?;
        let weights_shape = weights_layout.shape().dims2()?;
        let (bias, mut kept) = (row_major(bias, bias_layout)?, self.kept());
        if weights_shape != (inputs, CLASSES) || kept.target.len() != height {
            bail!(
                "{height} rows of {inputs} inputs, weights {weights_shape:?}, {} targets",
                kept.target.len()
            );
        }
        let &[bias] = bias.as_chunks::<CLASSES>().0 else { bail!("{} biases", bias.len()) };
        let rows = Matrix::new(row_major(rows, rows_layout)?, height, inputs);
        let weights = Matrix::new(row_major(weights, weights_layout)?, inputs, CLASSES);
        let logits = product(rows, weights);
        let loss = loss(&mut kept, &logits, &bias);
        Ok((CpuStorage::F32(vec![loss]), Shape::from(())))
    }

    fn bwd(
        &self,
        rows: &Tensor,
        weights: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (height, inputs) = rows.dims2()?;
        let factor = gradient.to_scalar::<f32>()?;
        let mut kept = self.kept();
        kept.slope.as_flattened_mut().iter_mut().for_each(|slope| *slope *= factor);
        let slope = Matrix::new(kept.slope.as_flattened(), height, CLASSES);
        let of_weights = values(rows, |rows| {
            let rows = Matrix::new(rows, height, inputs);
            Ok(product(rows.turned(), slope))
        })?;
        let of_rows = values(weights, |weights| {
            let weights = Matrix::new(weights, inputs, CLASSES);
            Ok(product(slope, weights.turned()))
        })?;
        let mut of_bias = vec![0.0; CLASSES];
        for slope in &kept.slope {
            of_bias.iter_mut().zip(slope).for_each(|(sum, slope)| *sum += slope);
        }
        let tensor =
            |values: Vec<f32>, of: &Tensor| Tensor::from_vec(values, of.shape(), &Device::Cpu);
        let of_rows = rows.track_op().then(|| tensor(of_rows, rows)).transpose()?;
        Ok((of_rows, Some(tensor(of_weights, weights)?), Some(tensor(of_bias, bias)?)))
    }
}

fn loss(kept: &mut Kept, logits: &[f32], bias: &[f32; CLASSES]) -> f32 {
    kept.slope.clear();
    let mut loss = 0.0;
    for (logits, target) in logits.as_chunks::<CLASSES>().0.iter().zip(&kept.target) {
        let logits: [f32; CLASSES] = std::array::from_fn(|class| logits[class] + bias[class]);
        let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers = logits.map(|logit| (logit - top).exp());
        let total: f32 = powers.iter().sum();
        let (log, weight) = (top + total.ln(), target.iter().sum::<f32>());
        loss += (0..CLASSES).map(|class| target[class] * (log - logits[class])).sum::<f32>();
        let slope = |class: usize| weight * (powers[class] / total) - target[class];
        kept.slope.push(std::array::from_fn(slope));
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor_values::tests::{far, made};
    use candle_core::Var;

    fn composed(x: &Tensor, w: &Tensor, bias: &Tensor, target: &Tensor) -> Result<Tensor> {
        let logits = x.matmul(w)?.broadcast_add(bias)?;
        let log = logits.broadcast_sub(&logits.exp()?.sum_keepdim(1)?.log()?)?;
        (log * target)?.sum_all()?.neg()
    }

    #[test]
    fn loss_and_gradients_are_those_of_candles_single_operations() {
        for (height, inputs) in [(1, 1), (37, 32), (5, 9)] {
            let var = |of: Tensor| Var::from_tensor(&of).expect("a variable");
            let (x, w) = (var(made(height, inputs, 1)), var(made(inputs, CLASSES, 2)));
            let bias = var(made(1, CLASSES, 3));
            let row = |i: usize| {
                let weight = 0.5 + (i % 3) as f32;
                std::array::from_fn(|class| if class == i * i % CLASSES { weight } else { 0.0 })
            };
            let target: Vec<[f32; CLASSES]> = (0..height).map(row).collect();
            let flat = Tensor::from_slice(target.as_flattened(), (height, CLASSES), &Device::Cpu);
            let outcome = Outcome::default();
            outcome.kept().target = target;
            let fused = x.apply_op3(&w, &bias, outcome).expect("a loss");
            let plain = composed(&x, &w, &bias, &flat.expect("targets")).expect("a loss");
            assert!(far(&fused, &plain) < 1e-4 * height as f32);
            // Twice the loss, to see that what comes from behind it is passed on.
            let twice = |loss: Tensor| (loss * 2.0).and_then(|loss| loss.backward());
            let (fused, plain) = (twice(fused).expect("slopes"), twice(plain).expect("slopes"));
            for of in [&x, &w, &bias] {
                let gap = far(fused.get(of).expect("one"), plain.get(of).expect("one"));
                assert!(gap < 1e-4, "{height} x {inputs}: {gap}");
            }
        }
    }
}
