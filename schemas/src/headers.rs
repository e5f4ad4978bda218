//! Record headers: CloudEvents in binary mode, the candidate (`correlation_id`), the event that
//! caused this one (`causation_id`), a W3C `traceparent`. No decision depends on them.

use crate::{Event, EventId, event_time::close_text, id::hex};

/// The headers of an event and their meanings; the last two are optional.
pub const MEANINGS: [(&str, &str); 9] = [
    ("ce_specversion", "CloudEvents, binary mode: 1.0"),
    ("ce_id", "the event's id: equal ids are the same event"),
    ("ce_type", "the topic's name, a dot, the kind"),
    ("ce_source", "the writer: /butterquant/ROLE"),
    ("ce_time", "its trading day's close in New York, in UTC"),
    ("content-type", "application/vnd.confluent.avro"),
    ("traceparent", "W3C trace context: events of one candidate are one trace"),
    ("correlation_id", "the candidate it belongs to, if any"),
    ("causation_id", "the id of the event that caused it, if any"),
];

/// The further headers of a dead letter, as Kafka Connect's tools know them.
pub const DEAD_LETTER_MEANINGS: [(&str, &str); 6] = [
    ("__connect.errors.topic", "the topic of the record that could not be handled"),
    ("__connect.errors.partition", "its partition"),
    ("__connect.errors.offset", "its offset"),
    ("__connect.errors.stage", "the processing stage that failed"),
    ("__connect.errors.exception.class.name", "the stage as a class name"),
    ("__connect.errors.exception.message", "why"),
];

/// The headers of `event`, written by `role`.
pub fn write(event: &Event, role: &str) -> Vec<(String, Vec<u8>)> {
    let topic = event.topic();
    let mut headers = vec![
        ("ce_specversion", "1.0".to_owned()),
        ("ce_id", event.id.to_string()),
        ("ce_type", format!("{}.{}", topic.name(), event.body.kind())),
        ("ce_source", format!("/butterquant/{role}")),
        ("ce_time", close_text(event.day)),
        ("content-type", "application/vnd.confluent.avro".to_owned()),
    ];
    if let Some(id) = event.correlation {
        headers.push(("correlation_id", id.to_string()));
    }
    if let Some(id) = event.causation {
        headers.push(("causation_id", id.to_string()));
    }
    let trace = event.correlation.or(event.causation).unwrap_or(event.id);
    headers.push(("traceparent", format!("00-{trace}-{}-01", hex(&event.id.0[..8]))));
    headers.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect()
}

/// The further headers of a dead letter, which Kafka Connect's tools read.
pub fn dead_letter(letter: &crate::events::DeadLetter) -> Vec<(String, Vec<u8>)> {
    [
        ("topic", letter.topic.clone()),
        ("partition", letter.partition.to_string()),
        ("offset", letter.offset.to_string()),
        ("stage", letter.stage.clone()),
        ("exception.class.name", format!("butterquant.{}", letter.stage)),
        ("exception.message", letter.message.clone()),
    ]
    .into_iter()
    .map(|(name, value)| (format!("__connect.errors.{name}"), value.into_bytes()))
    .collect()
}

/// Sets the causation and correlation of `event` from its record's headers.
pub fn read(event: &mut Event, headers: &[(String, Vec<u8>)]) {
    event.causation = id(headers, "causation_id");
    event.correlation = id(headers, "correlation_id");
}

fn id(headers: &[(String, Vec<u8>)], name: &str) -> Option<EventId> {
    let (_, value) = headers.iter().find(|(header, _)| header == name)?;
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{DeadLetter, DeadLetters};
    use crate::{Day, EventId};

    #[test]
    fn every_header_is_explained_and_every_explained_one_is_written() {
        let letter = DeadLetter::default();
        let id = EventId::of(&["about"], 0);
        let event = Event::new(Day(1), "", &["1"], DeadLetters::EventRejected(letter.clone()));
        let event = Event { causation: Some(id), correlation: Some(id), ..event };
        let check = |written: Vec<(String, Vec<u8>)>, explained: &[(&str, &str)]| {
            let mut written: Vec<String> = written.into_iter().map(|(name, _)| name).collect();
            let mut explained: Vec<&str> = explained.iter().map(|(name, _)| *name).collect();
            written.sort();
            explained.sort_unstable();
            assert_eq!(written, explained);
        };
        check(write(&event, "test"), &MEANINGS);
        check(dead_letter(&letter), &DEAD_LETTER_MEANINGS);
    }
}
