//! Whatever a topic holds, the decoder never panics, never allocates more than its bound, and what
//! it accepts survives encoding and decoding unchanged.

#![allow(clippy::unwrap_used, unsafe_code, reason = "a test's own allocator that counts")]

mod fixtures;
mod mutator;

use fixtures::one_of_each;
use mutator::Mutator;
use schemas::{Topic, codec, finite, headers};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Remembers the largest allocation of each thread.
struct Counting;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

fn note(bytes: usize) {
    // A thread that is ending no longer has one.
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(bytes)));
}

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        note(bytes);
        unsafe { System.realloc(at, layout, bytes) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Payloads a topic; `BUTTERQUANT_FUZZ` sets another number.
const PAYLOADS: u64 = 100_000;

/// Decodes `value` and, if it is accepted, does what a shell does with it; whether it was accepted.
fn survives(topic: Topic, value: &[u8]) -> bool {
    LARGEST.set(0);
    let decoded = codec::decode(topic, value);
    let largest = LARGEST.get();
    assert!(
        largest <= codec::LARGEST_PART,
        "{largest} bytes at once for {} of {topic}",
        value.len()
    );
    let Ok(event) = decoded else { return false };
    assert_eq!(event.topic(), topic);
    let again = codec::encode(&event).unwrap();
    let back = codec::decode(topic, &again).unwrap();
    assert_eq!(codec::encode(&back).unwrap(), again, "{topic} {}", event.body.kind());
    if finite::check(&event).is_ok() {
        assert_eq!(back, event);
    }
    headers::write(&event, "test", &mut |_, _| {});
    let _ = (schemas::close_ms(event.day), format!("{event:?}").len());
    true
}

fn newest(topic: Topic) -> u32 {
    codec::schema_versions().iter().rev().find(|version| version.topic == topic).unwrap().id
}

#[test]
fn no_payload_harms_the_decoder() {
    let payloads = std::env::var("BUTTERQUANT_FUZZ").ok().and_then(|text| text.parse().ok());
    let payloads = payloads.unwrap_or(PAYLOADS);
    let encoded: Vec<(Topic, Vec<u8>)> =
        one_of_each().iter().map(|event| (event.topic(), codec::encode(event).unwrap())).collect();
    for topic in Topic::ALL {
        let own: Vec<&[u8]> =
            encoded.iter().filter(|(of, _)| *of == topic).map(|(_, value)| &value[..]).collect();
        let any: Vec<&[u8]> = encoded.iter().map(|(_, value)| &value[..]).collect();
        let ids: Vec<u32> = codec::schema_versions()
            .iter()
            .filter(|version| version.topic == topic)
            .map(|version| version.id)
            .collect();
        let (mut mutator, mut accepted) = (Mutator::new(topic as u64), 0_u64);
        for _ in 0..payloads {
            let value = mutator.payload(&own, &any, &ids);
            accepted += u64::from(survives(topic, &value));
        }
        // If every mutation were refused, only the first five bytes would be tested.
        assert!(accepted > payloads / 50 && accepted < payloads, "{topic}: {accepted} accepted");
    }
}

/// A datum of `topic`'s newest schema that begins like a valid one (kind 0) and goes on with `rest`.
fn forged(topic: Topic, rest: &[u8]) -> Vec<u8> {
    [&[0][..], &newest(topic).to_be_bytes(), &[0], rest].concat()
}

#[test]
fn a_forged_length_asks_for_no_memory() {
    for length in [[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], [0xff; 10]] {
        for topic in Topic::ALL {
            assert!(!survives(topic, &forged(topic, &length)));
        }
    }
    // 2 GB, as a zigzag number, where the id stands.
    assert!(!survives(Topic::Bars, &forged(Topic::Bars, &[0x80, 0x80, 0x80, 0x80, 0x10])));
}

#[test]
fn a_forged_id_is_quoted_briefly() {
    let long = 1_000_000_u32;
    let mut value = forged(Topic::Bars, &[]);
    let mut left = long * 2;
    while left >= 0x80 {
        value.push(left as u8 | 0x80);
        left >>= 7;
    }
    value.push(left as u8);
    value.extend(std::iter::repeat_n(b'x', long as usize));
    let error = codec::decode(Topic::Bars, &value).unwrap_err().to_string();
    assert!(error.len() < 500, "{} bytes of text", error.len());
    assert!(!survives(Topic::Bars, &value));
}

/// The generic reader of apache-avro takes the end of the bytes for a null, so that an older
/// version's datum that was cut off before its last fields would be accepted.
#[test]
fn a_datum_of_an_older_version_that_was_cut_off_is_refused() {
    for event in one_of_each().iter().filter(|event| event.topic() == Topic::DeadLetters) {
        let mut older = codec::encode(event).unwrap();
        older[1..5].copy_from_slice(&(100 + Topic::DeadLetters as u32).to_be_bytes());
        let read = |cut: usize| codec::decode(Topic::DeadLetters, &older[..cut]).ok();
        let accepted: Vec<_> = (5..older.len()).filter_map(read).collect();
        // Version 2 appended its fields to those of version 1: a datum cut off there is a whole one of
        // version 1, and any other cut is not; a kind of version 2 never is.
        let whole = usize::from(event.body.kind() == "EVENT_REJECTED");
        assert_eq!(accepted.len(), whole, "{}", event.body.kind());
        assert!(accepted.iter().all(|read| read.id == event.id));
    }
}

#[test]
fn letters_of_the_first_version_are_still_read() {
    // EVENT_REJECTED of 1970-01-02 as version 1 wrote it.
    let id = "ab".repeat(16);
    let mut value = vec![0, 0, 0, 0, 110, 2, 64];
    value.extend(id.as_bytes());
    value.extend([2, 0, 0, 0]); // day 1, no ticker, revision 0, no control offset
    value.extend([2, 2, b'r', 2, b't', 6, 8, 2, b'k', 4, 1, 2, 2, b's', 2, b'm', 0]);
    let event = codec::decode(Topic::DeadLetters, &value).unwrap();
    let schemas::Body::DeadLetters(schemas::events::DeadLetters::EventRejected(letter)) =
        event.body
    else {
        panic!("another kind")
    };
    assert_eq!((letter.partition, letter.offset, &letter.value[..]), (3, 4, &[1, 2][..]));
    assert_eq!((letter.headers.len(), letter.timestamp_ms, letter.redriven), (0, 0, None));
    for cut in 5..value.len() {
        assert!(codec::decode(Topic::DeadLetters, &value[..cut]).is_err(), "cut at {cut}");
    }
}
