//! Running all roles until each has closed a given day, or until a signal.

use crate::context::RunContext;
use crate::day_figures::DayFigures;
use anyhow::{Result, bail};
use producers::source::Market;
use schemas::Day;
use schemas::events::RunOpened;
use shell::runner::{Plan, run};
use shell::source::{Closing, Source};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use telemetry::Steps;
use tokio::signal::unix::{SignalKind, signal};

/// After this it is said that a role has not begun.
const LONG: Duration = Duration::from_secs(60);

/// A flag set by the first Ctrl-C or SIGTERM, after which the batch in hand is finished. A second
/// signal ends the process at once, because a log that is gone for good would never let it finish.
/// Called before a message says that Ctrl-C stops the process.
pub fn on_signal() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (mut interrupted, mut terminated) = {
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    std::thread::spawn(move || {
        let mut wait = || {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupted.recv() => {}
                    _ = terminated.recv() => {}
                }
            });
        };
        wait();
        flag.store(true, Ordering::Relaxed);
        wait();
        telemetry::say!(
            "ended at once: the batch in hand is not committed and is processed again at the next start"
        );
        telemetry::flush();
        std::process::exit(2);
    });
    Ok(stop)
}

/// What the source of a run reads.
pub struct SourceDays {
    /// The market.
    pub market: Box<dyn Market>,
    /// Its last day to publish; `None` goes on for ever.
    pub until: Option<Day>,
    /// When a day of a market that is still being written is published; `None` publishes days as they are.
    pub closing: Option<Closing>,
}

/// Runs every role over the days of `source` until each has closed the last one, or without end, or until `stop` is
/// set. Calls `on_day` for every day that the views take in meanwhile. Returns the last day where it was stopped before.
pub fn run_all_roles(
    context: &RunContext,
    source: SourceDays,
    opened: &RunOpened,
    stop: &Arc<AtomicBool>,
    steps: &Steps,
    on_day: &mut dyn FnMut(&DayFigures),
) -> Result<Option<Day>> {
    context.check_derived()?;
    shell::offsets::check_places(&context.env)?;
    let SourceDays { market, until, closing } = source;
    let days: Vec<Day> =
        market.days().iter().copied().filter(|day| *day >= opened.first_day).collect();
    let days = match until {
        Some(until) => days.into_iter().filter(|day| *day <= until).collect(),
        None => days,
    };
    if let (Some(until), None) = (until, days.last()) {
        bail!("the run starts on {}, after {until}; choose a later day", opened.first_day);
    }
    let plan = Plan::everything(days.last().copied().filter(|_| until.is_some()));
    let source = Source::new(&context.env, market, opened.clone(), until)
        .beside(plan.units(context.env.partitions));
    let source = match closing {
        Some(closing) => source.when_complete(closing),
        None => source,
    };
    let bar = steps.bar("trading days", days.len() as u64);
    let (began, mut told) = (Instant::now(), false);
    run(&context.env, &plan, Some(source), stop, &mut |closed| {
        if closed.is_none() && !told && began.elapsed() > LONG {
            told = true;
            bar.above(|| {
                    telemetry::say!(
                        "after {} s not every role works in this process: its state is being made, or another process holds it; `butterquant lag` tells",
                        LONG.as_secs()
                    );
                });
        }
        if let Some(closed) = closed {
            bar.at(days.partition_point(|day| *day <= closed) as u64, days.len() as u64);
        }
        let figures = context.materialized.take_days();
        bar.above(|| figures.iter().for_each(&mut *on_day));
    })?;
    context.materialized.take_days().iter().for_each(&mut *on_day);
    bar.done("");
    context.materialized.write_unmarked()?;
    let last = days.last().copied().filter(|_| until.is_some());
    Ok(last.filter(|last| context.env.board.closed_by_all(1) < Some(*last)))
}
