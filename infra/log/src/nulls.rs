//! What of a record is null. Kafka tells a null value, of the record or of a header, from an empty one; a record here
//! holds bytes. One that has a null carries a last header more, the mark, which names what is null. It is taken off
//! when the record is written to Kafka, and dead letters keep it among the headers.
//!
//! The key needs no mark in a record. A dead letter has no null key, so there an empty key means null, and the mark
//! says where it was empty.

use std::collections::BTreeSet;

use crate::{HeaderIter, Headers};

/// The mark's name.
pub const NULLS: &str = "butterquant.nulls";

const VALUE: &str = "value";
const EMPTY_KEY: &str = "empty-key";

/// The parts of a record that are null.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nulls {
    /// The value.
    pub value: bool,
    /// The values of these headers, numbered from 0.
    pub headers: BTreeSet<usize>,
    /// Of a dead letter: the key was there and empty.
    pub empty_key: bool,
}

impl Nulls {
    /// What is null of a record with these headers, and the headers without the mark.
    pub fn of(headers: &Headers) -> (Nulls, HeaderIter<'_>) {
        match headers.iter().last() {
            Some((NULLS, text)) => (Nulls::named(text), headers.iter().without_last()),
            _ => (Nulls::default(), headers.iter()),
        }
    }

    fn named(text: &[u8]) -> Nulls {
        let mut nulls = Nulls::default();
        for word in String::from_utf8_lossy(text).split_ascii_whitespace() {
            match word {
                VALUE => nulls.value = true,
                EMPTY_KEY => nulls.empty_key = true,
                number => nulls.headers.extend(number.parse::<usize>()),
            }
        }
        nulls
    }

    /// Adds the mark to `headers`, if anything is to be said. A header that bears the mark's name without being one
    /// gets a mark behind it.
    pub fn mark(&self, headers: &mut Headers) {
        if *self == Nulls::default() && headers.get(NULLS).is_none() {
            return;
        }
        let words = [(self.value, VALUE), (self.empty_key, EMPTY_KEY)];
        let words = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned());
        let words: Vec<String> = words.chain(self.headers.iter().map(usize::to_string)).collect();
        headers.push(NULLS, words.join(" ").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_marked_is_read_again() {
        let plain = Headers::from([("a", ""), ("b", "x")]);
        for nulls in [
            Nulls::default(),
            Nulls { value: true, ..Nulls::default() },
            Nulls { headers: BTreeSet::from([0, 12]), ..Nulls::default() },
            Nulls { value: true, headers: BTreeSet::from([0]), empty_key: true },
        ] {
            let mut marked = plain.clone();
            nulls.mark(&mut marked);
            assert_eq!(marked.len() == plain.len(), nulls == Nulls::default());
            let (found, kept) = Nulls::of(&marked);
            assert_eq!((found, kept.collect::<Headers>()), (nulls, plain.clone()));
        }
    }

    #[test]
    fn a_header_of_the_marks_name_is_no_mark() {
        let foreign = Headers::from([(NULLS, "value")]);
        let mut headers = foreign.clone();
        Nulls::default().mark(&mut headers);
        let (found, kept) = Nulls::of(&headers);
        assert_eq!((found, kept.collect::<Headers>()), (Nulls::default(), foreign));
    }
}
