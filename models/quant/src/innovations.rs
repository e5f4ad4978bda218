//! The exact one-step prediction errors of a short ARMA process: the innovations algorithm on
//! the process, moving-average part after the autoregressive one (Brockwell and Davis, "Time
//! Series", §5.3; Ansley 1979), which is the exact Kalman filter. It runs over
//! `L` parameter sets side by side; one is the plain case.

/// An ARMA(p, q) with p + q ≤ 2 and innovations of variance 1, for `L` parameter sets.
#[derive(Clone, Copy)]
pub(crate) struct ArmaModel<const L: usize> {
    ar: [[f64; L]; 2],
    /// Autocovariances of the moving-average part at lags 0, 1, 2.
    ma: [[f64; L]; 3],
    /// Variance of the process.
    variance: [f64; L],
    /// For p = 2: the first autocorrelation, by which the second value is predicted.
    second: Option<[f64; L]>,
}

impl<const L: usize> ArmaModel<L> {
    /// φ₁, φ₂ and θ₁, θ₂ (1 + θ₁B + θ₂B²) of each set, all with the same p. Pure autoregressions
    /// have p ≤ 2, with a moving average p ≤ 1.
    pub(crate) fn new(p: usize, ar: [[f64; L]; 2], ma: [[f64; L]; 2]) -> ArmaModel<L> {
        let each = |f: &dyn Fn(usize) -> f64| -> [f64; L] { std::array::from_fn(f) };
        let rho = each(&|l| ar[0][l] / (1.0 - ar[1][l]));
        let covariance = [
            each(&|l| 1.0 + ma[0][l] * ma[0][l] + ma[1][l] * ma[1][l]),
            each(&|l| ma[0][l] * (1.0 + ma[1][l])),
            ma[1],
        ];
        let variance = each(&|l| match p {
            2 => 1.0 / ((1.0 - rho[l] * rho[l]) * (1.0 - ar[1][l] * ar[1][l])),
            // With φ = 0 this is the moving average's own variance.
            _ => {
                let (phi, lag1, lag2) = (ar[0][l], covariance[1][l], covariance[2][l]);
                let tail = 2.0 * phi * (lag1 + phi * lag2);
                (covariance[0][l] + tail) / (1.0 - phi * phi)
            }
        });
        ArmaModel { ar, ma: covariance, variance, second: (p == 2).then_some(rho) }
    }
}

/// The filter after some values: it predicts the next one.
pub(crate) struct Filter<'m, const L: usize> {
    model: &'m ArmaModel<L>,
    seen: usize,
    values: [f64; 2],
    errors: [[f64; L]; 2],
    inverse: [[f64; L]; 2],
    /// Weight of the last error in the last prediction.
    weight: [f64; L],
}

/// One prediction: its error, the error's variance (in innovations variances), and the weights
/// that the last two errors had in it.
#[derive(Clone, Copy)]
pub(crate) struct Prediction<const L: usize> {
    pub(crate) error: [f64; L],
    pub(crate) variance: [f64; L],
    pub(crate) inverse: [f64; L],
    pub(crate) weights: [[f64; L]; 2],
}

impl<'m, const L: usize> Filter<'m, L> {
    pub(crate) fn new(model: &'m ArmaModel<L>) -> Filter<'m, L> {
        let zero = [0.0; L];
        Filter {
            model,
            seen: 0,
            values: [0.0; 2],
            errors: [zero; 2],
            inverse: [zero; 2],
            weight: zero,
        }
    }

    /// Takes the next value.
    pub(crate) fn step(&mut self, value: f64) -> Prediction<L> {
        let step = match self.seen {
            0 => self.first(value),
            1 if self.model.second.is_some() => self.second(value),
            _ => self.later(value),
        };
        self.keep(value, &step);
        step
    }

    /// Takes the next value, the filter having seen at least two.
    #[inline(always)]
    pub(crate) fn later_step(&mut self, value: f64) -> Prediction<L> {
        let step = self.later(value);
        self.keep(value, &step);
        step
    }

    /// The expected next value (of the first parameter set) and its prediction; the filter goes on
    /// as if that value had come.
    pub(crate) fn expect_next(&mut self) -> (f64, Prediction<L>) {
        let surprise = self.later(0.0);
        let expected = -surprise.error[0];
        let step = Prediction { error: [0.0; L], ..surprise };
        self.keep(expected, &step);
        (expected, step)
    }

    fn first(&self, value: f64) -> Prediction<L> {
        let variance = self.model.variance;
        let inverse = variance.map(|f| 1.0 / f);
        Prediction { error: [value; L], variance, inverse, weights: [[0.0; L]; 2] }
    }

    fn second(&self, value: f64) -> Prediction<L> {
        let rho = self.model.second.unwrap_or([0.0; L]);
        let variance: [f64; L] =
            std::array::from_fn(|l| self.model.variance[l] * (1.0 - rho[l] * rho[l]));
        let error = std::array::from_fn(|l| value - rho[l] * self.values[0]);
        Prediction { error, variance, inverse: variance.map(|f| 1.0 / f), weights: [[0.0; L]; 2] }
    }

    #[inline(always)]
    fn later(&self, value: f64) -> Prediction<L> {
        let zero = [0.0; L];
        let m = self.model;
        let mut step =
            Prediction { error: zero, variance: zero, inverse: zero, weights: [zero; 2] };
        for l in 0..L {
            let gap = m.ma[1][l] - m.ma[2][l] * self.weight[l];
            let near = gap * self.inverse[0][l];
            let far = m.ma[2][l] * self.inverse[1][l];
            let variance = m.ma[0][l] - near * gap - far * m.ma[2][l];
            let drawn = m.ar[0][l] * self.values[0] + m.ar[1][l] * self.values[1];
            let known = near * self.errors[0][l] + far * self.errors[1][l];
            step.error[l] = value - drawn - known;
            step.variance[l] = variance;
            step.inverse[l] = 1.0 / variance;
            step.weights[0][l] = near;
            step.weights[1][l] = far;
        }
        step
    }

    #[inline(always)]
    fn keep(&mut self, value: f64, step: &Prediction<L>) {
        self.values = [value, self.values[0]];
        self.errors = [step.error, self.errors[0]];
        self.inverse = [step.inverse, self.inverse[0]];
        self.weight = step.weights[0];
        self.seen += 1;
    }
}

/// Factors multiplied before their logarithm is taken: far from overflow, and one logarithm costs
/// as much as all of them.
const FACTORS: usize = 16;

/// Σ of squared errors ÷ their variances, and Σ ln of those variances.
pub(crate) fn sums<const L: usize>(values: &[f64], model: &ArmaModel<L>) -> ([f64; L], [f64; L]) {
    let (mut squares, mut logs, mut product) = ([0.0; L], [0.0; L], [1.0; L]);
    let mut filter = Filter::new(model);
    let (start, rest) = values.split_at(values.len().min(2));
    for value in start {
        add(&filter.step(*value), &mut squares, &mut product);
    }
    let mut parts = rest.chunks(FACTORS);
    loop {
        (0..L).for_each(|l| logs[l] += libm::log(std::mem::replace(&mut product[l], 1.0)));
        let Some(part) = parts.next() else { return (squares, logs) };
        for value in part {
            add(&filter.later_step(*value), &mut squares, &mut product);
        }
    }
}

#[inline(always)]
fn add<const L: usize>(step: &Prediction<L>, squares: &mut [f64; L], product: &mut [f64; L]) {
    for l in 0..L {
        squares[l] += step.error[l] * step.error[l] * step.inverse[l];
        product[l] *= step.variance[l];
    }
}
