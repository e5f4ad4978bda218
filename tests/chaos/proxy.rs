//! The test's own network: a port on loopback that forwards bytes, until told not to.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The state of the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weather {
    /// Forwards everything.
    Fair,
    /// Connections break, and none succeeds.
    Cut,
    /// Nothing passes; bytes are held.
    Stalled,
    /// Calls pass, answers are held.
    Deaf,
    /// The proxy ends.
    Over,
}

struct Shared {
    weather: Mutex<(Weather, Vec<TcpStream>)>,
    changed: Condvar,
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, (Weather, Vec<TcpStream>)> {
        self.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until bytes of this direction may pass; false when the connection is to end.
    fn passes(&self, answer: bool) -> bool {
        let mut held = self.held();
        loop {
            match held.0 {
                Weather::Fair => return true,
                Weather::Deaf if !answer => return true,
                Weather::Cut | Weather::Over => return false,
                Weather::Stalled | Weather::Deaf => {
                    held = self.changed.wait(held).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn pump(&self, mut from: TcpStream, mut to: TcpStream, answer: bool) {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(read) = from.read(&mut bytes) {
            if read == 0 || !self.passes(answer) || to.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        // The other half learns of it from its own read.
        for stream in [from, to] {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// One port and where it leads; it ends when dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Listens on `at` (port 0: any) and forwards to `target`.
    pub(crate) fn start(at: SocketAddr, target: SocketAddr) -> std::io::Result<Proxy> {
        let listener = TcpListener::bind(at)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            weather: Mutex::new((Weather::Fair, Vec::new())),
            changed: Condvar::new(),
        });
        let within = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                match within.held().0 {
                    Weather::Over => return,
                    Weather::Cut => continue,
                    _ => {}
                }
                let _ = join(&within, client, target); // no listener at the target: the client sees the connection end
            }
        });
        Ok(Proxy { address, shared })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the state. After a cut, and after answers were held, connections break.
    pub(crate) fn set(&self, weather: Weather) {
        let mut held = self.shared.held();
        let lost = held.0 == Weather::Deaf || matches!(weather, Weather::Cut | Weather::Over);
        held.0 = weather;
        if lost {
            for stream in held.1.drain(..) {
                let _ = stream.shutdown(Shutdown::Both); // it has ended by itself
            }
        }
        self.shared.changed.notify_all();
    }
}

/// Forwards both directions; forgets connections that have ended.
fn join(shared: &Arc<Shared>, client: TcpStream, target: SocketAddr) -> std::io::Result<()> {
    let server = TcpStream::connect(target)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let mut held = shared.held();
    held.1.retain(|stream| stream.peer_addr().is_ok());
    held.1.extend([client.try_clone()?, server.try_clone()?]);
    for (from, to, answer) in
        [(client.try_clone()?, server.try_clone()?, false), (server, client, true)]
    {
        let shared = Arc::clone(shared);
        std::thread::spawn(move || shared.pump(from, to, answer));
    }
    Ok(())
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.set(Weather::Over);
        let _ = TcpStream::connect(self.address); // wakes the listener
    }
}
