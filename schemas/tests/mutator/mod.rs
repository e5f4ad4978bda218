//! Damaged payloads, from a seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The same seed gives the same payloads everywhere.
pub(crate) struct Mutator(ChaCha8Rng);

/// Harmful lengths and indices, as Avro encodes them.
const NUMBERS: [&[u8]; 8] = [
    &[0],
    &[1],
    &[0x7f],
    &[0xff, 0x7f],
    &[0x80, 0x80, 0x80, 0x08],
    &[0xfe, 0xff, 0xff, 0xff, 0x0f],
    &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
];

impl Mutator {
    /// From `seed`.
    pub(crate) fn new(seed: u64) -> Mutator {
        Mutator(ChaCha8Rng::seed_from_u64(seed))
    }

    fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn one_of<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// A payload: a damaged one of `own`, one of `any` topic under one of the schema `ids`, or noise.
    pub(crate) fn payload(&mut self, own: &[&[u8]], any: &[&[u8]], ids: &[u32]) -> Vec<u8> {
        let mut value = match self.below(10) {
            0 => (0..self.below(300)).map(|_| self.next() as u8).collect(),
            1 | 2 => self.one_of(any).to_vec(),
            _ => self.one_of(own).to_vec(),
        };
        for _ in 0..1 + self.below(3) {
            self.damage(&mut value, any);
        }
        if value.len() >= 5 && self.below(8) > 0 {
            let id = ids[self.below(ids.len())];
            value[0] = 0;
            value[1..5].copy_from_slice(&id.to_be_bytes());
        }
        value
    }

    fn damage(&mut self, value: &mut Vec<u8>, any: &[&[u8]]) {
        let at = self.below(value.len());
        match self.below(8) {
            0 => value.truncate(at),
            1 => value.insert(at.min(value.len()), self.next() as u8),
            2 if !value.is_empty() => {
                value.remove(at);
            }
            3 => {
                let number = NUMBERS[self.below(NUMBERS.len())];
                let end = (at + number.len()).min(value.len());
                value.splice(at..end.max(at), number.iter().copied());
            }
            4 => {
                let other = self.one_of(any);
                let from = self.below(other.len());
                value.truncate(at);
                value.extend_from_slice(&other[from..]);
            }
            _ if !value.is_empty() => value[at] ^= 1 << self.below(8),
            _ => {}
        }
    }
}
