//! Traces as a collector gets them: the way of a candidate from its bar to its fill, and that a collector which is away
//! or hangs costs a run nothing but spans.
#![allow(clippy::unwrap_used)] // a test

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value::StringValue;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tests::cli::{Ran, command, finish, run};
use tests::http_double::{Answers, HttpDouble};

/// The market's last days; on the fourth ButterBaseline orders, on the fifth that is filled.
const UP: &str = "up --source sim:5,stocks=3,days=290 --from 2016-02-08 --until 2099-01-01";

fn traced(data: &Path, variable: &str, endpoint: &str) -> Ran {
    let mut up = command(data, UP);
    up.env("BUTTERQUANT_PARTITIONS", "2").env(variable, endpoint);
    finish(up)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text<'a>(span: &'a Span, key: &str) -> &'a str {
    let found = span.attributes.iter().find(|one| one.key == key);
    match found.and_then(|one| one.value.as_ref()?.value.as_ref()) {
        Some(StringValue(text)) => text,
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
fn a_fill_has_its_order_prediction_features_scan_and_bar_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let collector = HttpDouble::start(Answers::With(200, String::new()));
    let began = SystemTime::now();
    let ran = traced(data, "BUTTERQUANT_OTLP_ENDPOINT", &format!("http://{}/", collector.address));
    ran.well();
    let mut spans: BTreeMap<String, Span> = BTreeMap::new();
    for request in collector.sent() {
        assert_eq!(request.line, "POST /v1/traces");
        assert_eq!(request.headers["content-type"], "application/x-protobuf");
        let request = ExportTraceServiceRequest::decode(&*request.body).unwrap();
        for resource in request.resource_spans {
            let of = format!("{:?}", resource.resource.unwrap());
            let named = ["service.name", "butterquant\"", "butterquant.run", "service.version"];
            assert!(named.iter().all(|name| of.contains(name)), "{of}");
            for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                spans.insert(format!("{}/{}", hex(&span.trace_id), hex(&span.span_id)), span);
            }
        }
    }
    let fill = spans.values().find(|span| span.name == "order_executed").unwrap();
    // From the fill up to where the trace begins.
    let mut way = vec![fill];
    while let Some(span) =
        spans.get(&format!("{}/{}", hex(&fill.trace_id), hex(&way[way.len() - 1].parent_span_id)))
    {
        way.push(span);
    }
    let names: Vec<&str> = way.iter().map(|span| span.name.as_str()).collect();
    let wanted = [
        "order_executed",
        "order_intended",
        "scoring_refused", // the run has no model; what ButterBaseline goes by is the scan
        "features_extracted",
        "candidate_scanned",
        "bar_closed",
    ];
    assert_eq!(names, wanted);
    assert!(way[5].parent_span_id.is_empty(), "a trace begins with its bar");
    let now = SystemTime::now();
    let nanos = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    for span in &way {
        let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
        assert!(nanos(began) <= start && start <= end && end <= nanos(now), "{span:?}");
        assert_eq!(text(span, "butterquant.ticker"), text(fill, "butterquant.ticker"));
    }
    // Every event's record names its span, and its trace where it belongs to a candidate.
    for (topic, span) in [("bars", way[5]), ("scans", way[4]), ("orders", way[1]), ("fills", fill)]
    {
        let id = text(span, "messaging.message.id");
        let records = run(data, &format!("topics consume {topic} --from earliest -o json")).lines();
        let record = records.iter().find(|record| record["headers"]["ce_id"] == id).unwrap();
        let trace = if topic == "bars" { id.to_owned() } else { hex(&span.trace_id) };
        let named = format!("00-{trace}-{}-01", hex(&span.span_id));
        assert_eq!(record["headers"]["traceparent"], named.as_str(), "{topic}");
        assert!(text(span, "messaging.destination.name").contains(topic));
    }
    // All scans, features and predictions of the days are there, each once: 3 stocks, 5 days.
    let count = |name: &str| spans.values().filter(|span| span.name == name).count();
    assert_eq!(
        [count("candidate_scanned"), count("features_extracted"), count("bar_closed")],
        [15; 3]
    );
}

#[test]
fn a_collector_that_is_away_or_hangs_costs_spans_alone() {
    let folder = tempfile::tempdir().unwrap();
    let away = traced(folder.path(), "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    away.well();
    assert_eq!(away.err.matches("the collector does not take traces").count(), 1, "{away:?}");
    let log = std::fs::read_to_string(folder.path().join("logs/butterquant.log")).unwrap();
    let counted = log.lines().find(|line| line.contains("spans of this process")).unwrap();
    assert!(counted.contains("sent=0") && !counted.contains("dropped=0"), "{counted}");

    let folder = tempfile::tempdir().unwrap();
    let hanging = HttpDouble::start(Answers::Never);
    let began = Instant::now();
    let endpoint = format!("http://{}", hanging.address);
    traced(folder.path(), "OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint).well();
    assert!(!hanging.sent().is_empty() && began.elapsed() < Duration::from_secs(20));
}
