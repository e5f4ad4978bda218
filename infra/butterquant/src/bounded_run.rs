//! A run over a market's days up to a last one: opened or continued, run, and summarised.

use crate::changes;
use crate::exit::Found;
use crate::market;
use crate::printer;
use anyhow::{Result, ensure};
use producers::source::Market;
use report::summary::summary_of_execution;
use run::config::Config;
use run::context::RunContext;
use run::data_dir::{self, RunDir};
use run::open_run::{RunRequest, open_or_resume};
use run::run_loop::{self, SourceDays};
use schemas::{Day, Topic};
use std::time::Instant;

/// Runs `run` over `market` through the day `to`, or its last day, and prints the summary.
pub(crate) fn run_through(
    config: &Config,
    run: &RunDir,
    mut market: Box<dyn Market>,
    wanted: &RunRequest,
    to: Option<Day>,
) -> Result<Found> {
    let started = Instant::now();
    let steps = printer::steps(config)?;
    let opened = data_dir::own(run)?;
    let partitions = config.partitions()?;
    let begun = open_or_resume(&*opened.log, partitions, &mut *market, wanted, &steps)?;
    let last = market.days().iter().copied().rfind(|day| to.is_none_or(|to| *day <= to));
    let context = RunContext::new(&config.run_spec()?, run, &opened)?;
    let through = context.materialized.views.through()?;
    if let Some(last) = last.filter(|last| through >= Some(*last) && !market.is_made_up()) {
        let today = market::day(&mut *market, last)?;
        changes::say_of_run(&context, &mut *market, &today)?;
    }
    let stop = run_loop::on_signal()?;
    let source = SourceDays { market, until: last, closing: None };
    run_loop::run_all_roles(&context, source, &begun.opened, &stop, &steps, &mut |_| {})?;
    let seconds = started.elapsed().as_secs_f64();
    let summary = steps.during("summary", || summary_of_execution(&context, &begun, seconds))?;
    printer::summary(config, &summary)?;
    let tally = context.materialized.views.tally()?;
    let scans = tally.events.get(Topic::Scans.dataset());
    let scanned = scans.and_then(|kinds| kinds.get("CANDIDATE_SCANNED"));
    let refused: u64 = summary.refused_scans.values().sum();
    ensure!(
        scanned.is_some() || refused == 0,
        "nothing could be scanned: all {refused} scans were refused, with the reasons counted above"
    );
    Ok(Found::Nothing)
}
