//! The decoder under libFuzzer. The first byte chooses the topic, the second a schema id of that
//! topic or none, so that the fuzzer need not find one. The decoder must not panic, must not allocate
//! more than its bound, and must read back what was written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use schemas::{Topic, codec, finite};

fuzz_target!(|data: &[u8]| {
    let [topic, version, rest @ ..] = data else { return };
    let topic = Topic::ALL[usize::from(*topic) % Topic::ALL.len()];
    let ids: Vec<u32> = codec::schema_versions()
        .iter()
        .filter(|version| version.topic == topic)
        .map(|version| version.id)
        .collect();
    let value = match ids.get(usize::from(*version) % (ids.len() + 1)) {
        Some(id) => [&[0][..], &id.to_be_bytes(), rest].concat(),
        None => rest.to_vec(),
    };
    let Ok(event) = codec::decode(topic, &value) else { return };
    let written = codec::encode(&event).expect("what was read can be written");
    let back = codec::decode(topic, &written).expect("what was written can be read");
    assert_eq!(codec::encode(&back).ok(), Some(written));
    if finite::check(&event).is_ok() {
        assert_eq!(back, event);
    }
});
