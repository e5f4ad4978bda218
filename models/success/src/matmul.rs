//! The matrix product, as an operation that candle differentiates.
//!
//! candle's own product asks the system for its number of processors every time, which on Linux
//! reads a file: two thirds of a training went there. This one is plain arithmetic on the calling
//! thread. Each value is the sum over k in ascending order, whatever the number of rows, so a
//! row's score does not depend on the rows scored with it.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

/// Columns and rows of the block that is summed at once; it fits the registers.
const WIDTH: usize = 8;
const HEIGHT: usize = 4;

/// `left` (m × k) times `right` (k × n); both may be transposed views.
pub(crate) fn matmul(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    left.apply_op2(right, Product)
}

struct Product;

impl CustomOp2 for Product {
    fn name(&self) -> &'static str {
        "product"
    }

    fn cpu_fwd(
        &self,
        left: &CpuStorage,
        left_layout: &Layout,
        right: &CpuStorage,
        right_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let left = View::new(left, left_layout)?;
        let right = View::new(right, right_layout)?;
        if left.columns != right.rows {
            bail!("{} columns times {} rows", left.columns, right.rows);
        }
        let shape = Shape::from((left.rows, right.columns));
        Ok((CpuStorage::F32(multiply(&left, &right)), shape))
    }

    fn bwd(
        &self,
        left: &Tensor,
        right: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let of = |wanted: &Tensor, a: &Tensor, b: &Tensor| {
            wanted.track_op().then(|| a.apply_op2_no_bwd(b, &Product)).transpose()
        };
        Ok((of(left, gradient, &right.t()?)?, of(right, &left.t()?, gradient)?))
    }
}

/// A matrix in memory, by row and column strides.
struct View<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    fn new(storage: &'a CpuStorage, layout: &Layout) -> Result<View<'a>> {
        let (rows, columns) = layout.shape().dims2()?;
        let values = &storage.as_slice::<f32>()?[layout.start_offset()..];
        let &[row_stride, column_stride] = layout.stride() else {
            bail!("{} strides of a matrix", layout.stride().len());
        };
        Ok(View { values, rows, columns, row_stride, column_stride })
    }

    fn at(&self, row: usize, column: usize) -> f32 {
        self.values[row * self.row_stride + column * self.column_stride]
    }
}

fn multiply(left: &View<'_>, right: &View<'_>) -> Vec<f32> {
    let mut result = vec![0.0; left.rows * right.columns];
    let strips: Vec<Vec<[f32; WIDTH]>> =
        (0..right.columns).step_by(WIDTH).map(|from| strip(right, from)).collect();
    let mut row = 0;
    while row < left.rows {
        if row + HEIGHT <= left.rows {
            lines::<HEIGHT>(left, row, &strips, &mut result);
            row += HEIGHT;
        } else {
            lines::<1>(left, row, &strips, &mut result);
            row += 1;
        }
    }
    result
}

/// `WIDTH` columns of the right matrix, padded with 0.
fn strip(right: &View<'_>, from: usize) -> Vec<[f32; WIDTH]> {
    let width = WIDTH.min(right.columns - from);
    let mut strip = vec![[0.0; WIDTH]; right.rows];
    for (k, line) in strip.iter_mut().enumerate() {
        for (column, value) in line.iter_mut().enumerate().take(width) {
            *value = right.at(k, from + column);
        }
    }
    strip
}

/// `ROWS` rows of the result, from `row` on.
#[allow(
    clippy::needless_range_loop,
    reason = "index loops keep the sums in registers: twice as fast"
)]
fn lines<const ROWS: usize>(
    left: &View<'_>,
    row: usize,
    strips: &[Vec<[f32; WIDTH]>],
    result: &mut [f32],
) {
    let columns = result.len() / left.rows;
    let factors: Vec<[f32; ROWS]> =
        (0..left.columns).map(|k| std::array::from_fn(|r| left.at(row + r, k))).collect();
    for (number, strip) in strips.iter().enumerate() {
        let mut sums = [[0.0f32; WIDTH]; ROWS];
        for (factor, line) in factors.iter().zip(strip) {
            for r in 0..ROWS {
                for c in 0..WIDTH {
                    sums[r][c] += factor[r] * line[c];
                }
            }
        }
        let from = number * WIDTH;
        let width = WIDTH.min(columns - from);
        for (r, sum) in sums.iter().enumerate() {
            result[(row + r) * columns + from..][..width].copy_from_slice(&sum[..width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    fn made(rows: usize, columns: usize) -> Tensor {
        let values: Vec<f32> =
            (0..rows * columns).map(|i| ((i * 37 % 23) as f32 - 11.0) / 7.0).collect();
        Tensor::from_vec(values, (rows, columns), &Device::Cpu).expect("a matrix")
    }

    fn far(a: &Tensor, b: &Tensor) -> f32 {
        let gap = (a - b).and_then(|gap| gap.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>());
        gap.expect("two matrices of one shape")
    }

    #[test]
    fn it_is_candles_product_on_every_shape_and_view() {
        for (m, k, n) in [(1, 23, 64), (7, 5, 3), (256, 64, 32), (4, 1, 8), (13, 32, 4)] {
            let (a, b) = (made(m, k), made(k, n));
            let own = matmul(&a, &b).expect("a product");
            assert!(far(&own, &a.matmul(&b).expect("candle")) < 1e-4, "{m} {k} {n}");
            let turned = matmul(&b.t().expect("a view"), &a.t().expect("a view"));
            assert!(far(&turned.expect("a product").t().expect("a view"), &own) < 1e-6);
        }
        assert!(matmul(&made(2, 3), &made(2, 3)).is_err());
    }

    #[test]
    fn its_gradients_are_candles() {
        let (a, b) = (Var::from_tensor(&made(9, 6)), Var::from_tensor(&made(6, 5)));
        let (a, b) = (a.expect("a variable"), b.expect("a variable"));
        let slopes = |result: Tensor| {
            let slopes = result.sqr().and_then(|r| r.sum_all()?.backward()).expect("gradients");
            [&a, &b].map(|of| slopes.get(of).cloned().expect("a gradient"))
        };
        let own = slopes(matmul(&a, &b).expect("a product"));
        let candles = slopes(a.matmul(&b).expect("a product"));
        assert!(own.iter().zip(&candles).all(|(x, y)| far(x, y) < 1e-3));
    }
}
