//! Whether the process lives (`/healthz`) and whether it can be used (`/readyz`), for supervisors that have no token: a
//! status and reasons in general words, and nothing of the run.
//!
//! 1. It lives while its threads come round. A log that is away is no reason to start it again.
//! 2. It is ready while the log answers within a bound, every instance of a role knows its partitions, and the views
//!    that it serves are whole.
//! 3. At most one thread waits for a log that does not answer, however many ask.

use anyhow::Result;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use eventlog::{Log, TopicPartition};
use parking_lot::Mutex;
use schemas::Topic;
use serde_json::json;
use shell::status_board::StatusBoard;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::StoreError;
use tokio::sync::watch;

/// How long the log may take to answer.
const BOUND: Duration = Duration::from_secs(2);
/// A round of a thread that takes so long has stopped. A training, or a day written to the lake, takes minutes.
const ROUND: Duration = Duration::from_secs(30 * 60);

/// Partitions of `bars` that are asked for, at most: on a cluster their leaders are all of its brokers.
const MOST_ASKED: u32 = 32;

const SILENT: &str = "the log does not answer";
const UNSETTLED: &str = "a role waits for its partitions, or repeats work that failed";
const ENDED: &str = "a thread has ended";
const STANDS: &str = "a thread has not come round for half an hour";
const CLOSED: &str = "the log takes no writes until the process is started again";
const UNOPENED: &str = "the run is not open yet";
const MADE: &str = "the views are being made";
const UNREADABLE: &str = "the views cannot be used";

type Reasons = Vec<&'static str>;
type ViewsCheck = Box<dyn Fn() -> Result<()> + Send + Sync>;

/// What is asked whether it is well.
pub(crate) struct Health {
    board: Arc<StatusBoard>,
    log: Arc<dyn Log>,
    views: ViewsCheck,
    /// The question that the log is being asked: its number, and since when.
    asking: Mutex<Option<(u64, Instant)>>,
    answered: watch::Sender<(u64, Reasons)>,
}

impl Health {
    /// Of a process with this board over this log; `views` fails while the views are not whole.
    pub(crate) fn new(
        board: Arc<StatusBoard>,
        log: Arc<dyn Log>,
        views: ViewsCheck,
    ) -> Arc<Health> {
        let answered = watch::Sender::new((0, Vec::new()));
        Arc::new(Health { board, log, views, asking: Mutex::default(), answered })
    }

    fn alive(&self) -> Reasons {
        let life = self.board.pulses.life();
        let mut reasons = Vec::new();
        if life.ended > 0 {
            reasons.push(ENDED);
        }
        if life.longest_round > ROUND {
            reasons.push(STANDS);
        }
        reasons
    }

    /// Asks the log and the views, which may take as long as they like.
    fn asked(&self) -> Reasons {
        if self.log.check_open().is_err() {
            return vec![CLOSED];
        }
        match self.ask_log() {
            Ok(true) => {}
            Ok(false) => return vec![UNOPENED],
            Err(_) => return vec![SILENT],
        }
        match (self.views)() {
            Ok(()) => Vec::new(),
            Err(error) => match error.downcast_ref() {
                Some(StoreError::Behind { .. }) => vec![MADE],
                _ => vec![UNREADABLE],
            },
        }
    }

    /// Whether the run's topics are there.
    fn ask_log(&self) -> eventlog::Result<bool> {
        let topics = self.log.topics()?;
        let count = |wanted: Topic| {
            let found = topics.iter().find(|topic| topic.name == wanted.name());
            found.map_or(0, |topic| topic.partitions.min(MOST_ASKED))
        };
        for topic in [Topic::Controls, Topic::Bars] {
            for partition in 0..count(topic) {
                self.log.watermarks(&TopicPartition::new(topic.name(), partition))?;
            }
        }
        Ok(count(Topic::Controls) > 0)
    }

    /// The question that is under way, or a new one: its number, and when it was asked.
    fn question(self: &Arc<Self>) -> (u64, Instant) {
        let mut asking = self.asking.lock();
        if let Some(asked) = *asking {
            return asked;
        }
        let question = (self.answered.borrow().0 + 1, Instant::now());
        *asking = Some(question);
        let health = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let reasons = health.asked();
            let mut asking = health.asking.lock();
            *asking = None;
            health.answered.send_replace((question.0, reasons));
        });
        question
    }

    async fn ready(self: &Arc<Self>) -> Reasons {
        let mut reasons = self.alive();
        if self.board.pulses.life().unsettled > 0 {
            reasons.push(UNSETTLED);
        }
        let mut answers = self.answered.subscribe();
        let (number, begun) = self.question();
        let answer = answers.wait_for(|(answered, _)| *answered >= number);
        match tokio::time::timeout_at((begun + BOUND).into(), answer).await {
            Ok(Ok(answer)) => reasons.extend(&answer.1),
            Ok(Err(_)) | Err(_) => reasons.push(SILENT),
        }
        reasons
    }
}

/// The routes, which need no token. `/health` is the older name of `/healthz`.
pub(crate) fn routes(health: Arc<Health>) -> Router {
    Router::new()
        .route("/health", get(healthz))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .with_state(health)
}

async fn healthz(State(health): State<Arc<Health>>) -> Response {
    reply("not alive", &health.alive())
}

async fn readyz(State(health): State<Arc<Health>>) -> Response {
    reply("not ready", &health.ready().await)
}

fn reply(otherwise: &str, reasons: &Reasons) -> Response {
    if reasons.is_empty() {
        return Json(json!({ "status": "ok" })).into_response();
    }
    let body = Json(json!({ "status": otherwise, "reasons": reasons }));
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}

#[cfg(test)]
mod tests;
