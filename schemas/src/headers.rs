//! Record headers: CloudEvents in binary mode, the candidate (`correlation_id`), the event that
//! led to this one (`causation_id`), a W3C `traceparent`. Nothing here decides anything.

use crate::{Event, EventId, id::hex};

/// The headers of `event`, written by `role`.
pub fn write(event: &Event, role: &str) -> Vec<(String, Vec<u8>)> {
    let topic = event.topic();
    let mut headers = vec![
        ("ce_specversion", "1.0".to_owned()),
        ("ce_id", event.id.to_string()),
        ("ce_type", format!("{}.{}", topic.name(), event.body.kind())),
        ("ce_source", format!("/butterquant/{role}")),
        ("ce_time", format!("{}T21:00:00Z", event.day)),
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

/// The headers of a dead letter, beside [`write`]'s: what Kafka Connect's tools look for.
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
