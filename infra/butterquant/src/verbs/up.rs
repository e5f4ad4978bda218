//! `up`: runs every role until stopped.

use crate::arg_ranges::{MOST_ROWS, count, date};
use crate::exit::Found;
use crate::live_run::{Terms, begin_log, check_start, live, market_of, recorded, serve};
use crate::market::{self, Reads};
use crate::printer;
use anyhow::{Result, ensure};
use report::summary::summary_of_execution;
use run::config::Config;
use run::context::RunContext;
use run::data_dir;
use run::day_figures::DayFigures;
use run::open_run::open_or_resume;
use run::registration;
use run::run_loop::{self, SourceDays};
use schemas::Day;
use std::time::Instant;

/// Arguments of `up`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Market: csv:DIR or sim:SEED [default: the configured one, or the run's own]
    #[arg(long)]
    pub source: Option<String>,
    /// First day to scan, for a new run [default: the market's last day]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub from: Option<Day>,
    /// Rows of history to train a first model on, for a new run [default: 0]
    #[arg(long, value_name = "ROWS", value_parser = count(0, MOST_ROWS))]
    pub history: Option<usize>,
    /// Stop once every role has closed this day, or the market's last one before it
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub until: Option<Day>,
}

/// Runs every role until stopped, and prints a line for each day closed.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let started = Instant::now();
    let terms = Terms { from: args.from, history: args.history };
    if let (Some(from), Some(until)) = (args.from, args.until) {
        ensure!(from <= until, "--until {until} is before --from {from}; exchange them");
    }
    let run = config.this_run()?;
    let registry = config.registry_client()?;
    if run.is_here() && !run.log().exists() {
        // A market that cannot be read leaves no folder behind.
        data_dir::check_not_gone(&run)?;
        market::opened(config, &market::named(config, args.source.as_ref())?, None)?;
    }
    let opened = data_dir::own(&run)?;
    begin_log(config, &run, "all")?;
    recorded(&opened)?.map_or(Ok(()), |before| terms.agree_with(&run.id, &before))?;
    let reads = Reads::days(args.from, args.until).with_history(args.history.unwrap_or_default());
    let (source, mut market) = market_of(config, args.source.as_ref(), &opened, reads)?;
    let wanted = live(config, source, &*market, terms)?;
    check_start(config, &opened, &*market, &wanted, args.until)?;
    let steps = printer::steps(config)?;
    let partitions = config.partitions()?;
    let begun = open_or_resume(&*opened.log, partitions, &mut *market, &wanted, &steps)?;
    registration::at_start(registry.as_ref(), &run.topic_prefix());
    let context = RunContext::new(&config.run_spec()?, &run, &opened)?;
    let (scan_from, quiet) = (begun.opened.scan_from, config.is_quiet());
    let services = serve(config, &opened, &context)?;
    let stop = run_loop::on_signal()?;
    telemetry::say!(
        "run {}: {}; HTTP on {}; Ctrl-C stops",
        run.id,
        market.describe(),
        services.serving.endpoint
    );
    telemetry::say!("scoring with {}: {}", context.engine.provider(), context.engine.explain());
    let source = SourceDays { market, until: args.until, closing: Some(config.closing()?) };
    let day = &mut |figures: &DayFigures| {
        // Warm-up days have no scans.
        if !quiet && figures.day.is_some_and(|day| day >= scan_from) {
            telemetry::say!("{figures}");
        }
    };
    let stopped = run_loop::run_all_roles(&context, source, &begun.opened, &stop, &steps, day)?;
    if let Some(last) = stopped {
        telemetry::say!("stopped before {last}; the same command continues from here");
    }
    tracing::info!("stopped");
    let seconds = started.elapsed().as_secs_f64();
    let summary = steps.during("summary", || summary_of_execution(&context, &begun, seconds))?;
    printer::summary(config, &summary)?;
    Ok(if summary.gone.is_empty() { Found::Nothing } else { Found::Something })
}
