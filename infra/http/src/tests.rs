//! Callers that half-send, drip, flood and never read, and the operator who gets in beside them.

use crate::bounds::Bounds;
use crate::serving::{Serving, within};
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A head that is complete, on this machine.
const WHOLE: &[u8] = b"GET /day HTTP/1.1\r\nhost: localhost\r\n\r\n";
const AUTHORIZED: &[u8] = b"GET /day HTTP/1.1\r\nhost: x\r\nauthorization: Bearer secret\r\n\r\n";

fn bounds() -> Bounds {
    // Long enough for a busy machine.
    let (head, body) = (Duration::from_secs(3), Duration::from_secs(2));
    Bounds { connections: 16, strangers: 4, head, body, unread: Duration::from_millis(600) }
}

fn serving(token: Option<&str>) -> Serving {
    let router = Router::new()
        .route("/day", get(async || "2018-06-29"))
        .route("/large", get(async || vec![b'x'; 64 << 20]))
        .route(
            "/count",
            post(async |body: Bytes| body.len().to_string()).layer(DefaultBodyLimit::max(1 << 20)),
        );
    let open = Router::new().route("/health", get(async || r#"{"status":"ok"}"#));
    within(bounds(), "listen", "127.0.0.1:0", token.map(str::to_owned), router, open).unwrap()
}

fn connect(serving: &Serving) -> TcpStream {
    let stream = TcpStream::connect(serving.endpoint.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    stream
}

fn sent(serving: &Serving, bytes: &[u8]) -> TcpStream {
    let mut stream = connect(serving);
    // A connection that is closed meanwhile is no failure of this side.
    let _ = stream.write_all(bytes);
    stream
}

/// Everything until the connection is closed; an error of the connection ends it as well.
fn to_end(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let ended = stream.read_to_end(&mut text);
    let waits = |kind| matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut);
    assert!(!ended.is_err_and(|error| waits(error.kind())), "still open after 15 seconds");
    String::from_utf8_lossy(&text).into_owned()
}

/// What is answered on a connection that may stay open.
fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 4096];
    let read = stream.read(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

#[test]
fn half_sent_requests_keep_nobody_out_and_do_not_stay() {
    for (token, whole) in [(None, WHOLE), (Some("secret"), AUTHORIZED)] {
        let serving = serving(token);
        let mut known = sent(&serving, whole);
        assert!(answer(&mut known).ends_with("2018-06-29"));
        let half: Vec<TcpStream> =
            (0..200).map(|_| sent(&serving, b"GET /day HTTP/1.1\r\nx: ")).collect();
        let begun = Instant::now();
        assert!(answer(&mut sent(&serving, whole)).ends_with("2018-06-29"));
        assert!(begun.elapsed() < bounds().head / 2, "{:?}", begun.elapsed());
        known.write_all(whole).unwrap();
        assert!(answer(&mut known).ends_with("2018-06-29"), "it was admitted before and stays");
        assert!(half.into_iter().all(|stream| to_end(stream).is_empty()));
        assert!(to_end(known).is_empty(), "an idle connection goes as well");
    }
}

#[test]
fn refused_callers_are_told_and_closed() {
    let (open, closed) = (serving(None), serving(Some("secret")));
    for (serving, head, code) in [
        (&closed, WHOLE, " 401 "),
        (&open, &b"GET /day HTTP/1.1\r\nhost: 10.0.0.1\r\n\r\n"[..], " 403 "),
    ] {
        let said = to_end(sent(serving, head));
        assert!(said.contains(code) && said.contains("connection: close"), "{said}");
    }
}

#[test]
fn bodies_arrive_in_time_and_within_their_size() {
    let serving = serving(None);
    let post = |length: usize, body: &[u8]| {
        let head = format!(
            "POST /count HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        to_end(sent(&serving, &[head.as_bytes(), body].concat()))
    };
    assert!(post(3, b"abc").ends_with('3'));
    assert!(post(100, b"abc").contains(" 408 "), "the rest never comes");
    assert!(post(2 << 20, &vec![b'x'; 2 << 20]).contains(" 413 "), "more than the route takes");
    assert!(post(100 << 20, &vec![b'x'; 1 << 20]).contains(" 413 "), "more than any route takes");
}

#[test]
fn heads_are_small_and_what_is_no_request_ends_its_own_connection() {
    let serving = serving(None);
    let long =
        format!("GET /day HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    let many = format!("GET /day HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "x: y\r\n".repeat(5_000));
    for head in [long, many] {
        let said = to_end(sent(&serving, head.as_bytes()));
        assert!(said.is_empty() || said.contains(" 431 "), "{said}");
    }
    let said = to_end(sent(&serving, &[WHOLE, &[0xff, 0, b'\n'].repeat(1_000)].concat()));
    assert!(said.contains("2018-06-29"), "{said}");
    let upgrade = b"GET /day HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    assert!(
        answer(&mut sent(&serving, upgrade)).starts_with("HTTP/1.1 200"),
        "no protocol but this"
    );
    assert!(answer(&mut sent(&serving, WHOLE)).ends_with("2018-06-29"));
}

#[test]
fn callers_that_never_read_are_given_up() {
    let serving = serving(None);
    let large = b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let unread: Vec<TcpStream> = (0..40).map(|_| sent(&serving, large)).collect();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(4) {
        assert!(answer(&mut sent(&serving, WHOLE)).ends_with("2018-06-29"));
        std::thread::sleep(Duration::from_millis(200));
    }
    for stream in unread {
        assert!(to_end(stream).len() < 64 << 20, "an answer that waited was not given up");
    }
}
