//! The role's side: the calls of one session, each with a time after which it counts as not
//! answered.

use super::{Answer, Call, PATH, Request};
use consumers::broker::{Order, OrderStatus, Terms, Venue, VenueError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two attempts at a call that may be repeated.
const PAUSE: Duration = Duration::from_millis(20);

/// A broker outside and who this is to it.
#[derive(Clone, Debug)]
pub struct ExternalBroker {
    /// `127.0.0.1:4002`.
    pub address: String,
    /// The run's client id, always the same.
    pub client: String,
    /// How long an answer is waited for.
    pub wait: Duration,
}

/// One session, opened by the first call. A role that was given its place anew makes a new one.
pub struct PaperVenue {
    outside: ExternalBroker,
    agent: ureq::Agent,
    session: Mutex<Option<u64>>,
}

impl PaperVenue {
    /// A session to come.
    pub fn new(outside: &ExternalBroker) -> PaperVenue {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(outside.wait))
            // Where these run out first, nothing was sent.
            .timeout_resolve(Some(outside.wait / 3))
            .timeout_connect(Some(outside.wait / 3))
            // What stands between would answer for a broker that is away.
            .proxy(None)
            // A kept connection may be that of a broker which is gone: its silence would say nothing.
            .max_idle_connections(0)
            .http_status_as_error(false)
            .build();
        PaperVenue { outside: outside.clone(), agent: agent.into(), session: Mutex::new(None) }
    }

    fn session(&self) -> Result<u64, VenueError> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = *session {
            return Ok(session);
        }
        // Nothing was sent in it yet, so that it is the same as if nobody were there.
        match self.post(0, Call::Open) {
            Ok(Answer::Session { session: opened }) => Ok(*session.insert(opened)),
            Ok(other) => Err(VenueError::Foreign(format!("{other:?}"))),
            Err(VenueError::NoAnswer(why)) => Err(VenueError::Away(why)),
            Err(other) => Err(other),
        }
    }

    fn post(&self, session: u64, call: Call) -> Result<Answer, VenueError> {
        let url = format!("http://{}{PATH}", self.outside.address);
        let request = Request { client: self.outside.client.clone(), session, call };
        let mut response = self.agent.post(&url).send_json(&request).map_err(|e| lost(&e))?;
        match response.status().as_u16() {
            200 => response.body_mut().read_json().map_err(|e| lost(&e)),
            status @ 500.. => Err(VenueError::NoAnswer(format!("status {status}"))),
            status => Err(VenueError::Foreign(format!("status {status} from {url}"))),
        }
    }

    fn once(&self, call: Call) -> Result<OrderStatus, VenueError> {
        match self.post(self.session()?, call)? {
            Answer::Order { order } => Ok(order),
            Answer::IdUsed { order } => Err(VenueError::NoAnswer(format!("it is {order:?}"))),
            Answer::Refused { code, reason } => Err(VenueError::Refused { code, reason }),
            Answer::Displaced { by } => {
                Err(VenueError::Displaced(format!("session {by} has its place")))
            }
            other => Err(VenueError::Foreign(format!("{other:?}"))),
        }
    }

    /// A call that may be made again: a connection that broke says nothing of the broker.
    fn repeated(&self, call: &Call) -> Result<OrderStatus, VenueError> {
        let deadline = Instant::now() + self.outside.wait;
        loop {
            match self.once(call.clone()) {
                Err(VenueError::NoAnswer(_)) if Instant::now() + PAUSE < deadline => {
                    std::thread::sleep(PAUSE);
                }
                done => return done,
            }
        }
    }
}

fn lost(cause: &ureq::Error) -> VenueError {
    let unsent = match cause {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => true,
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => true,
        ureq::Error::Io(io) => io.kind() == std::io::ErrorKind::ConnectionRefused,
        _ => false,
    };
    let why = cause.to_string();
    if unsent { VenueError::Away(why) } else { VenueError::NoAnswer(why) }
}

impl Venue for PaperVenue {
    fn ask(&self, id: i64) -> Result<OrderStatus, VenueError> {
        self.repeated(&Call::Ask { id })
    }

    fn submit(&self, order: &Order) -> Result<OrderStatus, VenueError> {
        self.once(Call::Submit { order: order.clone() })
    }

    fn amend(&self, id: i64, terms: &Terms) -> Result<OrderStatus, VenueError> {
        self.repeated(&Call::Amend { id, terms: terms.clone() })
    }

    fn withdraw(&self, id: i64, code: &str, reason: &str) -> Result<OrderStatus, VenueError> {
        let (code, reason) = (code.to_owned(), reason.to_owned());
        self.repeated(&Call::Withdraw { id, code, reason })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::net::{SocketAddr, TcpStream};

    #[test]
    fn a_broker_that_takes_no_connection_is_away_and_one_that_is_silent_gave_no_answer() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let wait = Duration::from_millis(300);
        let outside =
            ExternalBroker { address: address.to_string(), client: "test".to_owned(), wait };
        let venue = PaperVenue::new(&outside);
        let asked = || venue.post(1, Call::Ask { id: 1 });
        assert!(matches!(asked(), Err(VenueError::NoAnswer(_))));
        // Nobody accepts: with its queue full the system drops what comes.
        let connected = || TcpStream::connect_timeout(&address, wait);
        let queue: Vec<TcpStream> =
            std::iter::repeat_with(connected).map_while(Result::ok).collect();
        let away = asked();
        assert!(matches!(away, Err(VenueError::Away(_))), "{away:?}, {} queued", queue.len());
    }
}
