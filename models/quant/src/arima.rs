//! ARIMA(p, 1, q) on 100·(ln C − ln S), no mean, by exact Gaussian likelihood of its first
//! differences with the innovations variance concentrated out (divisor: the number of
//! differences). At most two parameters, so that a grid surely finds the global maximum, and
//! partial autocorrelations (of φ and of −θ) within ±0.9, because fits that run to the unit
//! circle forecast nonsense with a third of the right interval. The random walk is hard to beat.
//!
//! Box and Jenkins (1970); the partial autocorrelation map is Barndorff-Nielsen and Schou (1973).

use crate::grid_search::{LANES, Lanes, Point, finite, grid_search, points};
use crate::innovations::{ArmaModel, Filter, sums};
use crate::likelihood::ArmaLikelihood;
use crate::maximise::maximise;
use serde::{Deserialize, Serialize};
use statistics::normal::Z_975;
use std::f64::consts::PI;

/// Closes that a fit takes.
pub const CLOSES: usize = 120;
/// Largest partial autocorrelation, either sign.
const BOUND: f64 = 0.9;
/// Orders whose AIC is this close to the least count as equal; the simplest is taken.
const AIC_TIE: f64 = 0.1;

/// The orders tried, fewest parameters first, then lowest p.
pub const ORDERS: [Order; 6] = [
    Order { p: 0, d: 1, q: 0 },
    Order { p: 0, d: 1, q: 1 },
    Order { p: 1, d: 1, q: 0 },
    Order { p: 0, d: 1, q: 2 },
    Order { p: 1, d: 1, q: 1 },
    Order { p: 2, d: 1, q: 0 },
];

/// The order (p, d, q) of a model; d is always 1 here.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Autoregressive parameters.
    pub p: u8,
    /// Differences taken.
    pub d: u8,
    /// Moving-average parameters.
    pub q: u8,
}

/// A fitted model.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Fit {
    /// The order chosen.
    pub order: Order,
    /// φ₁, φ₂; 0 where the order has none.
    pub ar: [f64; 2],
    /// θ₁, θ₂ of 1 + θ₁B + θ₂B²; 0 where the order has none.
    pub ma: [f64; 2],
    /// Innovations variance, in squared percent.
    pub variance: f64,
    /// The exact log-likelihood of the differences.
    pub log_likelihood: f64,
    /// 2·(p + q + 1) − 2·log-likelihood.
    pub aic: f64,
}

/// The likelihood of a model at given parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likelihood {
    /// Log-likelihood with the variance below.
    pub log_likelihood: f64,
    /// The innovations variance of maximum likelihood, divisor n.
    pub variance: f64,
}

/// A forecast of the log price, day by day.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Expected ln price minus today's, for 1 … h trading days ahead.
    pub mean: Vec<f64>,
    /// Its standard deviation, without parameter error.
    pub sd: Vec<f64>,
}

impl Forecast {
    /// Expected ln price minus today's at the end of the forecast.
    pub fn last_return(&self) -> f64 {
        self.mean.last().copied().unwrap_or(f64::NAN)
    }

    /// 95 % upper minus lower bound of the ln price at the end of the forecast.
    pub fn interval_width(&self) -> f64 {
        2.0 * Z_975 * self.sd.last().copied().unwrap_or(f64::NAN)
    }
}

/// First differences of 100·(ln C − ln S): the daily log returns in percent.
pub fn differences(log_closes: &[f64]) -> Vec<f64> {
    log_closes.windows(2).map(|pair| 100.0 * (pair[1] - pair[0])).collect()
}

/// The exact likelihood of percent differences under an order of [`ORDERS`] with the given φ and
/// θ. They must be stationary and invertible; otherwise the result is not finite or no
/// likelihood.
pub fn likelihood(differences: &[f64], order: Order, ar: [f64; 2], ma: [f64; 2]) -> Likelihood {
    let model = ArmaModel::new(order.p.into(), ar.map(|x| [x]), ma.map(|x| [x]));
    let (squares, logs) = sums(differences, &model);
    let (log_likelihood, variance) = concentrated(differences.len(), squares[0], logs[0]);
    Likelihood { log_likelihood, variance }
}

fn concentrated(count: usize, squares: f64, logs: f64) -> (f64, f64) {
    let n = count as f64;
    let variance = squares / n;
    (-0.5 * (n * (libm::log(2.0 * PI * variance) + 1.0) + logs), variance)
}

/// φ or −θ of two partial autocorrelations: (r₁(1 − r₂), r₂).
fn from_partial(r: [f64; 2]) -> [f64; 2] {
    [r[0] * (1.0 - r[1]), r[1]]
}

/// A point of the unit square as the φ and θ of an order. Partial autocorrelations lie closer
/// together towards ±0.9, where the likelihood's peaks are narrower.
fn coefficients(order: Order, at: [f64; 2]) -> ([f64; 2], [f64; 2]) {
    let r = at.map(|x| {
        let share = 2.0 * x - 1.0;
        BOUND * share * (1.25 - 0.25 * share * share)
    });
    let minus = |x: [f64; 2]| x.map(|v| -v);
    match (order.p, order.q) {
        (0, 0) => ([0.0; 2], [0.0; 2]),
        (1, 0) => ([r[0], 0.0], [0.0; 2]),
        (0, 1) => ([0.0; 2], [-r[0], 0.0]),
        (1, _) => ([r[0], 0.0], [-r[1], 0.0]),
        (0, _) => ([0.0; 2], minus(from_partial(r))),
        _ => (from_partial(r), [0.0; 2]),
    }
}

fn log_likelihoods(of: &ArmaLikelihood<'_>, order: Order, x: &Lanes, y: &Lanes) -> Lanes {
    let (mut ar, mut ma) = ([[0.0; LANES]; 2], [[0.0; LANES]; 2]);
    for lane in 0..LANES {
        let (phi, theta) = coefficients(order, [x[lane], y[lane]]);
        for i in 0..2 {
            ar[i][lane] = phi[i];
            ma[i][lane] = theta[i];
        }
    }
    match (order.p, order.q) {
        (_, 0) => of.autoregressive(&ar),
        (_, 1) => of.mixed(&ar[0], &of.pass(&ma[0])).map(|product| of.log_likelihood(product)),
        _ => of.moving(&ma),
    }
}

/// The grid of (1,1,1): φ changes by row, θ by column, and a column is one pass. Its values only
/// rank, so they need no logarithm.
fn mixed_field(of: &ArmaLikelihood<'_>, order: Order) -> Vec<Point> {
    let [_, columns] = grid(order);
    let mut field = points(grid(order));
    let thetas: Vec<f64> =
        field[..columns].iter().map(|point| coefficients(order, point.at).1[0]).collect();
    for (part, thetas) in thetas.chunks(LANES).enumerate() {
        let pass =
            of.pass::<LANES>(&std::array::from_fn(|l| thetas.get(l).copied().unwrap_or(0.0)));
        for row in field.chunks_mut(columns) {
            let phi = coefficients(order, row[0].at).0[0];
            let products = of.mixed(&[phi; LANES], &pass);
            for (point, product) in row[part * LANES..].iter_mut().zip(products) {
                point.value = finite(-product);
            }
        }
    }
    field
}

/// Grid points per parameter. On 2,700 windows of 100 stocks, other than those that chose these
/// numbers, none missed by 1e-3 the maximum found from the 60 best points of a 161 × 161 grid.
/// (1,1,1) needs the most: where φ nears −θ its ridges are narrow, and 41 points missed one window
/// in a thousand, by up to 0.02.
fn grid(order: Order) -> [usize; 2] {
    match (order.p, order.q) {
        (1, 1) => [61, 61],
        (0, 2) => [19, 19],
        (2, _) => [13, 13],
        _ => [37, 1],
    }
}

/// The parameters of maximum likelihood for one order; `None` if the search does not converge.
pub fn fit_order(differences: &[f64], order: Order) -> Option<Fit> {
    let at = if order.p + order.q == 0 {
        [0.0; 2]
    } else {
        let of = ArmaLikelihood::of(differences);
        let at = |x: &Lanes, y: &Lanes| log_likelihoods(&of, order, x, y);
        let field = if order.p == 1 && order.q == 1 {
            mixed_field(&of, order)
        } else {
            grid_search(grid(order), &at)
        };
        maximise(grid(order), &field, at)?.at
    };
    let (ar, ma) = coefficients(order, at);
    let Likelihood { log_likelihood, variance } = likelihood(differences, order, ar, ma);
    let aic = 2.0 * f64::from(order.p + order.q + 1) - 2.0 * log_likelihood;
    log_likelihood.is_finite().then_some(Fit { order, ar, ma, variance, log_likelihood, aic })
}

/// The best order: of those within 0.1 of the least AIC the fewest parameters, then the lowest
/// p. `None` if a fit did not converge.
pub fn fit(differences: &[f64]) -> Option<Fit> {
    let fits: Option<Vec<Fit>> =
        ORDERS.iter().map(|order| fit_order(differences, *order)).collect();
    let fits = fits?;
    let least = fits.iter().fold(f64::INFINITY, |least, fit| least.min(fit.aic));
    fits.into_iter().find(|fit| fit.aic <= least + AIC_TIE)
}

/// The forecast of a fit for 1 … `horizon` trading days after the differences it is given.
/// Variances are those of the exact Kalman filter: the errors of the predictions to come, each
/// carried through to every later day.
pub fn forecast(fit: &Fit, differences: &[f64], horizon: usize) -> Forecast {
    let model = ArmaModel::new(fit.order.p.into(), fit.ar.map(|x| [x]), fit.ma.map(|x| [x]));
    let mut filter = Filter::new(&model);
    for value in differences {
        filter.step(*value);
    }
    let ahead: Vec<_> = (0..horizon).map(|_| filter.expect_next()).collect();
    let mut total = 0.0;
    let mean = ahead.iter().map(|(expected, _)| {
        total += expected;
        total / 100.0
    });
    let mean = mean.collect();
    let mut variance = vec![0.0; horizon];
    for from in 0..horizon {
        // A surprise of 1 on day `from`, and what it adds to the level of every later day.
        let (mut last, mut before, mut level) = (1.0, 0.0, 1.0);
        variance[from] += ahead[from].1.variance[0];
        for day in from + 1..horizon {
            let weight =
                if day - from <= 2 { ahead[day].1.weights[day - from - 1][0] } else { 0.0 };
            let next = fit.ar[0] * last + fit.ar[1] * before + weight;
            (last, before, level) = (next, last, level + next);
            variance[day] += ahead[from].1.variance[0] * level * level;
        }
    }
    let sd = variance.iter().map(|v| (fit.variance * v).sqrt() / 100.0).collect();
    Forecast { mean, sd }
}
