//! Encoding and decoding is the identity for every kind; every schema parses; damage is an error.

mod fixtures;

use fixtures::one_of_each;
use schemas::{Topic, codec, headers};

#[test]
fn every_kind_survives_the_wire() {
    for event in one_of_each() {
        let bytes = codec::encode(&event).unwrap();
        let mut back = codec::decode(event.topic(), &bytes).unwrap();
        let mut written = Vec::new();
        let mut header = |name: &str, value: &[u8]| written.push((name.to_owned(), value.to_vec()));
        headers::write(&event, "test", &mut header);
        headers::read(&mut back, written.iter().map(|(name, value)| (&**name, &**value)));
        assert_eq!(back, event);
        assert_eq!(codec::encode(&back).unwrap(), bytes);
    }
}

#[test]
fn every_schema_parses_and_ids_are_unique() {
    let versions = codec::schema_versions();
    assert_eq!(versions.len(), 20);
    let ids: std::collections::BTreeSet<_> = versions.iter().map(|version| version.id).collect();
    assert_eq!(ids.len(), versions.len());
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    for event in one_of_each() {
        let bytes = codec::encode(&event).unwrap();
        for cut in 0..bytes.len() {
            assert!(
                codec::decode(event.topic(), &bytes[..cut]).is_err(),
                "{:?} cut at {cut}",
                event.body.kind()
            );
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(codec::decode(event.topic(), &longer).is_err());
        let other = if event.topic() == Topic::Bars { Topic::Scans } else { Topic::Bars };
        assert!(matches!(codec::decode(other, &bytes), Err(codec::DecodeError::OtherTopic { .. })));
    }
}
