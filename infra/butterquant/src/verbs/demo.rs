//! `demo`: a simulated market through the whole loop.

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
    #[arg(long, default_value_t = 5)]
    pub seed: u64,
    /// Trading days to run
    #[arg(long, default_value_t = 40)]
    pub days: u32,
    /// Rows of history to train the first model on
    #[arg(long, default_value_t = 7_000)]
    pub history: usize,
    /// Stocks in the simulated market
    #[arg(long, default_value_t = 100)]
    pub stocks: u32,
    /// Leave out the planted structure, so that there is nothing to learn
    #[arg(long)]
    pub no_structure: bool,
}

/// Trading days of the simulated market before the demo's first scan: for warming up and for drawing
/// history, long enough for its class shares to resemble those of the days to come.
const DEMO_PAST: usize = 1_400;

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
    let registry = config.registry_client()?;
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
    registration::at_start(registry.as_ref(), &run.topic_prefix());
    run_through(config, &run, market, &wanted, None)
}
