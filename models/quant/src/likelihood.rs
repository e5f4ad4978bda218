//! Exact ARMA log-likelihoods without a filter, for the search over parameters. A likelihood is
//! quadratic in the values, so a pure autoregression needs only a few sums over the series,
//! computed once; and given the moving-average part, the unknown innovations before the first value
//! enter linearly and are integrated out (Ljung and Box 1979), so that one pass of additions
//! replaces a filter's divisions. For (1,1,1) that pass does not depend on φ: a whole row of the
//! grid shares it. The maximum found is evaluated once more by `innovations`, which is the
//! definition.

use std::f64::consts::PI;

/// A series and the sums that each of its likelihoods needs.
pub(crate) struct ArmaLikelihood<'a> {
    values: &'a [f64],
    /// Σ of squares: likelihoods are computed relative to it.
    squares: f64,
    /// Σ y(t−i)·y(t−j) over the values after the second; [i][j] with i ≤ j.
    lags: [[f64; 3]; 3],
    base: f64,
}

/// What one pass over the values leaves for a moving-average θ: sums over all values but the
/// first of A(t) = y(t) − θA(t−1) and g(t) = (−θ)^(t−1).
#[derive(Clone, Copy)]
pub(crate) struct Pass<const L: usize> {
    theta: [f64; L],
    /// Σ A(t)², Σ A(t)A(t−1), Σ A(t−1)².
    level: [[f64; L]; 3],
    /// Σ A(t)g(t), Σ A(t−1)g(t).
    start: [[f64; L]; 2],
    /// Σ g(t)².
    weight: [f64; L],
}

impl<'a> ArmaLikelihood<'a> {
    /// At least three values.
    pub(crate) fn of(values: &'a [f64]) -> ArmaLikelihood<'a> {
        let squares = values.iter().map(|y| y * y).sum::<f64>();
        let n = values.len() as f64;
        let mut lags = [[0.0; 3]; 3];
        for three in values.windows(3) {
            for i in 0..3 {
                for j in i..3 {
                    lags[i][j] += three[2 - i] * three[2 - j];
                }
            }
        }
        let base = n * (libm::log(2.0 * PI * squares / n) + 1.0);
        ArmaLikelihood { values, squares, lags, base }
    }

    /// The log-likelihood of a [`Self::product`].
    pub(crate) fn log_likelihood(&self, product: f64) -> f64 {
        -0.5 * (self.base + libm::log(product))
    }

    /// From Σ of squared errors ÷ variances and the product of those variances: the lower, the
    /// likelier.
    fn product<const L: usize>(&self, squares: [f64; L], variances: [f64; L]) -> [f64; L] {
        let mut square = squares.map(|s| s / self.squares);
        let (mut product, mut left) = (variances, self.values.len());
        // The n-th power by squaring: the same bits on every machine.
        while left > 0 {
            if left & 1 == 1 {
                (0..L).for_each(|l| product[l] *= square[l]);
            }
            (0..L).for_each(|l| square[l] *= square[l]);
            left /= 2;
        }
        product
    }

    /// Autoregressions of order 2; of order 1 with φ₂ = 0.
    pub(crate) fn autoregressive<const L: usize>(&self, phi: &[[f64; L]; 2]) -> [f64; L] {
        let (y, c) = (self.values, &self.lags);
        let (mut squares, mut variances) = ([0.0; L], [0.0; L]);
        for l in 0..L {
            let (a, b) = (phi[0][l], phi[1][l]);
            let rho = a / (1.0 - b);
            let (one, two) = (1.0 - rho * rho, 1.0 - b * b);
            let second = y[1] - rho * y[0];
            let rest = c[0][0]
                + a * (a * c[1][1] - 2.0 * c[0][1])
                + b * (b * c[2][2] - 2.0 * c[0][2] + 2.0 * a * c[1][2]);
            squares[l] = y[0] * y[0] * one * two + second * second * two + rest;
            variances[l] = 1.0 / (one * two * two);
        }
        self.product(squares, variances).map(|product| self.log_likelihood(product))
    }

    /// The pass for moving averages of order 1.
    pub(crate) fn pass<const L: usize>(&self, theta: &[f64; L]) -> Pass<L> {
        let first = self.values[0];
        let (mut last, mut impulse) = ([first; L], [1.0; L]);
        let (mut own, mut lagged, mut start) = ([0.0; L], [0.0; L], [0.0; L]);
        for y in &self.values[1..] {
            for l in 0..L {
                let next = y - theta[l] * last[l];
                impulse[l] *= -theta[l];
                own[l] += next * next;
                lagged[l] += next * last[l];
                start[l] += next * impulse[l];
                last[l] = next;
            }
        }
        let each = |f: &dyn Fn(usize) -> f64| -> [f64; L] { std::array::from_fn(f) };
        let before = each(&|l| own[l] + first * first - last[l] * last[l]);
        let shifted = each(&|l| -theta[l] * (start[l] + first - last[l] * impulse[l]));
        let weight = each(&|l| {
            let square = theta[l] * theta[l];
            square * (1.0 - impulse[l] * impulse[l]) / (1.0 - square)
        });
        Pass { theta: *theta, level: [own, lagged, before], start: [start, shifted], weight }
    }

    /// Order (1, 1) at φ and the θ of a pass, as a product; the moving average of order 1 with
    /// φ = 0. Given the first value y, its innovation is normal with mean y/V and variance
    /// 1 − 1/V, where V is the variance of the process.
    pub(crate) fn mixed<const L: usize>(&self, phi: &[f64; L], pass: &Pass<L>) -> [f64; L] {
        let first = self.values[0];
        let (mut squares, mut variances) = ([0.0; L], [0.0; L]);
        for l in 0..L {
            let (phi, weight) = (phi[l], pass.weight[l]);
            let sum = phi + pass.theta[l];
            let excess = sum * sum / (1.0 - phi * phi);
            let inverse = 1.0 / (1.0 + excess);
            let unknown = excess * inverse;
            let shift = -first * unknown;
            let along = pass.start[0][l] - phi * pass.start[1][l];
            let level = pass.level[0][l] + phi * (phi * pass.level[2][l] - 2.0 * pass.level[1][l]);
            let shifted = along + shift * weight;
            let fixed = level + shift * (along + shifted);
            let gained = unknown * shifted * shifted / (1.0 + unknown * weight);
            squares[l] = first * first * inverse + fixed - gained;
            variances[l] = 1.0 + excess * (1.0 + weight);
        }
        self.product(squares, variances)
    }

    /// Moving averages of order 2. The two innovations before the first value are standard
    /// normal and enter by the impulse response ψ(t) and by −θ₂ψ(t−1).
    pub(crate) fn moving<const L: usize>(&self, theta: &[[f64; L]; 2]) -> [f64; L] {
        let zero = [0.0; L];
        let (mut last, mut before) = (zero, zero);
        let (mut impulse, mut earlier) = ([1.0; L], zero);
        let (mut own, mut near, mut far) = (zero, zero, zero);
        let (mut weight, mut cross) = (zero, zero);
        for y in self.values {
            for l in 0..L {
                let next = y - theta[0][l] * last[l] - theta[1][l] * before[l];
                let answer = -theta[0][l] * impulse[l] - theta[1][l] * earlier[l];
                own[l] += next * next;
                near[l] += next * answer;
                far[l] += next * impulse[l];
                weight[l] += answer * answer;
                cross[l] += answer * impulse[l];
                (before[l], last[l]) = (last[l], next);
                (earlier[l], impulse[l]) = (impulse[l], answer);
            }
        }
        let (mut squares, mut variances) = (zero, zero);
        for l in 0..L {
            let second = theta[1][l];
            let (b0, b1) = (near[l], -second * far[l]);
            let m00 = 1.0 + weight[l];
            let m01 = -second * cross[l];
            let m11 = 1.0 + second * second * (weight[l] + 1.0 - impulse[l] * impulse[l]);
            let determinant = m00 * m11 - m01 * m01;
            let gained = (b0 * b0 * m11 - 2.0 * b0 * b1 * m01 + b1 * b1 * m00) / determinant;
            squares[l] = own[l] - gained;
            variances[l] = determinant;
        }
        self.product(squares, variances).map(|product| self.log_likelihood(product))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arima::{Order, likelihood};

    fn check(
        p: u8,
        q: u8,
        ar: [f64; 2],
        ma: [f64; 2],
        log_likelihood: impl Fn(&ArmaLikelihood<'_>) -> f64,
    ) {
        let values: Vec<f64> = (0..119)
            .map(|i| {
                1.5 * libm::sin(f64::from(i * i) * 0.37) + 0.8 * libm::cos(0.21 * f64::from(i))
            })
            .collect();
        let exact = likelihood(&values, Order { p, d: 1, q }, ar, ma).log_likelihood;
        let found = log_likelihood(&ArmaLikelihood::of(&values));
        assert!((found - exact).abs() < 1e-9, "({p},1,{q}) {ar:?} {ma:?}: {found} {exact}");
    }

    #[test]
    fn every_order_has_the_filter_s_likelihood() {
        let grid = [-0.9, -0.55, -0.1, 0.0, 0.3, 0.72, 0.9];
        for a in grid {
            check(1, 0, [a, 0.0], [0.0; 2], |h| h.autoregressive(&[[a], [0.0]])[0]);
            check(0, 1, [0.0; 2], [a, 0.0], |h| {
                h.log_likelihood(h.mixed(&[0.0], &h.pass(&[a]))[0])
            });
            for b in grid {
                let two = [a * (1.0 - b), b];
                check(2, 0, two, [0.0; 2], |h| h.autoregressive(&two.map(|x| [x]))[0]);
                check(1, 1, [a, 0.0], [b, 0.0], |h| {
                    h.log_likelihood(h.mixed(&[a], &h.pass(&[b]))[0])
                });
                let minus = two.map(|x| -x);
                check(0, 2, [0.0; 2], minus, |h| h.moving(&minus.map(|x| [x]))[0]);
            }
        }
    }
}
