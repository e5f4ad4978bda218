//! `demo`: a simulated market through the whole loop.

use crate::arg_ranges::{MOST_ROWS, count};
use crate::bounded_run::{named, run_through};
use crate::exit::Found;
use crate::market::{self, Reads};
use anyhow::{Context, Result, bail};
use producers::source::Market;
use run::config::Config;
use run::data_dir::{self, RunDir};
use run::registration;
use run::resume_run::{controls_of, differences};
use run::run_request::RunRequest;

/// Arguments of `demo`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Seed of the market and of training
    #[arg(long, default_value_t = 5, value_parser = count::<u64>(0, i64::MAX as u64))]
    pub seed: u64,
    /// Trading days to run, up to 3600
    #[arg(long, default_value_t = 40, value_parser = count::<u32>(1, MOST_DAYS))]
    pub days: u32,
    /// Rows of history to draw for the first model; with fewer the days it is judged on have few rows each
    #[arg(long, default_value_t = 14_000, value_parser = count(0, MOST_ROWS))]
    pub history: usize,
    /// Stocks in the simulated market, up to 500
    #[arg(long, default_value_t = 100, value_parser = count::<u32>(1, 500))]
    pub stocks: u32,
    /// Leave out the planted structure, so that there is nothing to learn
    #[arg(long)]
    pub no_structure: bool,
    /// Make the demo again, though the one before answers the same question
    #[arg(long)]
    pub anew: bool,
}

/// The kind of these runs, and the name of the one that is not named.
const KIND: &str = "demo";

/// Trading days of the simulated market before the demo's first scan, for warming up and for drawing history. The
/// volatility index moves slowly: in half as many days it often has not been where it is on the days to come, and what
/// a model says there is a guess.
const DEMO_PAST: usize = 2_800;
/// Days of a demo, at most: a simulated market has 6,500.
const MOST_DAYS: u32 = 3_600;

/// Runs the whole loop on a simulated market, in the run `demo` or the one that is named.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let days = DEMO_PAST + args.days as usize;
    let structure = if args.no_structure { "off" } else { "on" };
    let source =
        format!("sim:{},stocks={},days={days},structure={structure}", args.seed, args.stocks);
    let market = market::open(config, &source, None, Reads::ALL)?;
    let scan_from =
        market.days().get(DEMO_PAST).context("a demo needs at least one day; see --days")?;
    let mut wanted = RunRequest {
        last_day: market.days().last().copied(),
        history: args.history,
        ..market::request(config, &*market, KIND, &source, *scan_from)?
    };
    wanted.settings.seed = args.seed as i64;
    let named = named(config)?;
    let run = config.run_dir(named.unwrap_or(KIND))?;
    if named.is_none() {
        make_room(&run, &*market, &wanted, args.anew)?;
    } else if args.anew {
        bail!("--anew makes the run {KIND} anew; to make another one, give --run another ID");
    }
    registration::at_start(config.registry_client()?.as_ref(), &run.topic_prefix());
    run_through(config, &run, market, &wanted)
}

/// Removes the demo before, if it was asked something else or is to be made anew. Another kind of run is nobody's to
/// remove, nor is one that a process works on.
fn make_room(run: &RunDir, market: &dyn Market, wanted: &RunRequest, anew: bool) -> Result<()> {
    let controls = controls_of(run)?;
    let Some(opened) = &controls.opened else { return Ok(()) };
    if opened.kind != KIND {
        bail!(
            "run {} is a {} run of {}, which a demo does not replace; give the demo another --run ID",
            run.id,
            opened.kind,
            opened.source
        );
    }
    if anew || !differences(&controls, market, wanted)?.is_empty() {
        data_dir::remove_run(run)?;
        telemetry::say!("the demo before, of {}, is replaced", opened.source);
    }
    Ok(())
}
