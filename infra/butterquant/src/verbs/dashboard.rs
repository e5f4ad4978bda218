//! `dashboard`: serves the page of a run, beside the processes that work on it.

use crate::exit::Found;
use anyhow::Result;
use api::monitor::Monitor;
use run::config::Config;
use run::data_dir;
use run::run_loop;
use server::{Served, start_page};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Arguments of `dashboard`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8090")]
    pub at: String,
}

pub(crate) const ABOUT: &str = "\
`up` and `run` serve the same page at the address they print. This verb serves it from a process of its
own, which only reads: beside a cluster, or for a run that nobody works on. What the page shows is at
/tables/NAME.csv and /tables/NAME.json too.

Examples:
  butterquant dashboard --run live
  butterquant dashboard --log kafka --brokers broker:9092 --at 0.0.0.0:8090   # asks for a token then";

/// How often it is looked whether it is to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Serves it until stopped.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let log = Arc::clone(&opened.log);
    let monitor = Monitor::start(Arc::clone(&log), run.clone(), opened.owner.clone())?;
    let served = Served {
        run: run.clone(),
        log,
        board: Arc::default(),
        views: None,
        monitor: Arc::new(monitor),
    };
    let serving = start_page(&args.at, config.token(), served)?;
    let stop = run_loop::on_signal()?;
    telemetry::say!("run {}: the page is at {}; Ctrl-C stops", run.id, serving.endpoint);
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(LOOK);
    }
    Ok(Found::Nothing)
}
