//! A hidden layer as one operation of candle: dense without bias, batch-norm, ReLU, dropout.
//!
//! As single operations they pass over the batch two dozen times, each into memory of its own, and the
//! gradient as often again; that was half of a training. Here one pass follows the product, and the
//! backward pass has two. What it needs of the forward pass stays in buffers that all batches share.
//!
//! With s = x·w, x̂ = (s − mean) ÷ deviation over the batch, y = gate · (scale · x̂ + shift), where gate is 0
//! for what is dropped or below 0, and d = ∂loss/∂(scale · x̂ + shift) = gate · ∂loss/∂y:
//! ∂loss/∂s = scale ÷ deviation · (d − mean of d − x̂ · mean of d·x̂) (Ioffe and Szegedy 2015).

use crate::product::{Matrix, multiply, product};
use crate::tensor_values::{row_major, values};
use crate::vectorised::{Loops, vectorised};
use candle_core::{CpuStorage, CustomOp3, Device, Layout, Result, Shape, Tensor, bail};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Added to a variance before its root.
pub(crate) const EPSILON: f32 = 1e-5;

/// The operation of one layer; its arguments are the rows, the weights (inputs × width) and the norm
/// (2 × width: scale, then shift).
#[derive(Clone, Default)]
pub(crate) struct Hidden(Arc<Mutex<Kept>>);

/// What the forward pass leaves, by activation or by column.
#[derive(Default)]
pub(crate) struct Kept {
    /// What dropout multiplies each activation with; the caller sets it before every forward pass, which
    /// takes out what is below 0.
    pub(crate) gate: Vec<f32>,
    /// Mean of each column of the last batch.
    pub(crate) mean: Vec<f32>,
    /// Variance of each column of the last batch, with its number of rows as divisor.
    pub(crate) variance: Vec<f32>,
    inverse: Vec<f32>,
    scaled: Vec<f32>,
    slope: Vec<f32>,
}

impl Hidden {
    /// The buffers; nothing that panics holds them.
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CustomOp3 for Hidden {
    fn name(&self) -> &'static str {
        "hidden layer"
    }

    fn cpu_fwd(
        &self,
        rows: &CpuStorage,
        rows_layout: &Layout,
        weights: &CpuStorage,
        weights_layout: &Layout,
        norm: &CpuStorage,
        norm_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (height, inputs) = rows_layout.shape().dims2()?;
        let (from, width) = weights_layout.shape().dims2()?;
        let mut kept = self.kept();
        if from != inputs || norm_layout.shape().dims2()? != (2, width) {
            bail!("{inputs} inputs, weights for {from}, norm {:?}", norm_layout.shape());
        }
        if kept.gate.len() != height * width {
            bail!("a mask of {} for {height} x {width} activations", kept.gate.len());
        }
        let rows = Matrix::new(row_major(rows, rows_layout)?, height, inputs);
        let weights = Matrix::new(row_major(weights, weights_layout)?, inputs, width);
        let norm = row_major(norm, norm_layout)?;
        let result = vectorised(Forward { kept: &mut kept, rows, weights, norm });
        Ok((CpuStorage::F32(result), Shape::from((height, width))))
    }

    fn bwd(
        &self,
        rows: &Tensor,
        weights: &Tensor,
        norm: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let ((height, inputs), width) = (rows.dims2()?, weights.dim(1)?);
        let (of_norm, of_weights, of_rows) = values(norm, |norm| {
            values(gradient, |gradient| {
                let mut kept = self.kept();
                let of_norm = vectorised(Backward { kept: &mut kept, norm, gradient });
                let slope = Matrix::new(&kept.slope, height, width);
                let of_weights = values(rows, |rows| {
                    let rows = Matrix::new(rows, height, inputs);
                    Ok(product(rows.turned(), slope))
                })?;
                let of_rows = || {
                    values(weights, |weights| {
                        let weights = Matrix::new(weights, inputs, width);
                        Ok(product(slope, weights.turned()))
                    })
                };
                let of_rows = rows.track_op().then(of_rows).transpose()?;
                Ok((of_norm, of_weights, of_rows))
            })
        })?;
        let tensor =
            |values: Vec<f32>, shape: &Shape| Tensor::from_vec(values, shape, &Device::Cpu);
        Ok((
            of_rows.map(|values| tensor(values, rows.shape())).transpose()?,
            Some(tensor(of_weights, weights.shape())?),
            Some(tensor(of_norm, norm.shape())?),
        ))
    }
}

struct Forward<'a> {
    kept: &'a mut Kept,
    rows: Matrix<'a>,
    weights: Matrix<'a>,
    norm: &'a [f32],
}

impl Loops for Forward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn call(self) -> Vec<f32> {
        let Forward { kept, rows, weights, norm } = self;
        let (height, width) = (rows.rows, weights.columns);
        let mut result = multiply(rows, weights);
        let share = 1.0 / height as f32;
        refill(&mut kept.mean, width);
        for line in result.chunks_exact(width) {
            kept.mean.iter_mut().zip(line).for_each(|(sum, value)| *sum += value);
        }
        kept.mean.iter_mut().for_each(|sum| *sum *= share);
        refill(&mut kept.variance, width);
        for line in result.chunks_exact(width) {
            for ((sum, value), mean) in kept.variance.iter_mut().zip(line).zip(&kept.mean) {
                *sum += (value - mean) * (value - mean);
            }
        }
        kept.variance.iter_mut().for_each(|sum| *sum *= share);
        kept.inverse.clear();
        kept.inverse.extend(kept.variance.iter().map(|variance| 1.0 / (variance + EPSILON).sqrt()));

        // One value more or less per pass costs nothing, the row is at hand; but with more than a handful
        // of slices in a loop the compiler gives up telling them apart, and goes value by value.
        kept.scaled.resize(height * width, 0.0);
        let (scale, shift) = norm.split_at(width);
        let kept_rows = kept.scaled.chunks_exact_mut(width).zip(kept.gate.chunks_exact_mut(width));
        for (line, (scaled, gate)) in result.chunks_exact_mut(width).zip(kept_rows) {
            for ((value, mean), inverse) in line.iter_mut().zip(&kept.mean).zip(&kept.inverse) {
                *value = (*value - mean) * inverse;
            }
            scaled.copy_from_slice(line);
            for ((value, scale), shift) in line.iter_mut().zip(scale).zip(shift) {
                *value = *value * scale + shift;
            }
            for (gate, value) in gate.iter_mut().zip(&*line) {
                *gate = if *value > 0.0 { *gate } else { 0.0 };
            }
            line.iter_mut().zip(&*gate).for_each(|(value, gate)| *value *= gate);
        }
        result
    }
}

/// Leaves the gradient of the sums in `kept.slope`; its output is that of the norm.
struct Backward<'a> {
    kept: &'a mut Kept,
    norm: &'a [f32],
    gradient: &'a [f32],
}

impl Loops for Backward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn call(self) -> Vec<f32> {
        let Backward { kept, norm, gradient } = self;
        let width = kept.mean.len();
        let share = width as f32 / gradient.len() as f32;
        kept.slope.resize(gradient.len(), 0.0);
        let mut of_norm = vec![0.0; 2 * width];
        let (of_scale, of_shift) = of_norm.split_at_mut(width);
        let kept_rows = kept.gate.chunks_exact(width).zip(kept.scaled.chunks_exact(width));
        let lines = kept.slope.chunks_exact_mut(width).zip(gradient.chunks_exact(width));
        for ((slope, gradient), (gate, scaled)) in lines.zip(kept_rows) {
            for ((slope, gradient), gate) in slope.iter_mut().zip(gradient).zip(gate) {
                *slope = gradient * gate;
            }
            of_shift.iter_mut().zip(&*slope).for_each(|(sum, slope)| *sum += slope);
            for ((sum, slope), scaled) in of_scale.iter_mut().zip(&*slope).zip(scaled) {
                *sum += slope * scaled;
            }
        }
        let factor: Vec<f32> = norm.iter().zip(&kept.inverse).map(|(s, i)| s * i).collect();
        let fixed: Vec<f32> = of_shift.iter().map(|sum| share * sum).collect();
        let by_scaled: Vec<f32> = of_scale.iter().map(|sum| share * sum).collect();
        let lines = kept.slope.chunks_exact_mut(width).zip(kept.scaled.chunks_exact(width));
        for (slope, scaled) in lines {
            let columns = factor.iter().zip(&fixed).zip(&by_scaled);
            for ((slope, scaled), ((factor, fixed), by_scaled)) in
                slope.iter_mut().zip(scaled).zip(columns)
            {
                *slope = factor * (*slope - fixed - scaled * by_scaled);
            }
        }
        of_norm
    }
}

#[inline(always)]
fn refill(values: &mut Vec<f32>, width: usize) {
    values.clear();
    values.resize(width, 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor_values::tests::{far, made};
    use candle_core::{Var, backprop::GradStore};

    fn composed(x: &Tensor, w: &Tensor, norm: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let sums = x.matmul(w)?;
        let centred = sums.broadcast_sub(&sums.mean_keepdim(0)?)?;
        let variance = centred.sqr()?.mean_keepdim(0)?;
        let scaled = centred.broadcast_div(&(variance + f64::from(EPSILON))?.sqrt()?)?;
        let normed =
            scaled.broadcast_mul(&norm.narrow(0, 0, 1)?)?.broadcast_add(&norm.narrow(0, 1, 1)?)?;
        normed.relu()?.mul(mask)
    }

    #[test]
    fn result_and_gradients_are_those_of_candles_single_operations() {
        for (height, inputs, width) in [(2, 3, 1), (37, 23, 64), (256, 64, 32), (5, 1, 9)] {
            let name = format!("{height} x {inputs} x {width}");
            let var = |of: Tensor| Var::from_tensor(&of).expect("a variable");
            let (x, w) = (var(made(height, inputs, 1)), var(made(inputs, width, 2)));
            let norm = var(made(2, width, 3));
            let mask = made(height, width, 4).relu().expect("a mask");
            let weigh = |y: &Tensor| -> Result<GradStore> {
                (y * made(height, width, 5))?.sum_all()?.backward()
            };
            let hidden = Hidden::default();
            // What another batch has left in the buffers must not be in the way.
            hidden.kept().gate = vec![1.0; 3 * width];
            let other = made(3, inputs, 6).apply_op3(&w, &norm, hidden.clone());
            other.and_then(|other| other.sum_all()?.backward()).expect("gradients");
            hidden.kept().gate = mask.flatten_all().and_then(|m| m.to_vec1()).expect("a mask");
            let fused = x.apply_op3(&w, &norm, hidden.clone()).expect("a layer");
            let plain = composed(&x, &w, &norm, &mask).expect("a layer");
            assert!(far(&fused, &plain) < 1e-4, "{name}: {}", far(&fused, &plain));
            let (fused, plain) = (weigh(&fused), weigh(&plain));
            let (fused, plain) = (fused.expect("gradients"), plain.expect("gradients"));
            for (which, of) in [("rows", &x), ("weights", &w), ("norm", &norm)] {
                let (one, two) = (fused.get(of).expect("one"), plain.get(of).expect("one"));
                let size = two.abs().and_then(|t| t.flatten_all()?.max(0)?.to_scalar::<f32>());
                let gap = far(one, two) / size.expect("a number").max(1.0);
                assert!(gap < 2e-4, "{name}: {which} {gap}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let of = |mask: usize, norm: (usize, usize)| {
            let hidden = Hidden::default();
            hidden.kept().gate = vec![1.0; mask];
            made(4, 3, 1).apply_op3(&made(3, 2, 2), &made(norm.0, norm.1, 3), hidden).is_ok()
        };
        assert!(of(8, (2, 2)) && !of(7, (2, 2)) && !of(8, (1, 2)) && !of(8, (2, 3)));
    }
}
