//! The checks that a record must pass before any role takes it in: a pure function of the record
//! and its place, so that every role and every replay judges it alike. A record that fails is a
//! dead letter, and its id does not count as seen.

use crate::record_codec;
use eventlog::Record;
use schemas::codec::DecodeError;
use schemas::{Event, EventId, Topic, finite};

/// A record that no role takes in.
#[derive(Clone, PartialEq, Debug)]
pub struct Bad {
    /// The check it failed: the dead letter's stage.
    pub stage: &'static str,
    /// The reason, in a sentence.
    pub message: String,
    /// The id of its event, if that could be read.
    pub event: Option<EventId>,
}

/// The event in `record`, read from `partition` of `topic`, where data topics have `total`.
///
/// # Errors
/// [`Bad`]: not an event (`decode`, `schema`, `topic`), an event on a wrong partition
/// (`partition`), or one with numbers that are not finite (`contract`).
pub fn inspect(topic: Topic, partition: u32, total: u32, record: &Record) -> Result<Event, Bad> {
    let event = record_codec::event(topic, record).map_err(unreadable)?;
    check(&event, partition, total, record).map(|()| event)
}

/// The checks of an event that has been read from `record`.
///
/// # Errors
/// As [`inspect`], but for those of its reading.
pub(crate) fn check(event: &Event, partition: u32, total: u32, record: &Record) -> Result<(), Bad> {
    if event.body.kind() == "UNKNOWN" {
        return Ok(()); // of a newer version, which alone knows its place; the caller skips it
    }
    let bad = |stage, message| Err(Bad { stage, message, event: Some(event.id) });
    if let Some(message) = misplaced(event, partition, total, record) {
        return bad("partition", message);
    }
    if let Err(found) = finite::check(event) {
        return bad("contract", found.to_string());
    }
    Ok(())
}

fn unreadable(error: DecodeError) -> Bad {
    let stage = match error {
        DecodeError::NoHeader(_) | DecodeError::Datum { .. } => "decode",
        DecodeError::UnknownSchema { .. } => "schema",
        DecodeError::OtherTopic { .. } => "topic",
    };
    Bad { stage, message: error.to_string(), event: None }
}

/// A ticker on a wrong partition would give one book two owners; a marker there would close another
/// partition's day.
fn misplaced(event: &Event, partition: u32, total: u32, record: &Record) -> Option<String> {
    if let Some(marker) = event.body.marker() {
        let own = marker.partition == i64::from(partition);
        return (!own).then(|| {
            format!("the day marker of partition {} is on partition {partition}", marker.partition)
        });
    }
    let belongs = record_codec::partition(event, total);
    if belongs != partition {
        return Some(format!(
            "an event of {:?} belongs on partition {belongs} of {total} (murmur2), not on {partition}",
            shown(event.ticker.as_bytes())
        ));
    }
    let key = record.key.as_deref().unwrap_or_default();
    (key != event.ticker.as_bytes())
        .then(|| format!("an event of {:?} has the key {:?}", event.ticker, shown(key)))
}

/// The beginning of arbitrary bytes, as text.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Day;
    use schemas::events::{Bar, Bars, DayClosed};
    use schemas::partition_of;

    const TOTAL: u32 = 12;

    fn on(partition: u32, event: &Event) -> Record {
        let written = record_codec::record(event, TOTAL, "test").unwrap();
        let (key, value, headers) = (written.key, written.value, written.headers);
        Record { offset: u64::from(partition), timestamp_ms: 1, key, value, headers }
    }

    fn bar(close: f64) -> Event {
        let bar = Bar { close, ..Bar::default() };
        Event::new(Day(5), "AAPL", &["AAPL"], Bars::BarClosed(bar))
    }

    fn stage(topic: Topic, partition: u32, record: &Record) -> Option<&'static str> {
        inspect(topic, partition, TOTAL, record).err().map(|bad| bad.stage)
    }

    #[test]
    fn each_kind_of_bad_record_has_its_stage() {
        let home = partition_of("AAPL", TOTAL);
        let good = on(home, &bar(1.0));
        let with = |value: &[u8]| Record { value: value.to_vec(), ..good.clone() };
        assert_eq!(stage(Topic::Bars, home, &good), None);
        assert_eq!(stage(Topic::Bars, home, &with(b"")), Some("decode"));
        assert_eq!(stage(Topic::Bars, home, &with(b"no event")), Some("decode"));
        assert_eq!(stage(Topic::Bars, home, &with(&good.value[..9])), Some("decode"));
        assert_eq!(stage(Topic::Bars, home, &with(&[0, 9, 9, 9, 9, 0])), Some("schema"));
        assert_eq!(stage(Topic::Scans, home, &good), Some("topic"));
        assert_eq!(stage(Topic::Bars, home, &on(home, &bar(f64::NAN))), Some("contract"));
        assert_eq!(stage(Topic::Bars, (home + 1) % TOTAL, &good), Some("partition"));
        let other = Record { key: Some(b"MSFT".to_vec()), ..good.clone() };
        assert_eq!(stage(Topic::Bars, home, &other), Some("partition"));
        assert_eq!(stage(Topic::Bars, home, &Record { key: None, ..good }), Some("partition"));
    }

    #[test]
    fn a_marker_closes_its_own_partition_only() {
        let marker = DayClosed { partition: 3, ..DayClosed::default() };
        let marker = on(3, &Event::marker(Topic::Bars, Day(5), marker).unwrap());
        assert_eq!(stage(Topic::Bars, 3, &marker), None);
        assert_eq!(stage(Topic::Bars, 4, &marker), Some("partition"));
    }
}
