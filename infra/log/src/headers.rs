//! The headers of a record, in one piece of memory: it has about ten of them, most of them short.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::lengths::{put_bytes, take_bytes};

/// Bytes that the headers of an event have, at most, about: room for them is made at once.
const USUAL: usize = 512;

/// Names and values in the order they were written. A name may be there twice.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    count: usize,
    /// Names and values in turn, each behind its length.
    bytes: Vec<u8>,
}

impl Headers {
    /// Adds one at the end.
    pub fn push(&mut self, name: &str, value: &[u8]) {
        if self.is_empty() {
            self.bytes.reserve(USUAL);
        }
        self.count += 1;
        put_bytes(&mut self.bytes, name.as_bytes());
        put_bytes(&mut self.bytes, value);
    }

    /// Each name and value.
    pub fn iter(&self) -> HeaderIter<'_> {
        HeaderIter { left: self.count, bytes: &self.bytes }
    }

    /// The value of the first of this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(header, _)| *header == name).map(|(_, value)| value)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes that it takes in memory, which are those of names and values and of their lengths.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The stored form of all, whose number is stored beside it.
    pub(crate) fn stored(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes `count` headers in their stored form off `from`; `None` where they are not there.
    pub(crate) fn take(from: &mut &[u8], count: u64) -> Option<Headers> {
        let all = *from;
        for _ in 0..count {
            std::str::from_utf8(take_bytes(from)?).ok()?;
            take_bytes(from)?;
        }
        let bytes = all[..all.len() - from.len()].to_vec();
        Some(Headers { count: usize::try_from(count).ok()?, bytes })
    }
}

/// The names and values of [`Headers`].
#[derive(Clone, Debug)]
pub struct HeaderIter<'a> {
    left: usize,
    bytes: &'a [u8],
}

impl HeaderIter<'_> {
    /// The same without the last one.
    pub(crate) fn without_last(self) -> Self {
        HeaderIter { left: self.left.saturating_sub(1), ..self }
    }
}

impl<'a> Iterator for HeaderIter<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let name = std::str::from_utf8(take_bytes(&mut self.bytes)?).ok()?;
        Some((name, take_bytes(&mut self.bytes)?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for HeaderIter<'_> {}

impl<N: AsRef<str>, V: AsRef<[u8]>> Extend<(N, V)> for Headers {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, more: I) {
        more.into_iter().for_each(|(name, value)| self.push(name.as_ref(), value.as_ref()));
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(all: I) -> Headers {
        let mut headers = Headers::default();
        headers.extend(all);
        headers
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const COUNT: usize> From<[(N, V); COUNT]> for Headers {
    fn from(all: [(N, V); COUNT]) -> Headers {
        all.into_iter().collect()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|(name, value)| (name, value.escape_ascii().to_string())))
            .finish()
    }
}

/// As a list of pairs.
impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Headers, D::Error> {
        from.deserialize_seq(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names and values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pairs: A) -> Result<Headers, A::Error> {
        let mut headers = Headers::default();
        while let Some((name, value)) = pairs.next_element::<(String, Vec<u8>)>()? {
            headers.push(&name, &value);
        }
        Ok(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_back_in_their_order_from_memory_from_storage_and_over_the_wire() {
        let pairs = [("ce_id", &b"1"[..]), ("", b""), ("ce_id", &[0xff; 300])];
        let headers = Headers::from(pairs);
        assert_eq!(headers.iter().collect::<Vec<_>>(), pairs);
        assert_eq!((headers.len(), headers.get("ce_id")), (3, Some(&b"1"[..])));
        assert_eq!((headers.get("none"), headers.iter().without_last().len()), (None, 2));

        let stored = [headers.stored(), b"rest"].concat();
        let mut from = &stored[..];
        assert_eq!(Headers::take(&mut from, 3), Some(headers.clone()));
        assert_eq!(from, b"rest");
        assert_eq!(Headers::take(&mut &stored[..40], 3), None);

        let vectors: Vec<(String, Vec<u8>)> =
            pairs.map(|(name, value)| (name.to_owned(), value.to_vec())).to_vec();
        let wire = postcard::to_stdvec(&headers).unwrap();
        assert_eq!(wire, postcard::to_stdvec(&vectors).unwrap());
        assert_eq!(postcard::from_bytes::<Headers>(&wire).unwrap(), headers);
    }
}
