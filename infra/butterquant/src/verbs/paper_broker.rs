//! `paper-broker`: a broker in a process of its own, for testing how the broker role copes with the
//! failures of a real one.

use crate::exit::Found;
use anyhow::{Context, Result, bail};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;
use venues::paper::journal::Journal;
use venues::paper::server::Broker;

/// Arguments of `paper-broker`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Address to listen on, on this machine only
    #[arg(long, default_value = "127.0.0.1:4002", value_name = "HOST:PORT")]
    pub listen: String,
    /// Folder of its journal, to which it writes each order before it answers
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// Failure to simulate: late:MS, never, hang[:MS], refuse or lose, for a share of the orders
    /// (,share:0.3,seed:7) or for some of them (,order:3,order:5)
    #[arg(long, value_name = "FAILURE")]
    pub fail: Vec<venues::paper::failure::Failure>,
}

/// How often it checks for the stop signal.
const STOP_CHECK: Duration = Duration::from_millis(50);

/// Serves until a signal stops it.
pub(crate) fn run(args: &Args) -> Result<Found> {
    let address = web::parse_address("--listen", &args.listen)?;
    if !address.ip().is_loopback() {
        bail!(
            "--listen {}: a paper broker is for this machine only; listen on 127.0.0.1",
            args.listen
        );
    }
    let journal = Journal::open(&args.dir)?;
    let listener = TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address}; choose another --listen"))?;
    listener.set_nonblocking(true)?;
    let reached = listener.local_addr()?;
    let stop = run::run_loop::on_signal()?;
    eprintln!("paper broker on {reached}; orders in {}; Ctrl-C stops", args.dir.display());
    let router = Broker::new(journal, args.fail.clone()).router();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let served = runtime.block_on(async {
        let serving =
            async { axum::serve(tokio::net::TcpListener::from_std(listener)?, router).await };
        let stopped = async {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(STOP_CHECK).await;
            }
        };
        tokio::select! {
            ended = serving => ended,
            () = stopped => Ok(()),
        }
    });
    runtime.shutdown_background();
    served.context("the paper broker ended")?;
    Ok(Found::Nothing)
}
