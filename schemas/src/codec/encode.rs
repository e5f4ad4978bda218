//! From events to bytes.

use super::versions::current;
use crate::events::{
    BarsRecord, ControlsRecord, DeadLettersRecord, FeaturesRecord, FillsRecord, ModelsRecord,
    OrdersRecord, OutcomesRecord, PredictionsRecord, SamplesRecord, ScansRecord,
};
use crate::{Body, Event, Topic};
use serde::Serialize;

/// An event cannot be encoded: a bug in this program.
#[derive(Debug, thiserror::Error)]
#[error("an event of {topic} does not fit its schema: {cause}")]
pub struct EncodeError {
    /// The event's topic.
    pub topic: Topic,
    /// The encoder's error.
    pub cause: String,
}

/// The value of `event` in the wire format.
pub fn encode(event: &Event) -> Result<Vec<u8>, EncodeError> {
    match &event.body {
        Body::Bars(body) => write(event, &BarsRecord::new(event, body)),
        Body::Scans(body) => write(event, &ScansRecord::new(event, body)),
        Body::Features(body) => write(event, &FeaturesRecord::new(event, body)),
        Body::Predictions(body) => write(event, &PredictionsRecord::new(event, body)),
        Body::Orders(body) => write(event, &OrdersRecord::new(event, body)),
        Body::Fills(body) => write(event, &FillsRecord::new(event, body)),
        Body::Outcomes(body) => write(event, &OutcomesRecord::new(event, body)),
        Body::Models(body) => write(event, &ModelsRecord::new(event, body)),
        Body::Controls(body) => write(event, &ControlsRecord::new(event, body)),
        Body::Samples(body) => write(event, &SamplesRecord::new(event, body)),
        Body::DeadLetters(body) => write(event, &DeadLettersRecord::new(event, body)),
    }
}

fn write<R: Serialize>(event: &Event, record: &R) -> Result<Vec<u8>, EncodeError> {
    let topic = event.topic();
    let current = current(topic).map_err(|cause| EncodeError { topic, cause })?;
    let mut bytes = Vec::with_capacity(256);
    bytes.push(0);
    bytes.extend_from_slice(&current.id.to_be_bytes());
    current
        .writer
        .write_ser(&mut bytes, record)
        .map_err(|cause| EncodeError { topic, cause: cause.to_string() })?;
    bytes.shrink_to_fit();
    Ok(bytes)
}
