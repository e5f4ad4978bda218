//! `demo`: a simulated market through the whole loop.

use crate::arg_ranges::{MOST_ROWS, count};
use crate::bounded_run::run_through;
use crate::exit::Found;
use crate::market::{self, Reads};
use anyhow::{Context, Result};
use run::config::Config;
use run::data_dir;
use run::open_run::RunRequest;
use run::registration;

/// Arguments of `demo`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Seed of the market and of training
    #[arg(long, default_value_t = 5, value_parser = count::<u64>(0, i64::MAX as u64))]
    pub seed: u64,
    /// Trading days to run, up to 3600
    #[arg(long, default_value_t = 40, value_parser = count::<u32>(1, MOST_DAYS))]
    pub days: u32,
    /// Rows of history to train the first model on
    #[arg(long, default_value_t = 7_000, value_parser = count(0, MOST_ROWS))]
    pub history: usize,
    /// Stocks in the simulated market, up to 500
    #[arg(long, default_value_t = 100, value_parser = count::<u32>(1, 500))]
    pub stocks: u32,
    /// Leave out the planted structure, so that there is nothing to learn
    #[arg(long)]
    pub no_structure: bool,
}

/// Trading days of the simulated market before the demo's first scan: for warming up and for drawing
/// history, long enough for its class shares to resemble those of the days to come.
const DEMO_PAST: usize = 1_400;
/// Days of a demo, at most: a simulated market has 5,000.
const MOST_DAYS: u32 = 3_600;

/// Runs the whole loop on a simulated market, in a folder that begins empty.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let days = DEMO_PAST + args.days as usize;
    let structure = if args.no_structure { "off" } else { "on" };
    let source =
        format!("sim:{},stocks={},days={days},structure={structure}", args.seed, args.stocks);
    let market = market::open(config, &source, None, Reads::ALL)?;
    let run = config.run_dir("demo")?;
    if run.path.exists() {
        std::fs::remove_dir_all(&run.path).with_context(|| {
            format!("the previous demo in {} cannot be removed", run.path.display())
        })?;
    }
    data_dir::remove_topics(&run)?;
    registration::at_start(config.registry_client()?.as_ref(), &run.topic_prefix());
    let mut settings = market::settings(config, &*market)?;
    settings.seed = args.seed as i64;
    let wanted = RunRequest {
        kind: "demo",
        source,
        scan_from: *market
            .days()
            .get(DEMO_PAST)
            .context("a demo needs at least one day; see --days")?,
        history: args.history,
        settings,
        confirmed: Vec::new(),
        engine: config.scoring()?.engine()?,
    };
    run_through(config, &run, market, &wanted, None)
}
