//! The matrix product of two tensors, for scoring.
//!
//! candle's own product asks the system for its number of processors every time, which on Linux
//! reads a file: two thirds of a training went there. This one is plain arithmetic on the calling
//! thread. Each value is the sum over k in ascending order, whatever the number of rows, so a
//! row's score does not depend on the rows scored with it.

use crate::product::{Matrix, product};
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

/// `left` (m × k) times `right` (k × n); both may be transposed views.
pub(crate) fn matmul(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    left.apply_op2_no_bwd(right, &Product)
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
        let left = matrix(left, left_layout)?;
        let right = matrix(right, right_layout)?;
        if left.columns != right.rows {
            bail!("{} columns times {} rows", left.columns, right.rows);
        }
        let shape = Shape::from((left.rows, right.columns));
        Ok((CpuStorage::F32(product(left, right)), shape))
    }
}

fn matrix<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<Matrix<'a>> {
    let values = &storage.as_slice::<f32>()?[layout.start_offset()..];
    let &[row_stride, column_stride] = layout.stride() else {
        bail!("{} strides of a matrix", layout.stride().len());
    };
    Ok(Matrix::strided(values, layout.shape().dims2()?, (row_stride, column_stride)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

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
}
