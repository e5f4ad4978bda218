//! The numbers inside tensors, for operations of one's own.

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};

/// The numbers of a tensor that lies row after row.
pub(crate) fn row_major<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(&storage.as_slice::<f32>()?[from..to]),
        None => bail!("a tensor that is not contiguous: {layout:?}"),
    }
}

/// What `of` makes of the numbers of a tensor; it is copied only where it does not lie row after row.
pub(crate) fn values<R>(tensor: &Tensor, of: impl FnOnce(&[f32]) -> Result<R>) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => of(row_major(storage, layout)?),
        _ => bail!("a tensor that is not in the processor's memory"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use candle_core::Device;

    /// Numbers from −1.6 to 1.6, others for each `salt`.
    pub(crate) fn made(rows: usize, columns: usize, salt: usize) -> Tensor {
        let value = |i: usize| ((i * 37 + salt * 101 + i * i * salt % 13) % 23) as f32 / 7.0 - 1.6;
        let values: Vec<f32> = (0..rows * columns).map(value).collect();
        Tensor::from_vec(values, (rows, columns), &Device::Cpu).expect("a matrix")
    }

    /// The largest gap.
    pub(crate) fn far(a: &Tensor, b: &Tensor) -> f32 {
        let gap = (a - b).and_then(|gap| gap.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>());
        gap.expect("two tensors of one shape")
    }

    #[test]
    fn a_transposed_tensor_is_read_in_its_own_order() {
        let turned = made(2, 3, 1).t().expect("a view");
        let read = values(&turned, |values| Ok(values.to_vec())).expect("numbers");
        let own = turned.flatten_all().and_then(|turned| turned.to_vec1::<f32>());
        assert_eq!(read, own.expect("numbers"));
        assert!(row_major(&CpuStorage::F32(vec![0.0; 6]), turned.layout()).is_err());
    }
}
