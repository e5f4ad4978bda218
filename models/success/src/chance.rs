//! The only source of chance in this crate, so that a seed decides everything.
//!
//! candle cannot seed its CPU generator; weights, shuffles, dropout masks, bootstrap blocks
//! and label draws therefore all come from one ChaCha generator. Each use takes a stream of
//! its own, so that drawing more of one thing never changes another.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of numbers is used for.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Weights = 1,
    Shuffle = 2,
    Dropout = 3,
    Bootstrap = 4,
    Labels = 5,
}

/// A seeded generator for one use.
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub(crate) fn new(seed: u64, stream: Stream) -> Chance {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream as u64);
        Chance(generator)
    }

    /// Uniform in [0, 1), with 24 bits: every value is exact in `f32`.
    pub(crate) fn unit_f32(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1u32 << 24) as f32
    }

    /// Uniform in [0, 1), with 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in 0..limit; `limit` above 0. The bias (limit ÷ 2⁶⁴) is far below notice.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.0.next_u64()) * limit as u128) >> 64) as usize
    }

    /// Fisher–Yates.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
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
            let mut chance = Chance::new(seed, stream);
            (0..4).map(|_| chance.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7, Stream::Shuffle), draw(7, Stream::Shuffle));
        assert_ne!(draw(7, Stream::Shuffle), draw(7, Stream::Dropout));
        assert_ne!(draw(7, Stream::Shuffle), draw(8, Stream::Shuffle));
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: Vec<usize> = (0..100).collect();
        Chance::new(1, Stream::Shuffle).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
