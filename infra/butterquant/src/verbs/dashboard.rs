//! `dashboard`: serves the page of a run, beside the processes that work on it.

use crate::exit::Found;
use anyhow::Result;
use api::monitor::Monitor;
use run::config::Config;
use run::data_dir::{self, RunDir};
use run::run_loop;
use server::{Served, start_page};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use web::Serving;

/// Arguments of `dashboard`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8090")]
    pub at: String,
}

pub(crate) const ABOUT: &str = "\
`up` and `run` serve the same page at the address they print. This verb serves it from a process of its
own, which only reads, beside a cluster or the process that owns a log. While no process owns a log in a
folder it waits for one: `status`, `report` and other verbs read a run that nobody works on. What the page
shows is at /tables/NAME.csv and /tables/NAME.json too.

Examples:
  butterquant dashboard --run live
  butterquant dashboard --log kafka --brokers broker:9092 --at 0.0.0.0:8090   # asks for a token then";

/// How often it is looked whether it is to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Serves it until stopped. A log in a folder is left to whoever works on it: the page is served beside its owner alone,
/// and again beside the next one.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    if run.is_here() && !run.log().exists() {
        return Err(data_dir::no_run(&run));
    }
    web::can_listen("--at", &args.at, config.token().as_deref())?;
    let stop = run_loop::on_signal()?;
    let stopped = || stop.load(Ordering::Relaxed);
    let mut said = false;
    while !stopped() {
        let owner = owner_of(&run);
        if run.is_here() && owner.is_none() {
            if !std::mem::replace(&mut said, true) {
                telemetry::say!(
                    "run {}: no process works on it; the page is served once one does, such as `{}`",
                    run.id,
                    config.command_line("up", &run.id)
                );
            }
            std::thread::sleep(LOOK);
            continue;
        }
        said = false;
        let _serving = serve(config, args, &run)?;
        while !stopped() && owner_of(&run) == owner {
            std::thread::sleep(LOOK);
        }
    }
    Ok(Found::Nothing)
}

/// The address of the process that owns the log in the run's folder.
fn owner_of(run: &RunDir) -> Option<String> {
    data_dir::living_owner(&run.log()).and_then(|owner| owner.endpoint)
}

fn serve(config: &Config, args: &Args, run: &RunDir) -> Result<Serving> {
    let opened = data_dir::reach(run)?;
    let log = Arc::clone(&opened.log);
    let monitor = Monitor::start(Arc::clone(&log), run.clone(), opened.owner.clone(), None)?;
    let (board, monitor) = (Arc::default(), Arc::new(monitor));
    let served = Served { run: run.clone(), log, board, views: None, monitor };
    let serving = start_page(&args.at, config.token(), served)?;
    telemetry::say!("run {}: the page is at {}; Ctrl-C stops", run.id, serving.endpoint);
    Ok(serving)
}
