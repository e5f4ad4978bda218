//! A paper broker's journal: a line for every event, flushed before the call is answered. The
//! broker's books are the fold of these lines.
//!
//! Invariants:
//! 1. An id that was accepted or withdrawn is never accepted again for its client.
//! 2. Of a client's sessions the newest counts, even after a restart.
//! 3. A last line cut off by a crash belongs to a call that was never answered; it is dropped.

use anyhow::{Context, Result, bail};
use consumers::broker::{Order, OrderStatus, Terms};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// One line of the journal.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Wall time, milliseconds since 1970.
    pub at_ms: u64,
    /// The client whose call it was.
    pub client: String,
    /// The session of the call.
    pub session: u64,
    /// The event.
    #[serde(flatten)]
    pub happened: Happened,
}

/// An event at the broker.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "happened", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Happened {
    SessionOpened,
    Accepted {
        order: Order,
    },
    /// A submission that was not accepted: `ID_USED`, `REFUSED`, `LOST`.
    Refused {
        id: i64,
        code: String,
    },
    /// A call, a submission or another, in a session that a newer one has replaced.
    Displaced {
        id: i64,
        submitted: bool,
    },
    Amended {
        id: i64,
        terms: Terms,
    },
    Withdrawn {
        id: i64,
        code: String,
        reason: String,
    },
}

#[derive(Default)]
struct ClientBooks {
    session: u64,
    orders: BTreeMap<i64, OrderStatus>,
}

/// The journal, and the books that its lines add up to.
pub struct Journal {
    file: File,
    length: u64,
    clients: BTreeMap<String, ClientBooks>,
    last_session: u64,
}

impl Journal {
    /// Opens the journal in `folder`, which one broker may use at a time.
    ///
    /// # Errors
    /// The folder cannot be written, another broker uses it, or a line is not valid.
    pub fn open(folder: &Path) -> Result<Journal> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be created", folder.display()))?;
        let path = folder.join("journal.jsonl");
        let place = || format!("{} cannot be used", path.display());
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).append(true).create(true).open(&path).with_context(place)?;
        if file.try_lock().is_err() {
            bail!(
                "{} is in use by another paper broker; give this one a --dir of its own",
                path.display()
            );
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).with_context(place)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        file.set_len(whole as u64).with_context(place)?;
        let mut journal =
            Journal { file, length: whole as u64, clients: BTreeMap::new(), last_session: 0 };
        for (number, line) in text[..whole].split(|byte| *byte == b'\n').enumerate() {
            if !line.is_empty() {
                let entry = serde_json::from_slice(line)
                    .with_context(|| format!("{}, line {}", path.display(), number + 1))?;
                journal.apply(&entry);
            }
        }
        Ok(journal)
    }

    /// Keeps an event; it is on disk once this returns.
    ///
    /// # Errors
    /// The event could not be written, and is not part of the journal.
    pub fn keep(&mut self, client: &str, session: u64, happened: Happened) -> Result<()> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let entry = JournalEntry { at_ms, client: client.to_owned(), session, happened };
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line).and_then(|()| self.file.sync_data()) {
            self.file.set_len(self.length)?;
            return Err(error).context("the journal cannot be written");
        }
        self.length += line.len() as u64;
        self.apply(&entry);
        Ok(())
    }

    fn apply(&mut self, entry: &JournalEntry) {
        let client = self.clients.entry(entry.client.clone()).or_default();
        match &entry.happened {
            Happened::SessionOpened => {
                client.session = entry.session;
                self.last_session = self.last_session.max(entry.session);
            }
            Happened::Accepted { order } => {
                client.orders.insert(order.id, OrderStatus::by_terms(order.id, &order.terms));
            }
            Happened::Amended { id, terms } => {
                client.orders.insert(*id, OrderStatus::by_terms(*id, terms));
            }
            Happened::Withdrawn { id, code, reason } => {
                let withdrawn =
                    OrderStatus::Withdrawn { code: code.clone(), reason: reason.clone() };
                client.orders.insert(*id, withdrawn);
            }
            Happened::Refused { .. } | Happened::Displaced { .. } => {}
        }
    }

    /// Opens a session, which replaces the client's older one.
    ///
    /// # Errors
    /// As for [`Journal::keep`].
    pub fn open_session(&mut self, client: &str) -> Result<u64> {
        let session = self.last_session + 1;
        self.keep(client, session, Happened::SessionOpened)?;
        Ok(session)
    }

    /// The client's newest session; 0 if it has none.
    pub fn session(&self, client: &str) -> u64 {
        self.clients.get(client).map_or(0, |client| client.session)
    }

    /// The status of the order with this id.
    pub fn status(&self, client: &str, id: i64) -> OrderStatus {
        let known = self.clients.get(client).and_then(|client| client.orders.get(&id));
        known.cloned().unwrap_or(OrderStatus::Nothing)
    }
}
