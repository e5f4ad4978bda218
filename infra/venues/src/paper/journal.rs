//! What a paper broker keeps: a line for everything that happened, flushed before it is answered.
//! Its books are the fold of these lines.
//!
//! Invariants:
//! 1. An id that was accepted or withdrawn is never accepted again for its client.
//! 2. Of a client's sessions the newest counts, also after a restart.
//! 3. A last line that a crash cut off was never answered: it is dropped.

use anyhow::{Context, Result, bail};
use consumers::broker::{Order, OrderStatus, Terms};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// One line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Wall time, milliseconds since 1970.
    pub at_ms: u64,
    /// Whose.
    pub client: String,
    /// In which session.
    pub session: u64,
    /// What.
    #[serde(flatten)]
    pub happened: Happened,
}

/// What happened.
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
    /// A call, a submission or another, in a session whose place a newer one has.
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
struct Client {
    session: u64,
    orders: BTreeMap<i64, OrderStatus>,
}

/// The journal and the books it adds up to.
pub struct Journal {
    file: File,
    length: u64,
    clients: BTreeMap<String, Client>,
    last_session: u64,
}

impl Journal {
    /// Of the folder, which one broker may use at a time.
    ///
    /// # Errors
    /// The folder cannot be written, is in use, or holds something else.
    pub fn open(folder: &Path) -> Result<Journal> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let path = folder.join("journal.jsonl");
        let place = || format!("{} cannot be used", path.display());
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).append(true).create(true).open(&path).with_context(place)?;
        if file.try_lock().is_err() {
            bail!("{} is another paper broker's; give this one a --dir of its own", path.display());
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

    /// Keeps what happened; once this returns it is on the disk.
    ///
    /// # Errors
    /// It could not be kept, and is not.
    pub fn keep(&mut self, client: &str, session: u64, happened: Happened) -> Result<()> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let entry = Entry { at_ms, client: client.to_owned(), session, happened };
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

    fn apply(&mut self, entry: &Entry) {
        let client = self.clients.entry(entry.client.clone()).or_default();
        match &entry.happened {
            Happened::SessionOpened => {
                client.session = entry.session;
                self.last_session = self.last_session.max(entry.session);
            }
            Happened::Accepted { order } => {
                client.orders.insert(order.id, come_to(order.id, &order.terms));
            }
            Happened::Amended { id, terms } => {
                client.orders.insert(*id, come_to(*id, terms));
            }
            Happened::Withdrawn { id, code, reason } => {
                let withdrawn =
                    OrderStatus::Withdrawn { code: code.clone(), reason: reason.clone() };
                client.orders.insert(*id, withdrawn);
            }
            Happened::Refused { .. } | Happened::Displaced { .. } => {}
        }
    }

    /// Opens a session, which takes the place of the client's older one.
    ///
    /// # Errors
    /// As [`Journal::keep`].
    pub fn open_session(&mut self, client: &str) -> Result<u64> {
        let session = self.last_session + 1;
        self.keep(client, session, Happened::SessionOpened)?;
        Ok(session)
    }

    /// The client's newest session; 0 where it has none.
    pub fn session(&self, client: &str) -> u64 {
        self.clients.get(client).map_or(0, |client| client.session)
    }

    /// What an id stands at.
    pub fn standing(&self, client: &str, id: i64) -> OrderStatus {
        let known = self.clients.get(client).and_then(|client| client.orders.get(&id));
        known.cloned().unwrap_or(OrderStatus::Nothing)
    }
}

/// A paper market's fills are a function of what the order says.
fn come_to(id: i64, terms: &Terms) -> OrderStatus {
    match terms.clone() {
        Terms::Trade(trade) => OrderStatus::Executed { execution_id: format!("paper-{id}"), trade },
        Terms::Cancel { code, reason } => OrderStatus::Cancelled { code, reason },
        Terms::Wait => OrderStatus::Working,
    }
}
