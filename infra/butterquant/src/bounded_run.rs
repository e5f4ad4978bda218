//! A run over a market's days up to a last one: opened or continued, run, and summarised. One that has been made is shown
//! again, and nothing is written.

use crate::exit::Found;
use crate::printer;
use crate::version::VERSION;
use anyhow::{Result, anyhow, bail, ensure};
use producers::source::Market;
use report::summary::{Summary, summary, summary_of_execution};
use run::config::{Config, RunSpec};
use run::context::RunContext;
use run::data_dir::{self, RunDir};
use run::open_run::{RunStart, open_or_resume};
use run::resume_run::{controls_of, differences};
use run::run_loop::{self, SourceDays};
use run::run_reader::RunReader;
use run::run_request::RunRequest;
use run::trials::Trials;
use schemas::Day;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use telemetry::Steps;

/// The run that the user has named for a bounded run, if any.
///
/// # Errors
/// It is the live one, which goes on with its market.
pub(crate) fn named(config: &Config) -> Result<Option<&str>> {
    let named = config.run_named();
    ensure!(
        named != Some(data_dir::LIVE),
        "run {} is the one that goes on with its market; leave --run out, or give another ID",
        data_dir::LIVE
    );
    Ok(named)
}

/// Runs `run` over `market` through the last day of `wanted`, or its own last day, and prints the summary.
///
/// # Errors
/// Those of the run; the commands that they name are of `run`.
pub(crate) fn run_through(
    config: &Config,
    run: &RunDir,
    market: Box<dyn Market>,
    wanted: &RunRequest,
) -> Result<Found> {
    through(config, run, market, wanted)
        .map_err(|error| anyhow!(config.in_message(&format!("{error:#}"), &run.id)))
}

fn through(
    config: &Config,
    run: &RunDir,
    market: Box<dyn Market>,
    wanted: &RunRequest,
) -> Result<Found> {
    let started = Instant::now();
    let steps = printer::steps(config)?;
    let to = wanted.last_day;
    let last = market.days().iter().copied().rfind(|day| to.is_none_or(|to| *day <= to));
    let trials = Trials::of(&run.data_dir);
    let asked = wanted.asked(&*market)?;
    let answered = |summary: &Summary| {
        let sharpe = summary.tracks.iter().map(|of| (of.track.to_owned(), of.sharpe_daily()));
        trials.answered(&asked, &wanted.confirmed, &run.id, sharpe.collect())
    };
    if let Some(reader) = made_before(run, &*market, wanted, last)? {
        let summary = steps.during("summary", || summary(&reader))?;
        // Whoever may only look can note nothing.
        if let Err(error) = answered(&summary) {
            tracing::warn!("{error:#}");
        }
        return shown(config, &summary);
    }
    trials.asked(&asked, &wanted.confirmed, &run.id)?;
    let spec = config.run_spec()?;
    let (context, begun) = carry_out(&spec, run, market, wanted, &steps, &run_loop::on_signal)?;
    let seconds = started.elapsed().as_secs_f64();
    let summary = steps.during("summary", || summary_of_execution(&context, &begun, seconds))?;
    match summary.unfinished_until {
        Some(last) => {
            telemetry::say!("stopped before {last}; the same command continues from here")
        }
        None => answered(&summary)?,
    }
    shown(config, &summary)
}

/// Opens `run` or goes on with it, and lets all roles work through the last day of `wanted` or until the flag that `stop`
/// gives is set.
///
/// # Errors
/// Those of the run.
pub(crate) fn carry_out(
    spec: &RunSpec,
    run: &RunDir,
    mut market: Box<dyn Market>,
    wanted: &RunRequest,
    steps: &Steps,
    stop: &dyn Fn() -> Result<Arc<AtomicBool>>,
) -> Result<(RunContext, RunStart)> {
    let to = wanted.last_day;
    let until = market.days().iter().copied().rfind(|day| to.is_none_or(|to| *day <= to));
    let opened = data_dir::own(run)?;
    let begun = open_or_resume(&*opened.log, spec.partitions, &mut *market, wanted, steps)?;
    let context = RunContext::new(spec, run, &opened)?;
    let source = SourceDays { market, until, closing: None };
    run_loop::run_all_roles(&context, source, &begun.opened, &stop()?, steps, &mut |_| {})?;
    Ok((context, begun))
}

fn shown(config: &Config, summary: &Summary) -> Result<Found> {
    printer::summary(config, summary)?;
    let refused: u64 = summary.refused_scans.values().sum();
    let scans = summary.topics.get(schemas::Topic::Scans.dataset());
    let scanned = scans.is_some_and(|scans| scans.kinds.contains_key("CANDIDATE_SCANNED"));
    ensure!(
        scanned || refused == 0,
        "nothing could be scanned: all {refused} scans were refused, with the reasons counted above"
    );
    Ok(if summary.unfinished_until.is_some() { Found::Something } else { Found::Nothing })
}

/// The run, if it was asked the same before and has closed the day `last`; when and by what it was made is said.
///
/// # Errors
/// It was asked something else.
fn made_before(
    run: &RunDir,
    market: &dyn Market,
    wanted: &RunRequest,
    last: Option<Day>,
) -> Result<Option<RunReader>> {
    let controls = controls_of(run)?;
    let Some(opened) = &controls.opened else { return Ok(None) };
    let other = differences(&controls, market, wanted)?;
    if !other.is_empty() {
        bail!(
            "run {} answers another question: {}; leave --run out, or give another --run ID",
            run.id,
            other.join("; ")
        );
    }
    if !run.state().exists() {
        return Ok(None);
    }
    let reader = RunReader::open(run)?;
    let through = reader.views.through()?;
    if through.is_none() || through < last {
        return Ok(None);
    }
    let when = shell::open::opened_at(&*reader.log)?.unwrap_or_else(|| "an earlier day".to_owned());
    let by = if opened.code_version == VERSION {
        String::new()
    } else {
        format!(" by version {}, and this is {VERSION}", opened.code_version)
    };
    telemetry::say!(
        "run {} was made on {when}{by}; it is shown again as it was made, and nothing is computed",
        run.id
    );
    Ok(Some(reader))
}
