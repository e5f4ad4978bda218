//! Accepting connections and serving each within its bounds: hyper's own limits for heads and idle connections, the
//! system's for answers that nobody reads.

use crate::bounds::Bounds;
use crate::connections::{Connections, Place};
use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

/// How long open calls may take to finish when the process stops.
pub(crate) const GRACE: Duration = Duration::from_secs(1);
/// Bytes of a request's head, at most.
const HEAD_BYTES: usize = 32 << 10;
/// The pause after a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` until `stopped`, whose sender is only ever dropped.
pub(crate) async fn until_stopped(
    listener: std::net::TcpListener,
    router: Router,
    bounds: Bounds,
    mut stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let connections = Connections::new(bounds);
    let (open, closing) = watch::channel(());
    let mut tasks = JoinSet::new();
    let mut failing = false;
    loop {
        let (stream, address) = tokio::select! {
            _ = &mut stopped => break,
            Some(_) = tasks.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    cannot_accept(&mut failing, &error).await;
                    continue;
                }
            },
        };
        failing = false;
        // Without a place the connection is closed at once.
        let Some(place) = connections.place(address.ip()) else { continue };
        let caller = place.caller();
        let task = tasks.spawn(serve_one(stream, router.clone(), place, bounds, closing.clone()));
        caller.is_served_by(task);
    }
    drop((listener, open));
    let ended = async { while tasks.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, ended).await; // what is still open then goes with the runtime
    Ok(())
}

/// Says once that no connection can be accepted, and pauses. A caller that went away again is none of it.
async fn cannot_accept(failing: &mut bool, error: &io::Error) {
    if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        return;
    }
    if !std::mem::replace(failing, true) {
        tracing::warn!("the HTTP server cannot accept a connection for now: {error}; it goes on");
    }
    tokio::time::sleep(PAUSE).await;
}

async fn serve_one(
    stream: TcpStream,
    router: Router,
    place: Place,
    bounds: Bounds,
    mut closing: watch::Receiver<()>,
) {
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(bounds.unread));
    let (router, caller) = (TowerToHyperService::new(router), place.caller());
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(caller.clone());
        router.call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.head).max_buf_size(HEAD_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let mut is_closing = false;
    loop {
        tokio::select! {
            // What a caller does wrong is answered to it, or ends its connection alone.
            _ = connection.as_mut() => break,
            _ = closing.changed(), if !is_closing => {
                is_closing = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
