//! A registry for tests: the write side as Confluent documents it, and others that differ.

use super::MEDIA_TYPE;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Router, body};
use schemas::codec::schema_versions;
use schemas::registry::subject;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::runtime::Runtime;

/// How it treats others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Temper {
    /// It takes ids in mode IMPORT.
    Takes,
    /// The same, and it has every first version already.
    HasFirstVersions,
    /// Its mode cannot be changed.
    TakesNoMode,
    /// It knows no modes and ignores ids.
    GivesItsOwn,
    /// The ids belong to other schemas.
    HasOtherIds,
    /// Nobody has the right password.
    LetsNobodyIn,
}

struct Held {
    temper: Temper,
    versions: BTreeMap<(String, u32), (u32, String)>,
    modes: BTreeMap<String, String>,
    levels: BTreeMap<String, String>,
    strangers: BTreeMap<u32, String>,
    writes: usize,
    registered: usize,
    authorized: bool,
}

/// The registry while it runs.
pub(super) struct Other {
    held: Arc<Mutex<Held>>,
    port: u16,
    _runtime: Runtime,
}

impl Other {
    pub(super) fn start(temper: Temper) -> Other {
        let mut held = Held {
            temper,
            versions: BTreeMap::new(),
            modes: BTreeMap::new(),
            levels: BTreeMap::new(),
            strangers: BTreeMap::new(),
            writes: 0,
            registered: 0,
            authorized: true,
        };
        for version in schema_versions() {
            let name = subject(version.topic, "demo.");
            if temper == Temper::HasFirstVersions && version.version == 1 {
                held.modes.insert(name.clone(), "READWRITE".to_owned());
                let stored = (version.id, version.text.to_owned());
                held.versions.insert((name, 1), stored);
            } else if temper == Temper::HasOtherIds {
                held.strangers.insert(version.id, r#""string""#.to_owned());
            }
        }
        let held = Arc::new(Mutex::new(held));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&held));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(async { axum::serve(listener, router).await });
        Other { held, port, _runtime: runtime }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }
    pub(super) fn url(&self, user: &str) -> String {
        format!("http://{user}127.0.0.1:{}", self.port)
    }
    pub(super) fn writes(&self) -> usize {
        self.held().writes
    }
    pub(super) fn registered(&self) -> usize {
        self.held().registered
    }
    pub(super) fn authorized(&self) -> bool {
        self.held().authorized
    }
    pub(super) fn id(&self, subject: &str, version: u32) -> Option<u32> {
        self.held().versions.get(&(subject.to_owned(), version)).map(|(id, _)| *id)
    }
    pub(super) fn mode(&self, subject: &str) -> Option<String> {
        self.held().modes.get(subject).cloned()
    }
    pub(super) fn compatibility(&self, subject: &str) -> Option<String> {
        self.held().levels.get(subject).cloned()
    }
}

async fn answer(State(held): State<Arc<Mutex<Held>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = body::to_bytes(body, 1 << 20).await.unwrap();
    let call: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut held = held.lock().unwrap();
    let shown = parts.headers.get(AUTHORIZATION).is_some_and(|value| {
        value == "Basic dXNlcjpwYXNzIHdvcmQ=" // user:pass word
    });
    held.authorized &= shown;
    held.writes += usize::from(parts.method != Method::GET);
    let path: Vec<&str> = parts.uri.path().trim_start_matches('/').split('/').collect();
    let forced = parts.uri.query() == Some("force=true");
    let (status, body) = match held.temper {
        Temper::LetsNobodyIn => (401, json!({ "error_code": 401, "message": "Unauthorized" })),
        _ => held.answer(parts.method.as_str(), &path, forced, &call),
    };
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(CONTENT_TYPE, MEDIA_TYPE)], body.to_string()).into_response()
}

fn error(code: u32, message: &str) -> (u16, Value) {
    ((code / 100) as u16, json!({ "error_code": code, "message": message }))
}

impl Held {
    fn answer(&mut self, method: &str, path: &[&str], forced: bool, call: &Value) -> (u16, Value) {
        let modeless = self.temper == Temper::GivesItsOwn;
        match (method, path) {
            ("GET", ["subjects", subject, "versions", version]) => {
                let key = ((*subject).to_owned(), version.parse().unwrap());
                match self.versions.get(&key) {
                    Some((id, text)) => (
                        200,
                        json!({ "subject": subject, "version": key.1, "id": id, "schema": text }),
                    ),
                    None => error(40402, "Version not found."),
                }
            }
            ("GET", ["schemas", "ids", id]) => {
                let id: u32 = id.parse().unwrap();
                let own = self.versions.values().find(|(known, _)| *known == id);
                match self.strangers.get(&id).or(own.map(|(_, text)| text)) {
                    Some(text) => (200, json!({ "schema": text })),
                    None => error(40403, "Schema not found"),
                }
            }
            (_, ["mode", ..]) if modeless => error(40400, "HTTP 404 Not Found"),
            ("GET", ["mode", subject]) => match self.modes.get(*subject) {
                Some(mode) => (200, json!({ "mode": mode })),
                None => error(40409, "no subject-level mode"),
            },
            ("PUT", ["mode", subject]) => self.set_mode(subject, forced, &call["mode"]),
            ("DELETE", ["mode", subject]) => (200, json!({ "mode": self.modes.remove(*subject) })),
            ("POST", ["subjects", subject, "versions"]) => self.register(subject, call),
            ("GET", ["config", subject]) => match self.levels.get(*subject) {
                Some(level) => (200, json!({ "compatibilityLevel": level })),
                None => error(40408, "no subject-level compatibility"),
            },
            ("PUT", ["config", subject]) => {
                let level = call["compatibility"].as_str().unwrap();
                self.levels.insert((*subject).to_owned(), level.to_owned());
                (200, call.clone())
            }
            _ => panic!("no registry has {method} /{}", path.join("/")),
        }
    }

    fn set_mode(&mut self, subject: &str, forced: bool, mode: &Value) -> (u16, Value) {
        let has_some = self.versions.keys().any(|(known, _)| known == subject);
        if self.temper == Temper::TakesNoMode {
            return error(42205, "Mode changes are not allowed");
        }
        if mode == "IMPORT" && has_some && !forced {
            return error(42205, "Cannot import since found existing subjects");
        }
        self.modes.insert(subject.to_owned(), mode.as_str().unwrap().to_owned());
        (200, json!({ "mode": mode }))
    }

    fn register(&mut self, subject: &str, call: &Value) -> (u16, Value) {
        let text = call["schema"].as_str().unwrap().to_owned();
        let number = |name: &str| u32::try_from(call[name].as_u64().unwrap()).unwrap();
        let (mut id, version) = (number("id"), number("version"));
        if self.temper == Temper::GivesItsOwn {
            id = 1 + self.registered as u32;
        } else if self.modes.get(subject).is_none_or(|mode| mode != "IMPORT") {
            return error(42205, "Subject is not in import mode");
        } else if self.strangers.contains_key(&id) {
            return error(42205, "Overwrite new schema with id is not permitted.");
        }
        self.registered += 1;
        self.versions.insert((subject.to_owned(), version), (id, text));
        (200, json!({ "id": id }))
    }
}
