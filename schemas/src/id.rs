//! Event ids: a hash of an event's subject and revision, so that deciding the same thing twice gives
//! the same id and the duplicate is recognised.

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// The first 16 bytes of a SHA-256; written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventId(pub [u8; 16]);

impl EventId {
    /// The id of the subject `about` at `revision` (0 first). Each part is hashed with its length, so
    /// that parts cannot run into one another.
    pub fn of(about: &[&str], revision: u32) -> EventId {
        let mut hash = Sha256::new();
        for part in about {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.update(revision.to_be_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize()[..16]);
        EventId(id)
    }
}

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let pair = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    let digits: Vec<[u8; 2]> = bytes.iter().map(pair).collect();
    String::from_utf8(digits.into_flattened()).unwrap_or_default() // they are ASCII
}

/// SHA-256 of `bytes`, in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Digits of an id.
const LENGTH: usize = 32;

/// The text is not an event id.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an event id; an id has 32 hexadecimal digits")]
pub struct NotAnId(String);

impl FromStr for EventId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<EventId, NotAnId> {
        let bad = || NotAnId(text.chars().take(2 * LENGTH).collect());
        let digits: &[u8; LENGTH] = text.as_bytes().try_into().map_err(|_| bad())?;
        let mut id = [0; 16];
        let mut all = 0;
        for (byte, pair) in id.iter_mut().zip(digits.as_chunks::<2>().0) {
            let [high, low] = pair.map(|digit| DIGIT[usize::from(digit)]);
            all |= high | low;
            *byte = high << 4 | low;
        }
        if all & NO_DIGIT != 0 { Err(bad()) } else { Ok(EventId(id)) }
    }
}

/// Of what is no digit; no value of one has its first bit.
const NO_DIGIT: u8 = 0x80;

/// The value of each hexadecimal digit. Each event read has three ids, so that a table is worth having.
const DIGIT: [u8; 256] = {
    let (mut table, mut value) = ([NO_DIGIT; 256], 0);
    while value < 16 {
        table[b"0123456789abcdef"[value] as usize] = value as u8;
        table[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    table
};

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EventId, D::Error> {
        deserializer.deserialize_str(Digits)
    }
}

/// Reads an id where its text lies.
struct Digits;

impl Visitor<'_> for Digits {
    type Value = EventId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("32 hexadecimal digits")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<EventId, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(EventId::of(&["ab", "c"], 0), EventId::of(&["a", "bc"], 0));
        assert_ne!(EventId::of(&["a"], 0), EventId::of(&["a"], 1));
        let id = EventId::of(&["bar", "AAPL", "2018-06-29"], 0);
        assert_eq!(id.to_string().parse::<EventId>().unwrap(), id);
        assert!("xyz".parse::<EventId>().is_err());
        for digits in ["+f", "0g", "é", " 1"] {
            assert!(format!("{digits}{}", "0".repeat(30)).parse::<EventId>().is_err(), "{digits}");
        }
        let upper = "0123456789ABCDEF".repeat(2);
        assert_eq!(upper.parse::<EventId>().unwrap().to_string(), upper.to_lowercase());
    }
}
