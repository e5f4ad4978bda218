//! Serving routes on threads of their own, so that no role waits for a caller.

use crate::accepting::{GRACE, until_stopped};
use crate::address::{bind, listen_address};
use crate::admission::guarded;
use crate::bounds::Bounds;
use anyhow::Result;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A server of routes; dropping it stops it.
pub struct Serving {
    /// The address of the server, such as `http://127.0.0.1:8080`.
    pub endpoint: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::warn!("the HTTP server panicked; restart the process to serve again");
        }
    }
}

/// Serves `router` and `/health` at the address that the setting or flag `name` holds.
///
/// # Errors
/// As for [`listen_address`], or another process listens on the address.
pub fn serve(name: &str, listen: &str, token: Option<String>, router: Router) -> Result<Serving> {
    let health = Router::new().route("/health", get(|| async { Json(json!({ "status": "ok" })) }));
    serve_beside(name, listen, token, router, health)
}

/// Serves `router`, and `open` to every caller, with a token or without.
///
/// # Errors
/// As [`serve`].
pub fn serve_beside(
    name: &str,
    listen: &str,
    token: Option<String>,
    router: Router,
    open: Router,
) -> Result<Serving> {
    within(Bounds::of_this_process(), name, listen, token, router, open)
}

/// As [`serve`], within other bounds.
pub(crate) fn within(
    bounds: Bounds,
    name: &str,
    listen: &str,
    token: Option<String>,
    router: Router,
    open: Router,
) -> Result<Serving> {
    let address = listen_address(name, listen, token.as_deref())?;
    let listener = bind(name, address)?;
    listener.set_nonblocking(true)?;
    let mut reached = listener.local_addr()?;
    if reached.ip().is_unspecified() {
        reached.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let router = guarded(router, token).merge(open);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new().name("http".to_owned()).spawn(move || {
        if let Err(error) = runtime.block_on(until_stopped(listener, router, bounds, stopped)) {
            tracing::warn!("the HTTP server ended: {error}; restart the process to serve again");
        }
        runtime.shutdown_timeout(GRACE);
    })?;
    Ok(Serving { endpoint: format!("http://{reached}"), stop: Some(stop), thread: Some(thread) })
}
