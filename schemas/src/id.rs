//! Event ids: a hash of an event's subject and revision, so that deciding the same thing twice gives
//! the same id and the duplicate is recognised.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
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
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
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
        if text.len() != LENGTH || !text.is_ascii() {
            return Err(bad());
        }
        let mut id = [0; 16];
        for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| bad())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| bad())?;
        }
        Ok(EventId(id))
    }
}

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
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
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
    }
}
