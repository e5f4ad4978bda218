//! The product of two matrices in memory.
//!
//! Each value is the sum over k in ascending order, whatever the number of rows and the width of the
//! processor's registers: the same bits everywhere, for a row alone or among others.

use crate::vectorised::{Loops, vectorised};

/// Rows and columns of the block that is summed at once; it fills half of AVX2's registers.
const HEIGHT: usize = 4;
const WIDTH: usize = 16;

/// A matrix in memory, by row and column strides.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Row after row.
    #[inline(always)]
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Matrix<'a> {
        Matrix { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// With strides of its own.
    pub(crate) fn strided(
        values: &'a [f32],
        (rows, columns): (usize, usize),
        (row_stride, column_stride): (usize, usize),
    ) -> Matrix<'a> {
        Matrix { values, rows, columns, row_stride, column_stride }
    }

    /// Rows and columns exchanged.
    #[inline(always)]
    pub(crate) fn turned(self) -> Matrix<'a> {
        Matrix {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> f32 {
        self.values[row * self.row_stride + column * self.column_stride]
    }
}

/// `left` times `right`, row after row; the columns of one are the rows of the other.
pub(crate) fn product(left: Matrix<'_>, right: Matrix<'_>) -> Vec<f32> {
    vectorised(Product { left, right })
}

struct Product<'a> {
    left: Matrix<'a>,
    right: Matrix<'a>,
}

impl Loops for Product<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn call(self) -> Vec<f32> {
        multiply(self.left, self.right)
    }
}

/// The same, to be inlined into vectorised work.
#[inline(always)]
pub(crate) fn multiply(left: Matrix<'_>, right: Matrix<'_>) -> Vec<f32> {
    // Appended block by block and never zeroed first: for large zeroed memory jemalloc asks the system.
    let mut result = Vec::with_capacity(left.rows * right.columns);
    let strips = strips(right);
    let mut factors = vec![[0.0; HEIGHT]; left.columns];
    let mut block = vec![0.0; HEIGHT * right.columns];
    for row in (0..left.rows).step_by(HEIGHT) {
        let rows = HEIGHT.min(left.rows - row);
        four(left, row, rows, &mut factors);
        lines(&factors, &strips, &mut block);
        result.extend_from_slice(&block[..rows * right.columns]);
    }
    result
}

/// The matrix cut into strips of `WIDTH` columns, the last padded with 0, each row after row.
#[inline(always)]
fn strips(of: Matrix<'_>) -> Vec<[f32; WIDTH]> {
    let count = of.columns.div_ceil(WIDTH);
    let mut strips = Vec::with_capacity(of.rows * count);
    for from in (0..count).map(|number| number * WIDTH) {
        let width = WIDTH.min(of.columns - from);
        for k in 0..of.rows {
            let mut line = [0.0; WIDTH];
            if of.column_stride == 1 {
                line[..width].copy_from_slice(&of.values[k * of.row_stride + from..][..width]);
            } else {
                for (column, value) in line.iter_mut().enumerate().take(width) {
                    *value = of.at(k, from + column);
                }
            }
            strips.push(line);
        }
    }
    strips
}

/// The factors of as many `rows` from `row` on, by k; what is missing to four stays what it was, and its
/// sums are left out. Values that lie side by side are read as such: one by one they take as long as a third
/// of the sums.
#[inline(always)]
fn four(of: Matrix<'_>, row: usize, rows: usize, factors: &mut [[f32; HEIGHT]]) {
    if of.column_stride == 1 {
        for r in 0..rows {
            let line = &of.values[(row + r) * of.row_stride..][..of.columns];
            for (four, value) in factors.iter_mut().zip(line) {
                four[r] = *value;
            }
        }
    } else if of.row_stride == 1 && rows == HEIGHT {
        let columns = of.values[row..].chunks(of.column_stride.max(1));
        for (four, line) in factors.iter_mut().zip(columns) {
            four.copy_from_slice(&line[..HEIGHT]);
        }
    } else {
        for (k, four) in factors.iter_mut().enumerate() {
            for (r, value) in four.iter_mut().enumerate().take(rows) {
                *value = of.at(row + r, k);
            }
        }
    }
}

/// Four rows of the result. They are written out, for in a loop over them the compiler may keep the sums in
/// memory, value by value: a tenth of the speed.
#[inline(always)]
fn lines(factors: &[[f32; HEIGHT]], strips: &[[f32; WIDTH]], result: &mut [f32]) {
    let columns = result.len() / HEIGHT;
    if factors.is_empty() {
        result.fill(0.0);
    }
    for (number, strip) in strips.chunks_exact(factors.len().max(1)).enumerate() {
        let [mut a, mut b, mut c, mut d] = [[0.0f32; WIDTH]; HEIGHT];
        for (factor, line) in factors.iter().zip(strip) {
            add(&mut a, factor[0], line);
            add(&mut b, factor[1], line);
            add(&mut c, factor[2], line);
            add(&mut d, factor[3], line);
        }
        let from = number * WIDTH;
        let width = WIDTH.min(columns - from);
        for (r, sums) in [a, b, c, d].iter().enumerate() {
            result[r * columns + from..][..width].copy_from_slice(&sums[..width]);
        }
    }
}

#[inline(always)]
fn add(sums: &mut [f32; WIDTH], factor: f32, line: &[f32; WIDTH]) {
    for (sum, value) in sums.iter_mut().zip(line) {
        *sum += factor * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(count: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 37 % 23) as f32 - 11.0) / 7.0).collect()
    }

    /// Scores of earlier models were recorded with sums in this order and are compared bit by bit.
    #[test]
    fn every_value_is_the_plain_sum_in_ascending_order_to_the_last_bit() {
        for (m, k, n) in [(1, 23, 64), (7, 5, 3), (256, 64, 32), (6, 1, 8), (13, 33, 17), (3, 0, 2)]
        {
            let (a, b) = (made(m * k), made(k * n));
            let plain: Vec<u32> = (0..m * n)
                .map(|at| (0..k).fold(0.0, |sum, i| sum + a[at / n * k + i] * b[i * n + at % n]))
                .map(f32::to_bits)
                .collect();
            let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<_>>();
            let (left, right) = (Matrix::new(&a, m, k), Matrix::new(&b, k, n));
            assert_eq!(bits(product(left, right)), plain, "{m} {k} {n}");
            assert_eq!(bits(multiply(left, right)), plain, "{m} {k} {n} with narrow registers");
            let turned = |of: &[f32], rows: usize, columns: usize| -> Vec<f32> {
                (0..rows * columns).map(|at| of[at % rows * columns + at / rows]).collect()
            };
            let (a, b) = (turned(&a, m, k), turned(&b, k, n));
            let (left, right) = (Matrix::new(&a, k, m).turned(), Matrix::new(&b, n, k).turned());
            assert_eq!(bits(product(left, right)), plain, "{m} {k} {n} turned");
        }
    }
}
