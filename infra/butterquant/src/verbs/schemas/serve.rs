//! `schemas serve`: serves the schemas as a schema registry, without a run.

use crate::exit::Found;
use anyhow::Result;
use run::config::Config;
use run::data_dir::RunDir;
use run::run_loop;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Arguments of `schemas serve`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Address to listen on; one beyond this machine requires the configuration key `token`
    #[arg(long, default_value = "127.0.0.1:8081", value_name = "HOST:PORT")]
    pub listen: String,
}

/// Serves until a signal stops it.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let mut prefixes = vec![config.this_run()?.topic_prefix()];
    prefixes.extend(config.runs()?.iter().map(RunDir::topic_prefix));
    prefixes.sort();
    prefixes.dedup();
    let serving = server::start_schemas(&args.listen, config.token(), prefixes)?;
    let stop = run_loop::on_signal()?;
    telemetry::say!("schemas on {}; Ctrl-C stops", serving.endpoint);
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(Found::Nothing)
}
