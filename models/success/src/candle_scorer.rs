//! A model run by candle: the scorer without ONNX Runtime, and the measure of a training's
//! epochs.
//!
//! Every step works row by row, and softmax is plain arithmetic: a row's score depends on it
//! alone. Rows run in blocks so that a large batch stays in the processor's cache.

use crate::layers::Layers;
use crate::matmul::matmul;
use candle_core::{Device, Result, Tensor};
use schemas::contract::{CLASSES, FEATURES};

const BLOCK: usize = 256;

/// A model's weights as candle tensors.
pub(crate) struct CandleScorer {
    mean: Tensor,
    deviation: Tensor,
    dense: Vec<(Tensor, Tensor)>,
}

impl CandleScorer {
    pub(crate) fn new(layers: &Layers) -> Result<CandleScorer> {
        let row = |values: &[f32]| Tensor::from_slice(values, (1, values.len()), &Device::Cpu);
        let mut dense = Vec::new();
        for layer in &layers.dense {
            let shape = (layer.inputs, layer.outputs);
            let weight = Tensor::from_slice(&layer.weight, shape, &Device::Cpu)?;
            dense.push((weight, row(&layer.bias)?));
        }
        Ok(CandleScorer { mean: row(&layers.mean)?, deviation: row(&layers.deviation)?, dense })
    }

    /// Class probabilities, one array per row.
    pub(crate) fn probabilities(&self, rows: &[[f32; FEATURES]]) -> Result<Vec<[f32; CLASSES]>> {
        let mut scores = Vec::with_capacity(rows.len());
        for part in rows.chunks(BLOCK) {
            let logits = self.logits(part)?;
            scores.extend(logits.as_chunks::<CLASSES>().0.iter().map(softmax));
        }
        Ok(scores)
    }

    fn logits(&self, rows: &[[f32; FEATURES]]) -> Result<Vec<f32>> {
        let shape = (rows.len(), FEATURES);
        let rows = Tensor::from_slice(rows.as_flattened(), shape, &Device::Cpu)?;
        let mut x = rows.broadcast_sub(&self.mean)?.broadcast_div(&self.deviation)?;
        for (number, (weight, bias)) in self.dense.iter().enumerate() {
            if number > 0 {
                x = x.relu()?;
            }
            x = matmul(&x, weight)?.broadcast_add(bias)?;
        }
        x.flatten_all()?.to_vec1()
    }
}

fn softmax(logits: &[f32; CLASSES]) -> [f32; CLASSES] {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers = logits.map(|logit| (logit - top).exp());
    let total: f32 = powers.iter().sum();
    powers.map(|power| power / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_scores_the_same_wherever_it_stands() {
        let scorer = CandleScorer::new(&Layers::probe()).expect("sound layers");
        let rows: Vec<[f32; FEATURES]> = (0..77)
            .map(|r| std::array::from_fn(|f| ((r * 31 + f * 17) % 101) as f32 / 50.0 - 1.0))
            .collect();
        let together = scorer.probabilities(&rows).expect("scores");
        for (row, score) in rows.iter().zip(&together) {
            let single = scorer.probabilities(&[*row]).expect("a score");
            assert_eq!(single[0].map(f32::to_bits), score.map(f32::to_bits));
            assert!((score.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
        assert!(scorer.probabilities(&[]).expect("nothing").is_empty());
    }
}
