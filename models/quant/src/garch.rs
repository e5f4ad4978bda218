//! GARCH(1,1) with variance targeting on a window's percent returns: the mean is the sample
//! mean, ω = s²(1 − α − β), the first variance is s². Two parameters and no start value to
//! guess; the free fit has α = 0 in a third of windows and forecasts up to 419 %, this one comes
//! nearer to the realised volatility. It only forecasts; it prices nothing.
//!
//! Bollerslev (1986); variance targeting: Engle and Mezrich (1996).

use crate::grid_search::{LANES, Lanes, grid_search};
use crate::maximise::maximise;
use crate::volatility::TRADING_DAYS;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Largest α + β.
pub const MOST_PERSISTENT: f64 = 0.9999;
/// Grid points of the square that `parameters` maps.
const GRID: [usize; 2] = [23, 23];
/// Variances multiplied before their logarithm is taken: each lies between 1e-4 and the number of
/// returns, in units of s², so that 48 stay far from overflow and underflow.
const FACTORS: usize = 48;

/// A fitted model; variances in squared percent a day.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Weight of the last squared surprise.
    pub alpha: f64,
    /// Weight of the last variance.
    pub beta: f64,
    /// s²: the mean squared deviation of the returns, which is also the long-run variance.
    pub long_run: f64,
    /// The variance of the day after the window.
    pub next: f64,
    /// The Gaussian log-likelihood.
    pub log_likelihood: f64,
}

/// The returns as the recursion needs them: squared deviations in units of s².
struct Surprises {
    squared: Vec<f64>,
    long_run: f64,
}

impl Surprises {
    fn of(returns: &[f64]) -> Surprises {
        let n = returns.len() as f64;
        let mean = returns.iter().sum::<f64>() / n;
        let mut squared: Vec<f64> = returns.iter().map(|r| (r - mean) * (r - mean)).collect();
        let long_run = squared.iter().sum::<f64>() / n;
        squared.iter_mut().for_each(|e| *e /= long_run);
        Surprises { squared, long_run }
    }

    /// Log-likelihoods of `L` pairs (α, β), and the variance of the day after, in units of s².
    fn run<const L: usize>(&self, alpha: &[f64; L], beta: &[f64; L]) -> ([f64; L], [f64; L]) {
        let omega: [f64; L] = std::array::from_fn(|l| 1.0 - alpha[l] - beta[l]);
        let (mut variance, mut fit, mut product) = ([1.0; L], [0.0; L], [1.0; L]);
        for part in self.squared.chunks(FACTORS) {
            // Two days at a time: a/v + b/u = (a·u + b·v)/(v·u) divides once.
            let pairs = part.chunks_exact(2);
            let odd = pairs.remainder();
            for pair in pairs {
                for l in 0..L {
                    let next = omega[l] + alpha[l] * pair[0] + beta[l] * variance[l];
                    let both = variance[l] * next;
                    product[l] *= both;
                    fit[l] += (pair[0] * next + pair[1] * variance[l]) / both;
                    variance[l] = omega[l] + alpha[l] * pair[1] + beta[l] * next;
                }
            }
            for squared in odd {
                for l in 0..L {
                    product[l] *= variance[l];
                    fit[l] += squared / variance[l];
                    variance[l] = omega[l] + alpha[l] * squared + beta[l] * variance[l];
                }
            }
            (0..L).for_each(|l| fit[l] += libm::log(std::mem::replace(&mut product[l], 1.0)));
        }
        let base = self.squared.len() as f64 * libm::log(2.0 * PI * self.long_run);
        (fit.map(|sum| -0.5 * (base + sum)), variance)
    }
}

/// The Gaussian log-likelihood of percent returns at given α and β.
pub fn log_likelihood(returns: &[f64], alpha: f64, beta: f64) -> f64 {
    Surprises::of(returns).run(&[alpha], &[beta]).0[0]
}

/// A point of the unit square as α and β: β's share of what α leaves along the first axis, α
/// along the second, both finest where fits gather (persistent, small α). The edges of the
/// square are α = 0, β = 0 and α + β at its bound, so that a ridge along one is straight.
fn parameters(x: f64, y: f64) -> (f64, f64) {
    let alpha = MOST_PERSISTENT * y * y;
    (alpha, (MOST_PERSISTENT - alpha) * (1.0 - (1.0 - x) * (1.0 - x)))
}

/// The α and β of maximum likelihood for percent returns; `None` if the search does not converge
/// or the returns do not vary.
pub fn fit(returns: &[f64]) -> Option<Fit> {
    let surprises = Surprises::of(returns);
    let log_likelihoods = |x: &Lanes, y: &Lanes| {
        let (mut alpha, mut beta) = ([0.0; LANES], [0.0; LANES]);
        for lane in 0..LANES {
            (alpha[lane], beta[lane]) = parameters(x[lane], y[lane]);
        }
        surprises.run(&alpha, &beta).0
    };
    let at = maximise(GRID, &grid_search(GRID, &log_likelihoods), log_likelihoods)?.at;
    let (alpha, beta) = parameters(at[0], at[1]);
    let (log_likelihood, next) = surprises.run(&[alpha], &[beta]);
    let long_run = surprises.long_run;
    Some(Fit { alpha, beta, long_run, next: next[0] * long_run, log_likelihood: log_likelihood[0] })
}

/// √(252 · mean forecast variance over 1 … `horizon` days), a fraction per year.
pub fn predicted_vol(fit: &Fit, horizon: usize) -> f64 {
    let persistence = fit.alpha + fit.beta;
    let (mut excess, mut sum) = (fit.next - fit.long_run, 0.0);
    for _ in 0..horizon {
        sum += fit.long_run + excess;
        excess *= persistence;
    }
    (TRADING_DAYS * sum / horizon as f64).sqrt() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returns() -> Vec<f64> {
        // Calm and wild weeks in turn: volatility that lasts.
        (0..251)
            .map(|i| {
                let wild = if (i / 40) % 2 == 0 { 0.6 } else { 2.4 };
                wild * libm::sin(f64::from(i * i) * 0.7)
            })
            .collect()
    }

    #[test]
    fn constant_variance_is_the_normal_likelihood() {
        let r = returns();
        let s = Surprises::of(&r);
        let n = r.len() as f64;
        let normal = -0.5 * n * (libm::log(2.0 * PI * s.long_run) + 1.0);
        for (alpha, beta) in [(0.0, 0.0), (0.0, 0.7)] {
            assert!((log_likelihood(&r, alpha, beta) - normal).abs() < 1e-10);
        }
    }

    #[test]
    fn the_fit_beats_its_surroundings_and_the_forecast_returns_to_the_long_run() {
        let r = returns();
        let fit = fit(&r).unwrap();
        assert!((fit.log_likelihood - log_likelihood(&r, fit.alpha, fit.beta)).abs() < 1e-9);
        for (da, db) in [(0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.0, -0.01)] {
            let (alpha, beta) = (fit.alpha + da, fit.beta + db);
            if alpha >= 0.0 && beta >= 0.0 && alpha + beta <= MOST_PERSISTENT {
                assert!(log_likelihood(&r, alpha, beta) <= fit.log_likelihood);
            }
        }
        let one = predicted_vol(&fit, 1);
        assert!((one - (252.0 * fit.next).sqrt() / 100.0).abs() < 1e-14);
        let long_run = (252.0 * fit.long_run).sqrt() / 100.0;
        let far = predicted_vol(&Fit { alpha: 0.05, beta: 0.9, ..fit }, 100_000);
        assert!((far - long_run).abs() < 1e-3);
    }
}
