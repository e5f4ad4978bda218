//! The curvature of a multinomial logistic regression.
//!
//! Its block for the classes a and b is Σ c(a, b) · x·xᵀ over the rows, so all blocks are made of the same
//! products x·xᵀ, of which half suffice; and as probabilities add up to one, the blocks of a class add up to
//! zero: six are summed and ten follow. The whole matrix, product by product, took a fifth of a training.

use schemas::contract::CLASSES;

/// Inputs, the constant among them; whole vectors of four.
pub(crate) const INPUTS: usize = schemas::contract::FEATURES + 1;
pub(crate) const SIZE: usize = CLASSES * INPUTS;

/// Pairs of different classes.
const PAIRS: [(usize, usize); 6] = [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)];
/// Vectors of four that hold the lower half of x·xᵀ, each line up to its diagonal and the rest of its last
/// vector.
const VECTORS: usize = 2 * (INPUTS / 4) * (INPUTS / 4 + 1);
/// Rows whose products are kept at once: they fit the first cache.
const ROWS: usize = 8;

const _: () = assert!(INPUTS.is_multiple_of(4) && CLASSES == 4);

/// Sums rows into the blocks of the pairs.
pub(crate) struct Hessian {
    sums: [[[f64; 4]; VECTORS]; PAIRS.len()],
    products: [[[f64; 4]; VECTORS]; ROWS],
    factors: [[f64; PAIRS.len()]; ROWS],
    rows: usize,
}

impl Hessian {
    pub(crate) fn new() -> Box<Hessian> {
        Box::new(Hessian {
            sums: [[[0.0; 4]; VECTORS]; PAIRS.len()],
            products: [[[0.0; 4]; VECTORS]; ROWS],
            factors: [[0.0; PAIRS.len()]; ROWS],
            rows: 0,
        })
    }

    /// Adds a row of `weight` with its class probabilities.
    #[inline(always)]
    pub(crate) fn add(&mut self, x: &[f64; INPUTS], p: &[f64; CLASSES], weight: f64) {
        let vectors = x.as_chunks::<4>().0;
        let products = &mut self.products[self.rows];
        let mut at = 0;
        for (i, value) in x.iter().enumerate() {
            for vector in &vectors[..i / 4 + 1] {
                for (product, other) in products[at].iter_mut().zip(vector) {
                    *product = value * other;
                }
                at += 1;
            }
        }
        for (factor, (a, b)) in self.factors[self.rows].iter_mut().zip(PAIRS) {
            *factor = -weight * p[a] * p[b];
        }
        self.rows += 1;
        if self.rows == ROWS {
            self.sum();
        }
    }

    #[inline(always)]
    #[allow(clippy::needless_range_loop, reason = "index loops keep the sums in registers")]
    fn sum(&mut self) {
        for at in 0..VECTORS {
            let mut sums = [[0.0; 4]; PAIRS.len()];
            for pair in 0..PAIRS.len() {
                sums[pair] = self.sums[pair][at];
            }
            for row in 0..ROWS {
                for pair in 0..PAIRS.len() {
                    for lane in 0..4 {
                        sums[pair][lane] += self.factors[row][pair] * self.products[row][at][lane];
                    }
                }
            }
            for pair in 0..PAIRS.len() {
                self.sums[pair][at] = sums[pair];
            }
        }
        self.factors = [[0.0; PAIRS.len()]; ROWS];
        self.rows = 0;
    }

    /// The matrix, row after row; by class, then by input.
    pub(crate) fn matrix(mut self: Box<Self>) -> Vec<f64> {
        self.sum();
        let mut matrix = vec![0.0; SIZE * SIZE];
        let mut at = 0;
        for i in 0..INPUTS {
            for j in 0..=i {
                let vector = at + j / 4;
                for (pair, (a, b)) in PAIRS.into_iter().enumerate() {
                    let value = self.sums[pair][vector][j % 4];
                    for (a, b) in [(a, b), (b, a)] {
                        for (i, j) in [(i, j), (j, i)] {
                            matrix[(a * INPUTS + i) * SIZE + b * INPUTS + j] = value;
                        }
                    }
                    for a in [a, b] {
                        matrix[(a * INPUTS + i) * SIZE + a * INPUTS + j] -= value;
                    }
                }
                for a in 0..CLASSES {
                    matrix[(a * INPUTS + j) * SIZE + a * INPUTS + i] =
                        matrix[(a * INPUTS + i) * SIZE + a * INPUTS + j];
                }
            }
            at += i / 4 + 1;
        }
        matrix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sum_of_every_rows_curvature() {
        for rows in [0, 1, 8, 21] {
            let row = |r: usize| {
                let x: [f64; INPUTS] = std::array::from_fn(|i| ((r * 7 + i * i) as f64).sin());
                let powers: [f64; CLASSES] =
                    std::array::from_fn(|class| ((r * 3 + class * 5) as f64).cos().exp());
                let total: f64 = powers.iter().sum();
                (x, powers.map(|power| power / total), 0.5 + r as f64)
            };
            let mut hessian = Hessian::new();
            let mut plain = vec![0.0; SIZE * SIZE];
            for (x, p, weight) in (0..rows).map(row) {
                hessian.add(&x, &p, weight);
                for (place, to) in plain.iter_mut().enumerate() {
                    let (line, column) = (place / SIZE, place % SIZE);
                    let (a, b) = (line / INPUTS, column / INPUTS);
                    let same = f64::from(u8::from(a == b));
                    *to += weight * p[a] * (same - p[b]) * x[line % INPUTS] * x[column % INPUTS];
                }
            }
            let found = hessian.matrix();
            let worst = found.iter().zip(&plain).map(|(one, two)| (one - two).abs());
            assert!(worst.fold(0.0, f64::max) < 1e-12, "{rows} rows");
            assert!(rows == 0 || plain.iter().any(|value| value.abs() > 0.01));
        }
    }
}
