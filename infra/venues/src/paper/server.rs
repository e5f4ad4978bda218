//! The paper broker's server: it accepts an id once, keeps it on disk before it answers, and
//! misbehaves as configured.

use super::failure::{Failure, Mode};
use super::journal::{Happened, Journal};
use super::protocol::{Answer, Call, PATH, Request};
use anyhow::Result;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use consumers::broker::{Order, OrderStatus};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When an answer is sent, if at all.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Delivery {
    AtOnce,
    After(Duration),
    Dropped,
    Never,
}

/// The paper broker.
pub struct Broker {
    books: Mutex<Books>,
    failures: Vec<Failure>,
}

struct Books {
    journal: Journal,
    /// Orders about which nothing is answered, and until when.
    silent: BTreeMap<(String, i64), Option<Instant>>,
}

impl Broker {
    /// A broker over a journal; of several failures, the first that applies to an order counts.
    pub fn new(journal: Journal, failures: Vec<Failure>) -> Broker {
        Broker { books: Mutex::new(Books { journal, silent: BTreeMap::new() }), failures }
    }

    /// Its routes, to be served on this machine alone.
    pub fn router(self) -> Router {
        Router::new().route(PATH, post(call)).with_state(Arc::new(self))
    }

    fn answer(&self, request: Request) -> Result<(Answer, Delivery)> {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let Request { client, session, call } = request;
        let newest = books.journal.session(&client);
        if call != Call::Open && session != newest {
            let (id, submitted) = call.about();
            books.journal.keep(&client, session, Happened::Displaced { id, submitted })?;
            return Ok((Answer::Displaced { by: newest }, Delivery::AtOnce));
        }
        let mut delivery = Delivery::AtOnce;
        let id = match call {
            Call::Open => {
                let session = books.journal.open_session(&client)?;
                return Ok((Answer::Session { session }, delivery));
            }
            Call::Submit { order } => return self.submit(&mut books, &client, session, order),
            Call::Ask { id } => {
                if books.is_silent(&client, id) {
                    delivery = Delivery::Never;
                }
                id
            }
            Call::Amend { id, terms } => {
                if books.journal.status(&client, id) == OrderStatus::Working {
                    books.journal.keep(&client, session, Happened::Amended { id, terms })?;
                }
                id
            }
            Call::Withdraw { id, code, reason } => {
                let status = books.journal.status(&client, id);
                if matches!(status, OrderStatus::Nothing | OrderStatus::Working) {
                    let withdrawn = Happened::Withdrawn { id, code, reason };
                    books.journal.keep(&client, session, withdrawn)?;
                }
                id
            }
        };
        Ok((Answer::Order { order: books.journal.status(&client, id) }, delivery))
    }

    fn submit(
        &self,
        books: &mut Books,
        client: &str,
        session: u64,
        order: Order,
    ) -> Result<(Answer, Delivery)> {
        let id = order.id;
        let refused = |books: &mut Books, code: &str| {
            let refused = Happened::Refused { id, code: code.to_owned() };
            books.journal.keep(client, session, refused)
        };
        let status = books.journal.status(client, id);
        if status != OrderStatus::Nothing {
            refused(books, "ID_USED")?;
            return Ok((Answer::IdUsed { order: status }, Delivery::AtOnce));
        }
        let mode = self.failures.iter().find(|failure| failure.applies_to(id)).map(|one| one.mode);
        match mode {
            Some(Mode::Refuse) => {
                refused(books, "REFUSED")?;
                let (code, reason) = ("REFUSED".to_owned(), "as it was told to".to_owned());
                return Ok((Answer::Refused { code, reason }, Delivery::AtOnce));
            }
            Some(Mode::Lose) => {
                refused(books, "LOST")?;
                return Ok((Answer::Order { order: status }, Delivery::Dropped));
            }
            _ => {}
        }
        books.journal.keep(client, session, Happened::Accepted { order })?;
        let delivery = match mode {
            Some(Mode::Late(after)) => Delivery::After(after),
            Some(Mode::Never) => Delivery::Dropped,
            Some(Mode::Hang(time)) => {
                let until = time.map(|time| Instant::now() + time);
                books.silent.insert((client.to_owned(), id), until);
                Delivery::Never
            }
            _ => Delivery::AtOnce,
        };
        Ok((Answer::Order { order: books.journal.status(client, id) }, delivery))
    }
}

impl Books {
    fn is_silent(&self, client: &str, id: i64) -> bool {
        let until = self.silent.get(&(client.to_owned(), id));
        until.is_some_and(|until| until.is_none_or(|until| Instant::now() < until))
    }
}

async fn call(State(broker): State<Arc<Broker>>, Json(request): Json<Request>) -> Response {
    let answered = tokio::task::spawn_blocking(move || broker.answer(request)).await;
    let failed = |why: String| (StatusCode::INTERNAL_SERVER_ERROR, why).into_response();
    let (answer, delivery) = match answered {
        Ok(Ok(answered)) => answered,
        Ok(Err(error)) => return failed(format!("{error:#}")),
        Err(error) => return failed(error.to_string()),
    };
    match delivery {
        Delivery::AtOnce => {}
        Delivery::After(time) => tokio::time::sleep(time).await,
        // Unwinding ends the connection's task, and so the connection, without an answer.
        Delivery::Dropped => std::panic::resume_unwind(Box::new("dropped on purpose")),
        Delivery::Never => std::future::pending().await,
    }
    Json(answer).into_response()
}
