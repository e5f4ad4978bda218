//! Checks the dead letters and predictions that the mixture led to.

use super::mixture::Mixture;
use super::record::{BEFORE, Kind, PARTITIONS, Written};
use eventlog::{Headers, Log};
use schemas::events::Predictions;
use schemas::id::sha256_hex;
use schemas::{Body, Topic};
use shell::record_codec;
use shell::redrive::{DeadLetterEntry, Letter, entries};
use std::collections::BTreeMap;
use std::time::Duration;

/// Checks that every bad record has one dead letter, with its key, headers and bytes, and that
/// nothing else has one. Returns the letters' ids by kind.
pub fn letters_are(log: &dyn Log, mut written: Written) -> BTreeMap<Kind, Vec<u64>> {
    let mut ids: BTreeMap<Kind, Vec<u64>> = BTreeMap::new();
    entries(log, 0, &mut |entry| {
        let DeadLetterEntry::Letter(Letter { id, said, .. }) = entry else { panic!("{entry:?}") };
        let bad = written.remove(&(said.partition, said.offset));
        let bad =
            bad.unwrap_or_else(|| panic!("the letter of a good event, or a second one: {said:?}"));
        assert_eq!((said.topic.as_str(), said.stage.as_str()), (Topic::Features.name(), bad.stage));
        assert_eq!((said.value.len(), sha256_hex(&said.value)), (bad.bytes, bad.sha256));
        assert_eq!((Some(said.key), said.length), (bad.key, None), "{:?}", bad.kind);
        let headers = said.headers.into_iter().map(|header| (header.name, header.value));
        assert_eq!(headers.collect::<Headers>(), bad.headers);
        ids.entry(bad.kind).or_default().push(id);
        Ok(true)
    })
    .unwrap();
    assert!(written.is_empty(), "{} bad records have no dead letter", written.len());
    ids
}

/// Checks that every good event was scored once.
pub fn scores_are(log: &dyn Log, mixture: &Mixture) {
    let mut scored = vec![0_u8; mixture.good()];
    let mut reader = log.reader().unwrap();
    for partition in 0..PARTITIONS {
        let place = record_codec::place(Topic::Predictions, partition);
        let (mut next, end) = (0, log.watermarks(&place).unwrap().high);
        while next < end {
            let due = [(place.clone(), next)];
            for fetched in reader.poll(&due, 5_000, Duration::from_secs(5)).unwrap() {
                for record in &fetched.records {
                    let event = record_codec::event(Topic::Predictions, record).unwrap();
                    if event.body.marker().is_none() {
                        let good = matches!(
                            &event.body,
                            Body::Predictions(Predictions::CandidateScored(_))
                        );
                        assert!(good, "{event:?}");
                        let n: usize = event.ticker[1..].parse().unwrap();
                        let day = (event.day - BEFORE - 1) as usize;
                        scored[day * mixture.good_a_day + n] += 1;
                    }
                }
                next = fetched.position;
            }
        }
    }
    let wrong = scored.iter().filter(|count| **count != 1).count();
    assert_eq!(wrong, 0, "of {} good events", scored.len());
}
