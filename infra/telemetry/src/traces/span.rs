//! A span, and how OpenTelemetry has it.

use opentelemetry::trace::{SpanContext, SpanId, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use std::time::SystemTime;

/// What a span did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpanKind {
    /// It took an event in.
    Consumer,
    /// It published an event.
    Producer,
}

/// A piece of work on one event.
#[derive(Clone, PartialEq, Debug)]
pub struct Span {
    /// The trace's id.
    pub trace: [u8; 16],
    /// The span's own.
    pub id: [u8; 8],
    /// The span that caused it; none where the trace begins.
    pub parent: Option<[u8; 8]>,
    /// Its name, one of few.
    pub name: String,
    /// What it did.
    pub kind: SpanKind,
    /// When the work began, by the clock on the wall.
    pub start: SystemTime,
    /// When it was done.
    pub end: SystemTime,
    /// What else is to be known.
    pub attributes: Vec<(&'static str, String)>,
}

impl Span {
    pub(super) fn into_data(self, scope: &InstrumentationScope) -> SpanData {
        let (trace, id) = (TraceId::from_bytes(self.trace), SpanId::from_bytes(self.id));
        let attribute = |(name, value)| KeyValue::new(name, value);
        SpanData {
            span_context: SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::NONE),
            parent_span_id: self.parent.map_or(SpanId::INVALID, SpanId::from_bytes),
            parent_span_is_remote: self.parent.is_some(),
            span_kind: match self.kind {
                SpanKind::Consumer => opentelemetry::trace::SpanKind::Consumer,
                SpanKind::Producer => opentelemetry::trace::SpanKind::Producer,
            },
            name: self.name.into(),
            start_time: self.start,
            end_time: self.end.max(self.start),
            attributes: self.attributes.into_iter().map(attribute).collect(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: scope.clone(),
        }
    }
}
