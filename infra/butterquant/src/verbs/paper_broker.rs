//! `paper-broker`: a broker in a process of its own, for testing how the broker role copes with the
//! failures of a real one.

use crate::exit::Found;
use anyhow::{Result, bail};
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
    let router = Broker::new(journal, args.fail.clone()).router();
    let serving = web::serve("--listen", &args.listen, None, router)?;
    let stop = run::run_loop::on_signal()?;
    let reached = serving.endpoint.trim_start_matches("http://");
    telemetry::say!("paper broker on {reached}; orders in {}; Ctrl-C stops", args.dir.display());
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(STOP_CHECK);
    }
    Ok(Found::Nothing)
}
