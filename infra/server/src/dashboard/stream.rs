//! The stream of a page: a pulse with the figures of each sample, and what happens, as server-sent events. An event's id
//! is its place on the log, so that a page that comes back goes on where it stopped.

use super::feed::{Happened, Positions, id_of, positions_of};
use super::state::Dashboard;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::stream::{Stream, unfold};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked whether there is a newer sample.
const PULSE: Duration = Duration::from_millis(500);
/// A comment is sent after so long without anything else, so that a page that has gone is noticed.
const ALIVE: Duration = Duration::from_secs(10);

struct Subscriber {
    dashboard: Arc<Dashboard>,
    waiting: VecDeque<Happened>,
    /// Events of the feed seen so far.
    seen: u64,
    count: watch::Receiver<u64>,
    positions: Option<Positions>,
    /// The sample sent last, and whether the log answered then.
    pulse: (i64, bool),
}

/// `GET /api/stream`. Where what a page has missed cannot be read, the stream ends: the page comes back with the same id.
pub(super) async fn stream(
    State(dashboard): State<Arc<Dashboard>>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let positions = last.and_then(|id| positions_of(id, dashboard.feed.places()));
    let count = dashboard.feed.count();
    let begins = match &positions {
        None => Some(dashboard.feed.kept()),
        Some(had) => missed(&dashboard, had.clone()).await,
    };
    let subscriber = begins.map(|(waiting, seen)| {
        let (waiting, pulse) = (waiting.into(), (0, true));
        Subscriber { dashboard, waiting, seen, count, positions, pulse }
    });
    Sse::new(unfold(subscriber, next)).keep_alive(KeepAlive::new().interval(ALIVE))
}

/// What a page has missed, and how many events there have been; none where the log does not tell.
async fn missed(dashboard: &Arc<Dashboard>, had: Positions) -> Option<(Vec<Happened>, u64)> {
    let feed = Arc::clone(&dashboard.feed);
    let read = tokio::task::spawn_blocking(move || feed.missed(&had)).await.ok()?;
    read.inspect_err(|error| tracing::debug!("what a page has missed cannot be read: {error:#}"))
        .ok()
}

async fn next(
    subscriber: Option<Subscriber>,
) -> Option<(Result<Event, Infallible>, Option<Subscriber>)> {
    let mut of = subscriber?;
    loop {
        if let Some(event) = of.waiting.pop_front() {
            let sent =
                Event::default().event("happened").id(id_of(&event.positions)).data(&*event.json);
            of.positions = Some(event.positions);
            return Some((Ok(sent), Some(of)));
        }
        if let Some(pulse) = of.pulse() {
            let mut sent = Event::default().event("pulse").data(pulse);
            if let Some(positions) = &of.positions {
                sent = sent.id(id_of(positions));
            }
            return Some((Ok(sent), Some(of)));
        }
        // A feed that has ended ends its streams.
        if let Ok(Err(_)) = tokio::time::timeout(PULSE, of.count.changed()).await {
            return None;
        }
        if *of.count.borrow_and_update() > of.seen {
            let more = match (of.dashboard.feed.since(of.seen), &of.positions) {
                (Some(more), _) => more,
                (None, Some(had)) => missed(&of.dashboard, had.clone()).await?,
                (None, None) => of.dashboard.feed.kept(),
            };
            (of.waiting, of.seen) = (more.0.into(), more.1);
        }
    }
}

impl Subscriber {
    /// The figures of a newer sample, or that there is none because the log does not answer.
    fn pulse(&mut self) -> Option<String> {
        let outage = self.dashboard.monitor.outage();
        let snapshot = self.dashboard.monitor.latest();
        let at_ms = snapshot.as_ref().map_or(0, |snapshot| snapshot.at_ms);
        let now = (at_ms, outage.is_none());
        if now == self.pulse || (at_ms == 0 && outage.is_none()) {
            return None;
        }
        self.pulse = now;
        serde_json::to_string(&super::documents::pulse(snapshot.as_deref(), outage.as_ref())).ok()
    }
}
