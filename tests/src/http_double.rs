//! An HTTP server in place of one that is not here: it keeps what it is sent, and answers as told, or not at all.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// A request.
#[derive(Clone, Debug)]
pub struct Sent {
    /// `POST /path`.
    pub line: String,
    /// By name, in small letters.
    pub headers: BTreeMap<String, String>,
    /// What was sent.
    pub body: Vec<u8>,
}

/// How it answers.
#[derive(Clone, Debug)]
pub enum Answers {
    /// With this status, and this body.
    With(u16, String),
    /// Never: it reads, and keeps the connection open.
    Never,
}

/// The server; its thread ends with the test's process.
pub struct HttpDouble {
    /// Where it listens.
    pub address: String,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl HttpDouble {
    /// Starts it on a free port.
    pub fn start(answers: Answers) -> HttpDouble {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("{error}"));
        let address = listener.local_addr().map(|address| address.to_string());
        let sent = Arc::<Mutex<Vec<Sent>>>::default();
        let kept = Arc::clone(&sent);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, answers) = (Arc::clone(&kept), answers.clone());
                std::thread::spawn(move || answer(stream, &kept, &answers));
            }
        });
        HttpDouble { address: address.unwrap_or_default(), sent }
    }

    /// What it was sent so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn answer(stream: TcpStream, kept: &Mutex<Vec<Sent>>, answers: &Answers) {
    let Ok(mut back) = stream.try_clone() else { return };
    let mut from = BufReader::new(stream);
    while let Some(sent) = request(&mut from) {
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
        let Answers::With(status, body) = answers else { continue };
        let length = body.len();
        let head = format!("HTTP/1.1 {status} Answer\r\nContent-Length: {length}\r\n\r\n");
        if back.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

fn request(from: &mut BufReader<TcpStream>) -> Option<Sent> {
    let mut line = String::new();
    from.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        from.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let body = match headers.get("content-length").and_then(|length| length.parse().ok()) {
        Some(length) => {
            let mut body = vec![0; length];
            from.read_exact(&mut body).ok()?;
            body
        }
        None if headers.get("transfer-encoding").is_some_and(|how| how == "chunked") => {
            chunks(from)?
        }
        None => Vec::new(),
    };
    let line = line.rsplit_once(' ').map_or(line.clone(), |(line, _)| line.to_owned());
    Some(Sent { line, headers, body })
}

fn chunks(from: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        from.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        from.read_exact(&mut chunk).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(&chunk[..size]);
    }
}
