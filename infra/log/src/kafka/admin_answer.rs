//! One answer of librdkafka's admin client, waited for in the calling thread.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use rdkafka::admin::AdminOptions;

use super::cluster::Cluster;

/// How long an answer may take.
pub(super) fn options(cluster: &Cluster) -> AdminOptions {
    let timeout = Some(cluster.settings.timeout);
    AdminOptions::new().request_timeout(timeout).operation_timeout(timeout)
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for one answer of the admin client, which works in its own thread.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
