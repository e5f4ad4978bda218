//! The HTTP side over a log in memory, called as other programs call it.

use crate::run_server::{REFRESH_TIMEOUT, start};
use crate::served::Served;
use api::monitor::Monitor;
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use eventlog::remote::PATH;
use eventlog::{ErrorClass, MemoryLog, RemoteLog, TopicSpec};
use eventlog::{Log, Server};
use run::data_dir::{KafkaAccess, LogAccess, RunDir};
use schemas::Topic;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use store::Views;
use web::{Serving, serve};

struct Running {
    serving: Serving,
    _folder: tempfile::TempDir,
}

fn running(token: Option<&str>) -> Running {
    let log = MemoryLog::new("memory").unwrap();
    log.ensure_topics(&[TopicSpec::new("one", 2)]).unwrap();
    running_over(Arc::new(log), token)
}

fn running_over(log: Arc<dyn Log>, token: Option<&str>) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let views = Views::open(&kv::Db::open(folder.path()).unwrap()).unwrap();
    let token = token.map(str::to_owned);
    let served = Served {
        run: run_in(folder.path()),
        monitor: Arc::new(
            Monitor::start(Arc::clone(&log), run_in(folder.path()), None, None).unwrap(),
        ),
        log,
        board: Arc::default(),
        views: Some(views),
    };
    let serving = start("127.0.0.1:0", token, served).unwrap();
    Running { serving, _folder: folder }
}

/// A run on Kafka, of whose log nothing but the prefix is asked here.
pub(crate) fn run_in(folder: &Path) -> RunDir {
    let kafka =
        KafkaAccess { brokers: String::new(), properties: BTreeMap::new(), replication: None };
    RunDir {
        id: "demo".to_owned(),
        path: folder.join("run"),
        data_dir: folder.to_owned(),
        access: LogAccess::Kafka(kafka),
        token: None,
        patience: Duration::ZERO,
    }
}

fn get_with(running: &Running, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().proxy(None).http_status_as_error(false).build().into();
    let mut request = agent.get(format!("{}{path}", running.serving.endpoint));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

#[test]
fn another_process_reaches_the_log() {
    let running = running(None);
    let log = RemoteLog::connect(&running.serving.endpoint, None).unwrap();
    assert_eq!(log.identity().unwrap(), "memory");
    assert_eq!(log.topics().unwrap()[0].partitions, 2);
}

#[test]
fn views_and_status_are_json_also_when_empty() {
    let running = running(None);
    for (path, holds) in [
        ("/health", r#"{"status":"ok"}"#),
        (
            "/status",
            r#"{"roles":[],"units":[],"source":null,"published":null,"what_if":false,"halted":[]}"#,
        ),
        ("/views/rankings", r#""date":null"#),
        ("/views/rankings?day=2018-06-29", r#""ranked_days":[]"#),
        ("/targets", "[]"),
        ("/views/positions", r#""positions":[]"#),
        ("/views/journal?last=3", r#""trades":[]"#),
        ("/views/models", r#""champion":null"#),
        ("/views/tally", r#""through":null"#),
        ("/subjects", r#"["demo.butterquant.bars.v1-value""#),
        ("/schemas/ids/100", "BarsRecord"),
        ("/views/equity", r#""ButterBaseline":[]"#),
        ("/metrics", "# TYPE butterquant_unit_closed_day gauge"),
    ] {
        let (status, body) = get_with(&running, path, &[]);
        assert_eq!(status, 200, "{path}: {body}");
        assert!(body.contains(holds), "{path}: {body}");
    }
    let nowhere = r#"{"error_code":404,"message":"HTTP 404 Not Found"}"#.to_owned();
    assert_eq!(get_with(&running, "/no/such/path", &[]), (404, nowhere));
    for (path, says) in [
        ("/views/charts", "no view is called charts"),
        ("/views/rankings?day=x", "is not a date"),
        ("/views/tally?last=1", "takes no last"),
    ] {
        let (status, body) = get_with(&running, path, &[]);
        assert!(status == 400 && body.contains(says), "{path}: {status} {body}");
    }
}

#[test]
fn metrics_are_given_while_the_log_is_away() {
    let memory = MemoryLog::new("memory").unwrap();
    memory.ensure_topics(&[shell::open::spec(Topic::DeadLetters, 1)]).unwrap();
    let (server, away) =
        (Arc::new(Server::new(Arc::new(memory))), Arc::new(AtomicBool::new(false)));
    let is_away = Arc::clone(&away);
    let route = post(move |body: Bytes| async move {
        if is_away.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        server.handle(PATH, &body).unwrap()
    });
    let log = serve("listen", "127.0.0.1:0", None, Router::new().route(PATH, route)).unwrap();
    let log = (RemoteLog::connect(&log.endpoint, None).unwrap(), log);
    let running = running_over(Arc::new(log.0), None);
    for goes in [false, true, true, true] {
        away.store(goes, Ordering::Relaxed);
        let asked = Instant::now();
        let (status, body) = get_with(&running, "/metrics", &[]);
        assert!(asked.elapsed() < REFRESH_TIMEOUT * 5, "{:?}", asked.elapsed());
        assert!(status == 200 && body.contains("# TYPE butterquant_dead_letters"), "{body}");
    }
}

#[test]
fn with_a_token_only_those_who_show_it_are_served() {
    let running = running(Some("a-secret"));
    for (shown, status) in [
        ("Bearer a-secret", 200),
        ("Bearer a-secre", 401),
        ("a-secret", 401),
        ("Basic dXNlcjphLXNlY3JldA==", 200), // user:a-secret
        ("Basic YS1zZWNyZXQ6", 401),         // a-secret:
        ("Basic a-secret", 401),
        ("", 401),
    ] {
        assert_eq!(
            get_with(&running, "/status", &[("authorization", shown)]).0,
            status,
            "{shown:?}"
        );
    }
    assert_eq!(get_with(&running, "/health", &[]).0, 200);
    let refused = RemoteLog::connect(&running.serving.endpoint, None).err().unwrap();
    assert_eq!(refused.class, ErrorClass::Fatal);
    RemoteLog::connect(&running.serving.endpoint, Some("a-secret".to_owned())).unwrap();
}

#[test]
fn a_page_in_a_browser_is_kept_out() {
    let running = running(None);
    assert_eq!(get_with(&running, "/status", &[("host", "evil.example:80")]).0, 403);
    assert_eq!(get_with(&running, "/status", &[("host", "localhost:80")]).0, 200);
    let agent: ureq::Agent =
        ureq::Agent::config_builder().proxy(None).http_status_as_error(false).build().into();
    let url = format!("{}{PATH}", running.serving.endpoint);
    let posted = |kind: &str| {
        agent.post(&url).content_type(kind).send(&b"nonsense"[..]).unwrap().status().as_u16()
    };
    assert_eq!((posted("text/plain"), posted("application/octet-stream")), (415, 400));
}

#[test]
fn it_stops_when_dropped() {
    let Running { serving, _folder } = running(None);
    let endpoint = serving.endpoint.clone();
    drop(serving);
    let refused = RemoteLog::connect(&endpoint, None).err().unwrap();
    assert_eq!(refused.class, ErrorClass::Retry);
}
