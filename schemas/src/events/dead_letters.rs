//! `dead-letters`: rejected events, and what operators did about them.

use crate::EventId;
use serde::{Deserialize, Serialize};

/// An event that could not be handled, with its original bytes. Its offset on this topic is the
/// dead letter's id.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The role that could not handle it.
    pub role: String,
    /// Its topic.
    pub topic: String,
    /// Its partition.
    pub partition: i64,
    /// Its offset.
    pub offset: i64,
    /// Its key.
    #[serde(with = "apache_avro::serde::bytes")]
    pub key: Vec<u8>,
    /// Its value; whole unless `sha256` is set.
    #[serde(with = "apache_avro::serde::bytes")]
    pub value: Vec<u8>,
    /// `decode`, `schema`, `topic`, `partition`, `contract`, `conflict`, `order`.
    pub stage: String,
    /// The fault, in a sentence.
    pub message: String,
    /// The event's id, if it could be read.
    pub event: Option<EventId>,
    /// Its headers, in their order.
    pub headers: Vec<LetterHeader>,
    /// Its record's time in milliseconds since 1970; 0 if it was not kept.
    pub timestamp_ms: i64,
    /// The dead letter that an operator redrove into this event, if any.
    pub redriven: Option<i64>,
    /// Length of the whole value, if it was too large to keep.
    pub length: Option<i64>,
    /// SHA-256 of the whole value, if it was too large to keep.
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
    /// The original length of the value.
    pub fn bytes(&self) -> u64 {
        self.length.map_or(self.value.len() as u64, |length| length.unsigned_abs())
    }

    /// Keeps at most `most` bytes of the value; a truncated value keeps its length and SHA-256.
    pub fn shorten(&mut self, most: usize) {
        if self.value.len() > most {
            self.length.get_or_insert(self.value.len() as i64);
            self.sha256.get_or_insert_with(|| crate::id::sha256_hex(&self.value));
            self.value.truncate(most);
        }
    }

    /// Keeps about `most` bytes each of the value, the key and the headers, for holding many dead
    /// letters at once.
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

/// What an operator did with a dead letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fate {
    /// Its bytes were published again, on their partition.
    #[default]
    Redriven,
    /// It was dropped.
    Dropped,
}

/// An operator settled a dead letter, which is possible once.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LetterSettled {
    /// The dead letter: its offset on this topic.
    pub letter: i64,
    /// What was done with it.
    pub fate: Fate,
    /// The dead letter's topic.
    pub topic: String,
    /// The dead letter's stage.
    pub stage: String,
    /// Why, in the operator's words.
    pub why: String,
    /// The operator.
    pub by: String,
}

records! {
    /// `butterquant.dead-letters.v1`
    DeadLetters, DeadLettersKind, DeadLettersRecord {
        EventRejected event_rejected: DeadLetter = "EVENT_REJECTED",
        LetterSettled letter_settled: LetterSettled = "LETTER_SETTLED",
    }
}
