//! What went wrong: `dead-letters`, and what an operator did about it.

use crate::EventId;
use serde::{Deserialize, Serialize};

/// An event that could not be handled, with its original bytes. The event's offset is the
/// letter's id.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The role that could not handle it.
    pub role: String,
    /// Where it stands.
    pub topic: String,
    /// Where it stands.
    pub partition: i64,
    /// Where it stands.
    pub offset: i64,
    /// Its key.
    #[serde(with = "apache_avro::serde::bytes")]
    pub key: Vec<u8>,
    /// Its value: whole, unless `sha256` is set.
    #[serde(with = "apache_avro::serde::bytes")]
    pub value: Vec<u8>,
    /// `decode`, `schema`, `topic`, `partition`, `contract`, `conflict`, `order`.
    pub stage: String,
    /// What was wrong, in a sentence.
    pub message: String,
    /// The event it was made of, if that much could be read.
    pub event: Option<EventId>,
    /// Its headers, in their order.
    pub headers: Vec<LetterHeader>,
    /// Its record's time, in milliseconds since 1970; 0 where it was not kept.
    pub timestamp_ms: i64,
    /// The letter whose bytes it is, put back by an operator.
    pub redriven: Option<i64>,
    /// Bytes of the whole value, where it was too large to be kept whole.
    pub length: Option<i64>,
    /// SHA-256 of the whole value, where it was too large to be kept whole.
    pub sha256: Option<String>,
}

/// A header of the record.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LetterHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(with = "apache_avro::serde::bytes")]
    pub value: Vec<u8>,
}

impl DeadLetter {
    /// Bytes the value had where it stands.
    pub fn bytes(&self) -> u64 {
        self.length.map_or(self.value.len() as u64, |length| length.unsigned_abs())
    }

    /// Keeps at most `most` bytes of the value; a value that is cut leaves its length and
    /// SHA-256.
    pub fn shorten(&mut self, most: usize) {
        if self.value.len() > most {
            self.length.get_or_insert(self.value.len() as i64);
            self.sha256.get_or_insert_with(|| crate::id::sha256_hex(&self.value));
            self.value.truncate(most);
        }
    }

    /// Keeps about `most` bytes of the value, of the key and of the headers each, for where many
    /// letters are held at once.
    pub fn abridge(&mut self, most: usize) {
        self.shorten(most);
        self.key.truncate(most);
        let mut left = most;
        self.headers.retain(|header| {
            let fits = header.name.len() + header.value.len() <= left;
            left -= if fits { header.name.len() + header.value.len() } else { 0 };
            fits
        });
    }
}

/// What became of a letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fate {
    /// Its bytes were put back where they stood.
    #[default]
    Redriven,
    /// It was given up.
    Dropped,
}

/// An operator dealt with a letter; a letter is settled once.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LetterSettled {
    /// The letter: its offset in this topic.
    pub letter: i64,
    /// What was done.
    pub fate: Fate,
    /// The letter's topic.
    pub topic: String,
    /// The letter's stage.
    pub stage: String,
    /// Why, in the operator's words.
    pub why: String,
    /// Who.
    pub by: String,
}

records! {
    /// `butterquant.dead-letters.v1`
    DeadLetters, DeadLettersKind, DeadLettersRecord {
        EventRejected event_rejected: DeadLetter = "EVENT_REJECTED",
        LetterSettled letter_settled: LetterSettled = "LETTER_SETTLED",
    }
}
