//! The one seeded generator, so that a seed decides everything that is drawn.
//!
//! candle cannot seed its CPU generator; weights, shuffles, dropout masks, bootstrap blocks
//! and label draws therefore all come from ChaCha. Each use has a stream of its own, so that
//! drawing more for one never changes another.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of numbers is used for. The numbers are part of every recorded verdict and
/// model: a new use takes a new one.
#[derive(Clone, Copy, Debug)]
pub enum Stream {
    /// Initial weights of the network.
    Weights = 1,
    /// Order of the rows in an epoch.
    Shuffle = 2,
    /// Dropout masks.
    Dropout = 3,
    /// Blocks of the bootstrap.
    Bootstrap = 4,
    /// Labels drawn from a model's own probabilities.
    Labels = 5,
    /// Series without an effect, by which the rate of false alarms is measured.
    Null = 6,
    /// Days that permutation importance deals among one another.
    Permutation = 7,
    /// Scores dealt among the candidates of a day.
    Scores = 8,
}

/// A seeded generator for one use.
#[derive(Debug)]
pub struct SeededRng(ChaCha8Rng);

impl SeededRng {
    /// The generator of one stream of `seed`.
    pub fn new(seed: u64, stream: Stream) -> SeededRng {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream as u64);
        SeededRng(generator)
    }

    /// Uniform in [0, 1), with 24 bits: every value is exact in `f32`.
    pub fn unit_f32(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1u32 << 24) as f32
    }

    /// Uniform in [0, 1), with 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform bytes: much faster than as many numbers, where a few bits each suffice.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// Uniform in 0..limit; `limit` above 0. The bias (limit ÷ 2⁶⁴) is negligible.
    pub fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.0.next_u64()) * limit as u128) >> 64) as usize
    }

    /// Fisher–Yates.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_streams_differ() {
        let draw = |seed, stream| {
            let mut rng = SeededRng::new(seed, stream);
            (0..4).map(|_| rng.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7, Stream::Shuffle), draw(7, Stream::Shuffle));
        assert_ne!(draw(7, Stream::Shuffle), draw(7, Stream::Dropout));
        assert_ne!(draw(7, Stream::Shuffle), draw(8, Stream::Shuffle));
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: Vec<usize> = (0..100).collect();
        SeededRng::new(1, Stream::Shuffle).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
