//! The queue of spans and the thread that sends them.

use super::http_client::TraceClient;
use super::span::Span;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanExporter as _;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Spans that wait, at most.
const WAITING: usize = 8_192;
/// Spans of a request, at most, and how long the first of them waits for more.
const TOGETHER: usize = 512;
const GATHER: Duration = Duration::from_secs(1);
/// How long the end of the process waits for the last spans to be sent.
const LAST: Duration = Duration::from_secs(3);

/// What waits for the thread.
enum Waiting {
    Span(Box<Span>),
    /// Everything before it is to be sent, and then said here.
    Flush(SyncSender<()>),
}

/// Spans so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TraceCounts {
    /// Taken by the collector.
    pub sent: u64,
    /// Dropped, because the queue was full or the collector did not take them.
    pub dropped: u64,
}

static QUEUE: OnceLock<SyncSender<Waiting>> = OnceLock::new();
static SENT: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Begins to send spans to the collector at `endpoint`, or else where OpenTelemetry's own environment variables say, with
/// these attributes of the process; false where neither names a collector.
///
/// # Errors
/// The address is not valid, or the system gives no thread.
pub fn start_traces(
    endpoint: Option<&str>,
    attributes: Vec<(&'static str, String)>,
) -> Result<bool, String> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let named = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
    let off = std::env::var("OTEL_SDK_DISABLED").is_ok_and(|value| value == "true");
    if off || endpoint.is_none() && !named.iter().any(|name| set(name)) {
        return Ok(false);
    }
    let wrong = |error: ExporterBuildError| format!("traces cannot be sent: {error}");
    let exporter = exporter(endpoint, attributes).map_err(wrong)?;
    let (queue, waiting) = sync_channel(WAITING);
    let thread = std::thread::Builder::new().name("traces".to_owned());
    let started = thread.spawn(move || send_all(&exporter, &waiting));
    started.map_err(|error| format!("traces cannot be sent: {error}"))?;
    let _ = QUEUE.set(queue); // a second call changes nothing
    Ok(true)
}

fn exporter(
    endpoint: Option<&str>,
    attributes: Vec<(&'static str, String)>,
) -> Result<SpanExporter, ExporterBuildError> {
    let builder = SpanExporter::builder().with_http().with_http_client(TraceClient::new());
    let mut exporter = match endpoint {
        // As the variable has it, without the path of the signal.
        Some(base) => builder.with_endpoint(format!("{}/v1/traces", base.trim_end_matches('/'))),
        None => builder,
    }
    .build()?;
    let given = std::env::var("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let named = std::env::var_os("OTEL_SERVICE_NAME").is_some() || given.contains("service.name=");
    let resource = Resource::builder();
    let resource = if named { resource } else { resource.with_service_name("butterquant") };
    let attributes = attributes.into_iter().map(|(name, value)| KeyValue::new(name, value));
    exporter.set_resource(&resource.with_attributes(attributes).build());
    Ok(exporter)
}

/// Whether spans are sent anywhere.
pub fn is_tracing() -> bool {
    QUEUE.get().is_some()
}

/// Sends `span`, if there is a collector; never waits.
pub fn send_span(span: Span) {
    let Some(queue) = QUEUE.get() else { return };
    if queue.try_send(Waiting::Span(Box::new(span))).is_err() {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

/// Spans so far.
pub fn trace_counts() -> TraceCounts {
    TraceCounts { sent: SENT.load(Ordering::Relaxed), dropped: DROPPED.load(Ordering::Relaxed) }
}

/// Sends what waits, if that takes no longer than a moment.
pub(crate) fn flush() {
    let Some(queue) = QUEUE.get() else { return };
    let (done, wait) = sync_channel(1);
    if queue.try_send(Waiting::Flush(done)).is_ok() {
        let _ = wait.recv_timeout(LAST); // a collector that is slow loses them
    }
    let counts = trace_counts();
    tracing::info!(sent = counts.sent, dropped = counts.dropped, "spans of this process");
}

fn send_all(exporter: &impl opentelemetry_sdk::trace::SpanExporter, waiting: &Receiver<Waiting>) {
    let version = env!("CARGO_PKG_VERSION");
    let scope = InstrumentationScope::builder("butterquant").with_version(version).build();
    let mut away = false;
    while let Ok(first) = waiting.recv() {
        let (mut spans, mut asked) = (Vec::new(), Vec::new());
        let mut next = Ok(first);
        let until = Instant::now() + GATHER;
        loop {
            match next {
                Ok(Waiting::Span(span)) => spans.push(span.into_data(&scope)),
                Ok(Waiting::Flush(done)) => asked.push(done),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
            if spans.len() >= TOGETHER || !asked.is_empty() {
                break;
            }
            next = waiting.recv_timeout(until.saturating_duration_since(Instant::now()));
        }
        let count = spans.len() as u64;
        if count > 0 {
            away = told(at_once(exporter.export(spans)), count, away);
        }
        asked.into_iter().for_each(|done| _ = done.try_send(())); // who asked may have gone
    }
}

/// Counts a request of `count` spans, and says when a collector goes away and when it is there again; whether it is away.
fn told(result: OTelSdkResult, count: u64, away: bool) -> bool {
    match result {
        Ok(()) => {
            SENT.fetch_add(count, Ordering::Relaxed);
            if away {
                let dropped = DROPPED.load(Ordering::Relaxed);
                tracing::info!(dropped, "the collector takes traces again");
            }
            false
        }
        Err(error) => {
            DROPPED.fetch_add(count, Ordering::Relaxed);
            if !away {
                tracing::warn!(
                    "the collector does not take traces: {error}; they are dropped until it does. Look at otlp_endpoint, or leave it empty"
                );
            }
            true
        }
    }
}

/// The result of an export. The client blocks, so that it is there at once.
fn at_once(export: impl Future<Output = OTelSdkResult>) -> OTelSdkResult {
    match pin!(export).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(opentelemetry_sdk::error::OTelSdkError::InternalFailure(
            "the exporter waits".to_owned(),
        )),
    }
}
