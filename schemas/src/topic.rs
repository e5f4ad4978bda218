//! The topics: names, partitions, schemas.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A dataset of the log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Topic {
    Bars,
    Scans,
    Features,
    Predictions,
    Orders,
    Fills,
    Outcomes,
    Models,
    Controls,
    Samples,
    DeadLetters,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Topic; 11] = [
        Topic::Bars,
        Topic::Scans,
        Topic::Features,
        Topic::Predictions,
        Topic::Orders,
        Topic::Fills,
        Topic::Outcomes,
        Topic::Models,
        Topic::Controls,
        Topic::Samples,
        Topic::DeadLetters,
    ];

    /// The short name: `bars`.
    pub fn dataset(self) -> &'static str {
        match self {
            Topic::Bars => "bars",
            Topic::Scans => "scans",
            Topic::Features => "features",
            Topic::Predictions => "predictions",
            Topic::Orders => "orders",
            Topic::Fills => "fills",
            Topic::Outcomes => "outcomes",
            Topic::Models => "models",
            Topic::Controls => "controls",
            Topic::Samples => "samples",
            Topic::DeadLetters => "dead-letters",
        }
    }

    /// The name on the log: `butterquant.bars.v1`.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Bars => "butterquant.bars.v1",
            Topic::Scans => "butterquant.scans.v1",
            Topic::Features => "butterquant.features.v1",
            Topic::Predictions => "butterquant.predictions.v1",
            Topic::Orders => "butterquant.orders.v1",
            Topic::Fills => "butterquant.fills.v1",
            Topic::Outcomes => "butterquant.outcomes.v1",
            Topic::Models => "butterquant.models.v1",
            Topic::Controls => "butterquant.controls.v1",
            Topic::Samples => "butterquant.samples.v1",
            Topic::DeadLetters => "butterquant.dead-letters.v1",
        }
    }

    /// Whether it always has one partition.
    pub fn single(self) -> bool {
        matches!(self, Topic::Models | Topic::Controls | Topic::DeadLetters)
    }

    /// Its number of partitions if data topics have `partitions`.
    pub fn partitions(self, partitions: u32) -> u32 {
        if self.single() { 1 } else { partitions }
    }

    /// The largest batch of records in bytes, if above the default: `models` carries ONNX files, a
    /// dead letter another whole record.
    pub fn largest(self) -> Option<u32> {
        matches!(self, Topic::Models | Topic::DeadLetters).then_some(4 << 20)
    }

    /// Whether its days are closed by markers.
    pub fn marked(self) -> bool {
        !matches!(self, Topic::Controls | Topic::Samples | Topic::DeadLetters)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.dataset())
    }
}

/// The text does not name a topic.
#[derive(Debug, thiserror::Error)]
#[error(
    "unknown topic {0:?}; the topics are bars, scans, features, predictions, orders, fills, outcomes, models, controls, samples, dead-letters"
)]
pub struct UnknownTopic(String);

impl FromStr for Topic {
    type Err = UnknownTopic;
    fn from_str(text: &str) -> Result<Topic, UnknownTopic> {
        Topic::ALL
            .into_iter()
            .find(|topic| text == topic.dataset() || text == topic.name())
            .ok_or_else(|| UnknownTopic(text.to_owned()))
    }
}

/// The partition of a key among `partitions`: murmur2 as Java clients compute it.
pub fn partition_of(key: &str, partitions: u32) -> u32 {
    (murmur2(key.as_bytes()) & 0x7fff_ffff) % partitions.max(1)
}

/// Kafka's murmur2 (org.apache.kafka.common.utils.Utils), 32 bits, its own seed.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut h: u32 = 0x9747_b28c ^ data.len() as u32;
    let mut chunks = data.chunks_exact(4);
    for chunk in &mut chunks {
        let mut k = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        k = k.wrapping_mul(M);
        k ^= k >> 24;
        h = h.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        for (i, byte) in rest.iter().enumerate() {
            h ^= u32::from(*byte) << (8 * i);
        }
        h = h.wrapping_mul(M);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(M);
    h ^ (h >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_where_java_clients_put_them() {
        // Kafka's own UtilsTest.testMurmur2.
        for (key, hash) in [
            ("21", -973932308_i32),
            ("foobar", -790332482),
            ("a-little-bit-long-string", -985981536),
            ("a-little-bit-longer-string", -1486304829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ] {
            assert_eq!(murmur2(key.as_bytes()) as i32, hash, "{key}");
        }
        assert_eq!("orders".parse::<Topic>().unwrap(), Topic::Orders);
        assert!("prices".parse::<Topic>().is_err());
    }
}
