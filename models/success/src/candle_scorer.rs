//! A chain run by candle: what scores where no ONNX Runtime is found, and what measures the
//! epochs of a training.
//!
//! Every step works row by row, and softmax is plain arithmetic: a row's score depends on it
//! alone. Rows are taken in blocks so that a large batch stays in the processor's cache.

use crate::layers::Chain;
use crate::matmul::product;
use candle_core::{Device, Result, Tensor};
use schemas::contract::{CLASSES, FEATURES};

const BLOCK: usize = 256;

/// A chain's weights as candle tensors.
pub(crate) struct CandleScorer {
    mean: Tensor,
    deviation: Tensor,
    layers: Vec<(Tensor, Tensor)>,
}

impl CandleScorer {
    pub(crate) fn new(chain: &Chain) -> Result<CandleScorer> {
        let row = |values: &[f32]| Tensor::from_slice(values, (1, values.len()), &Device::Cpu);
        let mut layers = Vec::new();
        for layer in &chain.layers {
            let shape = (layer.inputs, layer.outputs);
            let weight = Tensor::from_slice(&layer.weight, shape, &Device::Cpu)?;
            layers.push((weight, row(&layer.bias)?));
        }
        Ok(CandleScorer { mean: row(&chain.mean)?, deviation: row(&chain.deviation)?, layers })
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
        for (number, (weight, bias)) in self.layers.iter().enumerate() {
            if number > 0 {
                x = x.relu()?;
            }
            x = product(&x, weight)?.broadcast_add(bias)?;
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
        let scorer = CandleScorer::new(&Chain::probe()).expect("a sound chain");
        let rows: Vec<[f32; FEATURES]> = (0..77)
            .map(|r| std::array::from_fn(|f| ((r * 31 + f * 17) % 101) as f32 / 50.0 - 1.0))
            .collect();
        let together = scorer.probabilities(&rows).expect("scores");
        for (row, score) in rows.iter().zip(&together) {
            let alone = scorer.probabilities(&[*row]).expect("a score");
            assert_eq!(alone[0].map(f32::to_bits), score.map(f32::to_bits));
            assert!((score.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
        assert!(scorer.probabilities(&[]).expect("nothing").is_empty());
    }
}
