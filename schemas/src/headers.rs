//! Record headers: CloudEvents in binary mode, the candidate (`correlation_id`), the event that
//! caused this one (`causation_id`), a W3C `traceparent`. No decision depends on them.

use crate::{Event, event_time::close_text};

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

/// Gives the headers of `event`, written by `role`, to `header`.
pub fn write(event: &Event, role: &str, header: &mut dyn FnMut(&str, &[u8])) {
    let (topic, id) = (event.topic(), event.id.to_string());
    let mut text = |name: &str, value: &str| header(name, value.as_bytes());
    text("ce_specversion", "1.0");
    text("ce_id", &id);
    // Joined, as formatting takes a third of the time of all headers.
    text("ce_type", &[topic.name(), event.body.kind()].join("."));
    text("ce_source", &["/butterquant/", role].concat());
    text("ce_time", &close_text(event.day));
    text("content-type", "application/vnd.confluent.avro");
    let correlation = event.correlation.map(|id| id.to_string());
    let causation = event.causation.map(|id| id.to_string());
    for (name, id) in [("correlation_id", &correlation), ("causation_id", &causation)] {
        if let Some(id) = id {
            text(name, id);
        }
    }
    let trace = correlation.or(causation);
    let trace = trace.as_deref().unwrap_or(&id);
    text("traceparent", &["00", trace, &id[..16], "01"].join("-"));
}

/// Gives the further headers of a dead letter, which Kafka Connect's tools read, to `header`.
pub fn dead_letter(letter: &crate::events::DeadLetter, header: &mut dyn FnMut(&str, &[u8])) {
    for (name, value) in [
        ("topic", letter.topic.clone()),
        ("partition", letter.partition.to_string()),
        ("offset", letter.offset.to_string()),
        ("stage", letter.stage.clone()),
        ("exception.class.name", format!("butterquant.{}", letter.stage)),
        ("exception.message", letter.message.clone()),
    ] {
        header(&format!("__connect.errors.{name}"), value.as_bytes());
    }
}

/// Sets the causation and correlation of `event` from its record's headers, of which the first of a name counts.
pub fn read<'a>(event: &mut Event, headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) {
    let (mut causation, mut correlation) = (None, None);
    for (name, value) in headers {
        match name {
            "causation_id" => causation = causation.or(Some(value)),
            "correlation_id" => correlation = correlation.or(Some(value)),
            _ => {}
        }
    }
    let id = |value: Option<&[u8]>| std::str::from_utf8(value?).ok()?.parse().ok();
    (event.causation, event.correlation) = (id(causation), id(correlation));
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
        let (mut own, mut further) = (Vec::new(), Vec::new());
        write(&event, "test", &mut |name, _| own.push(name.to_owned()));
        dead_letter(&letter, &mut |name, _| further.push(name.to_owned()));
        let check = |mut written: Vec<String>, explained: &[(&str, &str)]| {
            let mut explained: Vec<&str> = explained.iter().map(|(name, _)| *name).collect();
            written.sort();
            explained.sort_unstable();
            assert_eq!(written, explained);
        };
        check(own, &MEANINGS);
        check(further, &DEAD_LETTER_MEANINGS);
    }
}
