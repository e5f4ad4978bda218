//! Going on with a run that was opened before: only with what it was asked to be.

use crate::data_dir::{self, RunDir};
use crate::question;
use crate::run_request::{LIVE_KIND, RunRequest};
use anyhow::{Result, bail};
use eventlog::Log;
use producers::source::Market;
use schemas::controls::ControlState;
use schemas::events::{Controls, MoveConfirmed, RunOpened, Settings, SettingsChanged};
use schemas::{Money, Topic};
use shell::controls::ControlBook;
use shell::open;
use std::collections::BTreeMap;

/// Goes on with the run that `opened` opened, whose `controls` these are; changed settings of a live run are published.
///
/// # Errors
/// The run reads another market or was asked something else.
pub(crate) fn resume(
    log: &dyn Log,
    controls: &ControlState,
    opened: &RunOpened,
    market: &dyn Market,
    request: &RunRequest,
) -> Result<()> {
    if request.kind == LIVE_KIND && opened.kind == LIVE_KIND {
        ensure_source(opened, &request.source)?;
        return change_settings(log, &controls.settings, &request.settings);
    }
    let other = differences(controls, market, request)?;
    if !other.is_empty() {
        bail!(
            "this run answers another question: {}; leave --run out, or give another --run ID",
            other.join("; ")
        );
    }
    Ok(())
}

fn ensure_source(opened: &RunOpened, source: &str) -> Result<()> {
    if !is_of(opened, source) {
        bail!(
            "this run reads {}, not {source}; start another run with --run ID, or use another --data-dir",
            opened.source
        );
    }
    Ok(())
}

/// Publishes the settings that a live run goes on with, if they are others. What its capital grows by is a deposit, not
/// a gain.
fn change_settings(log: &dyn Log, before: &Settings, now: &Settings) -> Result<()> {
    if before == now {
        return Ok(());
    }
    let deposit = now.capital - before.capital;
    open::say(log, Controls::SettingsChanged(SettingsChanged { settings: now.clone(), deposit }))?;
    if deposit != Money::ZERO {
        let what = if deposit > Money::ZERO { "are paid in" } else { "are taken out" };
        telemetry::say!(
            "the capital of each track is {} dollars instead of {}: {} {what}, which is no return",
            now.capital.dollars(),
            before.capital.dollars(),
            deposit.dollars().abs()
        );
    }
    Ok(())
}

/// What the run whose `controls` these are answers otherwise than `request` asks it.
///
/// # Errors
/// The market ends before the first day.
pub fn differences(
    controls: &ControlState,
    market: &dyn Market,
    request: &RunRequest,
) -> Result<Vec<String>> {
    let Some(made) = &controls.opened else { return Ok(Vec::new()) };
    let mut other = question::differences(made, &request.asked(market)?);
    let word = |word: &MoveConfirmed| ((word.ticker.clone(), word.move_day), word.split_ratio);
    let confirmed: BTreeMap<_, _> = request.confirmed.iter().map(word).collect();
    if confirmed != controls.confirmed {
        other.push("the moves of prices that the live run has confirmed are others now".to_owned());
    }
    Ok(other)
}

/// The fold of a log's `controls`.
fn control_state(log: &dyn Log) -> Result<ControlState> {
    let mut book = ControlBook::new(log)?;
    book.refresh(log)?;
    Ok(book.latest().clone())
}

/// The fold of the `controls` of `run`, which opens nothing: without an opening if there is no such run or nobody has
/// opened it.
///
/// # Errors
/// The log, or the process that owns it, cannot be reached.
pub fn controls_of(run: &RunDir) -> Result<ControlState> {
    if run.is_here() && !run.log().exists() {
        return Ok(ControlState::default());
    }
    controls_on(&*data_dir::reach(run)?.log)
}

/// The same on an open log.
///
/// # Errors
/// The log cannot be read.
pub fn controls_on(log: &dyn Log) -> Result<ControlState> {
    if !log.topics()?.iter().any(|topic| topic.name == Topic::Controls.name()) {
        return Ok(ControlState::default());
    }
    control_state(log)
}

/// Whether the run reads the market called `source`; runs from before have the name as it was given.
pub fn is_of(opened: &RunOpened, source: &str) -> bool {
    opened.source == source || producers::source::absolute(&opened.source) == source
}
