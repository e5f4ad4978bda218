//! Ridge multinomial logistic regression, fitted by Newton's method in plain `f64`.
//!
//! A linear model is hard to beat on data this noisy: the network is shipped only if it does
//! better on the validation days. The likelihood is concave, so nothing is random here; steps are
//! halved until the loss falls.

use crate::hessian::{Hessian, INPUTS, SIZE};
use crate::layers::Dense;
use crate::vectorised::{Loops, vectorised};
use schemas::contract::{CLASSES, FEATURES};

/// Penalty on the biases: only enough to fix the one direction that softmax leaves free.
const BIAS_PENALTY: f64 = 1e-6;

/// Scaled rows with their classes and weights (any positive scale).
pub(crate) struct Sample<'a> {
    pub(crate) rows: &'a [[f32; FEATURES]],
    pub(crate) classes: &'a [u8],
    pub(crate) weights: &'a [f64],
}

/// Weights by class: 23 slopes, then the bias.
#[derive(Clone)]
pub(crate) struct Logistic([[f64; INPUTS]; CLASSES]);

impl Logistic {
    pub(crate) fn zero() -> Logistic {
        Logistic([[0.0; INPUTS]; CLASSES])
    }

    /// Minimises weighted mean log loss + ½·`ridge`·Σ slopes², from these weights on.
    pub(crate) fn fit(mut self, sample: &Sample<'_>, ridge: f64) -> Logistic {
        let mut loss = self.loss(sample, ridge);
        for _ in 0..30 {
            let (gradient, hessian) = self.derivatives(sample, ridge);
            let Some(step) = solve(hessian, gradient) else { break };
            let mut share = 1.0;
            let (next, lower) = loop {
                let next = self.moved(&step, share);
                let lower = next.loss(sample, ridge);
                if lower <= loss || share < 1e-4 {
                    break (next, lower);
                }
                share *= 0.5;
            };
            if lower > loss - 1e-10 {
                break;
            }
            (self, loss) = (next, lower);
        }
        self
    }

    /// The same model as a dense layer.
    pub(crate) fn layer(&self) -> Dense {
        let weight = (0..FEATURES).flat_map(|f| self.0.iter().map(move |class| class[f] as f32));
        let bias = self.0.iter().map(|class| class[FEATURES] as f32);
        Dense { inputs: FEATURES, outputs: CLASSES, weight: weight.collect(), bias: bias.collect() }
    }

    fn moved(&self, step: &[f64], share: f64) -> Logistic {
        let mut next = self.clone();
        for (value, change) in next.0.as_flattened_mut().iter_mut().zip(step) {
            *value -= share * change;
        }
        next
    }

    /// Probabilities and the row with its constant 1.
    #[inline(always)]
    fn probabilities(&self, row: &[f32; FEATURES]) -> ([f64; CLASSES], [f64; INPUTS]) {
        let mut x = [1.0; INPUTS];
        for (to, from) in x.iter_mut().zip(row) {
            *to = f64::from(*from);
        }
        let mut p = [0.0; CLASSES];
        for (logit, class) in p.iter_mut().zip(&self.0) {
            *logit = dot(class, &x);
        }
        let top = p.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        p.iter_mut().for_each(|logit| *logit = (*logit - top).exp());
        let total: f64 = p.iter().sum();
        p.iter_mut().for_each(|power| *power /= total);
        (p, x)
    }

    fn loss(&self, sample: &Sample<'_>, ridge: f64) -> f64 {
        let penalty = |k: usize, w: &f64| 0.5 * strength(k % INPUTS, ridge) * w * w;
        vectorised(Loss { model: self, sample })
            + self.0.as_flattened().iter().enumerate().map(|(k, w)| penalty(k, w)).sum::<f64>()
    }

    fn derivatives(&self, sample: &Sample<'_>, ridge: f64) -> (Vec<f64>, Vec<f64>) {
        let (gradient, hessian) = vectorised(Derivatives { model: self, sample });
        let (mut gradient, mut hessian) = (gradient.as_flattened().to_vec(), hessian.matrix());
        for (k, w) in self.0.as_flattened().iter().enumerate() {
            gradient[k] += strength(k % INPUTS, ridge) * w;
            hessian[k * SIZE + k] += strength(k % INPUTS, ridge);
        }
        (gradient, hessian)
    }
}

/// Weighted mean log loss.
struct Loss<'a> {
    model: &'a Logistic,
    sample: &'a Sample<'a>,
}

impl Loops for Loss<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let Loss { model, sample } = self;
        let total: f64 = sample.weights.iter().sum();
        let mut loss = 0.0;
        for ((row, class), weight) in sample.rows.iter().zip(sample.classes).zip(sample.weights) {
            let (p, _) = model.probabilities(row);
            loss -= weight / total * p[usize::from(*class)].max(1e-300).ln();
        }
        loss
    }
}

/// Its gradient and curvature.
struct Derivatives<'a> {
    model: &'a Logistic,
    sample: &'a Sample<'a>,
}

impl Loops for Derivatives<'_> {
    type Output = ([[f64; INPUTS]; CLASSES], Box<Hessian>);

    #[inline(always)]
    fn call(self) -> Self::Output {
        let Derivatives { model, sample } = self;
        let total: f64 = sample.weights.iter().sum();
        let (mut gradient, mut hessian) = ([[0.0; INPUTS]; CLASSES], Hessian::new());
        for ((row, class), weight) in sample.rows.iter().zip(sample.classes).zip(sample.weights) {
            let (p, x) = model.probabilities(row);
            for (a, gradient) in gradient.iter_mut().enumerate() {
                let hit = f64::from(u8::from(usize::from(*class) == a));
                let slope = weight / total * (p[a] - hit);
                gradient.iter_mut().zip(&x).for_each(|(to, value)| *to += slope * value);
            }
            hessian.add(&x, &p, weight / total);
        }
        (gradient, hessian)
    }
}

/// In four sums, so that they are summed at once.
#[inline(always)]
fn dot(a: &[f64; INPUTS], b: &[f64; INPUTS]) -> f64 {
    let mut sums = [0.0; 4];
    for (a, b) in a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

fn strength(input: usize, ridge: f64) -> f64 {
    if input == FEATURES { BIAS_PENALTY } else { ridge + BIAS_PENALTY }
}

/// Cholesky on the lower triangle; none if the matrix is not positive definite.
fn solve(mut a: Vec<f64>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    for i in 0..SIZE {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| a[i * SIZE + k] * a[j * SIZE + k]).sum();
            let rest = a[i * SIZE + j] - dot;
            if i == j {
                if rest <= 0.0 || !rest.is_finite() {
                    return None;
                }
                a[i * SIZE + i] = rest.sqrt();
            } else {
                a[i * SIZE + j] = rest / a[j * SIZE + j];
            }
        }
        let dot: f64 = (0..i).map(|k| a[i * SIZE + k] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i * SIZE + i];
    }
    for i in (0..SIZE).rev() {
        let dot: f64 = (i + 1..SIZE).map(|k| a[k * SIZE + i] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i * SIZE + i];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candle_scorer::CandleScorer;
    use crate::judged::Judged;
    use crate::layers::Layers;
    use crate::metrics::measure;

    /// Values of `tests/golden/learning_reference.py`, made with scikit-learn 1.9.1.
    #[test]
    fn regression_and_metrics_are_those_of_scikit_learn() {
        let place = |i: usize, f: usize| {
            let (i, f) = (i as f64, f as f64);
            (1.7 * i + 0.9 * f * f + 0.3 * i * f).sin()
        };
        let rows: Vec<[f32; FEATURES]> =
            (0..200).map(|i| std::array::from_fn(|f| place(i, f) as f32)).collect();
        let class = |i: usize| if place(i, 2) > 0.6 { 3 } else { ((i * i + i / 7) % 4) as u8 };
        let classes: Vec<u8> = (0..200).map(class).collect();
        let weights: Vec<f64> = (0..200).map(|i| f64::from(1 + i % 3)).collect();
        let sample = Sample { rows: &rows, classes: &classes, weights: &weights };
        let layers = Layers {
            mean: vec![0.0; FEATURES],
            deviation: vec![1.0; FEATURES],
            dense: vec![Logistic::zero().fit(&sample, 0.05).layer()],
        };
        let scored =
            CandleScorer::new(&layers).expect("layers").probabilities(&rows).expect("some");
        let first = [0.344_046, 0.200_526_8, 0.285_346_7, 0.170_080_6];
        assert!(scored[0].iter().zip(first).all(|(a, b)| (a - b).abs() < 1e-4), "{:?}", scored[0]);

        let judged = |i: usize| Judged {
            scan_day: 0,
            class: classes[i],
            weight: weights[i],
            probabilities: scored[i].map(f64::from),
        };
        let judged: Vec<Judged> = (0..200).map(judged).collect();
        let found = measure(&judged, &[0.25; CLASSES]);
        for (found, reference) in [
            (found.log_loss, 0.916_087_6),
            (found.brier, 0.488_212_6),
            (found.balanced_accuracy, 0.573_152),
        ] {
            assert!((found - reference).abs() < 1e-5, "{found} {reference}");
        }
    }

    /// At the minimum of a convex loss, and only there, the gradient is zero; finite differences of the
    /// loss, which the fit's own gradient and curvature have no part in, say so.
    #[test]
    fn the_fit_is_the_minimum_from_wherever_it_starts() {
        let place = |i: usize, f: usize| ((i * 37 + f * f * 11 + i * f * 3) as f64).sin();
        let rows: Vec<[f32; FEATURES]> =
            (0..123).map(|i| std::array::from_fn(|f| place(i, f) as f32)).collect();
        let classes: Vec<u8> =
            (0..123).map(|i| if i % 3 == 0 { 3 } else { (i % 4) as u8 }).collect();
        let weights: Vec<f64> = (0..123).map(|i| f64::from(1 + i % 3)).collect();
        let sample = Sample { rows: &rows, classes: &classes, weights: &weights };
        let ridge = 0.01;
        let fitted = Logistic::zero().fit(&sample, ridge);
        let mut far = Logistic::zero();
        far.0.as_flattened_mut().iter_mut().enumerate().for_each(|(k, w)| *w = place(k, 5));
        let again = far.fit(&sample, ridge);
        let loss = |k: usize, by: f64| {
            let mut moved = fitted.clone();
            moved.0.as_flattened_mut()[k] += by;
            moved.loss(&sample, ridge)
        };
        for (k, value) in fitted.0.as_flattened().iter().enumerate() {
            let slope = (loss(k, 1e-4) - loss(k, -1e-4)) / 2e-4;
            assert!(slope.abs() < 1e-5, "weight {k}: {slope}");
            assert!((value - again.0.as_flattened()[k]).abs() < 1e-3, "weight {k}");
        }
        assert!(fitted.0.as_flattened().iter().any(|value| value.abs() > 0.1));
    }
}
