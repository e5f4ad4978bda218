//! The verbs that run the whole loop over a market's days: `demo` and `backtest`.

use super::Found;
use crate::cli::{BacktestArgs, DemoArgs};
use crate::printer;
use anyhow::{Context, Result, bail};
use producers::source::Market;
use report::summary::summary;
use run::config::Config;
use run::config::Output;
use run::context::RunContext;
use run::data_dir::{self, RunDir};
use run::open_run::{Wanted, begin};
use run::registration;
use run::run_loop;
use schemas::Day;
use std::time::Instant;
use telemetry::Steps;

/// Trading days of the simulated market before the demo's first scan: to warm up and to draw
/// history from, with index levels and spells enough that class shares are like those to come.
const DEMO_PAST: usize = 1_400;

/// A simulated market through the whole loop, in a folder of its own that begins empty.
pub(super) fn demo(config: &Config, args: &DemoArgs) -> Result<Found> {
    let days = DEMO_PAST + args.days as usize;
    let structure = if args.no_structure { "off" } else { "on" };
    let source =
        format!("sim:{},stocks={},days={days},structure={structure}", args.seed, args.stocks);
    let market = producers::source::open(&source, None)?;
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
    let wanted = Wanted {
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
    through(config, &run, market, &wanted, None)
}

/// The trading days of a period over a market, as a run of its own. One that was stopped goes on
/// where it stopped; one that is done is shown again.
pub(super) fn backtest(config: &Config, args: &BacktestArgs) -> Result<Found> {
    if args.to < args.from {
        bail!("--to {} is before --from {}", args.to, args.from);
    }
    let source = args
        .source
        .clone()
        .or_else(|| config.source())
        .context("which market? name it with --source csv:DIR")?;
    let market = producers::source::open(&source, args.tickers.as_deref())?;
    report_problems(&*market);
    let id = if config.run() == data_dir::LIVE {
        format!("backtest-{}-{}", args.from, args.to)
    } else {
        config.run().to_owned()
    };
    let run = config.run_dir(&id)?;
    let scan_from = market.days().iter().copied().find(|day| *day >= args.from);
    let wanted = Wanted {
        kind: "backtest",
        source,
        scan_from: scan_from
            .filter(|day| *day <= args.to)
            .with_context(|| format!("the market has no day from {} to {}", args.from, args.to))?,
        history: args.history,
        settings: config.settings()?,
        engine: config.scoring()?.engine()?,
    };
    through(config, &run, market, &wanted, Some(args.to))
}

/// What is wrong with a market's data, on standard error; the rest of it is used.
pub(super) fn report_problems(market: &dyn Market) {
    const SHOWN: usize = 10;
    let problems = market.problems();
    for problem in problems.iter().take(SHOWN) {
        eprintln!("{problem}");
    }
    if problems.len() > SHOWN {
        eprintln!("… and {} more problems", problems.len() - SHOWN);
    }
}

fn through(
    config: &Config,
    run: &RunDir,
    mut market: Box<dyn Market>,
    wanted: &Wanted,
    to: Option<Day>,
) -> Result<Found> {
    let started = Instant::now();
    let output = config.output()?;
    let steps = Steps::new(output == Output::Human);
    let opened = data_dir::own(run)?;
    let partitions = config.partitions()?;
    let begun = begin(&*opened.log, partitions, &mut *market, wanted, &steps)?;
    let last = market.days().iter().copied().rfind(|day| to.is_none_or(|to| *day <= to));
    let context = RunContext::new(&config.run_spec()?, run, &opened)?;
    run_loop::everything(&context, market, &begun.opened, last, &steps)?;
    let summary = summary(&context, &begun, started.elapsed().as_secs_f64())?;
    printer::summary(config, &summary)?;
    Ok(Found::Nothing)
}
