//! A trade, as the broker reports it.

use schemas::Money;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A trade.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Trade {
    /// Mid value per share.
    pub price: Money,
    /// Spread and commission per share.
    pub fees: Money,
    /// The stock's price at which it was done; text on the wire, to keep every bit.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub spot: f64,
}

fn as_text<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
