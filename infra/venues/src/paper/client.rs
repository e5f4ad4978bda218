//! The client, used by the broker role: the calls of one session, each with a timeout after which it
//! counts as not answered.

use super::protocol::{Answer, Call, PATH, Request};
use consumers::broker::{Order, OrderStatus, Terms, Venue, VenueError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The pause between two attempts at a call that may be repeated.
const PAUSE: Duration = Duration::from_millis(20);

/// An external broker, and the identity of the run towards it.
#[derive(Clone, Debug)]
pub struct ExternalBroker {
    /// Its address, such as `127.0.0.1:4002`.
    pub address: String,
    /// The run's client id, which never changes.
    pub client: String,
    /// How long to wait for an answer.
    pub wait: Duration,
}

/// One session, opened by its first call. A role that is given its place again opens a new one.
pub struct PaperVenue {
    broker: ExternalBroker,
    agent: ureq::Agent,
    session: Mutex<Option<u64>>,
}

impl PaperVenue {
    /// A session that its first call will open.
    pub fn new(broker: &ExternalBroker) -> PaperVenue {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(broker.wait))
            // If one of these runs out first, nothing was sent.
            .timeout_resolve(Some(broker.wait / 3))
            .timeout_connect(Some(broker.wait / 3))
            // A proxy would answer for a broker that is down.
            .proxy(None)
            // A kept connection may lead to a broker that is gone; its silence would mean nothing.
            .max_idle_connections(0)
            .http_status_as_error(false)
            .build();
        PaperVenue { broker: broker.clone(), agent: agent.into(), session: Mutex::new(None) }
    }

    fn session(&self) -> Result<u64, VenueError> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = *session {
            return Ok(session);
        }
        // No order was sent in the session yet, so no answer means the same as no broker.
        match self.post(0, Call::Open) {
            Ok(Answer::Session { session: opened }) => Ok(*session.insert(opened)),
            Ok(other) => Err(VenueError::Foreign(format!("{other:?}"))),
            Err(VenueError::NoAnswer(why)) => Err(VenueError::Away(why)),
            Err(other) => Err(other),
        }
    }

    fn post(&self, session: u64, call: Call) -> Result<Answer, VenueError> {
        let url = format!("http://{}{PATH}", self.broker.address);
        let request = Request { client: self.broker.client.clone(), session, call };
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

    /// Makes a call that may be repeated: a broken connection does not mean that the broker is down.
    fn repeated(&self, call: &Call) -> Result<OrderStatus, VenueError> {
        let deadline = Instant::now() + self.broker.wait;
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
        // This side may not open a connection now: too many files are open (`EMFILE`, `ENFILE`).
        ureq::Error::Io(io) if matches!(io.raw_os_error(), Some(23 | 24)) => true,
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
        let broker =
            ExternalBroker { address: address.to_string(), client: "test".to_owned(), wait };
        let venue = PaperVenue::new(&broker);
        let ask = || venue.post(1, Call::Ask { id: 1 });
        assert!(matches!(ask(), Err(VenueError::NoAnswer(_))));
        // Nobody accepts connections: once the queue is full, the system drops new ones.
        let connected = || TcpStream::connect_timeout(&address, wait);
        let queue: Vec<TcpStream> =
            std::iter::repeat_with(connected).map_while(Result::ok).collect();
        let away = ask();
        assert!(matches!(away, Err(VenueError::Away(_))), "{away:?}, {} queued", queue.len());
    }
}
