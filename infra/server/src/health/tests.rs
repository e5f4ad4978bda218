//! The health of a process whose log is served by another one that stops answering.

use super::*;
use axum::body::Bytes;
use axum::routing::post;
use eventlog::remote::PATH;
use eventlog::{MemoryLog, RemoteLog, Server};
use shell::open;
use std::sync::atomic::{AtomicBool, Ordering};
use web::{Serving, fetch_within, serve, serve_beside};

/// A log served by another process, which is away while the flag is set.
fn log_that_may_go_away() -> (RemoteLog, Arc<AtomicBool>, Serving) {
    let memory = MemoryLog::new("memory").unwrap();
    open::ensure_topics(&memory, 2).unwrap();
    let (server, away) =
        (Arc::new(Server::new(Arc::new(memory))), Arc::new(AtomicBool::new(false)));
    let is_away = Arc::clone(&away);
    let route = post(move |body: Bytes| async move {
        while is_away.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.handle(PATH, &body).unwrap()
    });
    let serving = serve("listen", "127.0.0.1:0", None, Router::new().route(PATH, route)).unwrap();
    (RemoteLog::connect(&serving.endpoint, None).unwrap(), away, serving)
}

fn get_with(endpoint: &str, path: &str) -> (u16, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().proxy(None).http_status_as_error(false).build().into();
    let mut response = agent.get(format!("{endpoint}{path}")).call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

#[test]
fn a_log_that_does_not_answer_makes_a_process_unready_within_seconds_and_no_less_alive() {
    let (log, away, _serving) = log_that_may_go_away();
    let board = Arc::<StatusBoard>::default();
    let health = Health::new(Arc::clone(&board), Arc::new(log), Box::new(|| Ok(())));
    let token = Some("a-secret".to_owned());
    let serving =
        serve_beside("listen", "127.0.0.1:0", token, Router::new(), routes(health)).unwrap();
    let get = |path: &str| get_with(&serving.endpoint, path);
    let ok = (200, r#"{"status":"ok"}"#.to_owned());
    assert_eq!(get("/readyz"), ok);
    away.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        let asked = Instant::now();
        let (status, body) = get("/readyz");
        assert!(asked.elapsed() < BOUND * 2, "{:?}", asked.elapsed());
        assert_eq!((status, body.contains(SILENT)), (503, true), "{body}");
    }
    assert_eq!(get("/healthz"), ok);
    assert_eq!(get("/health"), ok);
    away.store(false, Ordering::Relaxed);
    let deadline = Instant::now() + Duration::from_secs(20);
    while get("/readyz") != ok {
        assert!(Instant::now() < deadline, "it is not ready again: {:?}", get("/readyz"));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(fetch_within(&serving.endpoint, "/other", None, BOUND).is_err(), "the rest is guarded");
}

#[test]
fn roles_without_partitions_views_that_are_not_whole_and_threads_that_ended_are_reasons() {
    let memory = MemoryLog::new("memory").unwrap();
    let board = Arc::<StatusBoard>::default();
    let whole = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&whole);
    let views = Box::new(move || {
        let closed = schemas::Day(1);
        let behind = StoreError::Behind { path: "views".into(), through: None, closed };
        if seen.load(Ordering::Relaxed) { Ok(()) } else { Err(behind.into()) }
    });
    let health = Health::new(Arc::clone(&board), Arc::new(memory.clone()), views);
    let serving =
        serve_beside("listen", "127.0.0.1:0", None, Router::new(), routes(health)).unwrap();
    let get = |path: &str| get_with(&serving.endpoint, path);
    assert!(get("/readyz").1.contains(UNOPENED), "{:?}", get("/readyz"));
    open::ensure_topics(&memory, 2).unwrap();
    let pulse = board.pulses.begin(false);
    let expected = format!(r#"{{"reasons":["{UNSETTLED}"],"status":"not ready"}}"#);
    assert_eq!(get("/readyz"), (503, expected));
    pulse.settle(true);
    assert_eq!(get("/readyz").0, 200);
    whole.store(false, Ordering::Relaxed);
    assert_eq!((get("/readyz").0, get("/readyz").1.contains(MADE)), (503, true));
    whole.store(true, Ordering::Relaxed);
    assert_eq!((get("/healthz").0, get("/readyz").0), (200, 200));
    drop(pulse);
    let (status, body) = get("/healthz");
    assert_eq!((status, body.contains(ENDED)), (503, true), "{body}");
    assert_eq!(get("/readyz").0, 503);
}
