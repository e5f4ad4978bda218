//! `demo`: a simulated market through the whole loop.

use crate::bounded_run::run_through;
use crate::exit::Found;
use crate::market;
use anyhow::{Context, Result};
use run::config::Config;
use run::data_dir::{self};
use run::open_run::RunRequest;
use run::registration;

/// The simulated run.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Seed of the market and of the training
    #[arg(long, default_value_t = 5)]
    pub seed: u64,
    /// Trading days to run
    #[arg(long, default_value_t = 40)]
    pub days: u32,
    /// Rows of history the first model is trained on
    #[arg(long, default_value_t = 7_000)]
    pub history: usize,
    /// Stocks of the simulated market
    #[arg(long, default_value_t = 100)]
    pub stocks: u32,
    /// Leave the planted structure out: there is then nothing to learn
    #[arg(long)]
    pub no_structure: bool,
}

/// Trading days of the simulated market before the demo's first scan: to warm up and to draw
/// history from, with index levels and spells enough that class shares are like those to come.
const DEMO_PAST: usize = 1_400;

/// A simulated market through the whole loop, in a folder of its own that begins empty.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let days = DEMO_PAST + args.days as usize;
    let structure = if args.no_structure { "off" } else { "on" };
    let source =
        format!("sim:{},stocks={},days={days},structure={structure}", args.seed, args.stocks);
    let market = market::open(config, &source, None)?;
    let run = config.run_dir("demo")?;
    if run.path.exists() {
        std::fs::remove_dir_all(&run.path).with_context(|| {
            format!("the last demo in {} cannot be removed", run.path.display())
        })?;
    }
    data_dir::remove_topics(&run)?;
    registration::at_start(config.registry_client()?.as_ref(), &run.topic_prefix());
    let mut settings = config.settings()?;
    settings.seed = args.seed as i64;
    let wanted = RunRequest {
        kind: "demo",
        source,
        scan_from: *market
            .days()
            .get(DEMO_PAST)
            .context("a demo has one day at least; see --days")?,
        history: args.history,
        settings,
        engine: config.scoring()?.engine()?,
    };
    run_through(config, &run, market, &wanted, None)
}
