//! The smallest HTTP server that can carry the log's calls, for tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use eventlog::Server;

/// Serves until the test ends; where `cut` is not 0, every so many answers are cut off
/// after the call was carried out. Gives the endpoint.
pub(crate) fn serve(server: Arc<Server>, cut: u64) -> String {
    listen(Arc::new(Mutex::new(server)), cut)
}

/// A server that can be replaced by another at the same address.
pub(crate) struct Swap(Arc<Mutex<Arc<Server>>>);

impl Swap {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        Self(Arc::new(Mutex::new(server)))
    }

    pub(crate) fn endpoint(&self) -> String {
        listen(Arc::clone(&self.0), 0)
    }

    /// Nothing is answered until this is dropped.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Arc<Server>> {
        self.0.lock().unwrap()
    }

    pub(crate) fn replace(&self, server: Arc<Server>) {
        *self.0.lock().unwrap() = server;
    }
}

fn listen(server: Arc<Mutex<Arc<Server>>>, cut: u64) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicU64::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (server, calls) = (Arc::clone(&server), Arc::clone(&calls));
            std::thread::spawn(move || converse(stream.unwrap(), &server, cut, &calls));
        }
    });
    endpoint
}

fn converse(
    mut stream: TcpStream,
    server: &Mutex<Arc<Server>>,
    cut: u64,
    calls: &AtomicU64,
) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut from = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut line = String::new();
        from.read_line(&mut line).ok()?;
        let path = line.split(' ').nth(1)?.to_string();
        let mut length = 0;
        loop {
            let mut header = String::new();
            from.read_line(&mut header).ok()?;
            let header = header.trim().to_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        from.read_exact(&mut body).ok()?;
        let present = Arc::clone(&server.lock().unwrap());
        let (status, answer) = match present.handle(&path, &body) {
            Ok(answer) => ("200 OK", answer),
            Err(error) => ("400 Bad Request", error.to_string().into_bytes()),
        };
        let count = calls.fetch_add(1, Ordering::Relaxed) + 1;
        if cut > 0 && count.is_multiple_of(cut) {
            return None;
        }
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", answer.len());
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(&answer).ok()?;
    }
}
